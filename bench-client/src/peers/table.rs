//! The table of a comparison: medians, and ratios to Ringside.

use std::io::{self, Write};

use indicatif::HumanCount;

use super::{figures::Figures, peer::Peer, shape::Shape};

/// One row: a server in a shape, or its memory.
pub(super) type Row = (Peer, Figures);

/// Prints the medians of all servers in one shape.
///
/// # Errors
/// If `out` cannot be written.
pub(super) fn print_shape(out: &mut dyn Write, shape: Shape, rows: &[Row]) -> io::Result<()> {
    writeln!(
        out,
        "{shape:<11}{:>12}{:>8}{:>11}{:>8}{:>11}{:>11}",
        "replies/s", "R/x", "CPU µs", "R/x", "p50 µs", "p99 µs"
    )?;
    let own = rows.iter().find(|row| row.0 == Peer::Ringside);
    for (peer, figures) in rows {
        let ratio = |figure: fn(&Figures) -> f64| match own {
            Some((_, own)) => number(figure(own) / figure(figures), 2),
            None => "-".to_owned(),
        };
        let bound = if figures.is_client_bound {
            "  client-bound"
        } else {
            ""
        };
        writeln!(
            out,
            "{peer:<11}{:>12}{:>8}{:>11}{:>8}{:>11}{:>11}{bound}",
            HumanCount(figures.throughput as u64).to_string(),
            ratio(|figures| figures.throughput),
            number(figures.cpu, 3),
            ratio(|figures| figures.cpu),
            number(figures.p50, 1),
            number(figures.p99, 1),
        )?;
    }
    writeln!(out)
}

/// Prints the memory of a million seats, in bytes.
///
/// # Errors
/// If `out` cannot be written.
pub(super) fn print_memory(out: &mut dyn Write, rows: &[(Peer, f64)]) -> io::Result<()> {
    writeln!(out, "{:<11}{:>12}{:>8}", "memory", "MB/M seats", "R/x")?;
    let own = rows.iter().find(|row| row.0 == Peer::Ringside);
    for (peer, bytes) in rows {
        let ratio = own.map_or_else(|| "-".to_owned(), |own| number(own.1 / bytes, 2));
        writeln!(out, "{peer:<11}{:>12}{ratio:>8}", number(bytes / 1e6, 1))?;
    }
    writeln!(out)
}

/// A number with so many decimals, `-` if it is none.
fn number(number: f64, decimals: usize) -> String {
    if number.is_finite() {
        format!("{number:.decimals$}")
    } else {
        "-".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(throughput: f64, cpu: f64) -> Figures {
        Figures {
            throughput,
            cpu,
            p50: 10.0,
            p99: 20.0,
            is_client_bound: false,
        }
    }

    #[test]
    fn ratios_are_ringsides_figure_by_the_peers() {
        let rows = [
            (Peer::Ringside, figures(300_000.0, 1.0)),
            (Peer::Redis, figures(100_000.0, 4.0)),
        ];
        let mut out = Vec::new();
        print_shape(&mut out, "64x16".parse().unwrap(), &rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        let redis: Vec<&str> = text.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!(
            redis,
            ["redis", "100,000", "3.00", "4.000", "0.25", "10.0", "20.0"]
        );
    }

    #[test]
    fn without_ringside_there_are_no_ratios_and_what_is_not_known_is_a_dash() {
        let rows = [(Peer::Redis, figures(5.0, f64::NAN))];
        let mut out = Vec::new();
        print_shape(&mut out, "1x1".parse().unwrap(), &rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        let redis: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(redis, ["redis", "5", "-", "-", "-", "10.0", "20.0"]);
    }
}
