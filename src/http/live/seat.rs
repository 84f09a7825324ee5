//! A watcher's place, for as long as its connection is there.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

use hyper::body::Bytes;

use super::state::State;
use crate::http::progress::Progress;

/// One of those who may watch; gives that back when it goes.
#[derive(Debug)]
pub(super) struct Permit(Arc<AtomicUsize>);

impl Permit {
    /// The number was raised already.
    pub(super) fn new(number: Arc<AtomicUsize>) -> Self {
        Self(number)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A watcher. Dropped, it watches no more.
pub(in crate::http) struct Seat {
    state: Rc<RefCell<State>>,
    key: u32,
    _permit: Permit,
}

impl fmt::Debug for Seat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Seat").field(&self.key).finish()
    }
}

impl Seat {
    pub(super) fn new(state: Rc<RefCell<State>>, key: u32, permit: Permit) -> Self {
        Self {
            state,
            key,
            _permit: permit,
        }
    }

    /// Whether there is something to send.
    pub(in crate::http) fn has_next(&self) -> bool {
        self.state.borrow().has_next(self.key)
    }

    /// What is to be sent next.
    pub(in crate::http) fn take(&self) -> Option<Bytes> {
        self.state.borrow_mut().take(self.key)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.state.borrow_mut().leave(self.key);
    }
}

/// A watcher whose connection still speaks HTTP: as the body of an answer, it
/// goes over to the connection as soon as the answer's head is out.
pub(in crate::http) struct Opening {
    seat: Option<Seat>,
    progress: Rc<Progress>,
}

impl fmt::Debug for Opening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Opening").field(&self.seat).finish()
    }
}

impl Opening {
    pub(super) fn new(seat: Seat, progress: Rc<Progress>) -> Self {
        Self {
            seat: Some(seat),
            progress,
        }
    }

    /// The body is asked for: the head is written.
    pub(in crate::http) fn hand_over(&mut self, waker: &Waker) {
        if let Some(seat) = self.seat.take() {
            seat.state.borrow_mut().set_waker(seat.key, waker);
            self.progress.begin_stream(seat);
        }
    }
}
