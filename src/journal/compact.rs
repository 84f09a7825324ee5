//! Compaction: a new snapshot out of the last one and the segments that are
//! full, without touching the shard.

use std::path::PathBuf;

use super::disk::Disk;
use super::error::OpenError;
use super::layout::{self, Place};
use super::replay::{self, Replayed};
use super::report::Progress;
use super::snapshot::{SnapshotDone, SnapshotWriter};
use super::state::State;

/// What came of a compaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compacted {
    pub(super) snapshot: SnapshotDone,
    /// Bytes of the files that were deleted.
    pub(super) deleted: u64,
}

/// Writes the snapshot that contains all segments up to `through`, and deletes
/// what it replaces. `state` is empty; `go_on` is asked now and then, and ends
/// the work with `None` when it says no.
pub(super) fn compact(
    disk: &dyn Disk,
    place: &Place,
    through: u64,
    state: &mut dyn State,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Compacted>, OpenError> {
    let replayed = replay::replay(disk, place, Some(through), state, &mut |_: Progress| {})?;
    if !go_on() {
        return Ok(None);
    }
    let snapshot = match write(disk, place, through, &replayed, state, go_on) {
        Ok(Some(snapshot)) => snapshot,
        broken_off => {
            // What was not finished takes room that is perhaps short.
            let _ = disk.remove(&layout::unfinished(&place.snapshot(through)));
            return broken_off.map(|_| None);
        }
    };
    sync_directory(disk, place)?;
    // From here on the new snapshot counts; recovery deletes what is left.
    let mut old = replayed.leftovers;
    old.push(place.snapshot(replayed.snapshot));
    old.extend(
        replayed
            .segments
            .iter()
            .map(|&(index, _)| place.segment(index)),
    );
    let deleted = remove(disk, &old)?;
    Ok(Some(Compacted { snapshot, deleted }))
}

fn write(
    disk: &dyn Disk,
    place: &Place,
    through: u64,
    replayed: &Replayed,
    state: &dyn State,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<SnapshotDone>, OpenError> {
    /// Records between two looks at `go_on`.
    const STRIDE: u64 = 1 << 14;
    let mut snapshot = SnapshotWriter::create(disk, place.clone(), through)?;
    let mut count: u64 = 0;
    let mut stopped = false;
    let wrote = state.snapshot(&mut |record| {
        count += 1;
        if count.is_multiple_of(STRIDE) && !go_on() {
            stopped = true;
            return Err(OpenError::Stopped);
        }
        snapshot.push(record)
    });
    if stopped {
        return Ok(None);
    }
    wrote?;
    snapshot.finish(replayed.at).map(Some)
}

pub(super) fn sync_directory(disk: &dyn Disk, place: &Place) -> Result<(), OpenError> {
    disk.sync_directory(&place.directory)
        .map_err(|error| OpenError::io("sync", &place.directory, error))
}

/// Removes files and says how many bytes they had.
pub(super) fn remove(disk: &dyn Disk, paths: &[PathBuf]) -> Result<u64, OpenError> {
    let mut bytes = 0;
    for path in paths {
        let len = disk.open(path).and_then(|file| file.len());
        bytes += len.map_err(|error| OpenError::io("look at", path, error))?;
        disk.remove(path)
            .map_err(|error| OpenError::io("delete", path, error))?;
    }
    Ok(bytes)
}
