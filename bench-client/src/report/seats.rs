//! The report of a load on the seats.

use std::io::{self, Write};

use indicatif::HumanCount;

use super::counted;
use crate::{
    cli::SeatsArgs,
    protocol::{Reply, Verb},
    seats::{Outcome, Trouble},
};

/// Percentiles in the latency table.
const PERCENTILES: [(&str, f64); 6] = [
    ("p50", 50.0),
    ("p90", 90.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("p99.99", 99.99),
    ("max", 100.0),
];

/// Prints what was run, the latencies, the outcomes, the throughput and whether
/// the server was right.
///
/// # Errors
/// If `out` cannot be written.
pub(crate) fn print(out: &mut dyn Write, args: &SeatsArgs, outcome: &Outcome) -> io::Result<()> {
    writeln!(
        out,
        "closed loop, {} x {} pipeline, {}",
        counted(args.connections.into(), "connection"),
        args.pipeline,
        counted(outcome.threads, "thread"),
    )?;
    writeln!(
        out,
        "{} seats of prefix {} at {}, mix {}, seed {}",
        HumanCount(args.seats.into()),
        outcome.prefix,
        args.address,
        args.mix,
        args.seed,
    )?;
    writeln!(out)?;
    print_latencies(out, outcome)?;
    writeln!(out)?;
    print_replies(out, outcome)?;
    writeln!(out)?;
    print_rates(out, outcome)?;
    print_verdict(out, outcome)
}

fn print_latencies(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    write!(out, "{:<11}{:>13}", "latency µs", "count")?;
    for (name, _) in PERCENTILES {
        write!(out, "{name:>11}")?;
    }
    writeln!(out)?;
    for verb in Verb::ALL {
        let count = HumanCount(outcome.latencies.of(verb).count()).to_string();
        write!(out, "{verb:<11}{count:>13}")?;
        for (_, percent) in PERCENTILES {
            let micros = outcome.latencies.of(verb).percentile_micros(percent);
            write!(out, "{micros:>11.1}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn print_replies(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    write!(out, "{:<11}", "replies")?;
    for reply in Reply::ALL {
        write!(out, "{reply:>13}")?;
    }
    writeln!(out)?;
    for verb in Verb::ALL {
        write!(out, "{verb:<11}")?;
        for reply in Reply::ALL {
            let cell = match outcome.tally.of(verb, reply) {
                0 if !verb.allows(reply) => "-".to_owned(),
                count => HumanCount(count).to_string(),
            };
            write!(out, "{cell:>13}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn print_rates(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let total = outcome.tally.total();
    writeln!(
        out,
        "throughput   {} replies/s: {} replies in {:.3} s",
        HumanCount(outcome.throughput() as u64),
        HumanCount(total),
        outcome.elapsed.as_secs_f64(),
    )?;
    let cpu = outcome.cpu.as_secs_f64();
    let each = cpu * 1e6 / (total.max(1) as f64);
    writeln!(
        out,
        "client CPU   {cpu:.3} s, {each:.3} µs per reply, {:.0} % of one core",
        100.0 * cpu / outcome.elapsed.as_secs_f64().max(f64::EPSILON),
    )
}

fn print_verdict(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    if outcome.lost_connections > 0 || outcome.unanswered > 0 {
        let lost = counted(outcome.lost_connections, "connection");
        let unanswered = HumanCount(outcome.unanswered);
        writeln!(
            out,
            "lost         {lost}, {unanswered} requests without a reply"
        )?;
    }
    match &outcome.trouble {
        None => writeln!(
            out,
            "check        passed: no seat was reserved or sold twice, none sold unreserved"
        ),
        Some(Trouble::Wrong(what)) => writeln!(out, "check        FAILED: {what}"),
        Some(Trouble::Lost(_)) => writeln!(out, "check        not complete: replies are missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    #[test]
    fn the_first_line_says_how_the_load_was_made() {
        let command = [
            "ringside-bench",
            "seats",
            "--pipeline",
            "16",
            "--prefix",
            "L7",
        ];
        let Command::Seats(args) = Cli::parse_from(command).command else {
            panic!("`seats` was asked for");
        };
        let outcome = Outcome::empty("L7", 1);
        let mut out = Vec::new();
        print(&mut out, &args, &outcome).unwrap();
        let text = String::from_utf8(out).unwrap();
        let first = text.lines().next().unwrap();
        assert_eq!(first, "closed loop, 64 connections x 16 pipeline, 1 thread");
        assert!(text.contains("100,000 seats of prefix L7 at"), "{text}");
        let query = text.lines().filter(|line| line.starts_with("QUERY")).nth(1);
        let cells: Vec<&str> = query.unwrap().split_whitespace().collect();
        assert_eq!(cells, ["QUERY", "-", "-", "0", "0", "0"]);
        assert!(text.contains("passed"), "{text}");
    }

    #[test]
    fn a_breach_is_told_instead_of_a_pass() {
        let mut outcome = Outcome::empty("L7", 1);
        outcome.trouble = Some(Trouble::Wrong("seat sold twice".into()));
        let mut out = Vec::new();
        print_verdict(&mut out, &outcome).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "check        FAILED: seat sold twice\n");
    }
}
