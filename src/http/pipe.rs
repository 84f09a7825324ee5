//! The two ends of a connection in memory: what arrived, and what shall leave.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

use crate::limits::KEPT_BUFFER_BYTES;

/// What hyper and the connection's owner share.
#[derive(Debug)]
pub(super) struct Pipe {
    input: RefCell<Input>,
    output: RefCell<Vec<u8>>,
    /// Bytes that hyper has written and the peer has not taken.
    owed: Cell<usize>,
    /// As many bytes may be owed, or wait to be read, before the other side is
    /// told to wait.
    bound: usize,
    ended: Cell<bool>,
    blocked: Cell<bool>,
}

#[derive(Debug, Default)]
struct Input {
    bytes: Vec<u8>,
    read: usize,
}

impl Pipe {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            input: RefCell::default(),
            output: RefCell::default(),
            owed: Cell::new(0),
            bound,
            ended: Cell::new(false),
            blocked: Cell::new(false),
        }
    }

    pub(super) fn on_bytes(&self, bytes: &[u8]) {
        self.input.borrow_mut().bytes.extend_from_slice(bytes);
    }

    pub(super) fn on_end(&self) {
        self.ended.set(true);
    }

    /// Whether as much waits to be read as may.
    pub(super) fn is_full(&self) -> bool {
        let input = self.input.borrow();
        input.bytes.len() - input.read >= self.bound
    }

    /// Whether hyper has read all that has arrived.
    pub(super) fn is_read(&self) -> bool {
        self.input.borrow().bytes.is_empty()
    }

    pub(super) fn has_output(&self) -> bool {
        !self.output.borrow().is_empty()
    }

    pub(super) fn take_output(&self) -> Vec<u8> {
        self.output.take()
    }

    /// Gives an empty buffer to write to, if there is none.
    pub(super) fn lend_output(&self, buffer: impl FnOnce() -> Vec<u8>) {
        let mut output = self.output.borrow_mut();
        if output.capacity() == 0 {
            *output = buffer();
        }
    }

    /// Takes back a buffer that was not needed.
    pub(super) fn return_output(&self) -> Option<Vec<u8>> {
        let mut output = self.output.borrow_mut();
        (output.is_empty() && output.capacity() > 0).then(|| std::mem::take(&mut *output))
    }

    /// Lets what shall leave be changed, and counts it anew.
    pub(super) fn change_output(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut output = self.output.borrow_mut();
        let before = output.len();
        change(&mut output);
        let owed = (self.owed.get() + output.len()).saturating_sub(before);
        self.owed.set(owed);
    }

    /// So many bytes were taken by the peer. Says whether hyper waits for it.
    pub(super) fn on_sent(&self, bytes: usize) -> bool {
        let owed = self.owed.get().saturating_sub(bytes);
        self.owed.set(owed);
        owed < self.bound && self.blocked.replace(false)
    }

    /// Whether hyper has something to say that does not fit.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.get()
    }

    /// Whether the peer has to take something.
    pub(super) fn is_owing(&self) -> bool {
        self.owed.get() > 0
    }
}

/// hyper's end of a [`Pipe`].
#[derive(Debug)]
pub(super) struct End(pub(super) Rc<Pipe>);

impl Read for End {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut input = self.0.input.borrow_mut();
        let waiting = &input.bytes[input.read..];
        if waiting.is_empty() {
            return if self.0.ended.get() {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            };
        }
        let count = waiting.len().min(room.remaining());
        room.put_slice(&waiting[..count]);
        input.read += count;
        if input.read == input.bytes.len() {
            input.read = 0;
            input.bytes.clear();
            input.bytes.shrink_to(KEPT_BUFFER_BYTES);
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for End {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let pipe = &*self.0;
        if pipe.owed.get() >= pipe.bound {
            pipe.blocked.set(true);
            return Poll::Pending;
        }
        pipe.output.borrow_mut().extend_from_slice(bytes);
        pipe.owed.set(pipe.owed.get() + bytes.len());
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
