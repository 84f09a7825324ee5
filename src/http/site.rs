//! What all connections of a shard share.

use core::net::IpAddr;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;

use super::answer::{Line, answer};
use super::checkout::{Documents, Latencies, Part, TokenSecret};
use super::conversation::{Conversation, Serving};
use super::live::{Hub, Watchers};
use super::pipe::{End, Pipe};
use super::progress::{Patience, Progress};
use super::rate::Clients;
use super::route::Router;
use super::token::Token;
use crate::api::{Api, Door};
use crate::payment::Till;
use crate::shard::{HttpCounters, Readings};

/// Settings of the HTTP door.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// The largest head of a request, in bytes; at least
    /// [`crate::limits::LEAST_HTTP_HEADER_BYTES`].
    pub header_bytes: usize,
    /// As many bytes of answers may be owed to a connection; over it, its next
    /// requests wait. As many bytes of requests may wait.
    pub pipeline_bytes: usize,
    /// How long clients may take.
    pub patience: Patience,
    /// What guards the creation of inventory and the ledger; nothing: they are
    /// open.
    pub token: Option<Token>,
    /// How long a ticket is held if a request does not say; nothing: for ever.
    pub hold_time: Option<Duration>,
    /// How many may watch events.
    pub watchers: Watchers,
    /// Who is asked for money.
    pub till: Till,
    /// Signs the tokens of checkouts.
    pub secret: TokenSecret,
    /// Another number in each life of the server: versions of seat maps are
    /// counted anew from what was kept.
    pub life: u64,
    /// Where all shards note how long buyers wait.
    pub latencies: Arc<Latencies>,
}

/// The HTTP door of one shard: what all its connections share.
pub struct Site<D> {
    pub(super) api: Api<D>,
    pub(super) settings: Settings,
    pub(super) clients: Option<Arc<Clients>>,
    pub(super) readings: Arc<dyn Readings>,
    pub(super) router: Router,
    pub(super) counters: Rc<RefCell<HttpCounters>>,
    pub(super) live: Hub,
    pub(super) documents: Documents,
    latencies: Arc<Part>,
}

impl<D> fmt::Debug for Site<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Site")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<D: Door + 'static> Site<D> {
    /// A door to what `api` can do. `clients` is shared by all shards; without
    /// it nobody asks too often.
    pub fn new(
        api: Api<D>,
        settings: Settings,
        clients: Option<Arc<Clients>>,
        readings: Arc<dyn Readings>,
        counters: Rc<RefCell<HttpCounters>>,
    ) -> Rc<Self> {
        let life = settings.life;
        let latencies = settings.latencies.part();
        Rc::new(Self {
            api,
            settings,
            clients,
            readings,
            router: Router::new(),
            counters,
            live: Hub::new(life),
            documents: Documents::default(),
            latencies,
        })
    }

    /// Whether anybody watches an event: then [`Self::poll_live`] is to be
    /// called every [`crate::limits::LIVE_TICK`].
    pub fn is_watched(&self) -> bool {
        self.live.is_watched()
    }

    /// Asks the shards of watched events what has changed, if it is time to, and
    /// takes what they answered; to be called when `waker` is woken, too.
    pub fn poll_live(&self, waker: &Waker) {
        self.counters.borrow_mut().watchers = self.live.watchers() as u64;
        self.live.poll(self.api.door(), waker);
    }

    /// Wakes up to `most` of the conversations that watch, if there is something
    /// for them. Says whether there are more.
    pub fn spread_live(&self, most: usize) -> bool {
        self.live.spread(most)
    }

    /// A new connection from `peer`. Waking `waker`, from any thread, has to
    /// have it polled soon.
    pub fn open(self: &Rc<Self>, peer: IpAddr, waker: Waker) -> Conversation {
        let pipe = Rc::new(Pipe::new(self.settings.pipeline_bytes));
        let progress = Rc::new(Progress::new());
        let line = Line {
            progress: Rc::clone(&progress),
            peer,
        };
        let serving = self.serve(End(Rc::clone(&pipe)), line);
        let latencies = Arc::clone(&self.latencies);
        let patience = self.settings.patience;
        Conversation::new(pipe, progress, (patience, latencies), serving, waker)
    }

    fn serve(self: &Rc<Self>, end: End, line: Line) -> Serving {
        let site = Rc::clone(self);
        let service = service_fn(move |request| answer(Rc::clone(&site), line.clone(), request));
        // Writing is copying here, and output is taken after a poll: pipelined
        // answers leave together anyway. hyper's own way to see to that
        // (`pipeline_flush`) holds an answer back while a part of the next
        // request is there.
        let connection = http1::Builder::new()
            .half_close(true)
            .header_read_timeout(None)
            .max_buf_size(self.settings.header_bytes)
            .serve_connection(end, service);
        Box::pin(connection)
    }
}
