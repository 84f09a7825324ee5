//! Who was told to own which seat of an event: each seat one buyer, once.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::plan::choice::Counts;

/// Nobody.
const NOBODY: u32 = 0;

/// The seats of one event, and the bookings that were acknowledged. Buyers are
/// numbered, times are nanoseconds from the start.
#[derive(Debug)]
pub(crate) struct Register {
    /// By seat: the buyer's number and 1.
    owner: Vec<AtomicU32>,
    /// By seat: when the booking was acknowledged; 0 before that.
    since: Vec<AtomicU64>,
    sold: AtomicU64,
    unknown: AtomicU64,
}

impl Register {
    /// So many seats, none sold.
    pub(crate) fn new(seats: usize) -> Self {
        Self {
            owner: (0..seats).map(|_| AtomicU32::new(NOBODY)).collect(),
            since: (0..seats).map(|_| AtomicU64::new(0)).collect(),
            sold: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
        }
    }

    /// Seats.
    pub(crate) fn capacity(&self) -> u64 {
        self.owner.len() as u64
    }

    /// Seats of acknowledged bookings.
    pub(crate) fn sold(&self) -> u64 {
        self.sold.load(Relaxed)
    }

    /// Seats that may have been booked.
    pub(crate) fn unknown(&self) -> u64 {
        self.unknown.load(Relaxed)
    }

    /// Enters a booking that was acknowledged at `now`.
    ///
    /// # Errors
    /// Why no correct server could acknowledge it.
    pub(crate) fn book(&self, buyer: u32, seats: &[u32], now: u64) -> Result<(), String> {
        for &seat in seats {
            let (Some(owner), Some(since)) =
                (self.owner.get(seat as usize), self.since.get(seat as usize))
            else {
                return Err(self.no_such(seat));
            };
            if let Err(other) = owner.compare_exchange(NOBODY, buyer + 1, Relaxed, Relaxed) {
                let other = other - 1;
                return Err(format!(
                    "seat {seat} was sold twice: to buyer {other} and to buyer {buyer}"
                ));
            }
            since.store(now.max(1), Release);
        }
        self.sold.fetch_add(seats.len() as u64, Relaxed);
        Ok(())
    }

    /// Looks at a hold that was granted to a request sent at `asked`.
    ///
    /// # Errors
    /// Why no correct server could grant it.
    pub(crate) fn hold(&self, buyer: u32, seats: &[u32], asked: u64) -> Result<(), String> {
        for &seat in seats {
            let Some(since) = self.since.get(seat as usize) else {
                return Err(self.no_such(seat));
            };
            let since = since.load(Acquire);
            if since != 0 && since < asked {
                let owner = self.owner[seat as usize].load(Relaxed).saturating_sub(1);
                return Err(format!(
                    "seat {seat} was held for buyer {buyer} after it was sold to buyer {owner}"
                ));
            }
        }
        Ok(())
    }

    /// Notes that so many seats may have been booked: no reply came.
    pub(crate) fn lose(&self, seats: usize) {
        self.unknown.fetch_add(seats as u64, Relaxed);
    }

    /// Compares with the server's own map in the end, of an event whose only
    /// buyers are these if `alone`.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn settle(&self, states: &[u8], alone: bool) -> Result<Counts, String> {
        let capacity = self.owner.len();
        if states.len() != capacity {
            let seats = states.len();
            return Err(format!("the map has {seats} seats, the plan {capacity}"));
        }
        let counts = Counts::of(states);
        let Counts { free, held, sold } = counts;
        if free + held + sold != capacity as u64 {
            return Err(format!(
                "{sold} sold, {held} held and {free} free seats are not {capacity}"
            ));
        }
        for (seat, (owner, state)) in self.owner.iter().zip(states).enumerate() {
            let owner = owner.load(Relaxed);
            if owner != NOBODY && *state != b's' {
                let (buyer, state) = (owner - 1, state.escape_ascii());
                return Err(format!(
                    "seat {seat} was sold to buyer {buyer} and is {state} in the map"
                ));
            }
        }
        let known = self.sold() + self.unknown();
        if alone && sold > known {
            return Err(format!(
                "{sold} seats are sold by the map, {known} at most by the bookings"
            ));
        }
        Ok(counts)
    }

    fn no_such(&self, seat: u32) -> String {
        format!("there is no seat {seat}: the plan has {}", self.owner.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_sold_once() {
        let register = Register::new(4);
        register.book(7, &[0, 1], 10).unwrap();
        let twice = register.book(8, &[2, 1], 20).unwrap_err();
        assert_eq!(twice, "seat 1 was sold twice: to buyer 7 and to buyer 8");
        assert!(
            register
                .book(9, &[4], 30)
                .unwrap_err()
                .contains("no seat 4")
        );
    }

    #[test]
    fn no_hold_is_granted_on_what_was_known_to_be_sold() {
        let register = Register::new(4);
        register.book(7, &[0], 10).unwrap();
        register.hold(8, &[1], 11).unwrap();
        // Asked before the sale was told: it may have been granted before.
        register.hold(8, &[0], 10).unwrap();
        assert!(register.hold(8, &[0], 11).unwrap_err().contains("after"));
        assert!(register.hold(8, &[9], 11).is_err());
    }

    #[test]
    fn the_map_must_have_every_booking_and_no_other() {
        let register = Register::new(4);
        register.book(7, &[0, 1], 10).unwrap();
        let counts = Counts {
            free: 1,
            held: 1,
            sold: 2,
        };
        assert_eq!(register.settle(b"ssh.", true), Ok(counts));
        for (map, says) in [
            (&b"sss."[..], "3 seats are sold by the map, 2 at most"),
            (b"s...", "seat 1 was sold to buyer 7 and is ."),
            (b"ss.", "the map has 3 seats"),
            (b"ssx.", "are not 4"),
        ] {
            let said = register.settle(map, true).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
        assert!(register.settle(b"sss.", false).is_ok());
        register.lose(1);
        assert!(register.settle(b"sss.", true).is_ok());
    }
}
