//! Which sequence numbers have arrived, and how far there is no gap.
//!
//! # Where a sequence starts
//! Nothing says so, and the first number may well arrive last. The document
//! counts from 1, so a sequence is taken to start at 1 when 1 has arrived, or
//! at 0 when 0 has. A 0 after the 1 comes too late: it is counted and passed
//! over, wherever the bytes were split. While neither has arrived, no number
//! can be said to be the first, nothing has passed, and only at the end does
//! the sequence start at the lowest number that came. Who knows better says
//! so: [`Window::new`] takes the first number.
//!
//! # How far it reaches
//! The numbers that are waited for and held back lie within `limit` numbers:
//! from the first that has not arrived (from the lowest that did, while the
//! start is not known). That is two bits for each number in the tables of a
//! run, beside what the likes themselves take.

use super::ring::BitRing;

/// What became of a sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It arrived for the first time.
    New,
    /// It arrived before: the first event of a number counts.
    Duplicate,
    /// It is below the first number.
    Late,
    /// It is further ahead than the window reaches, and was not taken.
    Beyond,
}

/// The sequence numbers of a run as they arrive.
#[derive(Debug)]
pub struct Window {
    arrived: BitRing,
    limit: u64,
    started: bool,
    /// All numbers below have arrived or are below the start. While that is
    /// not known: the lowest number that has arrived.
    passed: u64,
    /// How many numbers from `passed` on are sure to be in the ring's range
    /// and within the limit.
    room: u64,
    /// One more than the highest number that has arrived.
    end: u64,
    count: u64,
    first: u64,
    /// Numbers that were passed over at the end.
    holes: u64,
}

impl Window {
    /// An empty window that reaches over `limit` numbers. `first` is where the
    /// sequence starts, if that is known beforehand.
    pub fn new(limit: u64, first: Option<u64>) -> Self {
        let start = first.unwrap_or(u64::MAX);
        Self {
            arrived: BitRing::default(),
            limit: limit.max(1),
            started: first.is_some(),
            passed: start,
            room: 0,
            end: 0,
            count: 0,
            first: start,
            holes: 0,
        }
    }

    /// Notes that `sequence` has arrived.
    #[inline]
    pub fn insert(&mut self, sequence: u64) -> Placed {
        if sequence.wrapping_sub(self.passed) >= self.room
            && let Some(refused) = self.make_room(sequence)
        {
            return refused;
        }
        self.end = self.end.max(sequence + 1);
        if self.arrived.set(sequence) {
            self.count += 1;
            Placed::New
        } else {
            Placed::Duplicate
        }
    }

    /// Moves on over all numbers without a gap. To be called now and then: it
    /// decides when [`Window::passed`] moves, and nothing else.
    pub fn advance(&mut self) {
        if !self.started {
            return;
        }
        let before = self.passed;
        loop {
            let bit = self.passed % 64;
            let ones = (self.arrived.word(self.passed / 64) >> bit).trailing_ones();
            self.passed += u64::from(ones);
            if u64::from(ones) < 64 - bit {
                break;
            }
        }
        if self.passed != before {
            self.arrived.forget_below(self.passed);
            self.set_room();
        }
    }

    /// Ends the sequence: passes over the holes and says how many there were.
    pub fn finish(&mut self) -> u64 {
        self.advance();
        if self.count == 0 {
            return 0;
        }
        self.started = true;
        self.passed = self.end;
        self.arrived.forget_below(self.end);
        self.room = 0;
        self.holes = self.end - self.first - self.count;
        self.holes
    }

    /// Where the sequence starts, once that is known.
    pub fn first(&self) -> Option<u64> {
        self.started.then_some(self.first)
    }

    /// Every number from the first up to this one, which is not among them,
    /// has arrived. 0 while the first is not known.
    pub fn passed(&self) -> u64 {
        if self.started { self.passed } else { 0 }
    }

    /// The first number that has not arrived; while the first of all is not
    /// known, the lowest that has. The window reaches from here.
    pub fn waiting_for(&self) -> u64 {
        self.passed
    }

    /// How many different numbers have arrived.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many numbers have arrived and wait for an earlier one.
    pub fn held(&self) -> u64 {
        if self.started {
            self.count + self.holes - (self.passed - self.first)
        } else {
            self.count
        }
    }

    /// Sees to it that `sequence` can be set, or says why not.
    #[cold]
    fn make_room(&mut self, sequence: u64) -> Option<Placed> {
        // The answer must not depend on when `advance` was last called.
        self.advance();
        if self.started && sequence < self.passed {
            return Some(if sequence < self.first {
                Placed::Late
            } else {
                Placed::Duplicate
            });
        }
        let low = self.passed.min(sequence);
        if self.end.max(sequence + 1) - low > self.limit {
            return Some(Placed::Beyond);
        }
        if !self.started && sequence < self.passed {
            self.passed = sequence;
            self.first = sequence;
            self.started = sequence <= 1;
        }
        // Room counts from `passed` on, so the ring must start there.
        for number in [self.passed, sequence] {
            if !self.arrived.range().contains(&number) {
                self.arrived.cover(number);
            }
        }
        self.set_room();
        None
    }

    fn set_room(&mut self) {
        let end = self.arrived.range().end;
        self.room = end.saturating_sub(self.passed).min(self.limit);
    }
}

#[cfg(test)]
mod tests;
