//! The threads beside the shards: they make segments ready and write
//! snapshots.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::Failure;
use super::writer::Retired;

/// What shards ask of the keeper.
pub(super) enum Task {
    /// Make a segment ready.
    Prepare { shard: usize, index: u64 },
    /// A segment is full.
    Retired { shard: usize, retired: Retired },
}

/// What the keeper does and finds, for the log. Told from its threads.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A snapshot was written, and what it contains was deleted.
    Snapshot {
        /// Of which shard.
        shard: usize,
        /// Records in the snapshot.
        records: u64,
        /// Its length in bytes.
        bytes: u64,
        /// Bytes of files that were deleted.
        deleted: u64,
    },
    /// No snapshot could be written. Nothing is lost, but the journal grows.
    /// It is tried again when the next segment is full.
    NoSnapshot {
        /// Of which shard.
        shard: usize,
        /// Why not, and what to do.
        why: String,
    },
    /// The disk is too full for the next segment.
    DiskLow {
        /// On which file system.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that must be.
        needed: u64,
    },
    /// There is room again.
    DiskFine,
    /// The journal cannot go on: stop the process. The shard is told as well.
    Failed(Failure),
}

/// Whom the keeper tells, from its own threads: must not wait.
#[derive(Clone)]
pub struct Hooks {
    /// A shard's segment is ready: have it call [`super::Journal::start`].
    pub wake: Arc<dyn Fn(usize) + Send + Sync>,
    /// Something for the log.
    pub notice: Arc<dyn Fn(Notice) + Send + Sync>,
}

/// Makes segments ready and compacts, in threads of its own, until it is
/// dropped.
pub struct Keeper {}
