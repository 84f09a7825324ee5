//! Operations on their way to the shards that decide them, and answers on
//! their way back.
//!
//! Like the commands of the seat protocol they cross in one batch for each
//! destination and turn, under a credit; over it they wait here. What waits
//! is bounded by what connections may have under way: a connection stays, and
//! counts, until its answers are there.

use std::collections::VecDeque;

use crate::inventory::{Answer, Operation};
use crate::limits::{BATCH_OPERATIONS, OPERATION_BATCHES_IN_FLIGHT};
use crate::route::ShardId;

/// Which call an answer is for, by its number on the origin shard. A call is
/// not forgotten before its answer came, so the number is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId(pub u32);

/// Operations out: each of [`BATCH_OPERATIONS`] at most.
pub type Operations = Vec<(CallId, Operation)>;

/// Answers back, all of those to one batch.
pub type Answers = Vec<(CallId, Answer)>;

/// The operations of one shard for all others.
#[derive(Debug)]
pub struct OperationOutbox {
    lanes: Vec<Lane>,
    waiting: usize,
    sent: u64,
}

/// Everything for one destination.
#[derive(Debug)]
struct Lane {
    waiting: VecDeque<(CallId, Operation)>,
    credit: usize,
}

impl OperationOutbox {
    /// An empty outbox towards `shards` shards (one's own lane stays unused).
    pub fn new(shards: u16) -> Self {
        let lane = || Lane {
            waiting: VecDeque::new(),
            credit: OPERATION_BATCHES_IN_FLIGHT,
        };
        Self {
            lanes: (0..shards).map(|_| lane()).collect(),
            waiting: 0,
            sent: 0,
        }
    }

    /// Puts an operation on its way to `to`.
    pub fn push(&mut self, to: ShardId, call: CallId, operation: Operation) {
        self.lanes[to.index()].waiting.push_back((call, operation));
        self.waiting += 1;
    }

    /// Takes the next batch that may leave, if there is one: oldest first for
    /// each destination.
    #[allow(clippy::should_implement_trait, reason = "it never ends for good")]
    pub fn next(&mut self) -> Option<(ShardId, Operations)> {
        if self.waiting == 0 {
            return None;
        }
        let mut lanes = self.lanes.iter_mut().enumerate();
        let (to, lane) = lanes.find(|(_, lane)| lane.credit > 0 && !lane.waiting.is_empty())?;
        let count = lane.waiting.len().min(BATCH_OPERATIONS);
        let batch: Operations = lane.waiting.drain(..count).collect();
        lane.credit -= 1;
        self.waiting -= count;
        self.sent += count as u64;
        Some((ShardId(to as u16), batch))
    }

    /// Notes that the answers to a batch came: its credit can be used again.
    pub fn answered(&mut self, from: ShardId) {
        let lane = &mut self.lanes[from.index()];
        lane.credit += 1;
        debug_assert!(lane.credit <= OPERATION_BATCHES_IN_FLIGHT);
    }

    /// Operations that wait for credit, or for the turn's end.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Operations handed over to other shards so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Id;

    const TO: ShardId = ShardId(1);

    fn operation() -> Operation {
        Operation::FindMember(Id::nil())
    }

    fn calls(batch: &Operations) -> Vec<u32> {
        batch.iter().map(|(call, _)| call.0).collect()
    }

    #[test]
    fn a_turn_makes_one_batch_for_each_destination() {
        let mut outbox = OperationOutbox::new(3);
        for call in 0..10 {
            outbox.push(ShardId(1 + (call % 2) as u16), CallId(call), operation());
        }
        assert_eq!((outbox.waiting(), outbox.sent()), (10, 0));
        let sent: Vec<_> = std::iter::from_fn(|| outbox.next())
            .map(|(to, batch)| (to.0, calls(&batch)))
            .collect();
        assert_eq!(sent, [(1, vec![0, 2, 4, 6, 8]), (2, vec![1, 3, 5, 7, 9])]);
        assert_eq!((outbox.waiting(), outbox.sent()), (0, 10));
    }

    #[test]
    fn over_the_credit_operations_wait_in_order_and_lose_nothing() {
        let mut outbox = OperationOutbox::new(2);
        let all = ((OPERATION_BATCHES_IN_FLIGHT + 2) * BATCH_OPERATIONS) as u32;
        for call in 0..all {
            outbox.push(TO, CallId(call), operation());
        }
        let mut seen = Vec::new();
        let mut under_way = 0;
        while let Some((_, batch)) = outbox.next() {
            assert!(batch.len() <= BATCH_OPERATIONS);
            seen.extend(calls(&batch));
            under_way += 1;
        }
        assert_eq!(under_way, OPERATION_BATCHES_IN_FLIGHT);
        assert_eq!(outbox.waiting(), 2 * BATCH_OPERATIONS);
        while seen.len() < all as usize {
            outbox.answered(TO);
            let (_, batch) = outbox.next().expect("there is credit for one");
            assert!(outbox.next().is_none(), "and for no more");
            seen.extend(calls(&batch));
        }
        assert_eq!(seen, (0..all).collect::<Vec<_>>());
    }
}
