//! What a driver is told, and how it ends.

use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::doze::Dozers;
use crate::journal;
use crate::mesh::MeshError;
use crate::net::inbox::Inboxes;
use crate::net::matches::{Adoptions, MatchReport};
use crate::net::session::SessionLimits;
use crate::net::stop::Stop;
use crate::shard::SharedCounters;

/// What a driver is told; the same for all shards but for `index`.
#[derive(Clone)]
pub struct DriverSettings {
    /// Which of [`Stop`]'s eventfds is this shard's.
    pub index: u16,
    /// Bounds of each session.
    pub session: SessionLimits,
    /// Connections that the whole server may have.
    pub max_connections: usize,
    /// How many it has, over all shards.
    pub connections: Arc<AtomicUsize>,
    /// Close a connection after hearing nothing for this long; zero: never.
    pub idle_timeout: Duration,
    /// Close a connection that takes none of its replies for this long.
    pub slow_client_timeout: Duration,
    /// Look for work for this long before sleeping.
    pub busy_poll: Duration,
    /// Who dozes.
    pub dozers: Arc<Dozers>,
    /// What other threads ask.
    pub inboxes: Arc<Inboxes>,
    /// The shortest time limit of HTTP connections.
    pub http_timeout: Duration,
    /// What match runs are told.
    pub matches: MatchSettings,
    /// With a data directory: write so often, and let no reply wait for it;
    /// `None`: write at once, and every reply waits for what it observed.
    pub write_interval: Option<Duration>,
    /// Asks the shards to stop.
    pub stop: Arc<Stop>,
    /// Where the shard publishes its counters.
    pub counters: Arc<SharedCounters>,
}

/// What a driver is told about match runs.
#[derive(Clone)]
pub struct MatchSettings {
    /// End a run in which nothing has moved for this long.
    pub timeout: Duration,
    /// Pairs of peers that were connected from here.
    pub adoptions: Arc<Adoptions>,
    /// Where to send the report of each run, too.
    pub reports: Option<mpsc::Sender<MatchReport>>,
}

/// What ends a shard, and with it the server.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The kernel refused the shard's ring.
    #[error("io_uring: {0}")]
    Ring(#[from] io::Error),
    /// Another shard is gone.
    #[error(transparent)]
    Mesh(#[from] MeshError),
    /// What was promised cannot be kept any more.
    #[error(transparent)]
    Journal(#[from] JournalFailure),
}

impl From<journal::Failure> for DriverError {
    fn from(failure: journal::Failure) -> Self {
        JournalFailure::from(failure).into()
    }
}

/// Why a shard's journal cannot go on. Nothing is tried again: after a failed
/// write or sync nobody knows what is on the disk. The operator must act; a
/// restart recovers what was acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum JournalFailure {
    /// The disk refused a frame, or to put it on stable storage.
    #[error("the journal could not be written: {0}; mend the disk, then start again")]
    Write(#[source] io::Error),
    /// The disk took a part of a frame only.
    #[error(
        "the journal could not be written: the disk took {written} of {expected} bytes; mend \
         the disk, then start again"
    )]
    Short {
        /// Bytes that were written.
        written: usize,
        /// Bytes that should have been.
        expected: usize,
    },
    /// There is no room for another segment.
    #[error("the journal is full, and so is the disk: make room, then start again")]
    Full,
    /// No segment could be made.
    #[error("the journal cannot go on: {0}; mend the disk, then start again")]
    Segment(#[from] journal::Failure),
    /// The journal is not in a file.
    #[error("the journal is on a disk that the system does not know")]
    NoFile,
}

/// How a shard ended, when it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything that was received was answered.
    Drained,
    /// It was told to end before that.
    Aborted,
}

impl DriverSettings {
    /// The period of the coarse clock: a quarter of the shortest time limit.
    /// Limits are kept to within one tick.
    pub(super) fn tick(&self) -> Duration {
        let shortest = self
            .slow_client_timeout
            .min(self.matches.timeout)
            .min(self.http_timeout);
        let shortest = match self.idle_timeout {
            Duration::ZERO => shortest,
            idle => shortest.min(idle),
        };
        (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }

    /// How many whole ticks a time limit is, at least.
    pub(super) fn ticks(&self, limit: Duration) -> u16 {
        let ticks = limit.as_nanos().div_ceil(self.tick().as_nanos());
        u16::try_from(ticks).unwrap_or(u16::MAX)
    }
}
