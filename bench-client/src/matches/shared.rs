//! What the threads of a match run share.

use std::{
    net::{Shutdown, TcpStream},
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Instant,
};

/// Sockets, progress and the signals to stop.
#[derive(Debug)]
pub(super) struct Shared {
    /// All times are counted from here.
    epoch: Instant,
    source: OnceLock<TcpStream>,
    listener: OnceLock<TcpStream>,
    /// Bytes of the script written.
    pub written: AtomicUsize,
    /// Bytes of the answer received.
    pub received: AtomicUsize,
    stopped: AtomicBool,
    source_lost: AtomicBool,
}

impl Shared {
    /// Nothing has happened yet.
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            source: OnceLock::new(),
            listener: OnceLock::new(),
            written: AtomicUsize::new(0),
            received: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            source_lost: AtomicBool::new(false),
        }
    }

    /// The time, in nanoseconds.
    pub(super) fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    /// Hands over the source's connection; a run has one.
    pub(super) fn open_source(&self, stream: TcpStream) -> &TcpStream {
        self.source.get_or_init(|| stream)
    }

    /// Hands over the listener's connection; a run has one.
    pub(super) fn open_listener(&self, stream: TcpStream) -> &TcpStream {
        self.listener.get_or_init(|| stream)
    }

    /// The source's connection, if it is there.
    pub(super) fn source(&self) -> Option<&TcpStream> {
        self.source.get()
    }

    /// A number that grows as long as the run gets anywhere.
    pub(super) fn progress(&self) -> usize {
        let open =
            usize::from(self.source.get().is_some()) + usize::from(self.listener.get().is_some());
        self.written.load(SeqCst) + self.received.load(SeqCst) + open
    }

    /// Ends the run: whoever waits for a connection, or on one, returns.
    pub(super) fn stop(&self) {
        self.stopped.store(true, SeqCst);
        self.enforce();
    }

    /// Ends the run for the listener when it has taken all that has arrived.
    pub(super) fn lose_source(&self) {
        self.source_lost.store(true, SeqCst);
        self.enforce();
    }

    /// Whether the run has ended.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(SeqCst)
    }

    /// Whether it is too late for a connection to come up.
    pub(super) fn is_ending(&self) -> bool {
        self.is_stopped() || self.source_lost.load(SeqCst)
    }

    /// Carries out [`Shared::stop`] and [`Shared::lose_source`], where they were
    /// called, on connections that came up at the same moment too.
    pub(super) fn enforce(&self) {
        // Whatever is not connected any more needs no ending.
        let end = |stream: &OnceLock<TcpStream>, how| stream.get().map(|it| it.shutdown(how));
        if self.is_stopped() {
            end(&self.source, Shutdown::Both);
            end(&self.listener, Shutdown::Both);
        } else if self.is_ending() {
            end(&self.listener, Shutdown::Read);
        }
    }
}
