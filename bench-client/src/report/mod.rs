//! What a run came to, printed for people and written for programs.

pub(crate) mod hammer;
pub(crate) mod harness;
mod hgrm;
mod hlog;
pub(crate) mod json;
pub(crate) mod matches;
mod output;
mod page;
mod rows;
mod seats;
mod shape;

pub(crate) use output::OutputArgs;
pub(crate) use shape::headline;

use crate::cli::MatchArgs;

/// A count with its noun, in the singular where it is one.
fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Which side of a match run waits for the other.
fn direction(args: &MatchArgs) -> &'static str {
    if args.serve { "serving" } else { "connecting" }
}

/// A match run for the tests: what was asked for and what came of it.
#[cfg(test)]
fn sample(
    arguments: &[&str],
    verdict: crate::matches::Verdict,
) -> (MatchArgs, crate::matches::Outcome) {
    use crate::cli::{Cli, Command};
    use clap::Parser;
    use std::time::Duration;

    let words = ["ringside-bench", "match"].iter().chain(arguments);
    let Command::Match(args) = Cli::parse_from(words).command else {
        panic!("`match` was asked for");
    };
    let mut delivery = crate::record::Spread::new();
    for micros in [100, 300] {
        delivery.record(Duration::from_micros(micros));
    }
    let outcome = crate::matches::Outcome {
        verdict,
        addresses: [args.source.clone(), args.listener.clone()],
        events: 1_000_000,
        malformed: 3,
        duplicates: 4,
        holes: 0,
        bytes: 31_000_000,
        expected: 2,
        received: 2,
        last_written: Some(Duration::from_millis(10)),
        last_match: Some(Duration::from_millis(20)),
        judged: Some(Duration::from_millis(25)),
        delivery,
        cpu: Duration::from_millis(5),
    };
    (args, outcome)
}
