//! Tables for people, rows for programs.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::circumstances;
use crate::compare::Samples;
use crate::keys::Locality;
use crate::load::{Case, Shape};
use crate::stats;

/// What bootstrap intervals are drawn from; they are the same each time.
const SEED: u64 = 20;

/// One side of a comparison.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) title: &'a str,
    pub(crate) server: &'a str,
    pub(crate) shards: u16,
    pub(crate) locality: Locality,
}

/// A table of `new` against `base`, shape by shape: medians, the median of
/// the rounds' ratios, and the interval that holds it.
pub(crate) fn table(samples: &Samples, shapes: &[Shape], base: Side<'_>, new: Side<'_>) -> String {
    let mut text = format!(
        "{:<9} {:>12} {:>12} {:>7}  {:<15} {:>12} {:>12}\n",
        "shape", base.title, new.title, "ratio", "95 % interval", "base cmd/s", "new cmd/s"
    );
    for &shape in shapes {
        let case = |side: Side<'_>| Case {
            shape,
            locality: side.locality,
        };
        let micros = |side: Side<'_>| samples.micros(side.server, side.shards, case(side));
        let rate = |side: Side<'_>| samples.rate(side.server, side.shards, case(side));
        let (old, now) = (micros(base), micros(new));
        let ratios: Vec<f64> = now.iter().zip(&old).map(|(now, old)| now / old).collect();
        let (low, high) = stats::interval(&ratios, SEED);
        let _ = writeln!(
            text,
            "{:<9} {:>9.3} µs {:>9.3} µs {:>7.3}  {:<15} {:>12.0} {:>12.0}",
            shape.to_string(),
            stats::median(&old),
            stats::median(&now),
            stats::median(&ratios),
            format!("{low:.3} .. {high:.3}"),
            rate(base),
            rate(new),
        );
    }
    text
}

/// Every measurement as comma-separated values.
pub(crate) fn raw(samples: &Samples) -> String {
    let mut text = "round,server,shards,locality,connections,depth,commands,\
        wall_ns,server_cpu_ns,load_cpu_ns,server_us_per_command,\
        journal_frames,journal_bytes\n"
        .to_owned();
    for sample in &samples.0 {
        let reading = &sample.reading;
        let journal = reading.journal.map_or_else(
            || ",".to_owned(),
            |journal| format!("{},{}", journal.frames, journal.bytes),
        );
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{:.4},{journal}",
            sample.round,
            sample.server,
            sample.shards,
            sample.case.locality.name(),
            sample.case.shape.connections,
            sample.case.shape.depth,
            reading.commands,
            reading.wall.as_nanos(),
            reading.server.as_nanos(),
            reading.load.as_nanos(),
            reading.micros(),
        );
    }
    text
}

/// Prints a summary and, if asked to, keeps it in a folder beside the raw
/// rows and the circumstances.
pub(crate) fn publish(
    name: &str,
    summary: &str,
    samples: &Samples,
    folder: Option<&Path>,
) -> Result<()> {
    println!("{summary}");
    let Some(folder) = folder else { return Ok(()) };
    let keep = |file: String, text: &str| {
        let path = folder.join(file);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    std::fs::create_dir_all(folder)?;
    keep(format!("{name}.csv"), &raw(samples))?;
    keep(format!("{name}.txt"), summary)?;
    keep("circumstances.txt".to_owned(), &circumstances::describe())
}
