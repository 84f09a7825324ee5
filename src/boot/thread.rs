//! One shard's thread: its executor, and the steps until it serves.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use glommio::{LocalExecutorBuilder, Placement};

use super::face::Face;
use super::storage::Storage;
use crate::inventory::Bounds;
use crate::journal::OpenError;
use crate::limits::MATCH_SPREADS_FROM;
use crate::matching::RunOptions;
use crate::mesh::MeshPlan;
use crate::net::desk::Desk;
use crate::net::listener::Listener;
use crate::net::matches::Hub;
use crate::net::numbers::Numbers;
use crate::net::ring::{Driver, DriverError, DriverSettings, Ended, Parts};
use crate::route::{Router, ShardId};
use crate::shard::{SeatBudget, Shard};

/// glommio 0.9 parks an executor whose tasks are runnable when its preemption
/// timer fires between polling and running them (a stopped process, a busy
/// core); nothing may wake it then. A shard's executor has one task that lets
/// go by itself, so the timer is of no use and is set where it never fires.
const NEVER_PREEMPT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Memory for glommio's own disk and network buffers, which shards do not use.
const RUNTIME_IO_MEMORY: usize = 64 * 1024;

/// Everything that a shard's thread is given.
pub(super) struct ShardThread {
    pub(super) settings: DriverSettings,
    /// Where to run; `None` leaves it to the kernel.
    pub(super) cpu: Option<usize>,
    pub(super) listeners: Vec<Listener>,
    pub(super) match_options: RunOptions,
    pub(super) match_runs: usize,
    pub(super) mesh: MeshPlan,
    pub(super) budget: Arc<SeatBudget>,
    /// Where its seats come from, if not from nothing.
    pub(super) storage: Option<Arc<Storage>>,
    /// What it may own beside its seats.
    pub(super) bounds: Bounds,
    pub(super) face: Face,
    pub(super) numbers: Arc<Numbers>,
    pub(super) hash_seed: u64,
    /// Told when the executor exists, and again when the shard listens.
    pub(super) started: Sender<Result<(), ThreadError>>,
    /// Says that all executors exist. Closed: give up.
    pub(super) go: Receiver<()>,
    pub(super) ended: EndNotice,
}

/// Why a shard's thread did not come to serve.
#[derive(Debug)]
pub(super) enum ThreadError {
    /// It could not be made.
    Shard(String),
    /// Its seats could not be had.
    Data(OpenError),
}

/// Tells that a thread has ended, however it did.
pub(super) struct EndNotice(pub(super) Sender<()>);

impl Drop for EndNotice {
    fn drop(&mut self) {
        // Nobody may be listening any more.
        let _ = self.0.send(());
    }
}

impl ShardThread {
    pub(super) fn spawn(self) -> io::Result<JoinHandle<Result<Ended, DriverError>>> {
        // Short: the kernel keeps 15 bytes, and `perf` and `top` show them.
        Builder::new()
            .name(format!("shard-{}", self.settings.index))
            .spawn(move || self.run())
    }

    fn run(self) -> Result<Ended, DriverError> {
        let placement = self.cpu.map_or(Placement::Unbound, Placement::Fixed);
        let executor = LocalExecutorBuilder::new(placement)
            .io_memory(RUNTIME_IO_MEMORY)
            .preempt_timer(NEVER_PREEMPT)
            .make();
        let executor = match executor {
            Ok(executor) => executor,
            Err(error) => {
                let _ = self
                    .started
                    .send(Err(ThreadError::Shard(error.to_string())));
                return Ok(Ended::Aborted);
            }
        };
        let _ = self.started.send(Ok(()));
        if self.go.recv().is_err() {
            return Ok(Ended::Aborted);
        }
        executor.run(async move {
            let _ended = self.ended;
            let mesh = self.mesh.join().await?;
            let router = Router::new(mesh.shards(), mesh.me());
            let matches = Hub::new(
                match_router(&router),
                self.match_options,
                self.match_runs,
                self.hash_seed,
            );
            let desk = Desk::new(router.clone(), self.numbers);
            let budget = Arc::clone(&self.budget);
            let mut shard = Shard::new(router, budget, self.hash_seed, self.bounds);
            if let Some(storage) = self.storage {
                shard = match storage.recover(mesh.me(), shard, &self.budget) {
                    Ok(shard) => shard,
                    Err(error) => {
                        let _ = self.started.send(Err(ThreadError::Data(error)));
                        return Ok(Ended::Aborted);
                    }
                };
            }
            let http_counters = Rc::default();
            let site = self.face.site(desk.clone(), Rc::clone(&http_counters));
            let parts = Parts {
                shard,
                matches,
                desk,
                site: Some(site),
                http_counters,
            };
            let driver = match Driver::new(self.settings, self.listeners, mesh, parts) {
                Ok(driver) => driver,
                Err(error) => {
                    let error_text = error.to_string();
                    let _ = self.started.send(Err(ThreadError::Shard(error_text)));
                    return Err(error.into());
                }
            };
            let _ = self.started.send(Ok(()));
            driver.run().await
        })
    }
}

/// Where the likes of a match run go: to all shards, or nowhere.
fn match_router(router: &Router) -> Router {
    if usize::from(router.shards()) < MATCH_SPREADS_FROM {
        Router::new(1, ShardId(0))
    } else {
        router.clone()
    }
}
