//! The seats of one shard: a bounded table from name to state.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry::Vacant;

use super::command::{Outcome, Verb};

/// How many seats the table holds, by state. Free seats take no memory and
/// are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatsByState {
    /// Reserved and not yet sold.
    pub reserved: u64,
    /// Sold.
    pub sold: u64,
}

/// The seats one shard owns.
///
/// Only seats that were reserved are stored: a `Query`, and a `Reserve` or
/// `Buy` that fails, leave no trace. Memory per stored seat is one 16-byte
/// table entry (plus the table's spare room) and the bytes of its name.
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
    table: HashTable<Entry>,
    names: Names,
    hasher: RandomState,
    capacity: usize,
    sold: u64,
    refused_full: u64,
}

/// A stored seat. Its name lives in [`Names`].
struct Entry {
    name: NameRef,
    state: Taken,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Reserved,
    Sold,
}

impl Seats {
    /// An empty table for at most `capacity` seats.
    ///
    /// `hash_seed` keys the table's hash. Give each process a secret one, so
    /// that nobody can choose names that all fall into one bucket; the routing
    /// hash is public and separate. It never shows in an outcome.
    pub fn new(capacity: usize, hash_seed: u64) -> Self {
        Self {
            table: HashTable::new(),
            names: Names::default(),
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

    /// Applies one command to the seat called `name` and says what came of it.
    ///
    /// The caller has checked the name (see [`crate::wire::seat`]); the table
    /// takes any bytes up to 255.
    pub fn apply(&mut self, verb: Verb, name: &[u8]) -> Outcome {
        let hash = hash(&self.hasher, name);
        let names = &self.names;
        let found = self
            .table
            .find_mut(hash, |entry| names.get(entry.name) == name);
        match (verb, found) {
            (Verb::Query, None) => Outcome::Free,
            (Verb::Query, Some(entry)) => match entry.state {
                Taken::Reserved => Outcome::Reserved,
                Taken::Sold => Outcome::Sold,
            },
            (Verb::Buy, Some(entry)) if entry.state == Taken::Reserved => {
                entry.state = Taken::Sold;
                self.sold += 1;
                Outcome::Ok
            }
            (Verb::Reserve, None) => self.insert(hash, name),
            (Verb::Reserve, Some(_)) | (Verb::Buy, _) => Outcome::Fail,
        }
    }

    /// Puts a seat there that was reserved, and perhaps sold, in an earlier
    /// life. Says whether it was not there before; else nothing changes. Seats
    /// that are restored need no spare capacity.
    pub fn restore(&mut self, name: &[u8], sold: bool) -> bool {
        let hash = hash(&self.hasher, name);
        let (names, hasher) = (&self.names, &self.hasher);
        let place = self.table.entry(
            hash,
            |entry| names.get(entry.name) == name,
            |entry| self::hash(hasher, names.get(entry.name)),
        );
        let (Vacant(place), Some(name)) = (place, self.names.intern(name)) else {
            return false;
        };
        let state = if sold { Taken::Sold } else { Taken::Reserved };
        place.insert(Entry { name, state });
        self.sold += u64::from(sold);
        self.capacity = self.capacity.max(self.table.len());
        true
    }

    /// Makes room for so many more seats at once, so that the table does not
    /// grow step by step.
    pub fn reserve(&mut self, seats: usize) {
        let (names, hasher) = (&self.names, &self.hasher);
        self.table
            .reserve(seats, |entry| hash(hasher, names.get(entry.name)));
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
            .iter()
            .try_for_each(|entry| each(self.names.get(entry.name), entry.state == Taken::Sold))
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
        let Some(name) = self.names.intern(name) else {
            self.refused_full += 1;
            return Outcome::Fail;
        };
        let (names, hasher) = (&self.names, &self.hasher);
        let entry = Entry {
            name,
            state: Taken::Reserved,
        };
        self.table.insert_unique(hash, entry, |entry| {
            self::hash(hasher, names.get(entry.name))
        });
        Outcome::Ok
    }
}

fn hash(hasher: &RandomState, name: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(name);
    hasher.finish()
}

/// Where a name's bytes are: no pointer, no allocation of its own.
#[derive(Clone, Copy)]
struct NameRef {
    chunk: u32,
    start: u32,
    len: u8,
}

/// The names of all stored seats, packed into large chunks that never move or
/// grow, so that no insert ever copies the names of the others.
#[derive(Default)]
struct Names {
    chunks: Vec<Vec<u8>>,
}

impl Names {
    const CHUNK_BYTES: usize = 256 * 1024;

    fn get(&self, name: NameRef) -> &[u8] {
        let start = name.start as usize;
        &self.chunks[name.chunk as usize][start..start + usize::from(name.len)]
    }

    /// Stores `name`; `None` if it is too long to store.
    fn intern(&mut self, name: &[u8]) -> Option<NameRef> {
        let len = u8::try_from(name.len()).ok()?;
        let full = self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.len() + name.len() > Self::CHUNK_BYTES);
        if full {
            self.chunks.push(Vec::with_capacity(Self::CHUNK_BYTES));
        }
        let index = self.chunks.len() - 1;
        let chunk = &mut self.chunks[index];
        let start = chunk.len() as u32;
        chunk.extend_from_slice(name);
        Some(NameRef {
            chunk: index as u32,
            start,
            len,
        })
    }
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

    #[test]
    fn an_entry_takes_sixteen_bytes() {
        assert!(size_of::<Entry>() <= 16);
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
