//! Match runs and their peers, sans-I/O: who belongs to whom, when a run has
//! ended, what its connections are told.
//!
//! A run needs a source and a listener. They pair up in the order of arrival,
//! and whichever comes first waits for the other: a source is read meanwhile,
//! as far as its matches may pile up. All runs live on one shard; the likes
//! themselves are matched on all of them.

mod adopt;
mod live;
mod report;

pub use adopt::{Adoptions, Pair};
pub use report::{MatchReport, Verdict};

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use slab::Slab;

use self::live::{Live, Peer};
use crate::limits::LIKE_BATCHES_IN_FLIGHT;
use crate::matching::{Batch, Blocked, Run, RunId, RunOptions};
use crate::route::{Router, ShardId};

/// A run's number within its hub.
pub type RunKey = u32;

/// Which of the two peers a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It sends events.
    Source,
    /// It receives matches.
    Listener,
}

/// What has to be done after a run was looked after.
#[derive(Debug)]
pub enum After {
    /// Nothing, beyond looking at its connections.
    Goes,
    /// It has ended: report it, and close its connections after they were
    /// told `farewell`.
    Ended {
        /// What there is to say.
        report: Box<MatchReport>,
        /// The last bytes for both peers; empty after a verdict.
        farewell: Vec<u8>,
        /// The connections to close.
        connections: [Option<u32>; 2],
    },
}

/// All match runs of a shard.
pub struct Hub {
    runs: Slab<Live>,
    awaiting_source: VecDeque<RunKey>,
    awaiting_listener: VecDeque<RunKey>,
    touched: VecDeque<RunKey>,
    router: Router,
    options: RunOptions,
    max_runs: usize,
    seed: u64,
    next_number: u64,
    /// Batches that may still be sent to each shard, for all runs together.
    credit: Vec<usize>,
    /// Runs with a batch for which there was no credit, longest waiting first.
    starved: Vec<RunKey>,
}

impl Hub {
    /// How often malformed lines are warned of, at most.
    const WARN_EVERY: Duration = Duration::from_secs(1);

    /// No runs, and never more than `max_runs`. `seed`: see [`Run::new`].
    pub fn new(router: Router, options: RunOptions, max_runs: usize, seed: u64) -> Self {
        Self {
            runs: Slab::new(),
            awaiting_source: VecDeque::new(),
            awaiting_listener: VecDeque::new(),
            touched: VecDeque::new(),
            credit: vec![LIKE_BATCHES_IN_FLIGHT; usize::from(router.shards())],
            starved: Vec::new(),
            router,
            options,
            max_runs,
            seed,
            next_number: 0,
        }
    }

    /// A peer has come: the run it belongs to, the oldest that waits for one
    /// like it, or else a new one. `None`: there are as many as there may be.
    pub fn add(&mut self, side: Side, connection: u32) -> Option<RunKey> {
        let waiting = match side {
            Side::Source => &mut self.awaiting_source,
            Side::Listener => &mut self.awaiting_listener,
        };
        let key = if let Some(key) = waiting.pop_front() {
            key
        } else {
            let key = self.new_run()?;
            match side {
                Side::Source => self.awaiting_listener.push_back(key),
                Side::Listener => self.awaiting_source.push_back(key),
            }
            key
        };
        self.set_peer(key, side, Peer::There(connection));
        Some(key)
    }

    /// Both peers of a new run at once: they belong together.
    pub fn add_pair(&mut self, source: u32, listener: u32) -> Option<RunKey> {
        let key = self.new_run()?;
        self.set_peer(key, Side::Source, Peer::There(source));
        self.set_peer(key, Side::Listener, Peer::There(listener));
        Some(key)
    }

    /// Bytes from one of the peers.
    pub fn on_bytes(&mut self, key: RunKey, side: Side, bytes: &[u8], now: Instant) {
        let live = &mut self.runs[key as usize];
        if live.verdict.is_some() {
            return;
        }
        let verdict = match side {
            Side::Source => {
                // The run keeps its error; `settle` looks at it.
                let _ = live.on_source_bytes(bytes, now);
                None
            }
            Side::Listener => live.on_listener_bytes(bytes),
        };
        live.verdict = verdict;
        self.touch(key);
    }

    /// A peer has closed its side, or its connection broke.
    pub fn on_closed(&mut self, key: RunKey, side: Side) {
        let live = &mut self.runs[key as usize];
        match side {
            Side::Source => live.source_closed = true,
            Side::Listener => self.end(key, "the listener was gone"),
        }
        self.set_peer(key, side, Peer::Gone);
    }

    /// Some matches have left.
    pub fn on_sent(&mut self, key: RunKey, bytes: usize, now: Instant) {
        self.runs[key as usize].on_sent(bytes, now);
        self.touch(key);
    }

    /// Another shard has answered a batch of likes.
    pub fn on_answer(&mut self, from: ShardId, batch: Box<Batch>) {
        self.credit[from.index()] += 1;
        let key = batch.run().number as RunKey;
        // The run keeps its error; `settle` looks at it.
        let _ = self.runs[key as usize].run.on_answer(from, batch);
        // Before the run that the credit comes from: it would take it again.
        // All of them: they may wait for different shards.
        for starved in std::mem::take(&mut self.starved) {
            self.touch(starved);
        }
        self.touch(key);
    }

    /// Ends a run from outside.
    pub fn end(&mut self, key: RunKey, reason: &str) {
        let live = &mut self.runs[key as usize];
        live.verdict
            .get_or_insert_with(|| Verdict::BrokenOff(reason.to_owned()));
        // Nobody is paired with it any more.
        self.awaiting_source.retain(|&waiting| waiting != key);
        self.awaiting_listener.retain(|&waiting| waiting != key);
        self.touch(key);
    }

    /// Whether bytes from that peer are welcome.
    pub fn wants_bytes(&self, key: RunKey, side: Side) -> bool {
        side == Side::Listener || !self.runs[key as usize].run.is_full()
    }

    /// Takes the matches to send to the listener, if there are any; `spare`
    /// gives a buffer for the next ones.
    pub fn take_output(&mut self, key: RunKey, spare: impl FnOnce() -> Vec<u8>) -> Option<Vec<u8>> {
        let run = &mut self.runs[key as usize].run;
        run.has_output().then(|| run.take_output(spare()))
    }

    /// The next run to look after with [`Hub::settle`].
    pub fn next_touched(&mut self) -> Option<RunKey> {
        self.touched.pop_front()
    }

    /// Does what a run's state asks for. `send` carries a batch to a shard.
    pub fn settle(
        &mut self,
        key: RunKey,
        now: Instant,
        send: impl FnMut(ShardId, Box<Batch>),
    ) -> After {
        let live = &mut self.runs[key as usize];
        live.touched = false;
        let mut failure = None;
        if live.verdict.is_none() {
            let mut went = live.run.resume();
            if went.is_ok() && live.source_closed && live.run.blocked().is_none() {
                live.source_closed = false;
                went = live.run.on_source_closed();
            }
            failure = went.err();
            warn_of_malformed(live, now);
        }
        if let Some(error) = failure {
            live.verdict = Some(Verdict::BrokenOff(error.to_string()));
        }
        let after = match live.verdict.clone() {
            Some(verdict) if !live.reported => {
                live.reported = true;
                let report = Box::new(live.report(verdict.clone(), now));
                let connections = [live.source.connection(), live.listener.connection()];
                live.source = Peer::Gone;
                live.listener = Peer::Gone;
                live.run.abandon();
                self.awaiting_source.retain(|&waiting| waiting != key);
                self.awaiting_listener.retain(|&waiting| waiting != key);
                After::Ended {
                    report,
                    farewell: match verdict {
                        Verdict::BrokenOff(reason) => format!("ERROR: {reason}\n").into_bytes(),
                        Verdict::Ok | Verdict::Error => Vec::new(),
                    },
                    connections,
                }
            }
            _ => After::Goes,
        };
        self.flush(key, send);
        after
    }

    /// The connections of a run.
    pub fn connections(&self, key: RunKey) -> [Option<u32>; 2] {
        self.runs.get(key as usize).map_or([None; 2], |live| {
            [live.source.connection(), live.listener.connection()]
        })
    }

    /// A tick has passed: ends runs in which nothing has moved for `limit`.
    pub fn on_tick(&mut self, limit: u16, timeout: Duration) {
        let mut stalled = Vec::new();
        for (key, live) in &mut self.runs {
            if live.verdict.is_none() && live.must_move() {
                live.quiet_ticks = live.quiet_ticks.saturating_add(1);
                if live.quiet_ticks > limit {
                    stalled.push((key as RunKey, live.stalled_on()));
                }
            }
        }
        for (key, peer) in stalled {
            self.end(key, &format!("nothing moved for {timeout:?}; {peer}"));
        }
    }

    /// Ends all runs: the server is stopping.
    pub fn end_all(&mut self) {
        let keys: Vec<RunKey> = self.runs.iter().map(|(key, _)| key as RunKey).collect();
        for key in keys {
            self.end(key, "the server is stopping");
        }
    }

    /// Whether the time limit counts for any run.
    pub fn must_move(&self) -> bool {
        self.runs
            .iter()
            .any(|(_, live)| live.verdict.is_none() && live.must_move())
    }

    /// Whether nothing is kept for any run.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn new_run(&mut self) -> Option<RunKey> {
        if self.runs.len() >= self.max_runs {
            return None;
        }
        let entry = self.runs.vacant_entry();
        let key = entry.key() as RunKey;
        // Other shards know a run by its number: the low half finds it here,
        // the high half makes it different from all before it.
        let id = RunId {
            shard: self.router.me(),
            number: self.next_number << 32 | u64::from(key),
        };
        self.next_number += 1;
        entry.insert(Live::new(Run::new(
            id,
            self.router.clone(),
            &self.options,
            self.seed,
        )));
        Some(key)
    }

    fn set_peer(&mut self, key: RunKey, side: Side, peer: Peer) {
        let live = &mut self.runs[key as usize];
        let place = match side {
            Side::Source => &mut live.source,
            Side::Listener => &mut live.listener,
        };
        *place = peer;
        live.quiet_ticks = 0;
        if side == Side::Source && peer != Peer::Gone {
            // Not for a listener: it may wait for its source for long.
            live.run.prepare();
        }
        self.touch(key);
    }

    fn touch(&mut self, key: RunKey) {
        let live = &mut self.runs[key as usize];
        if !live.touched {
            live.touched = true;
            self.touched.push_back(key);
        }
    }

    /// Sends what may leave and forgets a run that is over.
    fn flush(&mut self, key: RunKey, send: impl FnMut(ShardId, Box<Batch>)) {
        let credit = &mut self.credit;
        let mut starved = false;
        let live = &mut self.runs[key as usize];
        live.run.flush(
            |to| {
                let credit = &mut credit[to.index()];
                starved |= *credit == 0;
                let has_credit = *credit > 0;
                *credit -= usize::from(has_credit);
                has_credit
            },
            send,
        );
        if starved && !self.starved.contains(&key) {
            self.starved.push(key);
        }
        if live.verdict.is_some() && live.run.is_closed() {
            self.starved.retain(|&starved| starved != key);
            self.runs.remove(key as usize);
        }
    }
}

impl Live {
    /// Whom a run that does not move waits for.
    fn stalled_on(&self) -> &'static str {
        match self.run.blocked() {
            Some(Blocked::OnListener) => "the listener does not read",
            Some(Blocked::OnShards) => "the shards are behind",
            None if self.run.is_complete() => "the listener gave no verdict",
            None if self.run.has_ended() => "the listener does not read",
            None => "the source is silent",
        }
    }
}

/// Says that lines were malformed, with an example, at most once a second.
fn warn_of_malformed(live: &mut Live, now: Instant) {
    let malformed = live.run.malformed();
    let recently = live
        .warned_of_malformed
        .is_some_and(|then| now - then < Hub::WARN_EVERY);
    if malformed == live.warned_malformed || recently {
        return;
    }
    live.warned_of_malformed = Some(now);
    live.warned_malformed = malformed;
    let example = live.run.summary().malformed_example.unwrap_or_default();
    tracing::warn!(
        malformed,
        first = %example.escape_ascii(),
        "lines of a match source that are no events were skipped"
    );
}
