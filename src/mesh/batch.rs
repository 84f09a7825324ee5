//! A batch of commands on its way to the shard that owns their seats.
//!
//! The same batch travels back with the outcomes filled in and is then used
//! again, so that crossing cores allocates nothing per command.

use crate::inventory::{Outcome, Verb};
use crate::limits::{BATCH_COMMANDS, LOOKED_AHEAD, MAX_SEAT_BYTES};

/// The place in a connection's reply order that a command's outcome belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The connection, by its number on the origin shard. A connection is not
    /// forgotten before all its outcomes came back, so the number is enough.
    pub connection: u32,
    /// The command's number within the connection, wrapping.
    pub index: u32,
}

/// Commands out, outcomes back.
///
/// What crosses is as small as it can be, since every cache line of it is
/// fetched from another core: the owner never touches the slots, and the
/// origin reads one byte for each outcome.
#[derive(Debug, Default)]
pub struct Batch {
    /// Where the outcomes belong. For the origin only.
    slots: Vec<Slot>,
    requests: Vec<Request>,
    /// The requests' names, one behind the other.
    names: Vec<u8>,
    outcomes: Vec<Outcome>,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    verb: Verb,
    name_len: u8,
}

const _: () = assert!(MAX_SEAT_BYTES <= u8::MAX as usize);

impl Batch {
    /// Adds a command. The caller has checked that the batch [has room](Self::has_room).
    #[inline]
    pub fn push(&mut self, verb: Verb, name: &[u8], slot: Slot) {
        debug_assert!(name.len() <= MAX_SEAT_BYTES);
        self.names.extend_from_slice(name);
        self.slots.push(slot);
        self.requests.push(Request {
            verb,
            name_len: name.len() as u8,
        });
    }

    /// Whether one more command fits.
    pub fn has_room(&self) -> bool {
        self.slots.len() < BATCH_COMMANDS
    }

    /// Whether it holds no command.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many commands it holds.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Answers every command, in the order they were added. Done on the owning
    /// shard. Before some of them are run by `apply`, all of these are shown to
    /// `look_ahead`, so that what is known of their seats comes out of memory
    /// side by side.
    #[inline]
    pub fn answer<S, K: Copy + Default>(
        &mut self,
        service: &mut S,
        look_ahead: impl Fn(&S, &[u8]) -> K,
        mut apply: impl FnMut(&mut S, Verb, &[u8], K) -> Outcome,
    ) {
        let mut names = &self.names[..];
        for requests in self.requests.chunks(LOOKED_AHEAD) {
            let mut ahead = [(Verb::Query, &[][..], K::default()); LOOKED_AHEAD];
            for (ahead, request) in ahead.iter_mut().zip(requests) {
                let (name, rest) = names.split_at(request.name_len.into());
                *ahead = (request.verb, name, look_ahead(service, name));
                names = rest;
            }
            for &(verb, name, key) in &ahead[..requests.len()] {
                self.outcomes.push(apply(service, verb, name, key));
            }
        }
    }

    /// The outcomes, those of one connection's chunk together: its number, and
    /// for each the place. Read on the origin shard.
    pub fn by_connection(
        &self,
    ) -> impl Iterator<Item = (u32, impl Iterator<Item = (Slot, Outcome)>)> {
        let mut outcomes = &self.outcomes[..];
        self.slots
            .chunk_by(|one, next| one.connection == next.connection)
            .map(move |slots| {
                let (chunk, rest) = outcomes.split_at(slots.len().min(outcomes.len()));
                outcomes = rest;
                let connection = slots.first().map_or(0, |slot| slot.connection);
                (connection, slots.iter().copied().zip(chunk.iter().copied()))
            })
    }

    /// The outcomes with the places they belong to. Read on the origin shard.
    pub fn outcomes(&self) -> impl Iterator<Item = (Slot, Outcome)> {
        self.slots
            .iter()
            .copied()
            .zip(self.outcomes.iter().copied())
    }

    /// Empties the batch for its next use and keeps its memory.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.requests.clear();
        self.names.clear();
        self.outcomes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(index: u32) -> Slot {
        Slot {
            connection: 7,
            index,
        }
    }

    #[test]
    fn commands_are_answered_in_order_and_in_their_places() {
        let mut batch = Batch::default();
        batch.push(Verb::Reserve, b"A1", slot(0));
        batch.push(Verb::Query, b"B22", slot(1));
        let mut seen = Vec::new();
        batch.answer(
            &mut seen,
            |_, name| name.len(),
            |seen, verb, name, key| {
                seen.push((verb, name.to_vec(), key));
                if verb == Verb::Query {
                    Outcome::Free
                } else {
                    Outcome::Ok
                }
            },
        );
        assert_eq!(
            seen,
            [
                (Verb::Reserve, b"A1".to_vec(), 2),
                (Verb::Query, b"B22".to_vec(), 3)
            ]
        );
        let outcomes: Vec<_> = batch.outcomes().collect();
        assert_eq!(outcomes, [(slot(0), Outcome::Ok), (slot(1), Outcome::Free)]);
    }

    #[test]
    fn every_command_is_looked_ahead_for_and_keeps_its_connection() {
        let mut batch = Batch::default();
        let all = 3 * LOOKED_AHEAD as u32 + 1;
        let slot = |index| Slot {
            connection: index / 10,
            index,
        };
        for index in 0..all {
            let name = "N".repeat(1 + index as usize % 7);
            batch.push(Verb::Query, name.as_bytes(), slot(index));
        }
        let mut run = 0;
        batch.answer(
            &mut run,
            |_, name| name.len(),
            |run, _, name, key| {
                assert_eq!((name.len(), key), (1 + *run % 7, name.len()));
                *run += 1;
                Outcome::ALL[*run % 5]
            },
        );
        let mut seen = 0;
        for (connection, chunk) in batch.by_connection() {
            for (slot, outcome) in chunk {
                assert_eq!((slot.connection, slot.index), (connection, seen));
                seen += 1;
                assert_eq!(outcome, Outcome::ALL[seen as usize % 5]);
            }
        }
        assert_eq!(seen, all);
        assert_eq!(batch.by_connection().count() as u32, all.div_ceil(10));
    }

    #[test]
    fn a_batch_is_bounded_and_can_be_used_again() {
        let mut batch = Batch::default();
        for index in 0..BATCH_COMMANDS as u32 {
            assert!(batch.has_room());
            batch.push(Verb::Query, b"A1", slot(index));
        }
        assert!(!batch.has_room());
        batch.clear();
        assert!(batch.is_empty() && batch.has_room());
    }
}
