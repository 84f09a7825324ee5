//! Snapshots: an event told as the fewest changes that make it again.

use crate::inventory::{Id, Illegal};

use super::answer::PaymentState;
use super::basket::Basket;
use super::change::{Draft, EventChange, KeptPayment, Lot, NewBooking, PlanLine};
use super::checkouts::{Checkout, Stage, Whereabouts};
use super::creation::Parts;
use super::event::{Event, Shared, illegal};
use super::payments::Payment;
use super::plan::{GeneralOption, Plan};
use super::seats::SeatState;

impl Event {
    /// Tells everything that a restart shall find again. Not told is what
    /// lives for a minute: rates of late, changes that watchers may ask for,
    /// and why checkouts have ended without a booking. Ends that nobody was
    /// told of are [the shard's](super::Events::snapshot).
    pub(super) fn snapshot(&self, out: &mut dyn FnMut(EventChange)) {
        let event = self.listing.id;
        out(EventChange::Drafted(Box::new(self.draft())));
        let listing = &self.listing;
        plan_parts(event, &listing.plan, &listing.general)
            .into_iter()
            .for_each(&mut *out);
        out(EventChange::Kept {
            event,
            version: self.seats.version(),
            room: self.room.knobs,
            doors_open: self.room.doors_open,
            next_slot: self.room.next_slot,
        });
        for handle in self.room.line.iter() {
            if let Some(checkout) = self.checkouts.get(handle) {
                out(self.kept_checkout(checkout));
            }
        }
        for (_, checkout) in self.checkouts.iter() {
            if let Stage::Admitted { .. } = checkout.stage {
                out(self.kept_checkout(checkout));
            }
        }
        for payment in self.payments.sorted() {
            let kept = KeptPayment {
                id: payment.id,
                checkout: payment.checkout,
                provider: payment.provider.clone(),
                buyer: payment.buyer.clone(),
                until: payment.until,
                receipt: payment.receipt.clone(),
                state: payment.state,
                lots: payment.basket.lots(&self.listing),
            };
            let payment = Box::new(kept);
            out(EventChange::PaymentKept { event, payment });
        }
        for booking in &self.bookings {
            let kept = NewBooking {
                reference: booking.reference,
                checkout: booking.checkout,
                buyer: booking.buyer.clone(),
                payment: booking.payment,
                receipt: booking.receipt.clone(),
                lots: booking.basket.lots(&self.listing),
            };
            let (at, booking) = (booking.at, Box::new(kept));
            out(EventChange::BookingKept { event, at, booking });
        }
    }

    fn draft(&self) -> Draft {
        let listing = &self.listing;
        Draft {
            event: listing.id,
            name: listing.name.clone(),
            description: listing.description.clone(),
            date: listing.date.clone(),
            venue: listing.venue.clone(),
            currency: listing.currency.clone(),
            room: self.room.knobs,
            opens_at: listing.opens_at,
            order: listing.order,
            shuffle_seed: self.shuffle_seed,
            absence_seconds: listing.absence_seconds,
            session_seconds: listing.session_seconds,
            max_tickets: listing.max_tickets,
        }
    }

    fn kept_checkout(&self, checkout: &Checkout) -> EventChange {
        EventChange::CheckoutKept {
            event: self.listing.id,
            checkout: checkout.id,
            at: checkout.seen,
            deadline: match checkout.stage {
                Stage::Queued { .. } => None,
                Stage::Admitted { deadline } => Some(deadline),
            },
            extended: checkout.extended,
            payments: checkout.payments,
            lots: checkout.basket.lots(&self.listing),
        }
    }

    pub(super) fn apply_kept(
        &mut self,
        change: &EventChange,
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        match change {
            EventChange::CheckoutKept {
                checkout,
                at,
                deadline,
                extended,
                payments,
                lots,
                ..
            } => {
                let mut kept = Checkout::queued(*checkout, *at);
                kept.extended = *extended;
                kept.payments = *payments;
                self.keep_checkout(kept, *deadline, lots, shared)
            }
            EventChange::PaymentKept { payment, .. } => self.keep_payment(payment, shared),
            EventChange::BookingKept { at, booking, .. } => {
                let basket = self.kept_basket(&booking.lots)?;
                if self.checkouts.find(booking.checkout).is_some()
                    || shared.references.contains_key(&booking.reference)
                {
                    return illegal(format!("booking {} is there already", booking.reference));
                }
                let number = self.bookings.len() as u32;
                self.restore(&basket, SeatState::Sold, number);
                let completed = Whereabouts::Completed(number);
                self.checkouts.remember(booking.checkout, completed);
                self.enter_booking(*at, booking, basket, shared);
                Ok(())
            }
            _ => illegal("this is not of a snapshot"),
        }
    }

    fn keep_checkout(
        &mut self,
        mut kept: Checkout,
        deadline: Option<u64>,
        lots: &[Lot],
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        let basket = self.kept_basket(lots)?;
        if self.checkouts.find(kept.id).is_some() {
            return illegal(format!("checkout {} is there already", kept.id));
        }
        shared.checkouts += 1;
        let Some(deadline) = deadline else {
            self.queue(kept);
            return Ok(());
        };
        kept.stage = Stage::Admitted { deadline };
        kept.basket = basket.clone();
        self.room.active += 1;
        let handle = self.checkouts.insert(kept);
        self.restore(&basket, SeatState::Held, handle);
        self.checkouts.plan(handle, self.listing.absence_seconds);
        Ok(())
    }

    fn keep_payment(&mut self, kept: &KeptPayment, shared: &mut Shared) -> Result<(), Illegal> {
        if self.payments.get(kept.id).is_some() {
            return illegal(format!("payment {} is there already", kept.id));
        }
        if kept.state == PaymentState::Open {
            let handle = self.checkouts.live(kept.checkout);
            let Some(checkout) = handle.and_then(|handle| self.checkouts.get_mut(handle)) else {
                return illegal(format!("payment {} has no checkout", kept.id));
            };
            checkout.paying = Some((kept.id, kept.until));
            if let Some(handle) = handle {
                self.checkouts.plan(handle, self.listing.absence_seconds);
            }
        }
        self.payments.insert(Payment {
            id: kept.id,
            checkout: kept.checkout,
            provider: kept.provider.clone(),
            buyer: kept.buyer.clone(),
            until: kept.until,
            receipt: kept.receipt.clone(),
            basket: Basket::from_lots(&kept.lots, &self.listing)?,
            state: kept.state,
        });
        shared.payments += 1;
        Ok(())
    }

    fn kept_basket(&self, lots: &[Lot]) -> Result<Basket, Illegal> {
        let basket = Basket::from_lots(lots, &self.listing)?;
        self.check_free(&basket)?;
        Ok(basket)
    }

    fn restore(&mut self, basket: &Basket, state: SeatState, holder: u32) {
        for seat in &basket.seats {
            self.seats.restore(&self.listing.plan, *seat, state, holder);
        }
        self.shift_general(&basket.general, SeatState::Free, state);
    }
}

/// The changes that tell a plan, as far as it is there.
pub(super) fn plan_parts(event: Id, plan: &Plan, general: &[GeneralOption]) -> Vec<EventChange> {
    let mut parts = Parts::new(event);
    for section in plan.sections() {
        let (name, price) = (section.name.clone(), section.price);
        parts.add(PlanLine::Section { name, price });
        for row in &plan.rows()[section.rows.clone()] {
            row.tell(&mut |line| parts.add(line));
        }
    }
    for option in general {
        parts.add(PlanLine::General {
            id: option.id,
            name: option.name.clone(),
            price: option.price,
            allocation: option.allocation,
        });
    }
    parts.end()
}

/// The event of a snapshot's change, as it comes to life.
pub(super) fn revive(event: &mut Event, kept: &EventChange) -> Option<Id> {
    let EventChange::Kept {
        event: id,
        version,
        room,
        doors_open,
        next_slot,
    } = kept
    else {
        return None;
    };
    event.seats.restore_version(*version);
    event.room.knobs = *room;
    event.room.doors_open = *doors_open;
    event.room.next_slot = *next_slot;
    Some(*id)
}
