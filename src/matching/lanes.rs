//! The way of one run's likes to the shards that own them, and back.

use std::collections::VecDeque;

use super::batch::{Batch, RunId, Terms};
use super::event::LikeEvent;
use crate::limits::{LIKE_BATCH_EVENTS, RUN_BATCHES};
use crate::route::ShardId;

/// A lane to each shard: batches that are open, ready to leave, under way.
///
/// What is under way also says what may be released: an event is decided when
/// every event up to it has been answered ([`Lanes::undecided`]).
#[derive(Debug)]
pub(super) struct Lanes {
    run: RunId,
    terms: Terms,
    by_shard: Vec<Lane>,
}

#[derive(Debug, Default)]
struct Lane {
    open: Option<Box<Batch>>,
    ready: VecDeque<Box<Batch>>,
    /// The lowest sequence number of each batch under way, oldest first: they
    /// are answered in the order they were sent.
    under_way: VecDeque<u64>,
    #[expect(clippy::vec_box, reason = "batches are sent boxed, and kept so")]
    spare: Vec<Box<Batch>>,
    /// The owner has, or will have, a table for the run.
    used: bool,
}

impl Lane {
    fn batches(&self) -> usize {
        usize::from(self.open.is_some()) + self.ready.len() + self.under_way.len()
    }

    fn room(&self) -> usize {
        let open = self.open.as_ref().map_or(0, |batch| batch.room());
        RUN_BATCHES.saturating_sub(self.batches()) * LIKE_BATCH_EVENTS + open
    }
}

impl Lanes {
    pub(super) fn new(run: RunId, terms: Terms, shards: u16) -> Self {
        Self {
            run,
            terms,
            by_shard: (0..shards).map(|_| Lane::default()).collect(),
        }
    }

    /// Whether `events` more events can be pushed, whoever owns them.
    pub(super) fn have_room(&self, events: usize) -> bool {
        self.by_shard.iter().all(|lane| lane.room() >= events)
    }

    /// Adds an event for its owner `to`. The caller has seen that there is
    /// [room](Self::have_room). `passed`: see [`Batch::push`].
    pub(super) fn push(&mut self, to: ShardId, event: LikeEvent, passed: u64) {
        let lane = &mut self.by_shard[to.index()];
        if let Some(full) = lane.open.take_if(|batch| batch.room() == 0) {
            lane.ready.push_back(full);
        }
        let (run, terms, spare) = (self.run, self.terms, &mut lane.spare);
        lane.used = true;
        lane.open
            // The only allocation: at most `RUN_BATCHES` for each lane, once.
            .get_or_insert_with(|| {
                spare
                    .pop()
                    .unwrap_or_else(|| Box::new(Batch::new(run, terms)))
            })
            .push(event, passed);
    }

    /// Hands over what may leave, oldest first for each shard: full batches,
    /// and an unfilled one if something in it keeps matches back (all events
    /// below `passed` have arrived) and nothing is under way to its owner. So
    /// batches are large when nobody waits for them or the owner has much to
    /// do, and small otherwise.
    pub(super) fn flush(
        &mut self,
        passed: u64,
        mut may_send: impl FnMut(ShardId) -> bool,
        mut send: impl FnMut(ShardId, Box<Batch>),
    ) {
        for (to, lane) in self.by_shard.iter_mut().enumerate() {
            let to = ShardId(to as u16);
            if lane.under_way.is_empty() && lane.ready.is_empty() {
                lane.ready.extend(
                    lane.open
                        .take_if(|batch| batch.lowest() < passed || batch.room() == 0),
                );
            }
            while !lane.ready.is_empty() && may_send(to) {
                if let Some(batch) = lane.ready.pop_front() {
                    lane.under_way.push_back(batch.lowest());
                    send(to, batch);
                }
            }
        }
    }

    /// Notes that the oldest batch under way to `from` came back.
    ///
    /// # Panics
    /// If that is not what came: the mesh brought an answer twice, to another
    /// shard, or out of order.
    pub(super) fn answered(&mut self, from: ShardId, batch: &Batch) {
        let oldest = self.by_shard[from.index()].under_way.pop_front();
        assert!(
            batch.run() == self.run && oldest == Some(batch.lowest()),
            "shard {} answered another batch than the oldest",
            from.0
        );
    }

    /// Keeps an answered batch to use it again.
    pub(super) fn recycle(&mut self, from: ShardId, mut batch: Box<Batch>) {
        if !batch.closes() {
            batch.clear();
            self.by_shard[from.index()].spare.push(batch);
        }
    }

    /// The lowest sequence number that another shard has still to answer for:
    /// no decision below it can change. The highest `u64` if there is none.
    ///
    /// A decision on an event depends on that event and earlier ones only. So
    /// once all events up to some number have arrived, and none of them is in
    /// a batch that is open, ready or under way, all these events are decided.
    /// Batches that hold only later ones need not be waited for.
    pub(super) fn undecided(&self) -> u64 {
        let lowest = |lane: &Lane| {
            let waiting = lane
                .open
                .iter()
                .chain(&lane.ready)
                .map(|batch| batch.lowest());
            waiting.chain(lane.under_way.iter().copied()).min()
        };
        self.by_shard
            .iter()
            .filter_map(lowest)
            .min()
            .unwrap_or(u64::MAX)
    }

    /// Drops what has not left yet and has every owner forget the run. What is
    /// under way still comes back.
    pub(super) fn close(&mut self) {
        for lane in &mut self.by_shard {
            lane.open = None;
            lane.ready.clear();
            lane.spare.clear();
            if std::mem::take(&mut lane.used) {
                let mut last = Batch::new(self.run, self.terms);
                last.close();
                lane.ready.push_back(Box::new(last));
            }
        }
    }

    /// Whether nothing is open, ready or under way.
    pub(super) fn are_empty(&self) -> bool {
        self.by_shard.iter().all(|lane| lane.batches() == 0)
    }
}
