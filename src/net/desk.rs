//! The way to the shards from within one: what HTTP handlers call.
//!
//! A [`Desk`] lives on its shard's thread. What is called for goes into it;
//! the network loop takes it out in the same turn, runs what is owned here,
//! and sends the rest to the owning shards in batches.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::numbers::{Lease, Numbers};
use crate::api::{Closed, Door, Target};
use crate::clock;
use crate::inventory::{Answer, Micros, Operation};
use crate::mesh::{Answers, CallId, OperationOutbox, Operations};
use crate::route::{Owner, Router, ShardId};

/// The [`Door`] of one shard's own thread. Clones are the same desk.
#[derive(Clone)]
pub struct Desk(Rc<Inner>);

struct Inner {
    router: Router,
    numbers: Lease,
    /// Read once in a turn, when somebody asks; 0: not yet.
    now: Cell<Micros>,
    state: RefCell<State>,
}

struct State {
    calls: Slab<Call>,
    local: VecDeque<(CallId, Operation)>,
    outbox: OperationOutbox,
    closed: bool,
}

enum Call {
    Waiting(Option<Waker>),
    Answered(Answer),
    /// Nobody waits for the answer any more. It keeps its number until the
    /// answer comes.
    Unwanted,
}

impl Desk {
    /// A desk on the shard that `router` speaks for.
    pub fn new(router: Router, numbers: Arc<Numbers>) -> Self {
        let outbox = OperationOutbox::new(router.shards());
        Self(Rc::new(Inner {
            router,
            numbers: Lease::new(numbers),
            now: Cell::new(0),
            state: RefCell::new(State {
                calls: Slab::new(),
                local: VecDeque::new(),
                outbox,
                closed: false,
            }),
        }))
    }

    /// A turn begins: time has passed.
    pub(super) fn begin_turn(&self) {
        self.0.now.set(0);
    }

    /// The next operation for this shard itself.
    pub(super) fn next_local(&self) -> Option<(CallId, Operation)> {
        self.0.state.borrow_mut().local.pop_front()
    }

    /// Whether there are operations for this shard itself.
    pub(super) fn has_local(&self) -> bool {
        !self.0.state.borrow().local.is_empty()
    }

    /// The next batch that may leave for another shard.
    pub(super) fn next_batch(&self) -> Option<(ShardId, Operations)> {
        self.0.state.borrow_mut().outbox.next()
    }

    /// Brings the answer to one call.
    ///
    /// # Panics
    /// If there is no such call: an answer came twice, or to the wrong shard.
    pub(super) fn answer(&self, call: CallId, answer: Answer) {
        let mut state = self.0.state.borrow_mut();
        let index = call.0 as usize;
        let woken = match std::mem::replace(&mut state.calls[index], Call::Unwanted) {
            Call::Waiting(waker) => {
                state.calls[index] = Call::Answered(answer);
                waker
            }
            Call::Unwanted => {
                state.calls.remove(index);
                None
            }
            Call::Answered(_) => panic!("call {index} is answered twice"),
        };
        // Whoever is woken may look into the desk at once.
        drop(state);
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    /// Brings the answers to a batch.
    pub(super) fn take_answers(&self, from: ShardId, answers: Answers) {
        self.0.state.borrow_mut().outbox.answered(from);
        for (call, answer) in answers {
            self.answer(call, answer);
        }
    }

    /// Whether nobody waits for anything, and nothing is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.0.state.borrow().calls.is_empty()
    }

    /// Operations that wait for a turn, or for credit.
    pub(super) fn waiting(&self) -> usize {
        let state = self.0.state.borrow();
        state.local.len() + state.outbox.waiting()
    }

    /// Operations handed over to other shards so far.
    pub(super) fn forwarded(&self) -> u64 {
        self.0.state.borrow().outbox.sent()
    }

    /// Ends all calls without an answer, and those to come.
    pub(super) fn close(&self) {
        let mut state = self.0.state.borrow_mut();
        state.closed = true;
        let mut woken = Vec::new();
        for (_, call) in &mut state.calls {
            if let Call::Waiting(waker) = call {
                woken.extend(waker.take());
            }
        }
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }
}

impl Door for Desk {
    type Call = Pending;

    fn shards(&self) -> u16 {
        self.0.router.shards()
    }

    fn call(&self, to: Target, operation: Operation) -> Pending {
        let mut state = self.0.state.borrow_mut();
        if state.closed {
            return Pending {
                desk: self.clone(),
                call: None,
            };
        }
        let call = CallId(state.calls.insert(Call::Waiting(None)) as u32);
        let owner = match to {
            Target::Locator(locator) => self.0.router.locator(locator),
            Target::Shard(shard) => self.0.router.shard(shard),
        };
        match owner {
            Owner::Local => state.local.push_back((call, operation)),
            Owner::Remote(shard) => state.outbox.push(shard, call, operation),
        }
        Pending {
            desk: self.clone(),
            call: Some(call),
        }
    }

    fn now(&self) -> Micros {
        if self.0.now.get() == 0 {
            self.0.now.set(clock::unix_micros());
        }
        self.0.now.get()
    }

    fn numbers(&self, count: u64) -> u64 {
        self.0.numbers.take(count)
    }
}

/// The answer to come; see [`Door::call`].
#[must_use = "a future does nothing unless polled"]
pub struct Pending {
    desk: Desk,
    /// `None`: closed from the start, or answered.
    call: Option<CallId>,
}

impl Future for Pending {
    type Output = Result<Answer, Closed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(call) = self.call else {
            return Poll::Ready(Err(Closed));
        };
        let index = call.0 as usize;
        let mut state = self.desk.0.state.borrow_mut();
        let closed = state.closed;
        if let Call::Waiting(waker) = &mut state.calls[index] {
            if closed {
                return Poll::Ready(Err(Closed));
            }
            match waker {
                Some(known) => known.clone_from(context.waker()),
                none => *none = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        let answer = state.calls.remove(index);
        drop(state);
        self.call = None;
        match answer {
            Call::Answered(answer) => Poll::Ready(Ok(answer)),
            Call::Waiting(_) | Call::Unwanted => Poll::Ready(Err(Closed)),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some(call) = self.call else {
            return;
        };
        let index = call.0 as usize;
        let mut state = self.desk.0.state.borrow_mut();
        let old = match state.calls[index] {
            Call::Answered(_) => state.calls.remove(index),
            Call::Waiting(_) | Call::Unwanted => {
                std::mem::replace(&mut state.calls[index], Call::Unwanted)
            }
        };
        // A waker may own what looks into the desk when it goes.
        drop(state);
        drop(old);
    }
}

#[cfg(test)]
mod tests;
