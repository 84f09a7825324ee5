//! Likes on their way to the shard that owns their pairs, and back with what
//! they decided.

use super::event::LikeEvent;
use super::pairs::Pairs;
use super::rule::Rule;
use crate::limits::LIKE_BATCH_EVENTS;
use crate::route::ShardId;

/// A run, among all runs of all shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunId {
    /// The shard that reads its source.
    pub shard: ShardId,
    /// Its number on that shard; never used twice.
    pub number: u64,
}

/// What an owner must know to open its table of pairs for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What counts as a match.
    pub rule: Rule,
    /// Pairs of users that each shard may keep for the run.
    pub max_pairs: usize,
    /// Pairs for which each shard gets the memory at once.
    pub prepared_pairs: usize,
}

/// A batch of likes. It travels to the owner of their pairs, is answered in
/// place, travels back, and is then used again, so that crossing cores
/// allocates nothing per event.
#[derive(Debug)]
pub struct Batch {
    run: RunId,
    terms: Terms,
    /// No event below is in this batch or will be in a later one.
    passed: u64,
    events: Vec<LikeEvent>,
    /// The lowest sequence number among the events.
    lowest: u64,
    /// The answer: sequence number and whether it is a match, in order.
    decisions: Vec<u64>,
    too_many_pairs: bool,
    closes: bool,
}

impl Batch {
    /// Decisions for which a batch keeps its room. A single event can decide
    /// over all that is held for its pair.
    const KEPT_DECISIONS: usize = 4 * LIKE_BATCH_EVENTS;

    /// A batch without events.
    pub(super) fn new(run: RunId, terms: Terms) -> Self {
        Self {
            run,
            terms,
            passed: 0,
            events: Vec::with_capacity(LIKE_BATCH_EVENTS),
            lowest: u64::MAX,
            decisions: Vec::new(),
            too_many_pairs: false,
            closes: false,
        }
    }

    /// The run it belongs to: whose source shard it comes from and goes back to.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether it holds no event.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// What the run wants of its owners.
    pub(super) fn terms(&self) -> Terms {
        self.terms
    }

    /// Whether it is the run's last and asks the owner to forget the run.
    pub(super) fn closes(&self) -> bool {
        self.closes
    }

    /// Makes it the run's last.
    pub(super) fn close(&mut self) {
        self.closes = true;
    }

    /// How many more events it may hold.
    pub(super) fn room(&self) -> usize {
        LIKE_BATCH_EVENTS - self.events.len()
    }

    /// The lowest sequence number in it; the highest `u64` if it is empty.
    pub(super) fn lowest(&self) -> u64 {
        self.lowest
    }

    /// Adds an event. If it is the first: no event below `passed` is still to
    /// be added to this batch or a later one.
    pub(super) fn push(&mut self, event: LikeEvent, passed: u64) {
        if self.events.is_empty() {
            self.passed = passed;
        }
        self.lowest = self.lowest.min(event.sequence());
        self.events.push(event);
    }

    /// Takes its events into the owner's table and keeps what they decide.
    pub(super) fn answer(&mut self, pairs: &mut Pairs) {
        let decisions = &mut self.decisions;
        let taken = pairs.apply(&self.events, self.passed, |sequence, matched| {
            decisions.push(sequence << 1 | u64::from(matched));
        });
        self.too_many_pairs = taken.is_err();
    }

    /// Whether the owner could not take all of it.
    pub(super) fn too_many_pairs(&self) -> bool {
        self.too_many_pairs
    }

    /// What the owner decided, in order.
    pub(super) fn decisions(&self) -> impl Iterator<Item = (u64, bool)> {
        self.decisions
            .iter()
            .map(|decision| (decision >> 1, decision & 1 == 1))
    }

    /// Empties the batch for its next use and keeps its memory, within bounds.
    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.lowest = u64::MAX;
        self.decisions.clear();
        self.decisions.shrink_to(Self::KEPT_DECISIONS);
    }
}
