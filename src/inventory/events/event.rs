//! One event: all of its state, how changes are applied to it, and what
//! becomes due.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;

use crate::inventory::{Id, Illegal, Micros};

use super::answer::EndReason;
use super::basket::Basket;
use super::booking::Booking;
use super::bounds::EventBounds;
use super::change::{EventChange, RoomKnobs};
use super::checkouts::{Checkouts, Stage};
use super::ends::Ended;
use super::payments::Payments;
use super::plan::Listing;
use super::rate::Recent;
use super::reference::Reference;
use super::room::Room;
use super::seats::{SeatState, Seats};

/// What the events of a shard share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) bounds: EventBounds,
    pub(super) hasher: RandomState,
    /// The event and number of every booking.
    pub(super) references: HashMap<Reference, (Id, u32), RandomState>,
    /// Seats of all events.
    pub(super) seats: usize,
    /// Checkouts of all events that have not ended.
    pub(super) checkouts: usize,
    /// Payments of all events.
    pub(super) payments: usize,
    /// How checkouts of all events have ended.
    pub(super) ended: Ended,
}

/// What a decision needs beside the event.
pub(super) struct Turn<'a> {
    pub(super) now: Micros,
    pub(super) shared: &'a mut Shared,
    pub(super) record: &'a mut dyn FnMut(EventChange),
}

/// What of a general admission option is not free.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) held: u32,
    pub(super) sold: u32,
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) listing: Arc<Listing>,
    pub(super) shuffle_seed: u64,
    pub(super) seats: Seats,
    pub(super) general: Vec<Taken>,
    pub(super) room: Room,
    pub(super) checkouts: Checkouts,
    pub(super) payments: Payments,
    pub(super) bookings: Vec<Booking>,
    pub(super) sales: Recent,
}

pub(super) fn illegal<T>(problem: impl Into<String>) -> Result<T, Illegal> {
    Err(Illegal(problem.into()))
}

impl Event {
    pub(super) fn new(
        listing: Listing,
        shuffle_seed: u64,
        knobs: RoomKnobs,
        shared: &Shared,
    ) -> Self {
        let doors_open = listing.opens_at.is_none();
        Self {
            shuffle_seed,
            seats: Seats::new(&listing.plan, shared.bounds.remembered_changes),
            general: vec![Taken::default(); listing.general.len()],
            room: Room::new(knobs, doors_open),
            checkouts: Checkouts::new(shared.hasher.clone()),
            payments: Payments::new(shared.hasher.clone()),
            bookings: Vec::new(),
            sales: Recent::default(),
            listing: Arc::new(listing),
        }
    }

    /// Makes a decided change, and has it recorded.
    pub(super) fn commit(&mut self, change: EventChange, turn: &mut Turn<'_>) {
        match self.apply(&change, turn.shared) {
            Ok(()) => (turn.record)(change),
            Err(illegal) => debug_assert!(false, "an illegal decision: {illegal}"),
        }
    }

    /// Makes a change, if it follows from the state.
    pub(super) fn apply(
        &mut self,
        change: &EventChange,
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        match change {
            EventChange::Drafted(_)
            | EventChange::Planned { .. }
            | EventChange::Created { .. }
            | EventChange::Kept { .. } => illegal("the event is there already"),
            EventChange::DoorsOpened { .. } => self.apply_doors_opened(),
            EventChange::RoomSet { at, room, .. } => {
                self.apply_room_set(*at, *room);
                Ok(())
            }
            EventChange::Joined { at, checkout, .. } => self.apply_joined(*at, *checkout, shared),
            EventChange::Admitted { at, checkouts, .. } => self.apply_admitted(*at, checkouts),
            EventChange::Extended { checkout, .. } => self.apply_extended(*checkout),
            EventChange::Held { checkout, lots, .. } => self.apply_held(*checkout, lots),
            EventChange::Released { checkout, lots, .. } => self.apply_released(*checkout, lots),
            EventChange::Ended {
                at,
                checkout,
                reason,
                lots,
                ..
            } => self.apply_ended(*checkout, (*at, *reason), lots, shared),
            EventChange::PaymentBegun {
                checkout,
                payment,
                provider,
                buyer,
                until,
                ..
            } => self.apply_payment_begun(*checkout, *payment, (provider, buyer, *until), shared),
            EventChange::PaymentEnded {
                payment,
                expired,
                deadline,
                ..
            } => self.apply_payment_ended(*payment, *expired, *deadline),
            EventChange::PaymentForgotten { payment, .. } => {
                self.apply_payment_forgotten(*payment, shared)
            }
            EventChange::Owed {
                payment, receipt, ..
            } => self.apply_owed(*payment, receipt),
            EventChange::Refunded { payment, .. } => self.apply_refunded(*payment),
            EventChange::Booked {
                at, booking, late, ..
            } => self.apply_booked(*at, booking, *late, shared),
            EventChange::EndsTold {
                event,
                at,
                checkout,
            } => {
                shared.ended.tell(*event, (*at, *checkout));
                Ok(())
            }
            EventChange::EndKept {
                at,
                checkout,
                reason,
                lots,
                ..
            } => self.apply_end_kept((*at, *checkout), *reason, lots, shared),
            EventChange::CheckoutKept { .. }
            | EventChange::PaymentKept { .. }
            | EventChange::BookingKept { .. } => self.apply_kept(change, shared),
        }
    }

    /// Does what has become due: opens the doors, ends what has expired,
    /// admits who may enter. Looks after at most `limit` checkouts, and says
    /// after how many.
    pub(super) fn settle(&mut self, limit: usize, turn: &mut Turn<'_>) -> usize {
        let (event, at) = (self.listing.id, turn.now);
        if !self.room.doors_open && self.listing.opens_at.is_none_or(|opens| opens <= at) {
            self.commit(EventChange::DoorsOpened { event, at }, turn);
        }
        let mut done = 0;
        while done < limit {
            let Some(handle) = self.checkouts.timetable.pop(at) else {
                break;
            };
            self.look_after(handle, turn);
            done += 1;
        }
        self.admit(turn);
        done
    }

    /// When something will become due; `None`: never, unless somebody acts.
    pub(super) fn next_deadline(&mut self) -> Option<Micros> {
        let opening = self.listing.opens_at.filter(|_| !self.room.doors_open);
        let soonest = [
            opening,
            self.checkouts.timetable.next(),
            self.room.next_admission(),
        ];
        soonest.into_iter().flatten().min()
    }

    /// Ends a checkout or its payment, if its time is over.
    fn look_after(&mut self, handle: u32, turn: &mut Turn<'_>) {
        let Some(checkout) = self.checkouts.get(handle) else {
            return;
        };
        let absence = self.listing.absence_seconds;
        if checkout.due(absence) > turn.now {
            self.checkouts.plan(handle, absence);
            return;
        }
        match (checkout.stage, checkout.paying) {
            (Stage::Queued { .. }, _) => self.end(handle, EndReason::Absent, turn),
            (Stage::Admitted { deadline }, Some((payment, _))) if deadline > turn.now => {
                let change = EventChange::PaymentEnded {
                    event: self.listing.id,
                    at: turn.now,
                    payment,
                    expired: true,
                    deadline,
                };
                self.commit(change, turn);
            }
            (Stage::Admitted { .. }, _) => self.end(handle, EndReason::Expired, turn),
        }
    }

    /// What of an option is free.
    pub(super) fn general_free(&self, option: usize) -> u32 {
        let taken = self.general[option];
        self.listing.general[option].allocation - taken.held - taken.sold
    }

    pub(super) fn check_free(&self, basket: &Basket) -> Result<(), Illegal> {
        let is_taken = |seat: &&u32| self.seats.state(**seat) != Some(SeatState::Free);
        if let Some(seat) = basket.seats.iter().find(is_taken) {
            return illegal(format!("seat {seat} is not free"));
        }
        for (option, quantity) in &basket.general {
            if *quantity > self.general_free(usize::from(*option)) {
                return illegal(format!("{quantity} of option {option} are not free"));
            }
        }
        Ok(())
    }

    /// Takes all tickets of a basket from one state to another. They are in
    /// that one state: it was checked.
    pub(super) fn shift(&mut self, basket: &Basket, from: SeatState, to: SeatState, holder: u32) {
        for seat in &basket.seats {
            self.seats.set(&self.listing.plan, *seat, to, holder);
        }
        self.shift_general(&basket.general, from, to);
    }

    pub(super) fn shift_general(&mut self, general: &[(u16, u32)], from: SeatState, to: SeatState) {
        for (option, quantity) in general {
            let taken = &mut self.general[usize::from(*option)];
            match from {
                SeatState::Free => {}
                SeatState::Held => taken.held -= quantity,
                SeatState::Sold => taken.sold -= quantity,
            }
            match to {
                SeatState::Free => {}
                SeatState::Held => taken.held += quantity,
                SeatState::Sold => taken.sold += quantity,
            }
        }
    }
}
