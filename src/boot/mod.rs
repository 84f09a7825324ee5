//! Starting and stopping: the only place that makes threads.

mod dial;
mod face;
mod outside;
mod payment;
mod progress;
mod secret;
mod shared;
mod standing;
mod storage;
mod thread;
mod webhooks;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use self::face::Face;
pub use self::face::TokenFileError;
use self::outside::Outside;
pub use self::payment::PaymentError;
pub use self::secret::{TokenSecretError, copy_token_secret};
use self::shared::Shared;
use self::standing::Standing;
use self::storage::{Kept, Storage};
use self::thread::{ShardThread, ThreadError};

use crate::config::Config;
use crate::host::{self, HostProblem, Needs};
use crate::journal;
use crate::limits::MATCH_PREPARED_PAIRS;
use crate::matching::RunOptions;
use crate::mesh::MeshPlan;
use crate::net::inbox::Inboxes;
use crate::net::listener::{self, Door, Listener, OpenError};
use crate::net::matches::{Adoptions, MatchReport, Side};
use crate::net::numbers::Numbers;
use crate::net::ring::{Dozers, DriverError, Ended};
use crate::net::stop::{Phase, Stop};
use crate::shard::{Counters, Readings, SeatBudget};

/// Connections of a server without ports: a match run's peers.
const PEERS_OF_A_RUN: usize = 2;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The machine lacks something. Nothing was changed.
    #[error(transparent)]
    Host(#[from] HostProblem),
    /// A port cannot be had.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A shard could not be made.
    #[error("cannot start the shards: {0}")]
    Shard(String),
    /// The data directory cannot be used. What it holds was left as it is.
    #[error(transparent)]
    Data(#[from] journal::OpenError),
    /// The file of `--api-token-file` is of no use.
    #[error(transparent)]
    Token(#[from] TokenFileError),
    /// Payments cannot be as they are set.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// The secret of the data directory cannot be had.
    #[error(transparent)]
    Secret(#[from] TokenSecretError),
}

impl From<ThreadError> for StartError {
    fn from(error: ThreadError) -> Self {
        match error {
            ThreadError::Shard(text) => Self::Shard(text),
            ThreadError::Data(error) => Self::Data(error),
        }
    }
}

/// Why the server ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A shard failed; the others were stopped, because half a server would
    /// give half of the answers.
    #[error("a shard has failed: {0}")]
    Shard(#[from] DriverError),
    /// The journal cannot go on; nothing was answered since.
    #[error("the journal has failed: {0}; mend the disk, then start again")]
    Journal(#[from] journal::Failure),
    /// A shard's thread panicked: a mistake in the server.
    #[error("a shard has panicked; please report what was logged above")]
    Panic,
}

/// A running server.
///
/// ```
/// use ringside::{Config, Server};
/// use std::io::{Read, Write};
///
/// let config = Config {
///     seat_port: 0, source_port: 0, listener_port: 0, http_port: 0,
///     shards: 1, max_connections: 10, ..Config::default()
/// };
/// let server = Server::start(&config)?;
/// let mut client = std::net::TcpStream::connect(server.seat_addresses()[0])?;
/// client.write_all(b"RESERVE: A1\n")?;
/// let mut reply = [0; 3];
/// client.read_exact(&mut reply)?;
/// assert_eq!(&reply, b"OK\n");
/// server.stop()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    addresses: Addresses,
    adoptions: Arc<Adoptions>,
    reports: Option<Mutex<mpsc::Receiver<MatchReport>>>,
    stop: Arc<Stop>,
    inboxes: Arc<Inboxes>,
    numbers: Arc<Numbers>,
    max_seat_bytes: usize,
    standing: Arc<Standing>,
    threads: Vec<JoinHandle<Result<Ended, DriverError>>>,
    /// In a lock only so that a server can be shared between threads.
    ended: Mutex<mpsc::Receiver<()>>,
    drain_timeout: Duration,
    outside: Option<Outside>,
    /// Dropped last: the data directory is locked while shards run.
    kept: Option<Kept>,
}

impl Server {
    /// Starts all shards and returns when every one of them listens.
    ///
    /// # Errors
    /// [`StartError`], with everything that was begun undone.
    pub fn start(config: &Config) -> Result<Self, StartError> {
        Self::launch(config, true)
    }

    /// Starts all shards without opening any port, for [`Server::run_match`].
    ///
    /// # Errors
    /// [`StartError`], with everything that was begun undone.
    pub fn start_without_ports(config: &Config) -> Result<Self, StartError> {
        Self::launch(config, false)
    }

    fn launch(config: &Config, open_ports: bool) -> Result<Self, StartError> {
        let cpus = host::placement(config.shards, &config.cpus.0);
        let shards = cpus.len() as u16;
        host::require(Needs {
            shards,
            max_connections: if open_ports {
                config.max_connections
            } else {
                PEERS_OF_A_RUN
            },
        })?;
        let mut addresses = Addresses::default();
        let mut listeners: Vec<Vec<Listener>> = (0..shards).map(|_| Vec::new()).collect();
        if open_ports {
            open_all(config, &mut addresses, &mut listeners)?;
        }
        let failed = |error: io::Error| StartError::Shard(error.to_string());
        let stop = Arc::new(Stop::new(shards).map_err(failed)?);
        let budget = Arc::new(SeatBudget::new(config.max_seats, shards));
        let mesh = MeshPlan::new(shards);
        // Only who has no ports asks for reports; others read the log.
        let (report, reports) = mpsc::channel();
        let (report, reports) = if open_ports {
            (None, None)
        } else {
            (Some(report), Some(Mutex::new(reports)))
        };
        let dozers = Arc::new(Dozers::new(shards).map_err(failed)?);
        // Secret to this process, see `Seats::new`.
        let random = ahash::RandomState::new();
        let hash_seed = random.hash_one(std::process::id());
        let numbers = Arc::new(Numbers::from(random.hash_one(hash_seed)));
        let standing = Arc::new(Standing {
            counters: (0..shards).map(|_| Arc::default()).collect(),
            stop: Arc::clone(&stop),
        });
        let shared = Shared {
            connections: Arc::default(),
            inboxes: Arc::new(Inboxes::new(Arc::clone(&dozers))),
            dozers,
            adoptions: Arc::default(),
            report,
            standing: Arc::clone(&standing),
        };

        let token = face::token(&config.api_token_file)?;
        let outside = outside::Plan::new(config, &addresses.http)?;
        let (storage, kept) = Storage::open(config, shards, hash_seed, &stop)?.unzip();
        let drawn = face::Drawn {
            token_secret: secret::load(&config.data_dir)?,
            clients_secret: random.hash_one(shards),
            life: random.hash_one("life"),
        };
        let till = outside.till.clone();
        let face = Face::new(config, token, till, &drawn, Arc::clone(&standing));
        let (started, all_started) = mpsc::channel();
        let (ended, all_ended) = mpsc::channel();
        let mut server = Self {
            addresses,
            adoptions: Arc::clone(&shared.adoptions),
            reports,
            stop: Arc::clone(&stop),
            inboxes: Arc::clone(&shared.inboxes),
            numbers: Arc::clone(&numbers),
            max_seat_bytes: config.max_seat_bytes,
            standing: Arc::clone(&standing),
            threads: Vec::new(),
            ended: Mutex::new(all_ended),
            drain_timeout: config.drain_timeout.0,
            outside: None,
            kept,
        };
        let mut gates = Vec::new();
        for ((index, listeners), cpu) in (0..shards).zip(listeners).zip(cpus) {
            let (gate, go) = mpsc::channel();
            gates.push(gate);
            let thread = ShardThread {
                settings: shared.settings(config, index, storage.is_some()),
                storage: storage.clone(),
                cpu: (!config.no_pin).then_some(cpu),
                listeners,
                match_options: match_options(config),
                match_runs: config.match_runs,
                mesh: mesh.clone(),
                budget: Arc::clone(&budget),
                bounds: config.bounds(),
                numbers: Arc::clone(&numbers),
                face: face.clone(),
                hash_seed,
                started: started.clone(),
                go,
                ended: thread::EndNotice(ended.clone()),
            };
            server.threads.push(thread.spawn().map_err(failed)?);
        }
        drop((started, ended));
        let _teller = storage.as_ref().map(|storage| storage.tell());
        server.wait_until_up(&all_started, gates)?;
        server.outside = Some(outside.start(config, (&server.inboxes, &numbers))?);
        Ok(server)
    }

    /// Two steps, because joining the mesh waits for all shards: first every
    /// executor must exist, only then all may go on; then all must listen.
    fn wait_until_up(
        &mut self,
        started: &mpsc::Receiver<Result<(), ThreadError>>,
        gates: Vec<mpsc::Sender<()>>,
    ) -> Result<(), StartError> {
        let all = |count: usize| -> Result<(), StartError> {
            (0..count).try_for_each(|_| {
                Ok(started
                    .recv()
                    .map_err(|_| StartError::Shard("a shard ended early".to_owned()))??)
            })
        };
        let count = self.threads.len();
        all(count)?;
        for gate in gates {
            // A shard that has gone will be missed in the next step.
            let _ = gate.send(());
        }
        all(count)
    }

    /// Where the seat protocol is served.
    pub fn seat_addresses(&self) -> &[SocketAddr] {
        &self.addresses.seats
    }

    /// Where HTTP is served.
    pub fn http_addresses(&self) -> &[SocketAddr] {
        &self.addresses.http
    }

    /// Where match sources connect.
    pub fn source_addresses(&self) -> &[SocketAddr] {
        &self.addresses.sources
    }

    /// Where match listeners connect.
    pub fn listener_addresses(&self) -> &[SocketAddr] {
        &self.addresses.listeners
    }

    /// Connects to a match source and a match listener that listen, waiting
    /// until both are up, and starts a run between them. Returns at once; the
    /// log says how it goes.
    pub fn dial_match(&self, source: String, listener: String) {
        let (stop, adoptions) = (Arc::clone(&self.stop), Arc::clone(&self.adoptions));
        std::thread::spawn(move || {
            if let Some(pair) = dial::dial(&source, &listener, &stop) {
                adoptions.put(pair);
                stop.wake(0);
            }
        });
    }

    /// Like [`Server::dial_match`], and waits for the run's end. `None`: the
    /// server was asked to stop before the peers were up, or does not keep
    /// reports (see [`Server::start_without_ports`]).
    pub fn run_match(&self, source: &str, listener: &str) -> Option<MatchReport> {
        let reports = self.reports.as_ref()?;
        self.adoptions
            .put(dial::dial(source, listener, &self.stop)?);
        self.stop.wake(0);
        let reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.recv().ok()
    }

    /// How many shards there are.
    pub fn shards(&self) -> usize {
        self.standing.counters.len()
    }

    /// The counters of all shards together, as last published: at the latest
    /// when a shard went to sleep.
    pub fn counters(&self) -> Counters {
        self.standing
            .counters()
            .iter()
            .fold(Counters::default(), |sum, shard| sum.plus(shard))
    }

    /// Where the server stands, shard by shard, and whether it is to be given
    /// work.
    pub fn standing(&self) -> Arc<dyn Readings + Send + Sync> {
        Arc::clone(&self.standing) as _
    }

    /// The way into the shards from other threads.
    pub(crate) fn inboxes(&self) -> (&Arc<Inboxes>, &Arc<Numbers>) {
        (&self.inboxes, &self.numbers)
    }

    /// The longest seat name that is a valid one.
    pub(crate) fn max_seat_bytes(&self) -> usize {
        self.max_seat_bytes
    }

    /// What to use to stop the server from another thread.
    pub fn stopper(&self) -> Arc<Stop> {
        Arc::clone(&self.stop)
    }

    /// Waits until the server ends, because [`Server::stopper`] was asked for
    /// it or because a shard failed.
    ///
    /// # Errors
    /// [`RunError`] when a shard failed.
    pub fn wait(mut self) -> Result<Ended, RunError> {
        // One end is the end of all: they drain together, or one has failed.
        let _ = self.ended().recv();
        self.join()
    }

    /// Stops: what was received is answered within the drain timeout, and
    /// then the shards end.
    ///
    /// # Errors
    /// [`RunError`] when a shard failed.
    pub fn stop(mut self) -> Result<Ended, RunError> {
        self.stop.ask(Phase::Draining);
        let _ = self.ended().recv_timeout(self.drain_timeout);
        self.join()
    }

    fn ended(&self) -> MutexGuard<'_, mpsc::Receiver<()>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&mut self) -> Result<Ended, RunError> {
        self.stop.ask(Phase::Aborting);
        let mut ended = Ended::Drained;
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(Ok(Ended::Drained)) => {}
                Ok(Ok(Ended::Aborted)) => ended = Ended::Aborted,
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(RunError::Panic),
            }
        }
        if let Some(failure) = self.kept.as_ref().and_then(Kept::failure) {
            return Err(failure.into());
        }
        Ok(ended)
    }
}

/// Where each door really is.
#[derive(Debug, Default)]
struct Addresses {
    seats: Vec<SocketAddr>,
    sources: Vec<SocketAddr>,
    listeners: Vec<SocketAddr>,
    http: Vec<SocketAddr>,
}

/// What every match run is told.
fn match_options(config: &Config) -> RunOptions {
    RunOptions {
        rule: config.match_rule.into(),
        window: config.match_window,
        max_pairs: config.match_pairs,
        prepared_pairs: MATCH_PREPARED_PAIRS,
        ..RunOptions::default()
    }
}

/// Opens all doors. Every shard takes clients of the seat protocol and of HTTP;
/// the first takes the peers of match runs, so that they find each other.
fn open_all(
    config: &Config,
    addresses: &mut Addresses,
    listeners: &mut [Vec<Listener>],
) -> Result<(), StartError> {
    let doors = [
        (Door::Seats, config.seat_port, &mut addresses.seats),
        (
            Door::Match(Side::Source),
            config.source_port,
            &mut addresses.sources,
        ),
        (
            Door::Match(Side::Listener),
            config.listener_port,
            &mut addresses.listeners,
        ),
        (Door::Http, config.http_port, &mut addresses.http),
    ];
    for (door, port, addresses) in doors {
        let shards = match door {
            Door::Seats | Door::Http => listeners.len(),
            Door::Match(_) => 1,
        };
        let opened = listener::open(door, &config.bind, port, shards as u16)?;
        *addresses = opened.addresses;
        for (all, new) in listeners.iter_mut().zip(opened.for_shards) {
            all.extend(new);
        }
    }
    Ok(())
}

impl Drop for Server {
    /// A server that was not stopped ends without draining.
    fn drop(&mut self) {
        let _ = self.join();
    }
}
