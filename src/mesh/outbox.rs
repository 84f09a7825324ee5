//! What one shard has to say to the others: open batches and credit.

use std::collections::VecDeque;

use super::batch::{Batch, Slot};
use crate::inventory::Verb;
use crate::limits::BATCHES_IN_FLIGHT;
use crate::route::ShardId;

/// One open batch per destination, filled during a turn and sent at its end.
#[derive(Debug)]
pub struct Outbox {
    lanes: Vec<Lane>,
    commands_sent: u64,
}

/// Everything for one destination.
#[derive(Debug)]
struct Lane {
    open: Option<Batch>,
    full: VecDeque<Batch>,
    spare: Vec<Batch>,
    credit: usize,
}

impl Outbox {
    /// An empty outbox towards `shards` shards (one's own lane stays unused).
    pub fn new(shards: u16) -> Self {
        let lane = || Lane {
            open: None,
            full: VecDeque::with_capacity(BATCHES_IN_FLIGHT),
            spare: Vec::with_capacity(BATCHES_IN_FLIGHT),
            credit: BATCHES_IN_FLIGHT,
        };
        Self {
            lanes: (0..shards).map(|_| lane()).collect(),
            commands_sent: 0,
        }
    }

    /// Puts a command into the open batch for `to`. `false`: all credit
    /// towards that shard is used; try again when an answer came back.
    #[must_use]
    pub fn push(&mut self, to: ShardId, verb: Verb, name: &[u8], slot: Slot) -> bool {
        let lane = &mut self.lanes[to.index()];
        if let Some(full) = lane.open.take_if(|batch| !batch.has_room()) {
            lane.full.push_back(full);
        }
        if lane.open.is_none() {
            if lane.credit == 0 {
                return false;
            }
            lane.credit -= 1;
            // A new one allocates: at most `BATCHES_IN_FLIGHT` for each lane.
            lane.open = Some(lane.spare.pop().unwrap_or_default());
        }
        if let Some(batch) = &mut lane.open {
            batch.push(verb, name, slot);
            self.commands_sent += 1;
        }
        true
    }

    /// Takes the next batch that has commands, if there is one: oldest first
    /// for each destination.
    #[allow(clippy::should_implement_trait, reason = "it never ends for good")]
    pub fn next(&mut self) -> Option<(ShardId, Batch)> {
        for (to, lane) in self.lanes.iter_mut().enumerate() {
            if let Some(batch) = lane.full.pop_front().or_else(|| lane.open.take()) {
                return Some((ShardId(to as u16), batch));
            }
        }
        None
    }

    /// Takes an answered batch back: its credit can be used again.
    pub fn recycle(&mut self, from: ShardId, mut batch: Batch) {
        batch.clear();
        let lane = &mut self.lanes[from.index()];
        lane.credit += 1;
        debug_assert!(lane.credit <= BATCHES_IN_FLIGHT);
        lane.spare.push(batch);
    }

    /// Commands that wait to be taken by [`Outbox::next`].
    pub fn waiting_commands(&self) -> usize {
        let lanes = self.lanes.iter();
        let batches = lanes.flat_map(|lane| lane.full.iter().chain(&lane.open));
        batches.map(Batch::len).sum()
    }

    /// Commands handed over to other shards so far.
    pub fn commands_sent(&self) -> u64 {
        self.commands_sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Outcome;
    use crate::limits::BATCH_COMMANDS;

    const TO: ShardId = ShardId(1);

    fn slot(index: u32) -> Slot {
        Slot {
            connection: 0,
            index,
        }
    }

    #[test]
    fn a_turn_makes_one_batch_for_each_destination() {
        let mut outbox = Outbox::new(3);
        for index in 0..10 {
            let to = ShardId(1 + (index % 2) as u16);
            assert!(outbox.push(to, Verb::Query, b"A1", slot(index)));
        }
        let sent: Vec<_> = std::iter::from_fn(|| outbox.next())
            .map(|(to, batch)| (to, batch.len()))
            .collect();
        assert_eq!(sent, [(ShardId(1), 5), (ShardId(2), 5)]);
    }

    #[test]
    fn credit_ends_and_comes_back_with_an_answer() {
        let mut outbox = Outbox::new(2);
        let all = (BATCHES_IN_FLIGHT * BATCH_COMMANDS) as u32;
        for index in 0..all {
            assert!(outbox.push(TO, Verb::Query, b"A1", slot(index)));
        }
        assert!(!outbox.push(TO, Verb::Query, b"A1", slot(all)));
        assert_eq!(outbox.waiting_commands(), all as usize, "full ones too");

        let mut under_way: Vec<Batch> = std::iter::from_fn(|| outbox.next())
            .map(|(_, batch)| batch)
            .collect();
        assert_eq!(under_way.len(), BATCHES_IN_FLIGHT);
        assert_eq!(outbox.waiting_commands(), 0);
        assert!(!outbox.push(TO, Verb::Query, b"A1", slot(all)));

        for batch in &mut under_way {
            batch.answer(&mut (), |(), _| (), |(), _, _, ()| Outcome::Free);
        }
        let outcomes = under_way.iter().flat_map(Batch::outcomes);
        let indices = outcomes.map(|(slot, _)| slot.index);
        assert!(indices.eq(0..all), "order is kept");

        outbox.recycle(TO, under_way.remove(0));
        assert!(outbox.push(TO, Verb::Query, b"A1", slot(all)));
    }
}
