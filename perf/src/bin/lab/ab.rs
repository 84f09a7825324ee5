//! Two builds of the server against each other.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use crate::cli::Common;
use crate::compare::{self, Contender, settled};
use crate::keys::Locality;
use crate::load::Case;
use crate::report::{self, Side};
use crate::server::Recipe;

/// What is compared.
#[derive(Debug, Args)]
pub(crate) struct Ab {
    /// The server program that is compared with.
    a: PathBuf,
    /// The server program that is compared.
    b: PathBuf,
    /// Shards of both.
    #[arg(long, default_value_t = 1)]
    shards: u16,
    /// Where the seats of a connection's commands live.
    #[arg(long, value_enum, default_value = "hashed")]
    locality: Locality,
    #[command(flatten)]
    common: Common,
}

/// Compares two builds.
pub(crate) fn run(ab: &Ab) -> Result<ExitCode> {
    for path in [&ab.a, &ab.b] {
        ensure!(path.is_file(), "{} is no program", path.display());
    }
    let cases: Vec<Case> = ab.common.cases(ab.locality).collect();
    let contender = |name: &str, path: &PathBuf| -> Result<Contender> {
        Ok(Contender {
            recipe: Recipe::ringside(name, Some(path), ab.shards, &ab.common.server_args)?,
            cases: cases.clone(),
            meet: settled(),
        })
    };
    let contenders = [contender("a", &ab.a)?, contender("b", &ab.b)?];
    let samples = compare::run(&contenders, ab.common.rounds, ab.common.times())?;
    let side = |name| Side {
        title: name,
        server: name,
        shards: ab.shards,
        locality: ab.locality,
    };
    let summary = format!(
        "a: {}\nb: {}\n\
         server CPU per command, {} shard(s), {}, medians of {} rounds; ratio is b / a\n\n{}",
        ab.a.display(),
        ab.b.display(),
        ab.shards,
        ab.locality.name(),
        ab.common.rounds,
        report::table(&samples, &ab.common.shapes, side("a"), side("b")),
    );
    report::publish("ab", &summary, &samples, ab.common.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
