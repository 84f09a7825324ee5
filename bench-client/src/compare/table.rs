//! The comparison for people.

use std::io::{self, Write};

use indicatif::HumanCount;

use super::change::{Call, Change};
use crate::{record::run::RunRecord, report::headline};

/// What a record is, in a line.
pub(super) fn what(record: &RunRecord) -> String {
    let runs = record.runs.len();
    let commit = record.environment.commit.as_deref();
    let commit = commit.map_or_else(String::new, |commit| format!(", client {commit}"));
    let plural = if runs == 1 { "" } else { "s" };
    format!("{}, {runs} run{plural}{commit}", headline(&record.setup))
}

/// A row per figure.
pub(super) fn print(out: &mut dyn Write, changes: &[Change]) -> io::Result<()> {
    writeln!(
        out,
        "{:<29}{:>13}{:>13}{:>10}{:>20}{:>7}",
        "medians", "old", "new", "change", "95 % interval", "p"
    )?;
    for change in changes {
        let name = format!("{} {}", change.name, change.unit);
        let interval = change.interval.map_or_else(
            || "-".to_owned(),
            |interval| format!("{} to {}", signed(interval.low), signed(interval.high)),
        );
        let p = change
            .p
            .map_or_else(|| "-".to_owned(), |p| format!("{p:.3}"));
        let share = change.share.map_or_else(|| "-".to_owned(), signed);
        let mark = if change.is_backed { "" } else { "~" };
        let row = format!(
            "{name:<29}{:>13}{:>13}{share:>10}{interval:>20}{p:>7}  {}",
            format!("{mark}{}", number(change.old)),
            number(change.new),
            word(change),
        );
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

fn word(change: &Change) -> &'static str {
    match change.call {
        Call::Same | Call::TooFewRuns => "",
        Call::Better => "better",
        Call::Regression if change.is_judged => "WORSE",
        Call::Worse | Call::Regression => "worse",
    }
}

fn signed(share: f64) -> String {
    format!("{:+.1} %", 100.0 * share)
}

fn number(value: f64) -> String {
    if value >= 10_000.0 {
        HumanCount(value.round() as u64).to_string()
    } else {
        format!("{value:.2}")
    }
}
