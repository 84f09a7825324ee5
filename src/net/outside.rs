//! The way to the shards from any thread.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::inbox::{self, Ask, Inboxes, Place, Put, Told};
use super::numbers::Numbers;
use crate::api::{Closed, Door, Target};
use crate::clock;
use crate::inventory::{Answer, Micros, Operation, Outcome, Verb};
use crate::route::{Owner, Router, ShardId};

/// The [`Door`] of other threads: any thread, any executor.
///
/// What is called for goes straight to the shard that owns it. A shard takes
/// [`INBOX_CALLS`](crate::limits::INBOX_CALLS) calls a turn; over that, a call
/// is on its way only when its future was polled and there was room.
#[derive(Clone)]
pub struct EngineDoor {
    inboxes: Arc<Inboxes>,
    numbers: Arc<Numbers>,
    router: Router,
}

impl fmt::Debug for EngineDoor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EngineDoor")
            .field("shards", &self.inboxes.shards())
            .finish_non_exhaustive()
    }
}

impl EngineDoor {
    /// The way into these shards.
    pub fn new(inboxes: &Arc<Inboxes>, numbers: &Arc<Numbers>) -> Self {
        Self {
            router: Router::new(inboxes.shards(), ShardId(0)),
            inboxes: Arc::clone(inboxes),
            numbers: Arc::clone(numbers),
        }
    }

    /// Runs a command of the seat protocol. The name has been checked.
    pub(crate) fn seat(&self, verb: Verb, name: &[u8]) -> SeatCall {
        let ask = Ask::Seat(verb, name.into());
        SeatCall(self.ask(self.router.seat(name), ask))
    }

    fn ask(&self, owner: Owner, ask: Ask) -> Asked {
        let shard = match owner {
            Owner::Local => self.router.me(),
            Owner::Remote(shard) => shard,
        };
        let (tell, told) = oneshot::async_channel();
        let call = inbox::Call { ask, tell };
        let mut place = Place::default();
        let waiting = match self.inboxes.put(shard, call, &mut place, None) {
            // Closed: whoever would tell is gone, and that will be seen.
            Put::Taken | Put::Closed => None,
            Put::Full(call) => Some(call),
        };
        Asked {
            inboxes: Arc::clone(&self.inboxes),
            shard,
            waiting,
            place,
            told,
        }
    }
}

impl Door for EngineDoor {
    type Call = OperationCall;

    fn shards(&self) -> u16 {
        self.inboxes.shards()
    }

    fn call(&self, to: Target, operation: Operation) -> OperationCall {
        let owner = match to {
            Target::Locator(locator) => self.router.locator(locator),
            Target::Shard(shard) => self.router.shard(shard),
        };
        OperationCall(self.ask(owner, Ask::Operation(operation)))
    }

    fn now(&self) -> Micros {
        clock::unix_micros()
    }

    fn numbers(&self, count: u64) -> u64 {
        self.numbers.take(count)
    }
}

/// What a shard was asked, or will be when it has room.
struct Asked {
    inboxes: Arc<Inboxes>,
    shard: ShardId,
    waiting: Option<inbox::Call>,
    place: Place,
    told: oneshot::AsyncReceiver<Told>,
}

impl Asked {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Told, Closed>> {
        if let Some(call) = self.waiting.take() {
            let waker = Some(context.waker());
            match self.inboxes.put(self.shard, call, &mut self.place, waker) {
                Put::Taken => {}
                Put::Closed => return Poll::Ready(Err(Closed)),
                Put::Full(call) => {
                    self.waiting = Some(call);
                    return Poll::Pending;
                }
            }
        }
        Pin::new(&mut self.told).poll(context).map_err(|_| Closed)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.inboxes.leave(self.shard, &mut self.place);
    }
}

/// The answer to come; see [`Door::call`].
#[must_use = "a future does nothing unless polled"]
pub struct OperationCall(Asked);

impl Future for OperationCall {
    type Output = Result<Answer, Closed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|told| match told? {
            Told::Answer(answer) => Ok(answer),
            Told::Outcome(_) => Err(Closed),
        })
    }
}

/// The outcome to come of a command of the seat protocol.
#[must_use = "a future does nothing unless polled"]
pub(crate) struct SeatCall(Asked);

impl Future for SeatCall {
    type Output = Result<Outcome, Closed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|told| match told? {
            Told::Outcome(outcome) => Ok(outcome),
            Told::Answer(_) => Err(Closed),
        })
    }
}
