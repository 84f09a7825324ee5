//! Starts the library for `--embedded`.

use ringside::{Config, Engine};

use super::args::HammerArgs;
use super::embedded::Library;
use super::{Summary, hammer};
use crate::failure::Failure;

/// Hammers a library that is started before and stopped after it.
///
/// # Errors
/// If it cannot be started, or one of its shards failed.
pub(super) fn run(args: &HammerArgs) -> Result<Summary, Failure> {
    let data_dir = args.data_dir.as_ref();
    let config = Config {
        data_dir: data_dir.map_or(String::new(), |path| path.to_string_lossy().into_owned()),
        shards: args.shards.unwrap_or(0),
        ..Config::default()
    };
    let failed = |error: &dyn std::error::Error| Failure::Library(error.to_string());
    let engine = Engine::start(&config).map_err(|error| failed(&error))?;
    let api = (**engine).clone();
    let summary = hammer(args, &Library { api })?;
    engine.stop().map_err(|error| failed(&error))?;
    Ok(summary)
}
