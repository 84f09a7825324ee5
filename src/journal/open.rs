//! Opens a data directory: lock, generation, number of shards.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use super::current::{Current, routing};
use super::disk::{Disk, Held, Lock};
use super::error::OpenError;
use super::frame::BLOCK;
use super::keeper::{Hooks, Keeper, ManualKeeper, Task};
use super::layout::{self, CURRENT, LOCK, NEXT_CURRENT, Name, Place};
use super::report::Progress;
use super::reshard;
use super::source::{Desk, SegmentSource};
use super::state::NewState;
use super::stream::Stream;
use crate::limits::{MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES};

/// How a data directory is kept.
#[derive(Clone)]
pub struct Options {
    /// Length of a segment in bytes: a multiple of [`super::BLOCK`], from
    /// [`MIN_SEGMENT_BYTES`] to [`MAX_SEGMENT_BYTES`].
    pub segment_bytes: u64,
    /// Bytes of the file system to leave free: no segment and no snapshot is
    /// begun with fewer.
    pub reserve_bytes: u64,
    /// Makes the empty state of a shard, to write snapshots from.
    pub new_state: NewState,
}

impl Options {
    /// Segments of 64 MiB, and 64 MiB left free.
    pub fn new(new_state: NewState) -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            reserve_bytes: 64 * 1024 * 1024,
            new_state,
        }
    }

    fn check(&self) -> Result<(), OpenError> {
        let bytes = self.segment_bytes;
        let fits = (MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&bytes);
        if fits && bytes.is_multiple_of(BLOCK as u64) {
            return Ok(());
        }
        Err(OpenError::Setting(format!(
            "a journal segment of {bytes} bytes cannot be had: take a multiple of {BLOCK} from \
             {MIN_SEGMENT_BYTES} to {MAX_SEGMENT_BYTES}"
        )))
    }
}

/// An open data directory, locked while this or its [`Keeper`] lives.
pub struct DataDir {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) held: Arc<Held>,
    pub(super) places: Vec<Place>,
    pub(super) desks: Vec<Arc<Desk>>,
    streams: Vec<Stream>,
    tasks: Option<(mpsc::Sender<Task>, Receiver<Task>)>,
}

/// Opens a data directory for so many shards; makes it if there is none.
/// `route` says which shard owns a key. Data of another number of shards, or of
/// another way to route, is written anew first; `progress` is called for each
/// of the old streams from the beginning. Otherwise nothing is replayed: see
/// [`Stream::recover`].
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
    options.check()?;
    make(&*disk, path)?;
    let names = list(&*disk, path)?;
    if !names.iter().any(|name| name == LOCK || name == CURRENT)
        && let Some(found) = names.iter().find(|name| !is_ours(name))
    {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
            found: found.clone(),
        });
    }
    let lock = path.join(LOCK);
    let held = disk
        .lock(&lock, Lock::Exclusive)
        .map_err(|error| OpenError::io("lock", &lock, error))?
        .ok_or_else(|| OpenError::InUse(path.to_owned()))?;
    let mut current = Current::read(&*disk, path)?;
    // It may have been replaced by a process that died before it was synced.
    sync(&*disk, path)?;
    discard(&*disk, path, current)?;
    let to = Current {
        generation: current.map_or(1, |current| current.generation + 1),
        shards,
        routing: routing(route),
    };
    if current.is_none_or(|current| (current.shards, current.routing) != (shards, to.routing)) {
        reshard::reshard(
            &*disk,
            path,
            current,
            to,
            &options.new_state,
            route,
            progress,
        )?;
        discard(&*disk, path, Some(to))?;
        current = Some(to);
    }
    let generation = current.map_or(1, |current| current.generation);
    let places: Vec<Place> = (0..u32::from(shards))
        .map(|shard| Place::new(path, generation, shard))
        .collect();
    let (sender, receiver) = mpsc::channel();
    let desks: Vec<Arc<Desk>> = places.iter().map(|_| Arc::default()).collect();
    let streams = places
        .iter()
        .zip(&desks)
        .enumerate()
        .map(|(shard, (place, desk))| Stream {
            disk: Arc::clone(&disk),
            place: place.clone(),
            options: options.clone(),
            source: SegmentSource::new(shard, sender.clone(), Arc::clone(desk)),
        })
        .collect();
    Ok(DataDir {
        disk,
        path: path.to_owned(),
        options,
        held: Arc::new(held),
        places,
        desks,
        streams,
        tasks: Some((sender, receiver)),
    })
}

impl DataDir {
    /// The streams, one per shard in their order. Empty when they were taken.
    pub fn streams(&mut self) -> Vec<Stream> {
        std::mem::take(&mut self.streams)
    }

    /// Starts the keeper, once; before or after the streams recover.
    ///
    /// # Errors
    /// What the system says when it cannot make threads.
    pub fn start_keeper(&mut self, hooks: Hooks) -> io::Result<Keeper> {
        let tasks = self.tasks.take().ok_or_else(has_one)?;
        Keeper::start(self, tasks, hooks)
    }

    /// The keeper without threads, instead of [`DataDir::start_keeper`].
    ///
    /// # Errors
    /// When there is a keeper.
    pub fn keep_by_hand(&mut self, hooks: Hooks) -> io::Result<ManualKeeper> {
        let (_, inbox) = self.tasks.take().ok_or_else(has_one)?;
        Ok(ManualKeeper::new(self, inbox, hooks))
    }
}

fn has_one() -> io::Error {
    io::Error::other("the data directory has a keeper")
}

/// Makes the directory, if its parent is there.
fn make(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    disk.make_directory(path)
        .map_err(|error| OpenError::io("make", path, error))?;
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    sync(disk, parent)
}

pub(super) fn sync(disk: &dyn Disk, directory: &Path) -> Result<(), OpenError> {
    disk.sync_directory(directory)
        .map_err(|error| OpenError::io("sync", directory, error))
}

pub(super) fn list(disk: &dyn Disk, path: &Path) -> Result<Vec<String>, OpenError> {
    let mut names = disk
        .list(path)
        .map_err(|error| OpenError::io("list", path, error))?;
    names.sort_unstable();
    Ok(names)
}

fn is_ours(name: &str) -> bool {
    // Every ext4 file system has a lost+found in its root.
    [LOCK, CURRENT, NEXT_CURRENT, "lost+found"].contains(&name)
        || layout::parse_generation(name).is_some()
}

/// Deletes generations that do not count: the one before, and one that was not
/// finished. Refuses when that could be the data of a directory whose
/// `CURRENT` is lost or older than the data.
fn discard(disk: &dyn Disk, data: &Path, current: Option<Current>) -> Result<(), OpenError> {
    let generation = current.map_or(0, |current| current.generation);
    let names = list(disk, data)?;
    let mut found = false;
    for number in names
        .iter()
        .filter_map(|name| layout::parse_generation(name))
    {
        let directory = layout::generation_directory(data, number);
        if number == generation {
            found = true;
        } else if number > generation && (number > generation + 1 || was_used(disk, &directory)?) {
            let what = format!(
                "this file is missing or older than {}, which holds data: restore it from where \
                 it was lost",
                directory.display()
            );
            return Err(OpenError::damaged(&data.join(CURRENT), 0, what));
        } else {
            disk.remove_directory(&directory)
                .map_err(|error| OpenError::io("delete", &directory, error))?;
        }
    }
    if current.is_some() && !found {
        let directory = layout::generation_directory(data, generation);
        let what = "the generation that CURRENT names is missing";
        return Err(OpenError::damaged(&directory, 0, what));
    }
    Ok(())
}

/// Whether a generation was ever the one that counts: segments are made only
/// then.
fn was_used(disk: &dyn Disk, directory: &Path) -> Result<bool, OpenError> {
    for stream in list(disk, directory)? {
        let names = list(disk, &directory.join(stream))?;
        if names
            .iter()
            .any(|name| matches!(layout::parse(name), Some(Name::Segment(_))))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
