//! The summary of a harness run and its verdict.

use std::io::{self, Write};

use indicatif::HumanCount;

use crate::{
    harness::Summary,
    protocol::{Reply, Verb},
};

/// Prints counts and times, then the verdict; only the verdict if `quiet`.
///
/// # Errors
/// If `out` cannot be written.
pub(crate) fn print(out: &mut dyn Write, summary: &Summary, quiet: bool) -> io::Result<()> {
    if !quiet {
        print_counts(out, summary)?;
    }
    if summary.is_success() {
        writeln!(out, "TEST SUCCESSFUL")
    } else {
        writeln!(out, "TEST FAILED: {}", summary.wrong.join("; "))
    }
}

fn print_counts(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    for verb in Verb::ALL {
        write!(out, "{verb:<10}")?;
        for reply in Reply::ALL.into_iter().filter(|&reply| verb.allows(reply)) {
            let count = HumanCount(summary.tally.of(verb, reply)).to_string();
            write!(out, "{count:>12} {reply:<9}")?;
        }
        writeln!(out)?;
    }
    let broken = HumanCount(summary.broken as u64).to_string();
    writeln!(out, "{:<10}{broken:>12} answered", "broken")?;
    for phase in &summary.phases {
        writeln!(out, "{:<12}{:>10.2} s", phase.name, phase.seconds)?;
    }
    let seconds = summary.seconds();
    let rate = summary.messages() as f64 / seconds.max(f64::EPSILON);
    writeln!(
        out,
        "{:<12}{seconds:>10.2} s, {} messages, {} messages/s",
        "together",
        HumanCount(summary.messages()),
        HumanCount(rate as u64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{harness::Phase, record::Tally};

    fn printed(wrong: Vec<String>, quiet: bool) -> String {
        let mut tally = Tally::default();
        tally.count(Verb::Buy, Reply::Fail);
        let phase = |name| Phase { name, seconds: 0.5 };
        let summary = Summary {
            tally,
            broken: 1_999,
            phases: vec![phase("contention"), phase("last check")],
            wrong,
        };
        let mut out = Vec::new();
        print(&mut out, &summary, quiet).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn counts_times_and_verdict_are_told() {
        let text = printed(Vec::new(), false);
        assert!(
            text.contains("1.00 s, 2,000 messages, 2,000 messages/s"),
            "{text}"
        );
        assert!(text.contains("1,999 answered"), "{text}");
        assert!(text.ends_with("\nTEST SUCCESSFUL\n"), "{text}");
    }

    #[test]
    fn quiet_leaves_the_verdict_with_its_reasons() {
        let text = printed(vec!["one".into(), "two".into()], true);
        assert_eq!(text, "TEST FAILED: one; two\n");
    }
}
