//! What came of a sale, in words.

use std::io::{self, Write};

use indicatif::HumanCount;

use super::figures::entry;
use crate::record::run::{Fairness, Sale, Waits};

/// Prints a sale.
///
/// # Errors
/// If `out` cannot be written.
pub(super) fn print(out: &mut dyn Write, sale: &Sale) -> io::Result<()> {
    let unknown = match sale.sold_unknown {
        0 => String::new(),
        unknown => format!(" and perhaps {} more", HumanCount(unknown)),
    };
    let sold = format!(
        "{} of {} seats acknowledged{unknown}; by the server's map {} sold, {} held, {} free",
        HumanCount(sale.sold_acknowledged),
        HumanCount(sale.capacity),
        HumanCount(sale.sold),
        HumanCount(sale.held),
        HumanCount(sale.free),
    );
    entry(out, "sold", &sold)?;
    if sale.bookings > 0 {
        entry(out, "bookings", &bookings(sale))?;
    }
    if let Some(seconds) = sale.sold_out_seconds {
        entry(
            out,
            "sold out",
            &format!("{seconds:.2} s after the opening"),
        )?;
    }
    if !sale.fates.is_empty() {
        let fates = sale.fates.iter();
        let fates: Vec<String> = fates
            .map(|fate| {
                format!(
                    "{} {}",
                    HumanCount(fate.buyers),
                    fate.fate.replace('_', " ")
                )
            })
            .collect();
        entry(out, "buyers", &fates.join(", "))?;
    }
    for (name, waits) in [
        ("admitted in", &sale.to_admission),
        ("booked in", &sale.to_booking),
    ] {
        if let Some(waits) = waits {
            entry(out, name, &in_seconds(waits))?;
        }
    }
    if let Some(fairness) = &sale.fairness {
        entry(out, "fairness", &in_words(fairness))?;
    }
    Ok(())
}

fn bookings(sale: &Sale) -> String {
    let mut parts = vec![format!(
        "{} bookings, {} bookings/s, {} tickets/s, {} tickets in the busiest second",
        HumanCount(sale.bookings),
        HumanCount(sale.bookings_per_second as u64),
        HumanCount(sale.tickets_per_second as u64),
        HumanCount(sale.busiest_second_tickets),
    )];
    if let Some(cpu) = sale.cpu_us_per_booking {
        parts.push(format!("{cpu:.2} µs of server CPU each"));
    }
    parts.join("; ")
}

fn in_seconds(waits: &Waits) -> String {
    format!(
        "p50 {:.3} s, p90 {:.3} s, p99 {:.3} s, longest {:.3} s",
        waits.p50_seconds, waits.p90_seconds, waits.p99_seconds, waits.max_seconds,
    )
}

fn in_words(fairness: &Fairness) -> String {
    let mut parts = Vec::new();
    let tau = |tau: f64| format!("Kendall's tau {tau:.4}");
    if fairness.in_line > 0 {
        let tau = fairness.tau.map_or_else(|| "no order".to_owned(), tau);
        parts.push(format!(
            "{} first come, first served: {tau}, {} overtaken",
            HumanCount(fairness.in_line),
            HumanCount(fairness.overtaken),
        ));
    }
    if fairness.shuffled > 0 {
        let order = match (fairness.shuffled_tau, fairness.shuffled_z) {
            (Some(t), Some(z)) => format!("{} (z {z:.1})", tau(t)),
            _ => "no order".to_owned(),
        };
        parts.push(format!(
            "{} shuffled: {order}, {} overtaken by later ones",
            HumanCount(fairness.shuffled),
            HumanCount(fairness.shuffled_overtaken),
        ));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::printed;
    use crate::record::run::sample;

    #[test]
    fn a_sale_is_told() {
        let text = printed(&sample::sale_record());
        for says in [
            "1 event of 5,000 seats; about 10,000 buyers for 1..4 seats each, popular choice",
            "open loop, 1,000 buyers/s spike:20",
            "sold         4,998 of 5,000 seats acknowledged and perhaps 2 more; by the server's map",
            "bookings     2,000 bookings, 500 bookings/s, 1,250 tickets/s",
            "sold out     4.00 s after the opening",
            "buyers       2,000 booked, 8,000 sold out",
            "admitted in  p50 1.000 s",
            "fairness     9,000 first come, first served: Kendall's tau 0.9990, 0 overtaken;",
            "1,000 shuffled: Kendall's tau 0.0100 (z 0.5), 0 overtaken by later ones",
            "passed: every seat was sold once at most",
        ] {
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(&says), "no {says:?} in {text}");
        }
    }
}
