//! The summary of a hammer run and its verdict.

use std::io::{self, Write};

use indicatif::HumanCount;

use crate::{
    hammer::{HammerArgs, Summary, Verdict},
    record::{Spread, run::QUANTILES},
};

/// Prints what was hammered, counts, rates and latencies, then the verdict;
/// only the verdict if so asked.
///
/// # Errors
/// If `out` cannot be written.
pub(crate) fn print(out: &mut dyn Write, args: &HammerArgs, summary: &Summary) -> io::Result<()> {
    if !args.quiet {
        print_figures(out, args, summary)?;
    }
    match &summary.verdict {
        Verdict::Passed => writeln!(
            out,
            "HAMMER PASSED: each of {} tickets has one owner, and every answer was right",
            HumanCount(summary.tickets.into())
        ),
        Verdict::Wrong(why) => writeln!(out, "HAMMER FAILED: {why}"),
        Verdict::Lost(why) => writeln!(out, "no verdict, an answer is missing: {why}"),
        Verdict::BrokenOff | Verdict::Unfinished => writeln!(
            out,
            "no verdict: only {} of {} tickets were purchased; every answer was right",
            HumanCount(summary.purchased.into()),
            HumanCount(args.tickets().into())
        ),
    }
}

fn print_figures(out: &mut dyn Write, args: &HammerArgs, summary: &Summary) -> io::Result<()> {
    let whom = if args.embedded {
        "the library in this process".to_owned()
    } else {
        args.site.target.to_string()
    };
    writeln!(
        out,
        "hammer on {whom}: {} threads, {} tickets, {} members, weights {}, seed {}",
        args.threads,
        HumanCount(args.tickets().into()),
        HumanCount(summary.members.into()),
        args.weights,
        args.seed,
    )?;
    let actions: Vec<String> = summary
        .tally
        .actions()
        .map(|(action, count)| format!("{} {}", action.name(), HumanCount(count)))
        .collect();
    let (first, second) = actions.split_at(actions.len() / 2);
    writeln!(
        out,
        "actions: {},\n         {}\n",
        first.join(", "),
        second.join(", ")
    )?;
    write!(out, "{:<14} {:<11}{:>12}", "request", "answer", "count")?;
    for quantile in QUANTILES {
        write!(out, " {:>9}", quantile.name)?;
    }
    writeln!(out, "   (µs)")?;
    for (request, answer, spread) in summary.tally.rows() {
        print_row(out, request, answer, spread)?;
    }
    let all = summary.tally.all();
    print_row(out, "all", "", &all)?;
    let rate = all.count() as f64 / summary.seconds.max(f64::EPSILON);
    writeln!(
        out,
        "\n{} requests in {:.2} s, {} requests/s",
        HumanCount(all.count()),
        summary.seconds,
        HumanCount(rate as u64),
    )
}

fn print_row(out: &mut dyn Write, request: &str, answer: &str, spread: &Spread) -> io::Result<()> {
    let count = HumanCount(spread.count()).to_string();
    write!(out, "{request:<14} {answer:<11}{count:>12}")?;
    for quantile in QUANTILES {
        write!(out, " {:>9.1}", spread.percentile_micros(quantile.percent))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{Cli, Command},
        hammer::Tally,
    };
    use clap::Parser;

    fn printed(verdict: Verdict, quiet: &[&str]) -> String {
        let words = ["ringside-bench", "hammer", "--tickets=7"]
            .iter()
            .chain(quiet);
        let Command::Hammer(args) = Cli::parse_from(words).command else {
            panic!("`hammer` was asked for");
        };
        let summary = Summary {
            tally: Tally::default(),
            seconds: 0.5,
            tickets: 7,
            purchased: 3,
            members: 2,
            verdict,
        };
        let mut out = Vec::new();
        print(&mut out, &args, &summary).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_verdict_comes_last_and_the_seed_is_told() {
        let text = printed(Verdict::Passed, &[]);
        assert!(
            text.contains("http://127.0.0.1:3000: 8 threads, 7 tickets"),
            "{text}"
        );
        assert!(text.contains("seed 42"), "{text}");
        assert!(
            text.ends_with("each of 7 tickets has one owner, and every answer was right\n"),
            "{text}"
        );
        let text = printed(Verdict::Wrong("two owners".into()), &["--quiet"]);
        assert_eq!(text, "HAMMER FAILED: two owners\n");
        let text = printed(Verdict::Unfinished, &["-q"]);
        assert!(text.starts_with("no verdict: only 3 of 7"), "{text}");
    }
}
