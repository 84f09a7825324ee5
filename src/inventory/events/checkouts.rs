//! The checkouts of one event: places in the line, and baskets with a clock.

use std::collections::{HashMap, VecDeque};

use ahash::RandomState;
use slab::Slab;

use crate::inventory::{Id, Micros};

use super::answer::EndReason;
use super::basket::Basket;
use super::rate::SECOND;
use super::timetable::Timetable;

/// Ended checkouts that an event still knows why they have ended; of older
/// ones it only knows that they are over.
const KEPT_ENDED: usize = 16 * 1024;

/// A checkout that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Checkout {
    pub(super) id: Id,
    pub(super) stage: Stage,
    pub(super) basket: Basket,
    /// When somebody last looked after it. Not in the journal, so that looking
    /// costs no disk; after a restart everybody has been seen just now.
    pub(super) seen: Micros,
    pub(super) extended: bool,
    /// Payments that were begun.
    pub(super) payments: u8,
    /// The payment under way, and when it ends by itself.
    pub(super) paying: Option<(Id, Micros)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// In the line.
    Queued { place: u64 },
    /// Inside, until then.
    Admitted { deadline: Micros },
}

impl Checkout {
    pub(super) fn queued(id: Id, at: Micros) -> Self {
        Self {
            id,
            stage: Stage::Queued { place: 0 },
            basket: Basket::default(),
            seen: at,
            extended: false,
            payments: 0,
            paying: None,
        }
    }

    /// When it, or its payment, ends by itself.
    pub(super) fn due(&self, absence_seconds: u32) -> Micros {
        match (self.stage, self.paying) {
            (Stage::Queued { .. }, _) => self.seen + u64::from(absence_seconds) * SECOND,
            (Stage::Admitted { .. }, Some((_, until))) => until,
            (Stage::Admitted { deadline }, None) => deadline,
        }
    }
}

/// Where a checkout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    Live(u32),
    /// Has become the booking of this number.
    Completed(u32),
    Ended(EndReason),
}

/// All checkouts of an event. Live ones have a handle: a small number that is
/// used again.
#[derive(Debug)]
pub(super) struct Checkouts {
    live: Slab<Checkout>,
    index: HashMap<Id, Whereabouts, RandomState>,
    ended: VecDeque<Id>,
    pub(super) timetable: Timetable,
}

impl Checkouts {
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            live: Slab::new(),
            index: HashMap::with_hasher(hasher),
            ended: VecDeque::new(),
            timetable: Timetable::default(),
        }
    }

    pub(super) fn find(&self, id: Id) -> Option<Whereabouts> {
        self.index.get(&id).copied()
    }

    /// The handle of a checkout that has not ended.
    pub(super) fn live(&self, id: Id) -> Option<u32> {
        match self.find(id)? {
            Whereabouts::Live(handle) => Some(handle),
            _ => None,
        }
    }

    pub(super) fn get(&self, handle: u32) -> Option<&Checkout> {
        self.live.get(handle as usize)
    }

    pub(super) fn get_mut(&mut self, handle: u32) -> Option<&mut Checkout> {
        self.live.get_mut(handle as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Checkout)> {
        self.live.iter().map(|(handle, it)| (handle as u32, it))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Checkout> {
        self.live.iter_mut().map(|(_, checkout)| checkout)
    }

    /// Puts a new one there.
    pub(super) fn insert(&mut self, checkout: Checkout) -> u32 {
        let id = checkout.id;
        let handle = self.live.insert(checkout) as u32;
        self.index.insert(id, Whereabouts::Live(handle));
        handle
    }

    /// Plans to look after a live one when it is due.
    pub(super) fn plan(&mut self, handle: u32, absence_seconds: u32) {
        if let Some(checkout) = self.live.get(handle as usize) {
            self.timetable.plan(handle, checkout.due(absence_seconds));
        }
    }

    /// It has ended, or become a booking.
    pub(super) fn end(&mut self, handle: u32, now: Whereabouts) -> Option<Checkout> {
        let checkout = self.live.try_remove(handle as usize)?;
        self.timetable.cancel(handle);
        self.remember(checkout.id, now);
        Some(checkout)
    }

    /// What became of one that is not live.
    pub(super) fn remember(&mut self, id: Id, now: Whereabouts) {
        self.index.insert(id, now);
        if let Whereabouts::Ended(_) = now {
            self.ended.push_back(id);
            if self.ended.len() > KEPT_ENDED {
                self.forget_oldest();
            }
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.ended.pop_front() else {
            return;
        };
        // Money that came late may have made a booking of it since.
        if let Some(Whereabouts::Ended(_)) = self.find(oldest) {
            self.index.remove(&oldest);
        }
    }
}
