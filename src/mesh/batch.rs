//! A batch of commands on its way to the shard that owns their seats.
//!
//! The same batch travels back with the outcomes filled in and is then used
//! again, so that crossing cores allocates nothing per command.

use crate::inventory::{Outcome, Verb};
use crate::limits::BATCH_COMMANDS;

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
#[derive(Debug, Default)]
pub struct Batch {
    commands: Vec<Command>,
    names: Vec<u8>,
}

#[derive(Debug)]
struct Command {
    slot: Slot,
    name_end: u32,
    verb: Verb,
    outcome: Outcome,
}

impl Batch {
    /// Adds a command. The caller has checked that the batch [has room](Self::has_room).
    pub fn push(&mut self, verb: Verb, name: &[u8], slot: Slot) {
        self.names.extend_from_slice(name);
        self.commands.push(Command {
            slot,
            name_end: self.names.len() as u32,
            verb,
            outcome: Outcome::Fail,
        });
    }

    /// Whether one more command fits.
    pub fn has_room(&self) -> bool {
        self.commands.len() < BATCH_COMMANDS
    }

    /// Whether it holds no command.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// How many commands it holds.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Runs `apply` on each command in the order they were added and keeps
    /// what it says. Done on the owning shard.
    pub fn answer(&mut self, mut apply: impl FnMut(Verb, &[u8]) -> Outcome) {
        let mut start = 0;
        for command in &mut self.commands {
            let end = command.name_end as usize;
            command.outcome = apply(command.verb, &self.names[start..end]);
            start = end;
        }
    }

    /// The names in the commands, in their order.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.commands.iter().map(move |command| {
            let end = command.name_end as usize;
            let name = &self.names[start..end];
            start = end;
            name
        })
    }

    /// The outcomes with the places they belong to. Read on the origin shard.
    pub fn outcomes(&self) -> impl Iterator<Item = (Slot, Outcome)> {
        self.commands
            .iter()
            .map(|command| (command.slot, command.outcome))
    }

    /// Empties the batch for its next use and keeps its memory.
    pub fn clear(&mut self) {
        self.commands.clear();
        self.names.clear();
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
        assert!(batch.names().eq([&b"A1"[..], b"B22"]));
        let mut seen = Vec::new();
        batch.answer(|verb, name| {
            seen.push((verb, name.to_vec()));
            if verb == Verb::Query {
                Outcome::Free
            } else {
                Outcome::Ok
            }
        });
        assert_eq!(
            seen,
            [
                (Verb::Reserve, b"A1".to_vec()),
                (Verb::Query, b"B22".to_vec())
            ]
        );
        let outcomes: Vec<_> = batch.outcomes().collect();
        assert_eq!(outcomes, [(slot(0), Outcome::Ok), (slot(1), Outcome::Free)]);
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
