//! The way into a shard from other threads: what the library calls.
//!
//! Each shard has an [`Inbox`] that any thread may put calls into; the shard
//! empties it once a turn. Whoever puts something into it wakes the shard if it
//! rests; see [`Dozers`] for why nothing is lost.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use slab::Slab;

use super::ring::Dozers;
use crate::inventory::{Answer, Operation, Outcome, Verb};
use crate::limits::INBOX_CALLS;
use crate::route::ShardId;

/// What another thread asks of a shard.
#[derive(Debug)]
pub enum Ask {
    /// To decide an operation.
    Operation(Operation),
    /// To run a command of the seat protocol, for a seat that it owns.
    Seat(Verb, Box<[u8]>),
}

/// What it is told.
#[derive(Debug)]
pub enum Told {
    /// The answer to an operation.
    Answer(Answer),
    /// The outcome of a command.
    Outcome(Outcome),
}

/// A question, and whom to answer. Dropped without an answer, it tells that
/// the shard has ended.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub ask: Ask,
    /// Whom to tell.
    pub tell: oneshot::Sender<Told>,
}

/// Where a caller waits for room; see [`Inboxes::put`].
#[derive(Debug, Default)]
pub struct Place(Option<(u64, usize)>);

/// What became of a call.
#[derive(Debug)]
pub enum Put {
    /// The shard has it.
    Taken,
    /// There is no room: try again when woken.
    Full(Call),
    /// The shard takes no more.
    Closed,
}

/// One shard's inbox.
#[derive(Debug, Default)]
pub struct Inbox {
    /// Whether there are calls, to be asked without the lock.
    any: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: VecDeque<Call>,
    closed: bool,
    /// Who waits for room. All are woken when there is some: one of them
    /// alone might have lost interest.
    waiting: Slab<Waker>,
    /// How often they were woken.
    round: u64,
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are calls. The shard asks after it has said that it will
    /// rest.
    pub(super) fn has_calls(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Takes all calls, in their order. `into` is empty.
    pub(super) fn take(&self, into: &mut VecDeque<Call>) {
        debug_assert!(into.is_empty());
        let mut state = self.state();
        std::mem::swap(&mut state.calls, into);
        self.any.store(false, Ordering::Relaxed);
        state.wake_waiting();
    }

    /// Takes no more calls. Those that are there stay.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.wake_waiting();
    }

    /// Forgets the calls that are there; their callers are told.
    pub(super) fn clear(&self) {
        let calls = std::mem::take(&mut self.state().calls);
        self.any.store(false, Ordering::Relaxed);
        drop(calls);
    }

    fn put(&self, call: Call, place: &mut Place, waker: Option<&Waker>) -> Put {
        let mut state = self.state();
        if state.closed {
            state.leave(place);
            return Put::Closed;
        }
        if state.calls.len() < INBOX_CALLS {
            state.leave(place);
            state.calls.push_back(call);
            self.any.store(true, Ordering::Relaxed);
            return Put::Taken;
        }
        if let Some(waker) = waker {
            match place.0 {
                Some((round, key)) if round == state.round => {
                    state.waiting[key].clone_from(waker);
                }
                _ => place.0 = Some((state.round, state.waiting.insert(waker.clone()))),
            }
        }
        Put::Full(call)
    }
}

impl State {
    fn leave(&mut self, place: &mut Place) {
        if let Some((round, key)) = place.0.take()
            && round == self.round
        {
            self.waiting.remove(key);
        }
    }

    fn wake_waiting(&mut self) {
        if !self.waiting.is_empty() {
            self.round += 1;
            for waker in std::mem::take(&mut self.waiting).drain() {
                waker.wake();
            }
        }
    }
}

/// The inboxes of all shards, and who of them rests.
#[derive(Debug)]
pub struct Inboxes {
    inboxes: Vec<Inbox>,
    dozers: Arc<Dozers>,
}

impl Inboxes {
    /// Empty, for as many shards as `dozers` knows.
    pub fn new(dozers: Arc<Dozers>) -> Self {
        Self {
            inboxes: (0..dozers.shards()).map(|_| Inbox::default()).collect(),
            dozers,
        }
    }

    /// How many shards there are.
    pub fn shards(&self) -> u16 {
        self.dozers.shards()
    }

    /// The inbox of one shard.
    pub(super) fn of(&self, shard: ShardId) -> &Inbox {
        &self.inboxes[shard.index()]
    }

    /// Puts a call into a shard's inbox. If there is no room, `waker` is woken
    /// when there is some; `place` remembers where the caller waits, until it
    /// [leaves](Inboxes::leave).
    pub fn put(&self, shard: ShardId, call: Call, place: &mut Place, waker: Option<&Waker>) -> Put {
        let put = self.of(shard).put(call, place, waker);
        if matches!(put, Put::Taken) {
            self.dozers.wake_from_outside(shard);
        }
        put
    }

    /// A caller that has waited for room does no longer.
    pub fn leave(&self, shard: ShardId, place: &mut Place) {
        if place.0.is_some() {
            self.of(shard).state().leave(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    const SHARD: ShardId = ShardId(0);

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn inboxes() -> Inboxes {
        Inboxes::new(Arc::new(Dozers::new(1).unwrap()))
    }

    fn call(number: usize) -> (Call, oneshot::Receiver<Told>) {
        let (tell, told) = oneshot::channel();
        let ask = Ask::Seat(Verb::Query, number.to_string().into_bytes().into());
        (Call { ask, tell }, told)
    }

    fn put(inboxes: &Inboxes, number: usize, place: &mut Place, waker: &Waker) -> Put {
        inboxes.put(SHARD, call(number).0, place, Some(waker))
    }

    fn fill(inboxes: &Inboxes) {
        let mut place = Place::default();
        for number in 0..INBOX_CALLS {
            assert!(matches!(
                put(inboxes, number, &mut place, Waker::noop()),
                Put::Taken
            ));
        }
    }

    #[test]
    fn it_is_bounded_and_whoever_waits_is_woken_when_there_is_room() {
        let inboxes = inboxes();
        fill(&inboxes);
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut places = [Place::default(), Place::default()];
        for place in &mut places {
            for _ in 0..3 {
                assert!(matches!(put(&inboxes, 0, place, &waker), Put::Full(_)));
            }
        }
        // One loses interest; the other must be woken all the same.
        inboxes.leave(SHARD, &mut places[0]);
        let mut taken = VecDeque::new();
        assert!(inboxes.of(SHARD).has_calls());
        inboxes.of(SHARD).take(&mut taken);
        assert_eq!(
            count.0.load(Ordering::Relaxed),
            1,
            "once, though it asked often"
        );
        assert!(!inboxes.of(SHARD).has_calls());
        let names: Vec<Box<[u8]>> = taken
            .into_iter()
            .map(|call| match call.ask {
                Ask::Seat(_, name) => name,
                Ask::Operation(_) => panic!("nobody asked for that"),
            })
            .collect();
        assert_eq!(names.len(), INBOX_CALLS);
        assert_eq!((&*names[0], &*names[4095]), (&b"0"[..], &b"4095"[..]));
        assert!(matches!(
            put(&inboxes, 1, &mut places[1], &waker),
            Put::Taken
        ));
        inboxes.leave(SHARD, &mut places[1]);
    }

    #[test]
    fn a_closed_one_takes_nothing_and_what_is_in_it_is_told() {
        let inboxes = inboxes();
        fill(&inboxes);
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut place = Place::default();
        assert!(matches!(put(&inboxes, 0, &mut place, &waker), Put::Full(_)));
        inboxes.of(SHARD).close();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(matches!(put(&inboxes, 0, &mut place, &waker), Put::Closed));
        let mut taken = VecDeque::new();
        inboxes.of(SHARD).take(&mut taken);
        assert_eq!(taken.len(), INBOX_CALLS, "what was there is answered");

        let inboxes = self::inboxes();
        let (call, told) = call(0);
        assert!(matches!(
            inboxes.put(SHARD, call, &mut place, None),
            Put::Taken
        ));
        inboxes.of(SHARD).close();
        inboxes.of(SHARD).clear();
        assert!(told.recv().is_err());
    }
}
