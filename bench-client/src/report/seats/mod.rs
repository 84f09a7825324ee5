//! The report of a load on the seats, for people: at most 100 columns.

mod figures;
mod sale;
mod wrap;

use std::io::{self, Write};

use super::{
    rows::{Row, rows},
    shape,
};
use crate::{
    failure::Failure,
    record::run::{Clock, QUANTILES, RunRecord},
};
use indicatif::HumanCount;

/// Stands before a quantile with too few samples beyond it.
const MARK: &str = "~";

/// Prints what was run, the latencies by each clock, the counts, what client
/// and server used, whether the server was right, and what to beware of.
///
/// # Errors
/// If `out` cannot be written.
pub(crate) fn print(out: &mut dyn Write, record: &RunRecord) -> Result<(), Failure> {
    writeln!(out, "{}", shape::headline(&record.setup))?;
    for detail in shape::details(record) {
        for line in wrap::lines(&detail, wrap::WIDTH) {
            writeln!(out, "{line}")?;
        }
    }
    let mut is_marked = false;
    for clock in Clock::ALL {
        let rows = rows(record, clock)?;
        if rows.is_empty() {
            continue;
        }
        writeln!(out)?;
        print_table(out, record, clock, &rows)?;
        is_marked |= rows.iter().any(has_mark);
    }
    if is_marked {
        writeln!(out, "{MARK} fewer than 10 samples beyond this quantile")?;
    }
    writeln!(out)?;
    figures::print(out, record)?;
    Ok(())
}

fn has_mark(row: &Row) -> bool {
    row.cells.iter().any(|cell| !cell.is_backed)
}

fn print_table(
    out: &mut dyn Write,
    record: &RunRecord,
    clock: Clock,
    rows: &[Row],
) -> io::Result<()> {
    let of_runs = match record.runs.len() {
        0 | 1 => String::new(),
        runs => format!("; medians of {runs} runs"),
    };
    writeln!(out, "{} in µs, {}{of_runs}", clock.name(), clock.meaning())?;
    write!(out, "{:<8} {:<9}{:>14}", "verb", "outcome", "count")?;
    for quantile in QUANTILES {
        write!(out, " {:>10}", quantile.name)?;
    }
    writeln!(out)?;
    for row in rows {
        let count = HumanCount(row.count).to_string();
        write!(out, "{:<8} {:<9}{count:>14}", row.verb, row.outcome)?;
        for cell in row.cells {
            let mark = if cell.is_backed { "" } else { MARK };
            write!(out, " {:>10}", format!("{mark}{:.1}", cell.micros))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::{Verdict, sample};

    pub(super) fn printed(record: &RunRecord) -> String {
        let mut out = Vec::new();
        print(&mut out, record).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_first_line_says_how_the_load_was_made() {
        let first = |record| printed(&record).lines().next().unwrap().to_owned();
        assert_eq!(
            first(sample::record(&[100.0])),
            "closed loop, 64 connections x 16 pipeline, 1 thread"
        );
        assert_eq!(
            first(sample::open_record()),
            "open loop, 1,000 requests/s poisson, 64 connections x at most 16 under way, 1 thread"
        );
    }

    #[test]
    fn both_clocks_have_a_table_of_their_own() {
        let text = printed(&sample::open_record());
        let corrected = text.find("corrected latency in µs, from when each request was meant");
        let service = text.find("service time in µs, from when each request was sent");
        assert!(corrected.unwrap() < service.unwrap(), "{text}");
        let closed = printed(&sample::record(&[100.0]));
        assert!(!closed.contains("corrected latency in"), "{closed}");
    }

    #[test]
    fn thin_quantiles_are_marked_and_the_mark_explained() {
        let text = printed(&sample::record(&[100.0]));
        let row = text.lines().find(|line| line.starts_with("QUERY")).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells[1..3], ["FREE", "1,000"]);
        assert!(!cells[5].starts_with(MARK), "p99: {row}");
        assert!(
            cells[6].starts_with(MARK) && cells[7].starts_with(MARK),
            "{row}"
        );
        assert!(text.contains("~ fewer than 10 samples"), "{text}");
    }

    #[test]
    fn nothing_is_wider_than_a_hundred_columns() {
        let mut record = sample::open_record();
        record.runs[0].verdict = Verdict::Wrong {
            reason: "seat sold twice, ".repeat(20),
        };
        record.setup.address = "some.very.long.host.name.example.org:8099".repeat(2);
        for line in printed(&record).lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn repeated_runs_show_medians_with_intervals() {
        let mut record = sample::record(&[100.0, 120.0, 110.0, 105.0, 115.0]);
        record.summarise().unwrap();
        let text = printed(&record);
        assert!(text.contains("; medians of 5 runs"), "{text}");
        let line = text.lines().find(|line| line.starts_with("throughput /s"));
        let cells: Vec<&str> = line.unwrap().split_whitespace().collect();
        assert_eq!(cells[3..].len(), 3, "{line:?}");
        assert_eq!(cells[4], "to", "{line:?}");
        let runs = text
            .lines()
            .filter(|line| line.ends_with("client-bound no"));
        assert_eq!(runs.count(), 5, "{text}");
    }
}
