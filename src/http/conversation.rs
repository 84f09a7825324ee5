//! One connection, from bytes to bytes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::checkout::Part;
use super::malformed;
use super::nudge::Nudge;
use super::pipe::Pipe;
use super::progress::{Patience, Progress};

pub(super) type Serving = Pin<Box<dyn Future<Output = hyper::Result<()>>>>;

/// How often a connection runs in one go before others have their turn. Each
/// time hyper serves up to 16 requests.
const ROUNDS: usize = 16;

/// One connection of the HTTP door: bytes in, bytes out, no socket, no clock.
///
/// Its owner gives it what arrives, polls it, and sends what it puts out. It
/// has to be polled after anything was given to it, and when its waker is
/// woken. While it [is waiting](Self::is_waiting) it must be kept and polled,
/// whatever happens to its peer: a shard may have done already what was asked,
/// and the reply is still to be remembered for the request's idempotency key.
pub struct Conversation {
    pipe: Rc<Pipe>,
    progress: Rc<Progress>,
    patience: Patience,
    latencies: Arc<Part>,
    serving: Option<Serving>,
    nudge: Arc<Nudge>,
    waker: Waker,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Conversation")
            .field("pipe", &self.pipe)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

impl Conversation {
    pub(super) fn new(
        pipe: Rc<Pipe>,
        progress: Rc<Progress>,
        (patience, latencies): (Patience, Arc<Part>),
        serving: Serving,
        waker: Waker,
    ) -> Self {
        let nudge = Nudge::new(waker);
        Self {
            pipe,
            progress,
            patience,
            latencies,
            serving: Some(serving),
            waker: Waker::from(Arc::clone(&nudge)),
            nudge,
        }
    }

    /// Bytes have arrived. Poll then.
    pub fn on_bytes(&mut self, bytes: &[u8]) {
        if self.serving.is_some() && !bytes.is_empty() {
            self.pipe.on_bytes(bytes);
            self.progress.on_bytes(bytes);
        }
    }

    /// The peer will send nothing more. Poll then: what it has sent is
    /// answered.
    pub fn on_end(&mut self) {
        self.pipe.on_end();
    }

    /// Goes as far as it can without waiting.
    pub fn poll(&mut self) {
        let Some(serving) = &mut self.serving else {
            return;
        };
        for _ in 0..ROUNDS {
            self.nudge.begin();
            let mut context = Context::from_waker(&self.waker);
            if let Poll::Ready(ended) = serving.as_mut().poll(&mut context) {
                self.serving = None;
                if let Err(error) = ended {
                    self.pipe
                        .change_output(|output| malformed::explain(&error, output));
                }
                return;
            }
            if !self.nudge.end() {
                return self.rest();
            }
        }
        self.nudge.put_off();
    }

    /// Everything that could be answered was.
    fn rest(&mut self) {
        let quiet =
            self.progress.is_between_requests() && self.pipe.is_read() && !self.pipe.is_blocked();
        if self.progress.is_finishing() && quiet {
            self.serving = None;
        }
    }

    /// Whether there is something to send.
    pub fn has_output(&self) -> bool {
        self.pipe.has_output()
    }

    /// What is to be sent now; empty if nothing.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.pipe.take_output()
    }

    /// What is to be sent now may leave; its making took so long, with all that
    /// it had to wait for.
    pub fn took(&self, time: Duration) {
        if let Some((event, step)) = self.progress.take_step() {
            self.latencies.add(event, step, time);
        }
    }

    /// The peer has taken so many bytes. Wakes the waker if more answers waited
    /// for that.
    pub fn on_sent(&mut self, bytes: usize) {
        if self.pipe.on_sent(bytes) {
            self.waker.wake_by_ref();
        }
    }

    /// Whether so much waits to be read that nothing more should be received.
    pub fn is_full(&self) -> bool {
        self.pipe.is_full()
    }

    /// Whether an answer is being made: operations are on their way to shards.
    /// Until it is not, keep it and poll it, though its peer be gone.
    pub fn is_waiting(&self) -> bool {
        self.serving.is_some() && self.progress.is_working()
    }

    /// Whether it has ended: close when its output has left.
    pub fn is_over(&self) -> bool {
        self.serving.is_none()
    }

    /// Answers what was received, then ends. Poll then.
    pub fn finish(&mut self) {
        self.progress.finish();
    }

    /// So much time has passed. Says whether the peer has taken too long, with
    /// a request or without one: close then. A peer that does not take its
    /// answers is not meant: see to that where bytes are sent.
    pub fn on_tick(&mut self, tick: Duration) -> bool {
        !self.pipe.is_owing() && self.progress.on_tick(tick, self.patience)
    }
}
