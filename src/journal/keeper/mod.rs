//! Works beside the shards: makes segments ready and writes snapshots.
//!
//! Two threads, because a shard may need a segment while a snapshot of many
//! seats is being written. What they do step by step is [`Preparer`] and
//! [`Compactor`], which a simulation runs by hand ([`ManualKeeper`]).

mod compactor;
mod preparer;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use self::compactor::Compactor;
use self::preparer::Preparer;
use super::disk::{Disk, Held};
use super::error::Failure;
use super::layout::Place;
use super::open::{DataDir, Options};
use super::source::Desk;
use super::writer::Retired;

/// How long to wait before something is tried again for which the disk was
/// too full.
const RETRY: Duration = Duration::from_secs(1);

/// How much weaker the snapshots' thread is than the shards, as `nice` counts.
const SNAPSHOT_NICE: i32 = 10;

/// What shards ask of the keeper.
pub(super) enum Task {
    /// Make a segment ready.
    Prepare {
        shard: usize,
        index: u64,
        epoch: u64,
    },
    /// A segment is full.
    Retired {
        shard: usize,
        retired: Retired,
    },
    /// What recovery has found: full segments by index and length.
    Recovered {
        shard: usize,
        snapshot_bytes: u64,
        segments: Vec<(u64, u64)>,
    },
    Stop,
}

/// What the keeper does and finds, for the log.
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
        /// Bytes of the files that were deleted.
        deleted: u64,
    },
    /// No snapshot could be written. Nothing is lost, but the journal grows.
    /// It is tried again.
    NoSnapshot {
        /// Of which shard.
        shard: usize,
        /// Why not, and what to do.
        why: String,
    },
    /// The disk is too full for the next segment.
    DiskLow {
        /// The data directory.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that must be.
        needed: u64,
    },
    /// There is room again.
    DiskFine,
    /// The journal cannot go on: stop the process. [`super::Journal::start`]
    /// says so as well.
    Failed(Failure),
}

/// Whom the keeper tells, from its own threads: they must not wait.
#[derive(Clone)]
pub struct Hooks {
    /// A shard's segment is ready, or is known not to come soon: have it call
    /// [`super::Journal::start`] and look at [`super::Journal::is_uncertain`].
    pub wake: Arc<dyn Fn(usize) + Send + Sync>,
    /// Something for the log.
    pub notice: Arc<dyn Fn(Notice) + Send + Sync>,
}

/// What both works need.
#[derive(Clone)]
pub(super) struct Ground {
    disk: Arc<dyn Disk>,
    data: PathBuf,
    options: Options,
    places: Vec<Place>,
    desks: Vec<Arc<Desk>>,
    hooks: Hooks,
    stopped: Arc<AtomicBool>,
}

impl Ground {
    fn new(data: &DataDir, hooks: Hooks) -> Self {
        Self {
            disk: Arc::clone(&data.disk),
            data: data.path.clone(),
            options: data.options.clone(),
            places: data.places.clone(),
            desks: data.desks.clone(),
            hooks,
            stopped: Arc::default(),
        }
    }

    fn fail(&self, failure: Failure) {
        self.desks[failure.shard].put(Err(failure.clone()));
        (self.hooks.wake)(failure.shard);
        (self.hooks.notice)(Notice::Failed(failure));
    }
}

/// The keeper's threads, until it is dropped.
pub struct Keeper {
    stopped: Arc<AtomicBool>,
    tasks: Sender<Task>,
    threads: Vec<JoinHandle<()>>,
    /// Nobody else may open the directory while the threads are at work.
    _held: Arc<Held>,
}

impl Keeper {
    pub(super) fn start(
        data: &DataDir,
        (tasks, inbox): (Sender<Task>, Receiver<Task>),
        hooks: Hooks,
    ) -> io::Result<Self> {
        let ground = Ground::new(data, hooks);
        let (forward, full) = mpsc::channel();
        let mut keeper = Self {
            stopped: Arc::clone(&ground.stopped),
            tasks,
            threads: Vec::new(),
            _held: Arc::clone(&data.held),
        };
        let preparer = Preparer::new(ground.clone(), forward);
        let compactor = Compactor::new(ground);
        keeper.spawn("segments", move || prepare_all(preparer, &inbox))?;
        keeper.spawn("snapshots", move || compact_all(compactor, &full))?;
        Ok(keeper)
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = Builder::new().name(name.to_owned()).spawn(work)?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Keeper {
    /// Breaks a snapshot off; the next start writes it.
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _ = self.tasks.send(Task::Stop);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn prepare_all(mut preparer: Preparer, inbox: &Receiver<Task>) {
    loop {
        let task = if preparer.turn() {
            match inbox.recv_timeout(RETRY) {
                Err(RecvTimeoutError::Timeout) => continue,
                task => task.ok(),
            }
        } else {
            inbox.recv().ok()
        };
        match task {
            None | Some(Task::Stop) => return,
            Some(task) => preparer.take(task),
        }
    }
}

fn compact_all(mut compactor: Compactor, full: &Receiver<Task>) {
    // Without the permission it is no worse than the shards.
    let _ = rustix::process::setpriority_process(None, SNAPSHOT_NICE);
    loop {
        let task = if compactor.turn() {
            match full.recv_timeout(RETRY) {
                Err(RecvTimeoutError::Timeout) => continue,
                task => task.ok(),
            }
        } else {
            full.recv().ok()
        };
        match task {
            None => return,
            Some(task) => {
                compactor.take(task);
                // What has gathered meanwhile goes into the same snapshot.
                for task in full.try_iter() {
                    compactor.take(task);
                }
            }
        }
    }
}

/// The keeper without threads: does its work when it is told to, in the same
/// order each time. For simulations.
pub struct ManualKeeper {
    preparer: Preparer,
    compactor: Compactor,
    inbox: Receiver<Task>,
    full: Receiver<Task>,
    _held: Arc<Held>,
}

impl ManualKeeper {
    pub(super) fn new(data: &DataDir, inbox: Receiver<Task>, hooks: Hooks) -> Self {
        let ground = Ground::new(data, hooks);
        let (forward, full) = mpsc::channel();
        Self {
            preparer: Preparer::new(ground.clone(), forward),
            compactor: Compactor::new(ground),
            inbox,
            full,
            _held: Arc::clone(&data.held),
        }
    }

    /// Makes the segments ready that were asked for.
    pub fn prepare(&mut self) {
        self.inbox
            .try_iter()
            .for_each(|task| self.preparer.take(task));
        self.preparer.turn();
    }

    /// Writes the snapshots that are due.
    pub fn compact(&mut self) {
        self.prepare();
        self.full
            .try_iter()
            .for_each(|task| self.compactor.take(task));
        self.compactor.turn();
    }
}
