//! The seats of one shard: a bounded table from name to state.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;

use super::command::{Outcome, Verb};
use super::table::{State, Table};

/// How many seats the table holds, by state. Free seats take no memory and
/// are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatsByState {
    /// Reserved and not yet sold.
    pub reserved: u64,
    /// Sold.
    pub sold: u64,
}

/// Where [`Seats`] look for one seat.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whereabouts(u64);

/// The seats one shard owns.
///
/// Only seats that were reserved are stored: a `Query`, and a `Reserve` or
/// `Buy` that fails, leave no trace. Memory per stored seat is one 16-byte
/// table entry (plus the table's spare room), and the bytes of a name that is
/// longer than 14.
///
/// ```
/// use ringside::inventory::{Outcome, Seats, Verb};
///
/// let mut seats = Seats::new(1_000, 7);
/// assert_eq!(seats.apply(Verb::Buy, b"A1"), Outcome::Fail);
/// assert_eq!(seats.apply(Verb::Reserve, b"A1"), Outcome::Ok);
/// assert_eq!(seats.apply(Verb::Reserve, b"A1"), Outcome::Fail);
/// assert_eq!(seats.apply(Verb::Buy, b"A1"), Outcome::Ok);
/// assert_eq!(seats.apply(Verb::Query, b"A1"), Outcome::Sold);
/// ```
pub struct Seats {
    table: Table,
    hasher: RandomState,
    capacity: usize,
    sold: u64,
    refused_full: u64,
}

const RESERVED: State = 1;
const SOLD: State = 2;

impl Seats {
    /// An empty table for at most `capacity` seats.
    ///
    /// `hash_seed` keys the table's hash. Give each process a secret one, so
    /// that nobody can choose names that all fall into one bucket; the routing
    /// hash is public and separate. It never shows in an outcome.
    pub fn new(capacity: usize, hash_seed: u64) -> Self {
        Self {
            table: Table::default(),
            hasher: RandomState::with_seeds(
                hash_seed,
                0x9e37_79b9_7f4a_7c15,
                hash_seed.rotate_left(32),
                0xd1b5_4a32_d192_ed03,
            ),
            capacity,
            sold: 0,
            refused_full: 0,
        }
    }

    /// Where to look for the seat called `name`, for [`Seats::apply_at`].
    #[inline]
    pub fn whereabouts(&self, name: &[u8]) -> Whereabouts {
        Whereabouts(hash(&self.hasher, name))
    }

    /// Has what is known of a seat fetched from memory, while others are
    /// looked at.
    #[inline]
    pub fn fetch(&self, at: Whereabouts) {
        self.table.fetch(at.0);
    }

    /// Applies one command to the seat called `name` and says what came of it.
    ///
    /// The caller has checked the name (see [`crate::wire::seat`]); the table
    /// takes any bytes up to 255.
    pub fn apply(&mut self, verb: Verb, name: &[u8]) -> Outcome {
        self.apply_at(verb, name, self.whereabouts(name))
    }

    /// Applies one command to the seat called `name`, which is to be found at
    /// [`Seats::whereabouts`].
    #[inline]
    pub fn apply_at(&mut self, verb: Verb, name: &[u8], Whereabouts(hash): Whereabouts) -> Outcome {
        let Some(place) = self.table.find(hash, name) else {
            return match verb {
                Verb::Query => Outcome::Free,
                Verb::Buy => Outcome::Fail,
                Verb::Reserve => self.insert(hash, name),
            };
        };
        let reserved = self.table.state(place) == RESERVED;
        match verb {
            Verb::Query if reserved => Outcome::Reserved,
            Verb::Query => Outcome::Sold,
            Verb::Buy if reserved => {
                self.table.set_state(place, SOLD);
                self.sold += 1;
                Outcome::Ok
            }
            Verb::Buy | Verb::Reserve => Outcome::Fail,
        }
    }

    /// Puts a seat there that was reserved, and perhaps sold, in an earlier
    /// life. Says whether it was not there before; else nothing changes. Seats
    /// that are restored need no spare capacity.
    pub fn restore(&mut self, name: &[u8], sold: bool) -> bool {
        let hash = hash(&self.hasher, name);
        let state = if sold { SOLD } else { RESERVED };
        if self.table.find(hash, name).is_some() || !self.store(hash, name, state) {
            return false;
        }
        self.sold += u64::from(sold);
        self.capacity = self.capacity.max(self.table.len());
        true
    }

    /// Makes room for so many more seats at once, so that the table does not
    /// grow step by step.
    pub fn reserve(&mut self, seats: usize) {
        let hasher = &self.hasher;
        self.table.reserve(seats, |name| hash(hasher, name));
    }

    /// Every stored seat, and whether it is sold, in any order; stops at the
    /// first error.
    ///
    /// # Errors
    /// The first of `each`.
    pub fn try_for_each<E>(
        &self,
        mut each: impl FnMut(&[u8], bool) -> Result<(), E>,
    ) -> Result<(), E> {
        self.table
            .try_for_each(|name, state| each(name, state == SOLD))
    }

    /// How many seats are stored, by state.
    pub fn by_state(&self) -> SeatsByState {
        SeatsByState {
            reserved: self.table.len() as u64 - self.sold,
            sold: self.sold,
        }
    }

    /// How many more seats may be stored.
    pub fn spare(&self) -> usize {
        self.capacity - self.table.len()
    }

    /// Allows `seats` more seats to be stored.
    pub fn allow(&mut self, seats: usize) {
        self.capacity += seats;
    }

    /// How many reservations were refused because the table was full.
    pub fn refused_full(&self) -> u64 {
        self.refused_full
    }

    fn insert(&mut self, hash: u64, name: &[u8]) -> Outcome {
        if self.table.len() >= self.capacity {
            self.refused_full += 1;
            return Outcome::Fail;
        }
        if !self.store(hash, name, RESERVED) {
            self.refused_full += 1;
            return Outcome::Fail;
        }
        Outcome::Ok
    }

    fn store(&mut self, hash: u64, name: &[u8], state: State) -> bool {
        let hasher = &self.hasher;
        self.table
            .insert(hash, name, state, |name| self::hash(hasher, name))
    }
}

fn hash(hasher: &RandomState, name: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(name);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn seats() -> Seats {
        Seats::new(1_000, 1)
    }

    #[test]
    fn a_seat_never_mentioned_is_free_and_cannot_be_bought() {
        let mut seats = seats();
        assert_eq!(seats.apply(Verb::Query, b"A1"), Outcome::Free);
        assert_eq!(seats.apply(Verb::Buy, b"A1"), Outcome::Fail);
        assert_eq!(seats.by_state(), SeatsByState::default());
    }

    #[test]
    fn a_seat_is_reserved_once_and_bought_once() {
        let mut seats = seats();
        assert_eq!(seats.apply(Verb::Reserve, b"A1"), Outcome::Ok);
        assert_eq!(seats.apply(Verb::Reserve, b"A1"), Outcome::Fail);
        assert_eq!(seats.apply(Verb::Query, b"A1"), Outcome::Reserved);
        assert_eq!(seats.apply(Verb::Buy, b"A1"), Outcome::Ok);
        assert_eq!(seats.apply(Verb::Buy, b"A1"), Outcome::Fail);
        assert_eq!(seats.apply(Verb::Reserve, b"A1"), Outcome::Fail);
        assert_eq!(seats.apply(Verb::Query, b"A1"), Outcome::Sold);
        assert_eq!(
            seats.by_state(),
            SeatsByState {
                reserved: 0,
                sold: 1
            }
        );
    }

    #[test]
    fn a_full_table_refuses_new_seats_and_still_sells_the_others() {
        let mut seats = Seats::new(2, 1);
        assert_eq!(seats.apply(Verb::Reserve, b"A1"), Outcome::Ok);
        assert_eq!(seats.apply(Verb::Reserve, b"A2"), Outcome::Ok);
        assert_eq!(seats.apply(Verb::Reserve, b"A3"), Outcome::Fail);
        assert_eq!(seats.refused_full(), 1);
        assert_eq!(seats.apply(Verb::Query, b"A3"), Outcome::Free);
        assert_eq!(seats.apply(Verb::Buy, b"A2"), Outcome::Ok);
    }

    #[test]
    fn names_survive_growth_over_many_chunks() {
        let mut seats = Seats::new(usize::MAX, 1);
        let name = |n: u32| format!("{n:0>200}").into_bytes();
        for n in 0..5_000 {
            assert_eq!(seats.apply(Verb::Reserve, &name(n)), Outcome::Ok);
        }
        for n in 0..5_000 {
            assert_eq!(seats.apply(Verb::Query, &name(n)), Outcome::Reserved);
        }
        assert_eq!(seats.apply(Verb::Query, &name(5_000)), Outcome::Free);
    }

    #[test]
    fn restored_seats_are_as_they_were_and_need_no_capacity() {
        let mut seats = Seats::new(0, 1);
        seats.reserve(2);
        assert!(seats.restore(b"A1", false) && seats.restore(b"A2", true));
        assert!(!seats.restore(b"A1", true), "it is there");
        assert_eq!(
            (seats.spare(), seats.apply(Verb::Reserve, b"A3")),
            (0, Outcome::Fail)
        );
        assert_eq!(seats.apply(Verb::Query, b"A1"), Outcome::Reserved);
        assert_eq!(seats.apply(Verb::Buy, b"A1"), Outcome::Ok);
        assert_eq!(seats.apply(Verb::Buy, b"A2"), Outcome::Fail);
        let mut all = Vec::new();
        let done: Result<(), ()> = seats.try_for_each(|name, sold| {
            all.push((name.to_vec(), sold));
            Ok(())
        });
        all.sort();
        assert_eq!(
            (done, all),
            (Ok(()), vec![(b"A1".to_vec(), true), (b"A2".to_vec(), true)])
        );
        assert_eq!(seats.try_for_each(|_, _| Err(7)), Err(7));
    }

    #[derive(Clone, Copy, PartialEq)]
    enum SeatState {
        Free,
        Reserved,
        Sold,
    }

    /// The specification, as plainly as it can be said.
    fn model(states: &mut HashMap<Vec<u8>, SeatState>, verb: Verb, name: &[u8]) -> Outcome {
        let state = states.get(name).copied().unwrap_or(SeatState::Free);
        let (next, outcome) = match (verb, state) {
            (Verb::Reserve, SeatState::Free) => (SeatState::Reserved, Outcome::Ok),
            (Verb::Buy, SeatState::Reserved) => (SeatState::Sold, Outcome::Ok),
            (Verb::Query, SeatState::Free) => (state, Outcome::Free),
            (Verb::Query, SeatState::Reserved) => (state, Outcome::Reserved),
            (Verb::Query, SeatState::Sold) => (state, Outcome::Sold),
            _ => (state, Outcome::Fail),
        };
        states.insert(name.to_vec(), next);
        outcome
    }

    proptest! {
        #[test]
        fn any_commands_give_what_the_model_gives(
            seed: u64,
            commands in prop::collection::vec((0..3usize, "[A-C]{1,2}"), 0..400),
        ) {
            let mut seats = Seats::new(usize::MAX, seed);
            let mut states = HashMap::new();
            for (verb, name) in commands {
                let verb = Verb::ALL[verb];
                let expected = model(&mut states, verb, name.as_bytes());
                prop_assert_eq!(seats.apply(verb, name.as_bytes()), expected);
            }
            let count = |wanted| states.values().filter(|&&state| state == wanted).count() as u64;
            prop_assert_eq!(
                seats.by_state(),
                SeatsByState { reserved: count(SeatState::Reserved), sold: count(SeatState::Sold) }
            );
        }
    }
}
