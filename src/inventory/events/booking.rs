//! Bookings: all that a checkout holds, sold in one step.

use crate::inventory::{Id, Illegal, Micros};

use super::answer::{BookingView, EventAnswer, PaymentState};
use super::basket::Basket;
use super::change::{EventChange, NewBooking};
use super::checkouts::Whereabouts;
use super::event::{Event, Shared, Turn, illegal};
use super::operation::{Buyer, EventKind, EventRefusal};
use super::reference::Reference;
use super::seats::SeatState;

/// The longest name or address of a buyer, and the longest name that a
/// provider has for a payment, in bytes.
const MAX_BUYER_BYTES: usize = 512;

/// What was sold to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Booking {
    pub(super) reference: Reference,
    pub(super) checkout: Id,
    pub(super) buyer: Buyer,
    pub(super) payment: Option<Id>,
    pub(super) receipt: String,
    pub(super) basket: Basket,
    pub(super) at: Micros,
}

/// Checks what buyers and providers write.
pub(super) fn check_texts(buyer: &Buyer, receipt: &str) -> Result<(), EventRefusal> {
    let problem = |field: &'static str, problem: &str| {
        let (field, problem) = (field.into(), problem.to_owned());
        Err(EventRefusal::Invalid { field, problem })
    };
    if buyer.name.trim().is_empty() {
        return problem("name", "must not be empty");
    }
    for (field, text) in [
        ("name", buyer.name.as_str()),
        ("email", &buyer.email),
        ("payment", receipt),
    ] {
        if text.len() > MAX_BUYER_BYTES {
            return problem(
                field,
                &format!("must not be longer than {MAX_BUYER_BYTES} bytes"),
            );
        }
    }
    Ok(())
}

impl Event {
    pub(super) fn complete(
        &mut self,
        id: Id,
        reference: Reference,
        buyer: Buyer,
        receipt: String,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        if let Some(Whereabouts::Completed(_)) = self.checkouts.find(id) {
            return self.look(id, turn.now);
        }
        check_texts(&buyer, &receipt)?;
        let (_, checkout) = self.unpaid(id)?;
        if checkout.basket.is_empty() {
            return Err(EventRefusal::NothingHeld);
        }
        let booking = NewBooking {
            reference,
            checkout: id,
            buyer,
            payment: None,
            receipt,
            lots: checkout.basket.lots(&self.listing),
        };
        self.book(booking, false, turn)?;
        self.look(id, turn.now)
    }

    /// Makes a booking of what was checked, and lets the next in the line in.
    pub(super) fn book(
        &mut self,
        booking: NewBooking,
        late: bool,
        turn: &mut Turn<'_>,
    ) -> Result<(), EventRefusal> {
        check_reference(booking.reference, turn.shared)?;
        let change = EventChange::Booked {
            event: self.listing.id,
            at: turn.now,
            booking: Box::new(booking),
            late,
        };
        self.commit(change, turn);
        self.admit(turn);
        Ok(())
    }

    pub(super) fn apply_booked(
        &mut self,
        at: Micros,
        booking: &NewBooking,
        late: bool,
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        let id = booking.checkout;
        let basket = Basket::from_lots(&booking.lots, &self.listing)?;
        if check_reference(booking.reference, shared).is_err_and(|it| !is_full(&it)) {
            return illegal(format!("reference {} is taken", booking.reference));
        }
        if let Some(payment) = booking.payment {
            let known = self.payments.get(payment);
            if known.is_none_or(|it| it.checkout != id || it.basket != basket) {
                return illegal(format!("payment {payment} is for something else"));
            }
        }
        let tickets = basket.tickets();
        let live = self.checkouts.live(id);
        if late {
            if live.is_some() || matches!(self.checkouts.find(id), Some(Whereabouts::Completed(_)))
            {
                return illegal(format!("checkout {id} has not ended"));
            }
            self.check_free(&basket)?;
        } else {
            let Some(checkout) = live.and_then(|handle| self.checkouts.get(handle)) else {
                return illegal(format!("checkout {id} is over"));
            };
            let pays_else = checkout.paying.map(|it| it.0);
            if checkout.basket != basket || pays_else.is_some_and(|it| Some(it) != booking.payment)
            {
                return illegal(format!("checkout {id} holds or pays something else"));
            }
        }
        let number = self.bookings.len() as u32;
        let from = if late {
            SeatState::Free
        } else {
            SeatState::Held
        };
        self.shift(&basket, from, SeatState::Sold, number);
        match live {
            Some(handle) => {
                let completed = Whereabouts::Completed(number);
                if let Some(checkout) = self.checkouts.end(handle, completed) {
                    self.vacate(&checkout);
                    shared.checkouts -= 1;
                }
            }
            None => self.checkouts.remember(id, Whereabouts::Completed(number)),
        }
        if let Some(payment) = booking.payment {
            self.payments
                .set(payment, PaymentState::Booked(booking.reference));
            self.payments.set_receipt(payment, &booking.receipt);
        }
        self.sales.add(at, tickets as u32);
        self.enter_booking(at, booking, basket, shared);
        Ok(())
    }

    /// Puts a booking in the books.
    pub(super) fn enter_booking(
        &mut self,
        at: Micros,
        booking: &NewBooking,
        basket: Basket,
        shared: &mut Shared,
    ) {
        let number = self.bookings.len() as u32;
        shared.ended.last = shared.ended.last.max(at);
        shared
            .references
            .insert(booking.reference, (self.listing.id, number));
        self.bookings.push(Booking {
            reference: booking.reference,
            checkout: booking.checkout,
            buyer: booking.buyer.clone(),
            payment: booking.payment,
            receipt: booking.receipt.clone(),
            basket,
            at,
        });
    }

    pub(super) fn view_booking(&self, number: u32) -> Option<BookingView> {
        let booking = self.bookings.get(number as usize)?;
        Some(BookingView {
            reference: booking.reference,
            listing: self.listing.clone(),
            checkout: booking.checkout,
            buyer: booking.buyer.clone(),
            seats: booking.basket.seats.clone(),
            general: booking.basket.general.clone(),
            total: booking.basket.total(&self.listing),
            at: booking.at,
            payment: booking.payment,
            receipt: booking.receipt.clone(),
        })
    }
}

/// Whether a booking may have this reference.
pub(super) fn check_reference(reference: Reference, shared: &Shared) -> Result<(), EventRefusal> {
    if !reference.is_valid() || shared.references.contains_key(&reference) {
        return Err(EventRefusal::ReferenceTaken);
    }
    if shared.references.len() >= shared.bounds.bookings {
        return Err(EventRefusal::Full(EventKind::Booking));
    }
    Ok(())
}

/// What was decided under larger bounds stays.
fn is_full(refusal: &EventRefusal) -> bool {
    matches!(refusal, EventRefusal::Full(_))
}
