//! Events in, as they arrive; sequence numbers of matches out, in order.

use super::batch::{Batch, RunId, Terms};
use super::error::RunError;
use super::event::LikeEvent;
use super::lanes::Lanes;
use super::pairs::Pairs;
use super::release::Release;
use super::rule::Rule;
use super::window::{Placed, Window};
use crate::limits::{MAX_MATCH_PAIRS, MAX_MATCH_WINDOW};
use crate::route::{Owner, Router, ShardId};

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// What counts as a match.
    pub rule: Rule,
    /// Sequence numbers over which the events may reach that wait for their
    /// turn; see [`Window`]. At most [`MAX_MATCH_WINDOW`].
    pub window: u64,
    /// Where the sequence starts, if that is known beforehand.
    pub first: Option<u64>,
    /// Pairs of users that each shard may keep. At most [`MAX_MATCH_PAIRS`].
    pub max_pairs: usize,
    /// Pairs for which the shards together get the memory at once, before the
    /// likes come: see [`super::Run::prepare`].
    pub prepared_pairs: usize,
    /// Bytes of output that wait for the listener before more is written; at
    /// most one line (20 bytes) over it.
    pub max_output: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            rule: Rule::Literal,
            window: 1 << 22,
            first: None,
            max_pairs: 1 << 24,
            prepared_pairs: 0,
            max_output: 64 * 1024,
        }
    }
}

/// What a source must be kept waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The listener takes no more: goes on when it reads.
    OnListener,
    /// Another shard has all it can take: goes on when an answer comes back.
    OnShards,
}

/// The matching of one run, on the shard that reads its source: it places the
/// sequence numbers, keeps this shard's pairs, sends the likes of other pairs
/// to their owners, and releases what is certain.
pub(super) struct Matcher {
    rule: Rule,
    router: Router,
    window: Window,
    window_limit: u64,
    pairs: Pairs,
    max_pairs: usize,
    prepared_pairs: usize,
    pub(super) lanes: Lanes,
    release: Release,
    max_output: usize,
    duplicates: u64,
    late: u64,
}

impl Matcher {
    pub(super) fn new(run: RunId, router: Router, options: &RunOptions, seed: u64) -> Self {
        let max_pairs = options.max_pairs.min(MAX_MATCH_PAIRS);
        let window_limit = options.window.clamp(1, MAX_MATCH_WINDOW);
        let prepared_pairs = options
            .prepared_pairs
            .div_ceil(usize::from(router.shards()));
        let terms = Terms {
            rule: options.rule,
            max_pairs,
            prepared_pairs,
        };
        Self {
            rule: options.rule,
            lanes: Lanes::new(run, terms, router.shards()),
            router,
            window: Window::new(window_limit, options.first),
            window_limit,
            pairs: Pairs::new(options.rule, max_pairs, seed),
            max_pairs,
            prepared_pairs,
            release: Release::default(),
            max_output: options.max_output,
            duplicates: 0,
            late: 0,
        }
    }

    /// Gets this shard's part of the memory that was asked for.
    pub(super) fn prepare(&mut self) {
        self.pairs.prepare(self.prepared_pairs);
    }

    /// Why no more than `events` further events may come now, if so.
    /// `owed`: bytes of output that the listener has not taken.
    pub(super) fn blocked(&self, events: usize, owed: usize) -> Option<Blocked> {
        if !self.lanes.have_room(events) {
            return Some(Blocked::OnShards);
        }
        // Passed and not released: each is a bit, so they may be many.
        let released = self.release.released().max(self.window.first()?);
        if self.window.passed().saturating_sub(released) <= self.window_limit {
            None
        } else if owed >= self.max_output {
            Some(Blocked::OnListener)
        } else {
            Some(Blocked::OnShards)
        }
    }

    /// Takes events in the order of their arrival, and leaves others in their
    /// place. There is [room](Self::blocked) for them.
    pub(super) fn take(&mut self, events: &mut [LikeEvent]) -> Result<(), RunError> {
        // Taken before any of them is placed, this holds for tables and
        // batches while they take the events one by one.
        let passed = self.window.passed();
        let mut kept = 0;
        for i in 0..events.len() {
            let event = events[i];
            match self.window.insert(event.sequence()) {
                Placed::New => {
                    events[kept] = event;
                    kept += usize::from(self.rule.needs(&event));
                }
                Placed::Duplicate => self.duplicates += 1,
                Placed::Late => self.late += 1,
                Placed::Beyond => {
                    return Err(RunError::Window {
                        sequence: event.sequence(),
                        waiting_for: self.window.waiting_for(),
                        window: self.window_limit,
                    });
                }
            }
        }
        if self.router.shards() > 1 {
            kept = self.send(&mut events[..kept], passed);
        }
        let release = &mut self.release;
        self.pairs
            .apply(&events[..kept], passed, |sequence, matched| {
                release.decide(sequence, matched);
            })
            .map_err(|_| self.too_many_pairs())
    }

    /// Puts the events of other shards' pairs into their lanes, and says how
    /// many are left at the start of `events`.
    fn send(&mut self, events: &mut [LikeEvent], passed: u64) -> usize {
        let mut kept = 0;
        for i in 0..events.len() {
            let event = events[i];
            match self.router.pair(event.from(), event.to()) {
                Owner::Local => {
                    events[kept] = event;
                    kept += 1;
                }
                Owner::Remote(to) => self.lanes.push(to, event, passed),
            }
        }
        kept
    }

    /// Hands over the batches that may leave; see [`Lanes::flush`].
    pub(super) fn flush(
        &mut self,
        may_send: impl FnMut(ShardId) -> bool,
        send: impl FnMut(ShardId, Box<Batch>),
    ) {
        self.lanes.flush(self.window.passed(), may_send, send);
    }

    /// Takes what another shard decided.
    pub(super) fn answer(&mut self, from: ShardId, batch: &Batch) -> Result<(), RunError> {
        self.lanes.answered(from, batch);
        for (sequence, matched) in batch.decisions() {
            self.release.decide(sequence, matched);
        }
        if batch.too_many_pairs() {
            return Err(self.too_many_pairs());
        }
        Ok(())
    }

    /// Writes the matches that are certain; `owed` bytes of what was written
    /// before are not with the listener yet.
    pub(super) fn write(&mut self, output: &mut Vec<u8>, owed: usize) {
        self.window.advance();
        let bound = self.window.passed().min(self.lanes.undecided());
        let unsent = owed - output.len();
        self.release
            .write(bound, output, self.max_output.saturating_sub(unsent));
    }

    /// No more events come: the number of holes in their sequence.
    pub(super) fn finish(&mut self) -> u64 {
        self.window.finish()
    }

    /// Whether everything that has arrived without a gap was written.
    pub(super) fn is_released(&self) -> bool {
        self.release.released() >= self.window.passed()
    }

    /// Different events that have arrived.
    pub(super) fn events(&self) -> u64 {
        self.window.count()
    }

    /// Events that have arrived and wait for an earlier one.
    pub(super) fn held(&self) -> u64 {
        self.window.held()
    }

    /// Events whose sequence number had arrived before.
    pub(super) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Events below the start of the sequence.
    pub(super) fn late(&self) -> u64 {
        self.late
    }

    /// Matches that were written.
    pub(super) fn matches(&self) -> u64 {
        self.release.written()
    }

    fn too_many_pairs(&self) -> RunError {
        RunError::Pairs {
            max_pairs: self.max_pairs,
        }
    }
}
