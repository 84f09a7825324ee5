//! Writes a generation: the same records in another number of streams.

use std::path::Path;

use super::current::Current;
use super::disk::Disk;
use super::error::OpenError;
use super::layout::{self, Place};
use super::replay;
use super::report::Progress;
use super::snapshot::SnapshotWriter;
use super::state::NewState;
use super::writer::Position;

/// Writes the records of generation `from` (none: there are none) into `to`,
/// each into the stream that `route` says, and makes `to` the one that counts.
/// A crash at any point leaves one of the two whole.
pub(super) fn reshard(
    disk: &dyn Disk,
    data: &Path,
    from: Option<Current>,
    to: Current,
    new_state: &NewState,
    route: &dyn Fn(&[u8]) -> usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), OpenError> {
    let directory = layout::generation_directory(data, to.generation);
    let make = |path: &Path| {
        disk.make_directory(path)
            .map_err(|error| OpenError::io("make", path, error))
    };
    let sync = |path: &Path| {
        disk.sync_directory(path)
            .map_err(|error| OpenError::io("sync", path, error))
    };
    make(&directory)?;
    let places: Vec<Place> = (0..u32::from(to.shards))
        .map(|shard| Place::new(data, to.generation, shard))
        .collect();
    let mut snapshots = Vec::new();
    for place in &places {
        make(&place.directory)?;
        snapshots.push(SnapshotWriter::create(disk, place.clone(), 0)?);
    }
    let mut epoch = 0;
    if let Some(from) = from {
        for shard in 0..u32::from(from.shards) {
            let place = Place::new(data, from.generation, shard);
            let mut state = new_state();
            let replayed = replay::replay(disk, &place, None, &mut *state, progress)?;
            epoch = epoch.max(replayed.at.epoch);
            state.snapshot(&mut |record| snapshots[route(&record.key())].push(record))?;
        }
    }
    let at = Position {
        sequence: 0,
        chain: 0,
        epoch,
    };
    for snapshot in snapshots {
        snapshot.finish(at)?;
    }
    for place in &places {
        sync(&place.directory)?;
    }
    sync(&directory)?;
    sync(data)?;
    to.write(disk, data)
}
