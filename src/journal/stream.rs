//! One shard's stream: recovered, and gone on with.

use std::sync::Arc;

use super::compact;
use super::disk::Disk;
use super::error::OpenError;
use super::keeper::Task;
use super::layout::Place;
use super::open::Options;
use super::replay::{self, Replayed};
use super::report::{Progress, Report};
use super::segment;
use super::source::{Journal, SegmentSource};
use super::state::State;
use super::writer::{Position, Writer};

/// One shard's part of an open data directory.
pub struct Stream {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) place: Place,
    pub(super) options: Options,
    pub(super) source: SegmentSource,
}

/// A shard's journal, and what was found in it.
pub struct Recovered {
    /// To go on with.
    pub journal: Journal,
    /// What was found.
    pub report: Report,
}

impl Stream {
    /// Replays the stream into an empty state, cuts a torn tail, and gives the
    /// journal to go on with. Reads and writes files: run it on the shard's
    /// own thread, all shards at once. `progress` is called every few
    /// megabytes.
    ///
    /// # Errors
    /// [`OpenError`]; the state is of no use then.
    pub fn recover<S: State + ?Sized>(
        self,
        state: &mut S,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Recovered, OpenError> {
        let (disk, place) = (&*self.disk, &self.place);
        let replayed = replay::replay(disk, place, None, state, progress)?;
        settle(disk, place, &replayed)?;
        let index = replayed
            .segments
            .last()
            .map_or(replayed.snapshot, |&(index, _)| index)
            + 1;
        let at = Position {
            epoch: replayed.at.epoch + 1,
            ..replayed.at
        };
        let bytes = self.options.segment_bytes;
        let first = segment::prepare(disk, place, index, at.epoch, bytes)?;
        let mut source = self.source;
        source.epoch = at.epoch;
        source.send(Task::Recovered {
            shard: source.shard,
            snapshot_bytes: replayed.snapshot_bytes,
            segments: replayed.segments,
        });
        Ok(Recovered {
            journal: Journal::new(Writer::new(at, first), source),
            report: replayed.report,
        })
    }
}

/// Makes what was read the truth: what is served from now on must not change
/// with the next crash. Cuts what is behind the last whole frame, and deletes
/// what does not count.
fn settle(disk: &dyn Disk, place: &Place, replayed: &Replayed) -> Result<(), OpenError> {
    if let Some(&(index, end)) = replayed.segments.last() {
        let path = place.segment(index);
        let file = disk
            .open_to_write(&path)
            .map_err(|error| OpenError::io("open", &path, error))?;
        let len = file
            .len()
            .map_err(|error| OpenError::io("look at", &path, error))?;
        if len != end {
            file.set_len(end)
                .map_err(|error| OpenError::io("cut", &path, error))?;
        }
        // Also for frames that are whole, but whose sync was never confirmed.
        file.sync()
            .map_err(|error| OpenError::io("sync", &path, error))?;
    }
    // A snapshot may have its name since just before the crash: it must keep it
    // before what it replaces is deleted.
    compact::sync_directory(disk, place)?;
    compact::remove(disk, &replayed.leftovers)?;
    // The last first, each for good: a gap would look like a lost segment.
    for path in replayed.empty.iter().rev() {
        compact::remove(disk, std::slice::from_ref(path))?;
        compact::sync_directory(disk, place)?;
    }
    Ok(())
}
