//! Asks shards, in turn, for what the watchers of this one are to be told.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use super::follow;
use super::seat::{Permit, Seat};
use super::state::{Start, State};
use crate::api::{Closed, Door, Target};
use crate::http::checkout::Pass;
use crate::inventory::events::{EventAnswer, EventOperation};
use crate::inventory::{Answer, Id, Operation, id};
use crate::limits::{LIVE_CHECKOUTS_ASKED, LIVE_TICK};

/// How many may watch, over all shards. Clones count together.
#[derive(Clone, Debug)]
pub struct Watchers {
    now: Arc<AtomicUsize>,
    most: usize,
}

impl Watchers {
    /// So many at most.
    pub fn new(most: usize) -> Self {
        Self {
            now: Arc::default(),
            most,
        }
    }

    /// Lets one more watch, unless there are too many.
    pub(super) fn enter(&self) -> Option<Permit> {
        // Relaxed: the number guards nothing but itself.
        let before = self.now.fetch_add(1, Ordering::Relaxed);
        let permit = Permit::new(Arc::clone(&self.now));
        (before < self.most).then_some(permit)
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }
}

/// Everybody who watches events from one shard. For each event there is one
/// question per tick, however many watch.
pub(in crate::http) struct Hub {
    state: Rc<RefCell<State>>,
    asked: RefCell<Vec<Asked>>,
    next_tick: Cell<u64>,
    is_spreading: Cell<bool>,
}

/// A question that is on its way.
struct Asked {
    event: Id,
    about: About,
    call: Pin<Box<dyn Future<Output = Result<Answer, Closed>>>>,
}

enum About {
    /// What has changed since this version.
    Seats(u64),
    /// The checkouts that these watchers follow.
    Checkouts(Vec<u32>),
}

impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = formatter.debug_struct("Hub");
        text.field("state", &self.state).finish_non_exhaustive()
    }
}

impl Hub {
    /// `life`: see [`crate::http::Settings::life`].
    pub(in crate::http) fn new(life: u64) -> Self {
        Self {
            state: Rc::new(RefCell::new(State::new(life))),
            asked: RefCell::default(),
            next_tick: Cell::new(0),
            is_spreading: Cell::new(false),
        }
    }

    pub(super) fn state(&self) -> &RefCell<State> {
        &self.state
    }

    /// Takes a watcher in. The event's channel is there.
    pub(super) fn enter(
        &self,
        event: Id,
        start: Start,
        follow: Option<Pass>,
        permit: Permit,
    ) -> Option<Seat> {
        let key = self.state.borrow_mut().enter(event, start, follow)?;
        Some(Seat::new(Rc::clone(&self.state), key, permit))
    }

    /// Whether anybody watches: then [`Self::poll`] is to be called every
    /// [`LIVE_TICK`].
    pub(in crate::http) fn is_watched(&self) -> bool {
        self.watchers() > 0
    }

    /// How many watch.
    pub(in crate::http) fn watchers(&self) -> usize {
        self.state.borrow().watchers()
    }

    /// Asks what it is time to ask, and takes what was answered. To be called
    /// when `waker` is woken, too.
    pub(in crate::http) fn poll<D: Door>(&self, door: &D, waker: &Waker)
    where
        D::Call: 'static,
    {
        let now = door.now();
        let mut asked = self.asked.take();
        if now >= self.next_tick.get() {
            // A clock that was set back must not stop it.
            let tick = LIVE_TICK.as_micros() as u64;
            self.next_tick.set(now + tick / 2);
            self.ask(door, &mut asked);
            self.state.borrow_mut().beat(now);
        } else if self.next_tick.get() > now + 10 * LIVE_TICK.as_micros() as u64 {
            self.next_tick.set(now);
        }
        let mut context = Context::from_waker(waker);
        asked.retain_mut(|question| match question.call.as_mut().poll(&mut context) {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                self.take(question, answer, now);
                false
            }
        });
        self.is_spreading.set(true);
        // Nothing was added meanwhile: nobody else asks.
        self.asked.replace(asked);
    }

    fn ask<D: Door>(&self, door: &D, asked: &mut Vec<Asked>)
    where
        D::Call: 'static,
    {
        let mut state = self.state.borrow_mut();
        let mut followed = Vec::new();
        let mut ask = |event: Id, about: About, operation: EventOperation| {
            let to = Target::Locator(id::locator(event));
            let call = door.call(to, Operation::Event(Box::new(operation)));
            let call = Box::pin(call);
            asked.push(Asked { event, about, call });
        };
        for channel in state.channels() {
            // A shard that is slow to answer is not asked twice.
            if std::mem::replace(&mut channel.asking, true) {
                continue;
            }
            let (event, since) = (channel.event, channel.log.version());
            let changes = EventOperation::SeatChanges { event, since };
            ask(event, About::Seats(since), changes);
            followed.push((event, channel.next_followers()));
        }
        for (event, keys) in followed {
            for keys in keys.chunks(LIVE_CHECKOUTS_ASKED) {
                let checkouts = state.checkouts(keys);
                let operation = EventOperation::FindCheckouts { event, checkouts };
                ask(event, About::Checkouts(keys.to_vec()), operation);
            }
        }
    }

    fn take(&self, question: &Asked, answer: Result<Answer, Closed>, now: u64) {
        let mut state = self.state.borrow_mut();
        let Ok(Answer::Event(answer)) = answer else {
            return state.on_silence(question.event);
        };
        match (&question.about, *answer) {
            (About::Seats(since), EventAnswer::SeatChanges(changes)) => {
                state.on_changes(question.event, *since, &changes, now);
            }
            (About::Checkouts(keys), EventAnswer::Checkouts(views)) => {
                for (key, view) in keys.iter().zip(views) {
                    if let Some(view) = view {
                        state.on_checkout(*key, &view, |pass, whole| {
                            follow::render(&view, pass, whole)
                        });
                    }
                }
            }
            _ => state.on_silence(question.event),
        }
    }

    /// Wakes up to `most` watchers for whom there is something. Says whether
    /// there are more.
    pub(in crate::http) fn spread(&self, most: usize) -> bool {
        if self.is_spreading.get() {
            self.is_spreading.set(self.state.borrow_mut().spread(most));
        }
        self.is_spreading.get()
    }
}
