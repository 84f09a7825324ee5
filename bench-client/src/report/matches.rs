//! The report of a match run.

use std::io::{self, Write};

use indicatif::HumanCount;

use super::direction;
use crate::{
    cli::MatchArgs,
    matches::{Outcome, Verdict},
};

/// Percentiles of the delivery latency.
const PERCENTILES: [(&str, f64); 5] = [
    ("p50", 50.0),
    ("p90", 90.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("max", 100.0),
];

/// Prints what was run, the times, the delivery latencies and the verdict; only
/// the verdict if `--quiet`.
///
/// # Errors
/// If `out` cannot be written.
pub(crate) fn print(out: &mut dyn Write, args: &MatchArgs, outcome: &Outcome) -> io::Result<()> {
    if !args.quiet {
        print_plan(out, args, outcome)?;
        writeln!(out)?;
        print_times(out, outcome)?;
        writeln!(out)?;
        print_delivery(out, outcome)?;
        writeln!(out)?;
    }
    match &outcome.verdict {
        Verdict::Ok => writeln!(out, "MATCH END - OK"),
        Verdict::Error(what) => writeln!(out, "MATCH END - ERROR: {what}"),
        Verdict::Lost(_) | Verdict::Stalled(_) => writeln!(out, "broken off: no verdict"),
    }
}

fn print_plan(out: &mut dyn Write, args: &MatchArgs, outcome: &Outcome) -> io::Result<()> {
    writeln!(
        out,
        "match stream, {}: {} events, {} users, shuffle {}, write {}",
        direction(args),
        HumanCount(args.events.into()),
        HumanCount(args.users.into()),
        args.shuffle,
        args.write,
    )?;
    let [source, listener] = &outcome.addresses;
    writeln!(
        out,
        "rule {}, seed {}, {:.1} MB; source {source}, listener {listener}",
        args.rule,
        args.seed,
        outcome.bytes as f64 / 1e6,
    )?;
    writeln!(
        out,
        "mixed in: {} malformed lines, {} duplicates; left out: {} events",
        HumanCount(outcome.malformed.into()),
        HumanCount(outcome.duplicates.into()),
        HumanCount(outcome.holes as u64),
    )
}

fn print_times(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    for (name, time) in [
        ("last byte written", outcome.last_written),
        ("last match", outcome.last_match),
        ("verdict", outcome.judged),
    ] {
        match time {
            Some(time) => writeln!(out, "{name:<20}{:>12.3} ms", time.as_secs_f64() * 1e3)?,
            None => writeln!(out, "{name:<20}{:>12}", "-")?,
        }
    }
    if let Some(rate) = outcome.events_per_second() {
        let rate = HumanCount(rate as u64).to_string();
        writeln!(out, "{:<20}{rate:>12} events/s", "throughput")?;
    }
    let received = HumanCount(outcome.received as u64).to_string();
    let expected = HumanCount(outcome.expected as u64);
    writeln!(out, "{:<20}{received:>12} of {expected}", "matches")?;
    let cpu = outcome.cpu.as_secs_f64() * 1e3;
    writeln!(out, "{:<20}{cpu:>12.3} ms", "client CPU")
}

fn print_delivery(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    write!(out, "{:<12}{:>11}", "delivery µs", "count")?;
    for (name, _) in PERCENTILES {
        write!(out, "{name:>11}")?;
    }
    let count = HumanCount(outcome.delivery.count()).to_string();
    write!(out, "\n{:<12}{count:>11}", "")?;
    for (_, percent) in PERCENTILES {
        let micros = outcome.delivery.percentile_micros(percent);
        write!(out, "{micros:>11.1}")?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    fn printed(arguments: &[&str], verdict: Verdict) -> String {
        let (args, outcome) = sample(arguments, verdict);
        let mut out = Vec::new();
        print(&mut out, &args, &outcome).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_first_line_says_what_was_run() {
        let text = printed(&["--shuffle=window:50", "--write=line"], Verdict::Ok);
        let first = text.lines().next().unwrap();
        assert_eq!(
            first,
            "match stream, connecting: 1,000,000 events, 9,000 users, shuffle window:50, write line"
        );
        let served = printed(&["--serve"], Verdict::Ok);
        assert!(served.starts_with("match stream, serving: "), "{served}");
    }

    #[test]
    fn times_and_latencies_are_told() {
        let text = printed(&[], Verdict::Ok);
        let line = |name: &str| -> Vec<&str> {
            let line = text.lines().find(|line| line.starts_with(name));
            line.unwrap()[name.len()..].split_whitespace().collect()
        };
        assert_eq!(line("last byte written"), ["10.000", "ms"]);
        assert_eq!(line("last match"), ["20.000", "ms"]);
        assert_eq!(line("verdict"), ["25.000", "ms"]);
        assert_eq!(line("throughput"), ["40,000,000", "events/s"]);
        assert_eq!(line("matches"), ["2", "of", "2"]);
        assert_eq!(line("mixed in:")[..3], ["3", "malformed", "lines,"]);
        assert!(text.ends_with("\nMATCH END - OK\n"), "{text}");
        let delivery = text.lines().rev().nth(2).unwrap();
        let cells: Vec<&str> = delivery.split_whitespace().collect();
        assert_eq!(cells[0], "2");
        assert!(cells[1].starts_with("100."), "{delivery}");
        assert!(cells[5].starts_with("300."), "{delivery}");
    }

    #[test]
    fn without_ok_there_is_no_throughput() {
        let text = printed(&[], Verdict::Error("expected 4, got 6".into()));
        assert!(!text.contains("events/s"), "{text}");
        assert!(
            text.ends_with("\nMATCH END - ERROR: expected 4, got 6\n"),
            "{text}"
        );
    }

    #[test]
    fn quiet_leaves_the_verdict() {
        assert_eq!(printed(&["-q"], Verdict::Ok), "MATCH END - OK\n");
        let lost = printed(&["-q"], Verdict::Lost("gone".into()));
        assert_eq!(lost, "broken off: no verdict\n");
    }
}
