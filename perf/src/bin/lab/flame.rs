//! Flame graphs: what `perf script` prints, as a picture.

use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use inferno::collapse::Collapse;
use inferno::collapse::perf::{Folder, Options as FoldOptions};
use inferno::flamegraph::{self, Options};

/// Reads stacks from standard input and writes an SVG to standard output.
pub(crate) fn run(title: &str) -> Result<ExitCode> {
    let mut folded = Vec::new();
    Folder::from(FoldOptions::default())
        .collapse(io::stdin().lock(), &mut folded)
        .context("this is not what `perf script` prints")?;
    ensure!(!folded.is_empty(), "no samples: was the server under load?");
    let mut options = Options::default();
    title.clone_into(&mut options.title);
    "samples".clone_into(&mut options.count_name);
    flamegraph::from_reader(&mut options, &folded[..], io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}
