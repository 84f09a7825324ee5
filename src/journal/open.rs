//! Opening a data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::Disk;
use super::error::OpenError;
use super::keeper::{Hooks, Keeper};
use super::source::Journal;
use super::state::{NewState, State};

/// How a data directory is kept.
#[derive(Clone)]
pub struct Options {
    /// Length of a segment in bytes, a multiple of [`super::BLOCK`].
    pub segment_bytes: u64,
    /// Free bytes that are left alone on the file system: below, no segment is
    /// made.
    pub reserve_bytes: u64,
    /// Makes an empty state, to write snapshots with.
    pub new_state: NewState,
}

/// How far a longer work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub done: u64,
    /// Bytes to read in all.
    pub of: u64,
}

/// An open data directory. It is locked while this or its [`Keeper`] lives.
pub struct DataDir {}

/// One shard's part of an open data directory.
pub struct Stream {}

/// A shard's journal, and what was found in it.
pub struct Recovered {
    /// To go on with.
    pub journal: Journal,
    /// What was found.
    pub report: Report,
}

/// What recovery found in one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records of the snapshot.
    pub snapshot_records: u64,
    /// Frames after the snapshot.
    pub frames: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Whether the stream ends with a closing frame: the server was stopped in
    /// order.
    pub closed: bool,
    /// What a crash had left of a last frame, cut off.
    pub cut: Option<Cut>,
}

/// A torn tail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// In which file.
    pub path: PathBuf,
    /// From where on.
    pub offset: u64,
    /// How many bytes up to the last that is not zero.
    pub bytes: u64,
}

/// Opens a data directory for so many shards; makes it if there is none.
/// Data of another number of shards is written anew first (`route` says which
/// shard owns a key; `progress` is called for this only). Replays nothing
/// otherwise: see [`Stream::recover`].
///
/// # Errors
/// [`OpenError`].
pub fn open(
    disk: Arc<dyn Disk>,
    path: &Path,
    shards: u16,
    options: Options,
    route: &dyn Fn(&[u8]) -> usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<DataDir, OpenError> {
    let _ = (disk, shards, options, route, progress);
    Err(OpenError::NoData(path.to_owned()))
}

impl DataDir {
    /// The streams, one per shard in their order. The first call only.
    pub fn streams(&mut self) -> Vec<Stream> {
        Vec::new()
    }

    /// Starts the keeper. May be called before or after the streams recover.
    ///
    /// # Errors
    /// What the system says when it cannot make threads.
    pub fn start_keeper(&mut self, hooks: Hooks) -> std::io::Result<Keeper> {
        drop(hooks);
        Ok(Keeper {})
    }
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
        let _ = (state, progress);
        Err(OpenError::NoData(PathBuf::new()))
    }
}
