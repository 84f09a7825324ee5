//! Was the line one? Entry against admission.

use super::{
    buyer::{Buyer, Record},
    event::Event,
};
use crate::{
    record::run::Fairness,
    statistics::{Rank, overtaken, shuffled_z, tau_b},
};

/// Compares the orders; `None` if nobody was in a line. With `shuffles`, those
/// who came before the opening are in no order.
pub(super) fn judge<'a>(
    buyers: impl Iterator<Item = &'a Buyer>,
    event: &Event,
    shuffles: bool,
) -> Option<Fairness> {
    judge_records(buyers.map(|buyer| &buyer.record), event.opens_at, shuffles)
}

fn judge_records<'a>(
    records: impl Iterator<Item = &'a Record>,
    opens_at: Option<u64>,
    shuffles: bool,
) -> Option<Fairness> {
    let mut line = Vec::new();
    let mut lot = Vec::new();
    let mut has_queue = false;
    for record in records {
        let (Some((begun, entered)), Some(admitted)) = (record.entered, record.admitted_at) else {
            continue;
        };
        has_queue |= record.queued;
        let is_early = match (record.entered_at, opens_at) {
            (Some(at), Some(opens_at)) => at < opens_at,
            _ => false,
        };
        let place = if is_early && shuffles {
            &mut lot
        } else {
            &mut line
        };
        place.push((begun, entered, admitted));
    }
    if !has_queue {
        return None;
    }
    let ranks = |people: &[(u64, u64, u64)]| -> Vec<Rank> {
        // Between the two moments the request was taken in; the middle is the
        // best guess.
        let people = people.iter();
        people
            .map(|&(begun, entered, admitted)| (u64::midpoint(begun, entered), admitted))
            .collect()
    };
    let shuffled_tau = tau_b(&ranks(&lot));
    Some(Fairness {
        in_line: line.len() as u64,
        tau: tau_b(&ranks(&line)),
        overtaken: overtaken(&line, &line),
        shuffled: lot.len() as u64,
        shuffled_tau,
        shuffled_z: shuffled_tau.and_then(|tau| shuffled_z(tau, lot.len())),
        shuffled_overtaken: overtaken(&lot, &line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(entered: u64, at: u64, admitted: u64) -> Record {
        Record {
            entered: Some((entered, entered + 1)),
            entered_at: Some(at),
            queued: true,
            admitted_at: Some(admitted),
            ..Record::default()
        }
    }

    #[test]
    fn a_line_has_one_order() {
        let line: Vec<Record> = (0..10).map(|n| record(10 * n, n, 100 + n)).collect();
        let fair = judge_records(line.iter(), None, false).unwrap();
        assert_eq!((fair.in_line, fair.overtaken, fair.shuffled), (10, 0, 0));
        assert_eq!(fair.tau, Some(1.0));
        let mut unfair = line.clone();
        unfair[9].admitted_at = Some(99);
        let unfair = judge_records(unfair.iter(), None, false).unwrap();
        assert_eq!(unfair.overtaken, 9);
        assert_eq!(judge_records([].iter(), None, false), None);
    }

    #[test]
    fn the_early_are_in_no_order_and_all_before_the_late() {
        // Three before the opening at 100, two after it.
        let mut people = [
            record(0, 10, 203),
            record(10, 20, 201),
            record(20, 30, 202),
            record(300, 110, 204),
            record(310, 120, 205),
        ];
        let fair = judge_records(people.iter(), Some(100), true).unwrap();
        assert_eq!((fair.in_line, fair.overtaken), (2, 0));
        assert_eq!((fair.shuffled, fair.shuffled_overtaken), (3, 0));
        assert!(fair.shuffled_tau.unwrap() < 0.0);
        people[3].admitted_at = Some(200);
        let unfair = judge_records(people.iter(), Some(100), true).unwrap();
        assert_eq!(unfair.shuffled_overtaken, 3);
    }
}
