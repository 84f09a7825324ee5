//! What a sale came to, in figures.

use super::{
    buyer::{Buyer, Ended},
    crowd::{Crowd, Stand},
    fairness,
    settle::Sold,
};
use crate::record::run::{Clock, Fate, Run, Sale, Verdict, Waits};

/// Puts what came of a crowd into the run.
pub(super) fn of_crowd(crowd: &Crowd, stands: &[Stand<'_>], mut sale: Sale, run: &mut Run) {
    let buyers = || stands.iter().flat_map(|stand| &stand.buyers);
    let opening = opening(crowd.event.opens_at, run.started_unix_seconds);
    let first = buyers().map(|buyer| buyer.came).min().unwrap_or_default();
    let from = opening.max(first);
    let mut booked: Vec<(u64, u64)> = stands
        .iter()
        .flat_map(|stand| &stand.bookings)
        .map(|booking| (booking.at, booking.seats.len() as u64))
        .collect();
    booked.sort_unstable();
    let last = booked.last().map_or(from, |last| last.0);
    let seconds = last.saturating_sub(from) as f64 / 1e9;
    sale.bookings = booked.len() as u64;
    if seconds > 0.0 {
        sale.bookings_per_second = booked.len() as f64 / seconds;
        sale.tickets_per_second = sale.sold_acknowledged as f64 / seconds;
    }
    sale.busiest_second_tickets = busiest(&booked);
    sale.cpu_us_per_booking = cpu(run, sale.bookings);
    sale.sold_out_seconds = (sale.sold == sale.capacity).then_some(seconds);
    sale.fates = fates(buyers());
    let waits = |until: fn(&Buyer) -> Option<u64>| {
        let waited = buyers().filter_map(|buyer| {
            let until = until(buyer)?;
            Some(until.saturating_sub(buyer.came.max(opening)))
        });
        Waits::of(waited.collect())
    };
    sale.to_admission = waits(|buyer| buyer.record.admitted);
    sale.to_booking = waits(|buyer| buyer.record.booked);
    sale.fairness = fairness::judge(buyers(), &crowd.event, crowd.event.shuffles);
    if let Some(fairness) = sale.fairness
        && run.verdict == Verdict::Ok
    {
        let overtaken = fairness.overtaken + fairness.shuffled_overtaken;
        if overtaken > 0 {
            let reason = format!(
                "{overtaken} buyers who had their place were overtaken by some who came later"
            );
            run.verdict = Verdict::Wrong { reason };
        }
    }
    run.sale = Some(sale);
}

/// Puts what came of checkouts in a closed loop into the run.
pub(super) fn of_flows(sold: &[Sold<'_>], mut sale: Sale, run: &mut Run) {
    // The measured span's, without the warm-up.
    let booked = run.latency.iter().filter(|latency| {
        (latency.verb.as_str(), latency.outcome.as_str()) == ("PAY", "BOOKED")
            && latency.clock == Clock::ServiceTime
    });
    sale.bookings = booked.map(|latency| latency.distribution.count).sum();
    if run.seconds > 0.0 {
        sale.bookings_per_second = sale.bookings as f64 / run.seconds;
        sale.tickets_per_second = sale.bookings_per_second * f64::from(super::flow::PAIR);
    }
    let all = sold.iter().flat_map(|sold| &sold.bookings);
    let mut all: Vec<(u64, u64)> = all
        .map(|booking| (booking.at, booking.seats.len() as u64))
        .collect();
    all.sort_unstable();
    sale.busiest_second_tickets = busiest(&all);
    sale.cpu_us_per_booking = cpu(run, sale.bookings);
    run.sale = Some(sale);
}

/// When the doors open, in nanoseconds from the start of the run.
fn opening(opens_at: Option<u64>, started: f64) -> u64 {
    let after = opens_at.map_or(0.0, |opens_at| opens_at as f64 / 1e6 - started);
    (after.max(0.0) * 1e9) as u64
}

/// The server's time for each booking: that for each reply, all replies counted
/// at the same moments, by the replies to each booking.
fn cpu(run: &Run, bookings: u64) -> Option<f64> {
    let each = run.server.as_ref()?.cpu_us_per_command?;
    (bookings > 0).then(|| each * run.counts.answered as f64 / bookings as f64)
}

/// Most tickets in one second, of bookings in order.
fn busiest(booked: &[(u64, u64)]) -> u64 {
    let seconds = booked.chunk_by(|a, b| a.0 / 1_000_000_000 == b.0 / 1_000_000_000);
    let sums = seconds.map(|second| second.iter().map(|booking| booking.1).sum());
    sums.max().unwrap_or_default()
}

fn fates<'a>(buyers: impl Iterator<Item = &'a Buyer>) -> Vec<Fate> {
    let mut counts = [0; Ended::ALL.len() + 1];
    for buyer in buyers {
        let place = Ended::ALL
            .iter()
            .position(|ended| Some(*ended) == buyer.ended);
        counts[place.unwrap_or(Ended::ALL.len())] += 1;
    }
    let names = Ended::ALL.iter().map(|ended| ended.name());
    names
        .chain(["unfinished"])
        .zip(counts)
        .filter(|(_, buyers)| *buyers > 0)
        .map(|(fate, buyers)| Fate {
            fate: fate.to_owned(),
            buyers,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_second_is_found() {
        let second = 1_000_000_000;
        let booked = [(0, 1), (second - 1, 2), (second, 4), (3 * second, 2)];
        assert_eq!(busiest(&booked), 4);
        assert_eq!(busiest(&[]), 0);
    }

    #[test]
    fn the_opening_is_told_from_the_start() {
        assert_eq!(opening(None, 1_000.0), 0);
        assert_eq!(opening(Some(1_002_000_000), 1_000.0), 2_000_000_000);
        assert_eq!(opening(Some(999_000_000), 1_000.0), 0);
    }
}
