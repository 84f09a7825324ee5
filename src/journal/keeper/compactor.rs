//! Decides when a snapshot is due, and writes it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Ground, Notice, Task};
use crate::journal::compact::{self, Compacted};
use crate::journal::error::{Failure, OpenError};
use crate::limits::MAX_SEALED_SEGMENTS;

pub(super) struct Compactor {
    ground: Ground,
    shards: Vec<Shard>,
}

/// What one shard has on the disk.
#[derive(Clone, Default)]
struct Shard {
    snapshot_bytes: u64,
    /// Full segments, by index.
    full: Vec<(u64, u64)>,
    /// The last attempt found the disk full.
    again: bool,
    /// The last attempt found something that time does not mend: wait for the
    /// next full segment.
    gave_up: bool,
}

impl Compactor {
    pub(super) fn new(ground: Ground) -> Self {
        let shards = vec![Shard::default(); ground.places.len()];
        Self { ground, shards }
    }

    pub(super) fn take(&mut self, task: Task) {
        match task {
            Task::Retired { shard, retired } => {
                let shard = &mut self.shards[shard];
                shard.full.push((retired.index, retired.bytes));
                shard.gave_up = false;
            }
            Task::Recovered {
                shard,
                snapshot_bytes,
                segments,
            } => {
                let shard = &mut self.shards[shard];
                shard.snapshot_bytes = snapshot_bytes;
                // Segments that became full since then are already there.
                shard.full.splice(0..0, segments);
            }
            Task::Prepare { .. } | Task::Stop => {}
        }
    }

    /// Writes the snapshots that are due, one shard after another, and says
    /// whether something is to be tried again.
    pub(super) fn turn(&mut self) -> bool {
        for shard in 0..self.shards.len() {
            if !self.shards[shard].is_due(self.ground.options.segment_bytes) {
                continue;
            }
            let through = self.shards[shard]
                .full
                .last()
                .map_or(0, |&(index, _)| index);
            let compacted = self.compact(shard, through);
            self.note(shard, compacted);
        }
        self.shards.iter().any(|shard| shard.again)
    }

    fn compact(&self, shard: usize, through: u64) -> Result<Option<Compacted>, OpenError> {
        let ground = &self.ground;
        let mut state = (ground.options.new_state)();
        let go_on = || !ground.stopped.load(Ordering::Relaxed);
        compact::compact(
            &*ground.disk,
            &ground.places[shard],
            through,
            &mut *state,
            &go_on,
        )
    }

    fn note(&mut self, shard: usize, compacted: Result<Option<Compacted>, OpenError>) {
        let state = &mut self.shards[shard];
        let notice = |notice| (self.ground.hooks.notice)(notice);
        match compacted {
            Ok(Some(done)) => {
                *state = Shard {
                    snapshot_bytes: done.snapshot.bytes,
                    ..Shard::default()
                };
                notice(Notice::Snapshot {
                    shard,
                    records: done.snapshot.records,
                    bytes: done.snapshot.bytes,
                    deleted: done.deleted,
                });
            }
            Ok(None) => {}
            // What is on the disk is not known any more.
            Err(error @ OpenError::Io { what: "sync", .. }) => {
                state.gave_up = true;
                self.ground.fail(Failure {
                    shard,
                    error: Arc::new(error),
                });
            }
            Err(error) => {
                let full = matches!(&error, OpenError::Io { error, .. }
                    if error.kind() == io::ErrorKind::StorageFull);
                let known = std::mem::replace(&mut state.again, full);
                state.gave_up = !full;
                if !known {
                    let why = error.to_string();
                    notice(Notice::NoSnapshot { shard, why });
                }
            }
        }
    }
}

impl Shard {
    fn is_due(&self, segment_bytes: u64) -> bool {
        let bytes: u64 = self.full.iter().map(|&(_, bytes)| bytes).sum();
        let much = bytes > self.snapshot_bytes.max(segment_bytes);
        let many = self.full.len() > MAX_SEALED_SEGMENTS;
        !self.gave_up && (much || many)
    }
}
