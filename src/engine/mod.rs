//! The library: the same shards and the same methods as behind HTTP, called
//! from any thread, with any executor or none.
//!
//! [`Engine`] starts shards in this process, without a socket. [`Handle`] is
//! what calls them; it comes from an engine, or from a [`Server`] that serves
//! others at the same time. Every method of [`Api`] is there twice: as a
//! future, and under [`Handle::blocking`] for threads that may wait.
//!
//! When a future is ready, all that its answer has seen is as durable as the
//! configuration asks for. Dropping a future does not take back what is on its
//! way. When the shards end, futures end with
//! [`Closed`](crate::api::Closed); what they asked for may have been done.

mod blocking;

pub use crate::net::outside::{EngineDoor, OperationCall};
pub use blocking::Blocking;

use std::ops::Deref;

use crate::api::{Api, Failure};
use crate::boot::{RunError, Server, StartError};
use crate::config::Config;
use crate::inventory::{Outcome, Verb};
use crate::net::ring::Ended;

/// Shards in this process. Dropped, they end at once; what was answered is as
/// durable as was asked for.
///
/// ```
/// use ringside::{Config, Engine};
///
/// let engine = Engine::start(&Config { shards: 2, ..Config::default() })?;
/// let outcome = engine.blocking().seat(ringside::inventory::Verb::Reserve, "A1")?;
/// assert_eq!(outcome, ringside::inventory::Outcome::Ok);
/// engine.stop()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    handle: Handle,
    server: Server,
}

impl Engine {
    /// Starts the shards that the configuration asks for, in memory or on its
    /// data directory. Ports in it are ignored: none is opened.
    ///
    /// # Errors
    /// [`StartError`], with everything that was begun undone.
    pub fn start(config: &Config) -> Result<Self, StartError> {
        let server = Server::start_without_ports(config)?;
        Ok(Self {
            handle: server.engine(),
            server,
        })
    }

    /// What calls the shards: cheap to clone, for any thread. It may outlive
    /// the engine; calls end with [`Closed`](crate::api::Closed) then.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The shards, and what they count.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Stops: what was called is answered, within the drain timeout, and then
    /// the shards end.
    ///
    /// # Errors
    /// [`RunError`] when a shard failed.
    pub fn stop(self) -> Result<Ended, RunError> {
        self.server.stop()
    }
}

impl Deref for Engine {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Server {
    /// What calls this server's shards from within its process.
    pub fn engine(&self) -> Handle {
        let (inboxes, numbers) = self.inboxes();
        Handle {
            api: Api::new(EngineDoor::new(inboxes, numbers)),
            max_seat_bytes: self.max_seat_bytes(),
        }
    }
}

/// What calls shards, from any thread: every method of [`Api`], as a future.
#[derive(Clone, Debug)]
pub struct Handle {
    api: Api<EngineDoor>,
    max_seat_bytes: usize,
}

impl Deref for Handle {
    type Target = Api<EngineDoor>;

    fn deref(&self) -> &Api<EngineDoor> {
        &self.api
    }
}

impl Handle {
    /// The same methods, each waiting for its answer.
    pub fn blocking(&self) -> Blocking<'_> {
        Blocking::new(self)
    }

    /// Runs a command of the seat protocol.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for a name that is not of ASCII letters and digits,
    /// or longer than `--max-seat-bytes`.
    pub async fn seat(&self, verb: Verb, name: &str) -> Result<Outcome, Failure> {
        let invalid = |problem: String| Failure::Invalid {
            field: "seat",
            problem,
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(invalid("must be of ASCII letters and digits".to_owned()));
        }
        if name.len() > self.max_seat_bytes {
            return Err(invalid(format!(
                "must not be longer than {} bytes (--max-seat-bytes)",
                self.max_seat_bytes
            )));
        }
        Ok(self.api.door().seat(verb, name.as_bytes()).await?)
    }
}
