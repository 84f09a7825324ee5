//! One match run with the two peers it is for.

use std::time::Instant;

use super::report::{MatchReport, Verdict};
use crate::matching::{Run, RunError};

/// Where one of a run's two peers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// Not there yet.
    Awaited,
    /// The connection of this number.
    There(u32),
    /// It has closed its side.
    Gone,
}

impl Peer {
    pub(super) fn connection(self) -> Option<u32> {
        match self {
            Self::There(connection) => Some(connection),
            Self::Awaited | Self::Gone => None,
        }
    }
}

/// A run, its peers, and what the report at its end will say.
pub(super) struct Live {
    pub(super) run: Run,
    pub(super) source: Peer,
    pub(super) listener: Peer,
    /// The source has closed; the run is told when it has decoded all.
    pub(super) source_closed: bool,
    /// How it ended. Its connections are let go; it stays until no shard has
    /// anything of it.
    pub(super) verdict: Option<Verdict>,
    pub(super) reported: bool,
    pub(super) touched: bool,
    /// Ticks since anything came or left, with both peers there.
    pub(super) quiet_ticks: u16,
    /// The listener's unfinished line, within its bound.
    line: Vec<u8>,
    first_byte: Option<Instant>,
    last_match: Option<Instant>,
    pub(super) warned_of_malformed: Option<Instant>,
    pub(super) warned_malformed: u64,
}

impl Live {
    /// The longest line that a listener may say; more is not looked at.
    const MAX_LINE: usize = 64;

    pub(super) fn new(run: Run) -> Self {
        Self {
            run,
            source: Peer::Awaited,
            listener: Peer::Awaited,
            source_closed: false,
            verdict: None,
            reported: false,
            touched: false,
            quiet_ticks: 0,
            line: Vec::new(),
            first_byte: None,
            last_match: None,
            warned_of_malformed: None,
            warned_malformed: 0,
        }
    }

    /// Bytes of the source.
    pub(super) fn on_source_bytes(&mut self, bytes: &[u8], now: Instant) -> Result<(), RunError> {
        self.first_byte.get_or_insert(now);
        self.quiet_ticks = 0;
        self.run.on_bytes(bytes)
    }

    /// Bytes of the listener: the verdict, if they hold one.
    pub(super) fn on_listener_bytes(&mut self, bytes: &[u8]) -> Option<Verdict> {
        self.quiet_ticks = 0;
        for &byte in bytes {
            if byte != b'\n' {
                if self.line.len() < Self::MAX_LINE {
                    self.line.push(byte);
                }
                continue;
            }
            let verdict = match self.line.trim_ascii_end() {
                b"MATCH END - OK" => Some(Verdict::Ok),
                b"MATCH END - ERROR" => Some(Verdict::Error),
                _ => None,
            };
            self.line.clear();
            if verdict.is_some() {
                return verdict;
            }
        }
        None
    }

    /// Matches have left.
    pub(super) fn on_sent(&mut self, bytes: usize, now: Instant) {
        self.last_match = Some(now);
        self.quiet_ticks = 0;
        self.run.on_sent(bytes);
    }

    /// Whether silence means something: a peer that is there may wait for the
    /// other one for as long as it likes.
    pub(super) fn must_move(&self) -> bool {
        let waits = |one, other| matches!((one, other), (Peer::There(_), Peer::Awaited));
        !waits(self.source, self.listener) && !waits(self.listener, self.source)
    }

    /// What there is to say at its end.
    pub(super) fn report(&self, verdict: Verdict, now: Instant) -> MatchReport {
        let since_first = |then: Option<Instant>| Some(then? - self.first_byte?);
        MatchReport {
            verdict,
            summary: self.run.summary(),
            to_last_match: since_first(self.last_match),
            to_verdict: since_first(Some(now)),
        }
    }
}
