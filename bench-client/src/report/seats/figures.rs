//! Counts, rates, processor time, the verdict and the warnings.

use std::io::{self, Write};

use indicatif::{BinaryBytes, HumanCount};

use super::{
    sale,
    wrap::{WIDTH, lines},
};
use crate::{
    record::run::{Bound, Client, Counts, Run, RunRecord, ServerUse, Sold, Verdict, Warning},
    report::counted,
};

/// Width of the names on the left.
const LABEL: usize = 13;

pub(super) fn print(out: &mut dyn Write, record: &RunRecord) -> io::Result<()> {
    match record.runs.as_slice() {
        [run] => print_run(out, run)?,
        runs => {
            for (number, run) in runs.iter().enumerate() {
                entry(out, &format!("run {}", number + 1), &run_in_short(run))?;
            }
            writeln!(out)?;
            print_summary(out, record)?;
            writeln!(out)?;
        }
    }
    let passed = match (&record.setup.purchases, &record.setup.sale) {
        (_, Some(_)) => {
            "passed: every seat was sold once at most, and every booking is on the server's map"
        }
        (Some(_), None) => {
            "passed: nothing was oversold or lost, and no purchase refused that could be made"
        }
        (None, None) => "passed: no seat was reserved or sold twice, none sold unreserved",
    };
    print_verdict(out, &record.verdict(), passed)?;
    print_warnings(out, record)
}

/// A name and a text, the text broken to fit.
pub(super) fn entry(out: &mut dyn Write, name: &str, text: &str) -> io::Result<()> {
    let mut name = name;
    for line in lines(text, WIDTH - LABEL) {
        writeln!(out, "{name:<LABEL$}{line}")?;
        name = "";
    }
    Ok(())
}

fn print_run(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    entry(out, "requests", &counts(&run.counts))?;
    if let Some(share) = run.counts.sent_on_time_share {
        entry(
            out,
            "on time",
            &format!("{:.2} % of the sends", 100.0 * share),
        )?;
    }
    let throughput = format!(
        "{} replies/s: {} replies in {:.3} s",
        HumanCount(run.throughput_per_second as u64),
        HumanCount(run.counts.answered),
        run.seconds,
    );
    entry(out, "throughput", &throughput)?;
    entry(out, "client CPU", &client(&run.client, run))?;
    let bound = &run.client.bound;
    entry(
        out,
        "client-bound",
        &format!("{}: {}", answer(bound.verdict), bound.reason),
    )?;
    if let Some(server) = &run.server {
        entry(out, "server", &server_use(server))?;
    }
    if let Some(sold) = &run.sold {
        entry(out, "sold", &sold_in_words(sold))?;
    }
    if let Some(sale) = &run.sale {
        sale::print(out, sale)?;
    }
    if run.counts.lost_connections > 0 {
        let lost = counted(run.counts.lost_connections as usize, "connection");
        let unanswered = HumanCount(run.counts.failed + run.counts.timed_out);
        entry(
            out,
            "lost",
            &format!("{lost}, {unanswered} requests without a reply"),
        )?;
    }
    Ok(())
}

fn counts(counts: &Counts) -> String {
    format!(
        "offered {}, sent {}, answered {}, failed {}, timed out {}, dropped {}",
        HumanCount(counts.offered),
        HumanCount(counts.sent),
        HumanCount(counts.answered),
        HumanCount(counts.failed),
        HumanCount(counts.timed_out),
        HumanCount(counts.dropped),
    )
}

fn answer(bound: Bound) -> &'static str {
    match bound {
        Bound::Yes => "YES",
        Bound::No => "no",
        Bound::Unknown => "not known",
    }
}

fn sold_in_words(sold: &Sold) -> String {
    let unknown = match sold.unknown {
        0 => String::new(),
        unknown => format!(" and perhaps {} more", HumanCount(unknown)),
    };
    format!(
        "{} of {} acknowledged{unknown}, {} left by the server's account; {} sold out",
        HumanCount(sold.acknowledged),
        HumanCount(sold.allocation),
        HumanCount(sold.available),
        counted(sold.exhausted as usize, "ticket option"),
    )
}

/// One line of several.
fn run_in_short(run: &Run) -> String {
    let counts = &run.counts;
    let errors = counts.failed + counts.timed_out + counts.dropped;
    format!(
        "{} replies/s, {} without a reply, client {:.0} % of one core, client-bound {}",
        HumanCount(run.throughput_per_second as u64),
        HumanCount(errors),
        core_percent(run),
        answer(run.client.bound.verdict),
    )
}

fn core_percent(run: &Run) -> f64 {
    100.0 * run.client.cpu_seconds / run.seconds.max(f64::EPSILON)
}

fn client(client: &Client, run: &Run) -> String {
    let cpu = client.cpu_seconds;
    let each = cpu * 1e6 / (run.counts.answered.max(1) as f64);
    let share = core_percent(run);
    format!("{cpu:.3} s, {each:.3} µs per reply, {share:.0} % of one core")
}

fn server_use(server: &ServerUse) -> String {
    let mut parts = Vec::new();
    if let Some(cpu) = server.cpu_seconds {
        parts.push(format!("{cpu:.3} s CPU"));
    }
    if let Some(each) = server.cpu_us_per_command {
        parts.push(format!("{each:.3} µs per command"));
    }
    if let Some(bytes) = server.rss_bytes {
        parts.push(format!("{} resident", BinaryBytes(bytes)));
    }
    if let Some(bytes) = server.bytes_per_million_seats {
        let bytes = BinaryBytes(bytes.max(0.0) as u64);
        parts.push(format!("{bytes} per million seats"));
    }
    if parts.is_empty() {
        parts.push(format!("process {} told nothing", server.pid));
    }
    parts.join(", ")
}

fn print_summary(out: &mut dyn Write, record: &RunRecord) -> io::Result<()> {
    writeln!(
        out,
        "{:<30}{:>14}{:>28}",
        "over all runs", "median", "95 % interval (bootstrap)"
    )?;
    for summary in &record.summary {
        let interval = match (summary.low, summary.high) {
            (Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
            _ => "-".to_owned(),
        };
        let name = format!("{} {}", summary.name, summary.unit);
        let median = number(summary.median);
        let mark = if summary.is_backed { "" } else { super::MARK };
        let median = format!("{mark}{median}");
        writeln!(out, "{name:<30}{median:>14}{interval:>28}")?;
    }
    Ok(())
}

/// A count above ten thousand, else with as many places as make sense.
fn number(value: f64) -> String {
    match value {
        _ if value >= 10_000.0 => HumanCount(value.round() as u64).to_string(),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

fn print_verdict(out: &mut dyn Write, verdict: &Verdict, passed: &str) -> io::Result<()> {
    let text = match verdict {
        Verdict::Ok => passed.to_owned(),
        Verdict::Wrong { reason } => format!("FAILED: {reason}"),
        Verdict::Lost { reason } => format!("not complete: replies are missing: {reason}"),
        Verdict::Partial { reason } => format!("partial, passed as far as it went: {reason}"),
    };
    entry(out, "check", &text)
}

fn print_warnings(out: &mut dyn Write, record: &RunRecord) -> io::Result<()> {
    let mut told: Vec<&Warning> = Vec::new();
    for warning in record.runs.iter().flat_map(|run| &run.warnings) {
        if told.iter().any(|other| other.code == warning.code) {
            continue;
        }
        writeln!(out, "\nwarning: {}", warning.code)?;
        entry(out, "  cause", &warning.cause)?;
        entry(out, "  cure", &warning.cure)?;
        told.push(warning);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::tests::printed, *};
    use crate::record::run::sample;

    #[test]
    fn a_breach_is_told_instead_of_a_pass() {
        let mut record = sample::record(&[100.0]);
        assert!(printed(&record).contains("check        passed"));
        record.runs[0].verdict = Verdict::Wrong {
            reason: "seat sold twice".into(),
        };
        let text = printed(&record);
        assert!(
            text.contains("check        FAILED: seat sold twice\n"),
            "{text}"
        );
        assert!(!text.contains("passed"), "{text}");
    }

    #[test]
    fn warnings_come_last_once_each_with_cause_and_cure() {
        let mut record = sample::open_record();
        let again = record.runs[0].clone();
        record.runs.push(again);
        let text = printed(&record);
        let one = printed(&sample::open_record());
        assert!(one.contains("on time      99.80 % of the sends"), "{one}");
        let end = "warning: late-sends\n\
                   \x20 cause      0.2 % of <sends> were late\n\
                   \x20 cure       give the client a core of its own\n";
        assert!(text.ends_with(end), "{text}");
        assert_eq!(text.matches("late-sends").count(), 1, "{text}");
    }

    #[test]
    fn what_was_sold_is_told_of_purchases() {
        let text = printed(&sample::purchases_record());
        let what = "1 ticket option of 100,000,000 each, quantity 1, keys uniform\nseed 42";
        assert!(text.contains(what), "{text}");
        let sold = "sold         1,000 of 100,000,000 acknowledged, 99,999,000 left by the";
        assert!(text.contains(sold), "{text}");
        assert!(text.contains("passed: nothing was oversold"), "{text}");
    }

    #[test]
    fn the_servers_use_is_told() {
        let text = printed(&sample::record(&[100.0]));
        let server = "server       0.010 s CPU, 10.000 µs per command, 20.00 MiB resident, \
                      47.68 MiB per million seats";
        assert!(text.contains(server), "{text}");
    }
}
