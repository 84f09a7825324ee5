//! Starts the library for `--embedded`.

use super::args::HammerArgs;
use crate::failure::Failure;

/// Runs `work` on a library that is started before and stopped after it.
///
/// # Errors
/// This build has no library yet: `ringside::Engine` comes with the merge. Then
/// this starts it from `--data-dir` and `--shards`, calls
/// `run::run(args, &Library { api })` with its methods, and stops it.
pub(super) fn run(_args: &HammerArgs) -> Result<super::Summary, Failure> {
    Err(Failure::NotBuilt("--embedded"))
}
