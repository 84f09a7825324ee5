//! An auditor who reads the journal alone, and knows what may never be.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::shop::{SECOND, movements};
use crate::inventory::events::*;
use crate::inventory::{Book, Id, Micros};

/// Books of one event, its line, and who is inside.
#[derive(Default)]
pub(super) struct Audit {
    pub(super) books: BTreeMap<(Ware, Book), i64>,
    line: VecDeque<Id>,
    inside: HashMap<Id, u64>,
    admitted: Vec<Micros>,
    seats: HashMap<u32, Id>,
}

impl Audit {
    /// Reads a change; `knobs` are the waiting room's, `catch_up` what a late
    /// look may make good.
    pub(super) fn read(&mut self, change: &EventChange, knobs: (f64, usize)) {
        for movement in movements(change) {
            let quantity = movement.quantity as i64;
            assert!(quantity > 0, "{change:?}");
            *self.books.entry((movement.of, movement.from)).or_default() -= quantity;
            *self.books.entry((movement.of, movement.to)).or_default() += quantity;
            let left = self.books[&(movement.of, movement.from)];
            assert!(
                left >= 0 || movement.from == Book::Issued,
                "{change:?} moves what is not there"
            );
        }
        match change {
            EventChange::Joined { checkout, .. } => self.line.push_back(*checkout),
            EventChange::Admitted { at, checkouts, .. } => {
                for checkout in checkouts {
                    assert_eq!(
                        self.line.pop_front(),
                        Some(*checkout),
                        "first come, first served"
                    );
                    self.inside.insert(*checkout, 0);
                    self.admitted.push(*at);
                }
                let (rate, most) = knobs;
                assert!(
                    most == 0 || self.inside.len() <= most,
                    "too many are inside"
                );
                self.check_rate(rate);
            }
            EventChange::Held { checkout, lots, .. } => {
                assert!(
                    self.inside.contains_key(checkout),
                    "only who is inside may hold"
                );
                for seat in seats_of(lots) {
                    assert_eq!(
                        self.seats.insert(seat, *checkout),
                        None,
                        "seat {seat} has two"
                    );
                }
            }
            EventChange::Released { checkout, lots, .. } => self.free(*checkout, lots),
            EventChange::Ended { checkout, lots, .. } => {
                self.free(*checkout, lots);
                self.inside.remove(checkout);
                self.line.retain(|waiting| waiting != checkout);
            }
            EventChange::Booked { booking, late, .. } => {
                for seat in seats_of(&booking.lots) {
                    let holder = self.seats.insert(seat, booking.checkout);
                    let expected = (!late).then_some(booking.checkout);
                    assert_eq!(holder, expected, "seat {seat} is sold to its holder");
                }
                self.inside.remove(&booking.checkout);
            }
            _ => {}
        }
    }

    fn free(&mut self, checkout: Id, lots: &[Lot]) {
        for seat in seats_of(lots) {
            assert_eq!(self.seats.remove(&seat), Some(checkout), "only its own");
        }
    }

    /// In no span of time more than the rate allows for it, a tenth of a
    /// second more, and the one that begins it.
    fn check_rate(&self, rate: f64) {
        let Some(last) = self.admitted.last().filter(|_| rate > 0.0) else {
            return;
        };
        for (count, first) in (1..).zip(self.admitted.iter().rev()).take(50) {
            let span = (last - first) as f64 / SECOND as f64 + 0.1;
            assert!(
                f64::from(count) <= rate * span + 1.0 + 1e-6,
                "{count} in {span} s"
            );
        }
    }

    /// What stands in a book of this event, seats and standing places.
    pub(super) fn sum(&self, book: Book) -> i64 {
        let entries = self.books.iter().filter(|((_, it), _)| *it == book);
        entries.map(|(_, quantity)| quantity).sum()
    }
}

fn seats_of(lots: &[Lot]) -> Vec<u32> {
    let seats = lots.iter().map(|lot| match lot {
        Lot::Seats { seats, .. } => seats.clone(),
        Lot::General { .. } => Vec::new(),
    });
    seats.flatten().collect()
}
