//! What all threads share: members, tickets, and what happened to each.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
};

use crate::check::Act;

/// Things with ids, by number, in the order in which they came.
#[derive(Debug)]
pub(super) struct Pool<Id> {
    most: u32,
    /// So many are there or being made.
    begun: AtomicU32,
    things: RwLock<(Vec<Id>, HashMap<Id, u32>)>,
}

impl<Id: Clone + Eq + Hash> Pool<Id> {
    fn new(most: u32) -> Self {
        Self {
            most,
            begun: AtomicU32::new(0),
            things: RwLock::default(),
        }
    }

    /// The turn to make one more, if there is room; each only once.
    pub(super) fn begin(&self) -> Option<u32> {
        let more = |begun: u32| (begun < self.most).then_some(begun + 1);
        self.begun.fetch_update(SeqCst, SeqCst, more).ok()
    }

    /// Adds what was made, and says whether its id is new. Nobody finds it
    /// before `prepare` has been called with its number.
    pub(super) fn add(&self, id: Id, prepare: impl FnOnce(u32)) -> bool {
        let mut things = self.things.write().unwrap_or_else(PoisonError::into_inner);
        let (ids, numbers) = &mut *things;
        if numbers.contains_key(&id) {
            return false;
        }
        let number = ids.len() as u32;
        prepare(number);
        ids.push(id.clone());
        numbers.insert(id, number);
        true
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        let things = self.things.read().unwrap_or_else(PoisonError::into_inner);
        things.0.len() as u32
    }

    /// The id of a number that is there.
    pub(super) fn id(&self, number: u32) -> Id {
        let things = self.things.read().unwrap_or_else(PoisonError::into_inner);
        things.0[number as usize].clone()
    }

    /// The number of an id, if it is there.
    pub(super) fn number(&self, id: &Id) -> Option<u32> {
        let things = self.things.read().unwrap_or_else(PoisonError::into_inner);
        things.1.get(id).copied()
    }
}

/// What happened to one ticket.
#[derive(Debug, Default)]
pub(super) struct Life {
    acts: Mutex<Vec<Act>>,
    is_purchased: AtomicBool,
    /// Row and seat.
    place: Mutex<(u32, u32)>,
}

/// One run's pools and histories.
#[derive(Debug)]
pub(super) struct Pools<Id> {
    /// The section of all its tickets.
    pub(super) section: String,
    pub(super) members: Pool<Id>,
    pub(super) tickets: Pool<Id>,
    lives: Vec<Life>,
    clock: AtomicU64,
    purchased: AtomicU32,
    /// Requests so far.
    pub(super) requests: AtomicU64,
    /// Nothing more is to be done.
    pub(super) halt: AtomicBool,
    wrong: Mutex<Option<String>>,
    lost: Mutex<Option<String>>,
}

impl<Id: Clone + Eq + Hash> Pools<Id> {
    pub(super) fn new(section: String, members: u32, tickets: u32) -> Self {
        Self {
            section,
            members: Pool::new(members),
            tickets: Pool::new(tickets),
            lives: (0..tickets).map(|_| Life::default()).collect(),
            clock: AtomicU64::new(0),
            purchased: AtomicU32::new(0),
            requests: AtomicU64::new(0),
            halt: AtomicBool::new(false),
            wrong: Mutex::default(),
            lost: Mutex::default(),
        }
    }

    /// The next stamp of the one clock.
    pub(super) fn stamp(&self) -> u64 {
        self.clock.fetch_add(1, SeqCst)
    }

    /// Remembers where a ticket is.
    pub(super) fn place(&self, ticket: u32, place: (u32, u32)) {
        *lock(&self.lives[ticket as usize].place) = place;
    }

    /// Where a ticket is.
    pub(super) fn place_of(&self, ticket: u32) -> (u32, u32) {
        *lock(&self.lives[ticket as usize].place)
    }

    /// Remembers an act.
    pub(super) fn note(&self, ticket: u32, act: Act) {
        lock(&self.lives[ticket as usize].acts).push(act);
    }

    /// All acts on a ticket.
    pub(super) fn acts(&self, ticket: u32) -> Vec<Act> {
        lock(&self.lives[ticket as usize].acts).clone()
    }

    /// Remembers that a purchase was acknowledged; the last one ends the run.
    pub(super) fn purchase(&self, ticket: u32) {
        let before = self.lives[ticket as usize].is_purchased.swap(true, SeqCst);
        if !before && self.purchased.fetch_add(1, SeqCst) + 1 == self.tickets.most {
            self.halt.store(true, SeqCst);
        }
    }

    /// Whether a purchase of the ticket was acknowledged.
    pub(super) fn is_purchased(&self, ticket: u32) -> bool {
        self.lives[ticket as usize].is_purchased.load(Relaxed)
    }

    /// How many tickets are purchased.
    pub(super) fn purchased(&self) -> u32 {
        self.purchased.load(Relaxed)
    }

    /// Whether all are.
    pub(super) fn is_sold_out(&self) -> bool {
        self.purchased() == self.tickets.most
    }

    /// Ends the run: an answer is wrong. The first one is told.
    pub(super) fn wrong(&self, why: String) {
        lock(&self.wrong).get_or_insert(why);
        self.halt.store(true, SeqCst);
    }

    /// Ends the run: an answer is missing. The first one is told.
    pub(super) fn lose(&self, why: String) {
        lock(&self.lost).get_or_insert(why);
        self.halt.store(true, SeqCst);
    }

    /// What is wrong.
    pub(super) fn first_wrong(&self) -> Option<String> {
        lock(&self.wrong).clone()
    }

    /// What is missing.
    pub(super) fn first_lost(&self) -> Option<String> {
        lock(&self.lost).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
