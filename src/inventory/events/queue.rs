//! Through the waiting room: join, be admitted, get more time, end.

use crate::inventory::{Id, Illegal, Micros};

use super::answer::{EndReason, EventAnswer};
use super::change::{EventChange, Lot, RoomKnobs};
use super::checkouts::{Checkout, Stage, Whereabouts};
use super::ends::Lost;
use super::event::{Event, Shared, Turn, illegal};
use super::operation::{EventKind, EventRefusal, Order, RoomAction};
use super::rate::{Rate, SECOND};
use super::seats::SeatState;
use super::shuffle::shuffle;

/// Checkouts that one change admits.
const ADMITTED_AT_ONCE: usize = 256;

impl Event {
    pub(super) fn start(
        &mut self,
        checkout: Id,
        earlier: Option<Id>,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        let known = earlier.filter(|id| self.checkouts.live(*id).is_some());
        let known = known.or_else(|| self.checkouts.find(checkout).map(|_| checkout));
        if let Some(known) = known {
            return self.look(known, turn.now);
        }
        if self.room.knobs.draining {
            return Err(EventRefusal::Draining);
        }
        if turn.shared.checkouts >= turn.shared.bounds.checkouts {
            return Err(EventRefusal::Full(EventKind::Checkout));
        }
        let (event, at) = (self.listing.id, turn.now);
        self.commit(
            EventChange::Joined {
                event,
                at,
                checkout,
            },
            turn,
        );
        self.admit(turn);
        self.look(checkout, turn.now)
    }

    /// Reads a checkout for somebody who keeps an eye on it.
    pub(super) fn look(&mut self, id: Id, now: Micros) -> Result<EventAnswer, EventRefusal> {
        if let Some(handle) = self.checkouts.live(id)
            && let Some(checkout) = self.checkouts.get_mut(handle)
        {
            checkout.seen = checkout.seen.max(now);
        }
        let view = self.view_checkout(id, now);
        view.map(EventAnswer::Checkout)
            .ok_or(EventRefusal::CheckoutOver)
    }

    /// The handle of a checkout that is inside.
    pub(super) fn inside(&self, id: Id) -> Result<u32, EventRefusal> {
        let handle = self.checkouts.live(id).ok_or(EventRefusal::CheckoutOver)?;
        match self.checkouts.get(handle).map(|it| it.stage) {
            Some(Stage::Admitted { .. }) => Ok(handle),
            Some(Stage::Queued { .. }) => Err(EventRefusal::NotAdmitted),
            None => Err(EventRefusal::CheckoutOver),
        }
    }

    pub(super) fn leave(
        &mut self,
        id: Id,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        if let Some(handle) = self.checkouts.live(id) {
            self.end(handle, EndReason::Left, turn);
            self.admit(turn);
        }
        self.look(id, turn.now)
    }

    pub(super) fn extend(
        &mut self,
        id: Id,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        let handle = self.inside(id)?;
        if self.checkouts.get(handle).is_some_and(|it| it.extended) {
            return Err(EventRefusal::AlreadyExtended);
        }
        let change = EventChange::Extended {
            event: self.listing.id,
            at: turn.now,
            checkout: id,
        };
        self.commit(change, turn);
        self.look(id, turn.now)
    }

    /// Ends a live checkout; all it holds is free at once.
    pub(super) fn end(&mut self, handle: u32, reason: EndReason, turn: &mut Turn<'_>) {
        let Some(checkout) = self.checkouts.get(handle) else {
            return;
        };
        let change = EventChange::Ended {
            event: self.listing.id,
            at: turn.now,
            checkout: checkout.id,
            reason,
            lots: checkout.basket.lots(&self.listing),
        };
        self.commit(change, turn);
    }

    /// Lets in who may enter.
    pub(super) fn admit(&mut self, turn: &mut Turn<'_>) {
        let mut left = self.room.admissible(turn.now);
        while left > 0 {
            let first = self.room.line.iter().take(left.min(ADMITTED_AT_ONCE));
            let checkouts: Vec<Id> = first
                .filter_map(|handle| self.checkouts.get(handle))
                .map(|checkout| checkout.id)
                .collect();
            if checkouts.is_empty() {
                return;
            }
            left -= checkouts.len();
            let (event, at) = (self.listing.id, turn.now);
            let change = EventChange::Admitted {
                event,
                at,
                checkouts,
            };
            self.commit(change, turn);
        }
    }

    pub(super) fn set_room(
        &mut self,
        action: Option<RoomAction>,
        rate: Option<Rate>,
        max_active: Option<u32>,
        turn: &mut Turn<'_>,
    ) -> EventAnswer {
        let before = self.room.knobs;
        let (paused, draining) = match action {
            Some(RoomAction::Pause) => (true, before.draining),
            Some(RoomAction::Resume) => (false, false),
            Some(RoomAction::Drain) => (before.paused, true),
            None => (before.paused, before.draining),
        };
        let room = RoomKnobs {
            rate: rate.unwrap_or(before.rate),
            max_active: max_active.unwrap_or(before.max_active),
            paused,
            draining,
        };
        if room != before {
            let (event, at) = (self.listing.id, turn.now);
            self.commit(EventChange::RoomSet { event, at, room }, turn);
            self.admit(turn);
        }
        EventAnswer::Room(self.figures(turn.now))
    }

    pub(super) fn apply_doors_opened(&mut self) -> Result<(), Illegal> {
        if self.room.doors_open {
            return illegal("the doors are open already");
        }
        self.room.doors_open = true;
        if self.listing.order == Order::Shuffle {
            let mut handles: Vec<u32> = self.room.line.iter().collect();
            shuffle(&mut handles, self.shuffle_seed);
            self.room.line = super::line::Line::default();
            for handle in handles {
                let place = self.room.line.push(handle);
                if let Some(checkout) = self.checkouts.get_mut(handle) {
                    checkout.stage = Stage::Queued { place };
                }
            }
        }
        Ok(())
    }

    pub(super) fn apply_room_set(&mut self, at: Micros, knobs: RoomKnobs) {
        if knobs.rate != self.room.knobs.rate {
            // What was due by the old rate does not count by the new one.
            self.room.next_slot = self.room.next_slot.min(at + knobs.rate.interval()).max(at);
        }
        self.room.knobs = knobs;
    }

    pub(super) fn apply_joined(
        &mut self,
        at: Micros,
        id: Id,
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        if self.checkouts.find(id).is_some() {
            return illegal(format!("checkout {id} is there already"));
        }
        self.queue(Checkout::queued(id, at));
        self.room.has_joined(at);
        shared.checkouts += 1;
        Ok(())
    }

    /// Puts a checkout at the end of the line.
    pub(super) fn queue(&mut self, checkout: Checkout) {
        let handle = self.checkouts.insert(checkout);
        let place = self.room.line.push(handle);
        if let Some(checkout) = self.checkouts.get_mut(handle) {
            checkout.stage = Stage::Queued { place };
        }
        self.checkouts.plan(handle, self.listing.absence_seconds);
    }

    pub(super) fn apply_admitted(&mut self, at: Micros, ids: &[Id]) -> Result<(), Illegal> {
        let most = self.room.knobs.max_active;
        if most > 0 && self.room.active as usize + ids.len() > most as usize {
            return illegal("more are inside than may be");
        }
        if !self.room.doors_open || self.room.knobs.paused {
            return illegal("nobody may enter now");
        }
        let deadline = at + u64::from(self.listing.session_seconds) * SECOND;
        for id in ids {
            let first = self.room.line.iter().next();
            let handle = first.filter(|handle| self.checkouts.live(*id) == Some(*handle));
            let Some(checkout) = handle.and_then(|it| self.checkouts.get_mut(it)) else {
                return illegal(format!("checkout {id} is not the first in the line"));
            };
            if let Stage::Queued { place } = checkout.stage {
                self.room.line.remove(place);
            }
            checkout.stage = Stage::Admitted { deadline };
            if let Some(handle) = handle {
                self.checkouts.plan(handle, self.listing.absence_seconds);
            }
        }
        self.room.has_admitted(at, ids.len());
        Ok(())
    }

    pub(super) fn apply_extended(&mut self, id: Id) -> Result<(), Illegal> {
        let more = u64::from(self.listing.session_seconds) * SECOND;
        let handle = self.checkouts.live(id);
        let Some(checkout) = handle.and_then(|handle| self.checkouts.get_mut(handle)) else {
            return illegal(format!("checkout {id} is over"));
        };
        match checkout.stage {
            Stage::Admitted { deadline } if !checkout.extended => {
                checkout.extended = true;
                checkout.stage = Stage::Admitted {
                    deadline: deadline + more,
                };
                Ok(())
            }
            _ => illegal(format!("checkout {id} cannot be extended")),
        }
    }

    pub(super) fn apply_ended(
        &mut self,
        id: Id,
        (at, reason): (Micros, EndReason),
        lots: &[Lot],
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        let Some(handle) = self.checkouts.live(id) else {
            return illegal(format!("checkout {id} is over"));
        };
        let held = self
            .checkouts
            .get(handle)
            .map(|it| it.basket.lots(&self.listing));
        if held.as_deref() != Some(lots) {
            return illegal(format!("checkout {id} holds something else"));
        }
        let Some(checkout) = self.checkouts.end(handle, Whereabouts::Ended(reason)) else {
            return illegal(format!("checkout {id} is over"));
        };
        self.shift(&checkout.basket, SeatState::Held, SeatState::Free, 0);
        if let Some((payment, _)) = checkout.paying {
            self.payments
                .set(payment, super::answer::PaymentState::Expired);
        }
        self.vacate(&checkout);
        shared.checkouts -= 1;
        let lost = Lost {
            event: self.listing.id,
            reason,
            basket: checkout.basket,
        };
        let most = shared.bounds.untold_ends;
        shared.ended.lose((at, id), lost, most);
        Ok(())
    }

    /// A checkout that is over makes room.
    pub(super) fn vacate(&mut self, checkout: &Checkout) {
        match checkout.stage {
            Stage::Queued { place } => {
                self.room.line.remove(place);
            }
            Stage::Admitted { .. } => self.room.active -= 1,
        }
    }
}
