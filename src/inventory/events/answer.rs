//! What the events of one shard answer.

use std::sync::Arc;

use crate::inventory::{Id, Micros};

use super::operation::{Buyer, EventRefusal};
use super::plan::Listing;
use super::rate::Rate;
use super::reference::Reference;
use super::seats::SeatState;

/// What a shard answers about its events. Listings are shared, not copied.
#[derive(Clone, Debug, PartialEq)]
pub enum EventAnswer {
    /// The event, as it is now.
    Event(EventView),
    /// A page of events.
    Events(Vec<EventView>),
    /// The states of all seats.
    SeatMap(SeatMap),
    /// What has changed.
    SeatChanges(SeatChanges),
    /// The checkout, as it is now.
    Checkout(CheckoutView),
    /// Those that were asked for, in that order; `None`: not known.
    Checkouts(Vec<Option<CheckoutView>>),
    /// The payment, as it is now.
    Payment(PaymentView),
    /// Payments that are to be paid back, oldest first.
    Owed(Vec<PaymentView>),
    /// Payments that the provider may know more of.
    Payments(Vec<PaymentView>),
    /// How checkouts have ended, oldest first.
    Ends(CheckoutEnds),
    /// The booking.
    Booking(BookingView),
    /// The event, as its operator sees it.
    Room(EventFigures),
    /// A page of events, as their operator sees them.
    Figures(Vec<EventFigures>),
    /// Nothing was changed.
    Refused(EventRefusal),
}

/// An event, as buyers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventView {
    /// What never changes.
    pub listing: Arc<Listing>,
    /// What can be done.
    pub state: EventState,
    /// Seats and general admission that are free.
    pub available: u64,
    /// What is free of each general admission option, in the listing's order.
    pub general_available: Vec<u32>,
    /// People in the line.
    pub queue_length: u64,
    /// The waiting room's rate now.
    pub rate: Rate,
    /// The waiting room's limit of people inside now; 0: none.
    pub max_active: u32,
    /// Nobody is let in.
    pub paused: bool,
    /// Nobody new may queue.
    pub draining: bool,
}

/// What can be done at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// The doors have not opened yet; people may queue.
    Upcoming,
    /// Tickets are sold.
    Open,
    /// Nobody is let in at the moment.
    Paused,
    /// Everything is sold, not only held.
    SoldOut,
}

/// The states of all seats at one version of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatMap {
    /// Grows by one with every seat that changes.
    pub version: u64,
    /// The plan that the states are of.
    pub listing: Arc<Listing>,
    /// One [`SeatState::letter`] per seat index.
    pub states: Arc<[u8]>,
}

impl SeatMap {
    /// One string for each row, in the plan's order.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        let plan = &self.listing.plan;
        (0..plan.rows().len())
            .map(|row| std::str::from_utf8(&self.states[plan.row_seats(row)]).unwrap_or_default())
    }
}

/// Which seats have changed since a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatChanges {
    /// The map's version now.
    pub version: u64,
    /// Seat index and state, oldest first; a seat may be there several times.
    /// `None`: too much has changed, read the map again.
    pub changes: Option<Vec<(u32, SeatState)>>,
}

/// A checkout: a place in the line, and later a basket and a clock.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckoutView {
    /// Its id.
    pub id: Id,
    /// The event it is for.
    pub listing: Arc<Listing>,
    /// How far it is.
    pub state: CheckoutState,
    /// The shard's time when this was read.
    pub now: Micros,
    /// Seat indexes that it holds, or has booked; in order.
    pub seats: Vec<u32>,
    /// Index into [`Listing::general`] and quantity of what it holds, or has
    /// booked; in order.
    pub general: Vec<(u16, u32)>,
    /// What all that costs, in minor units.
    pub total: u64,
}

/// How far a checkout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutState {
    /// In the line.
    Queued {
        /// People before it; `None`: to be drawn when the doors open.
        ahead: Option<u64>,
        /// How long it will probably wait; `None`: cannot be told.
        wait_seconds: Option<u64>,
    },
    /// Inside: may hold and pay.
    Admitted {
        /// When it ends.
        expires_at: Micros,
        /// Whether it may be extended.
        may_extend: bool,
    },
    /// A payment is under way.
    Paying {
        /// The payment.
        payment: Id,
        /// When the payment ends, and the holds with it.
        expires_at: Micros,
        /// Whether it may be extended.
        may_extend: bool,
    },
    /// Everything is booked.
    Completed(Reference),
    /// It holds nothing any more.
    Ended(EndReason),
}

/// Why a checkout has ended without a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndReason {
    /// The buyer has left.
    Left,
    /// Its time was over.
    Expired,
    /// Nobody looked at its place in the line any more.
    Absent,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentView {
    /// Its id.
    pub id: Id,
    /// The event.
    pub event: Id,
    /// The checkout that pays.
    pub checkout: Id,
    /// Who is asked for it.
    pub provider: String,
    /// How much, in minor units.
    pub amount: u64,
    /// In which currency.
    pub currency: String,
    /// When it ends by itself.
    pub until: Micros,
    /// How the provider calls it; empty before money has come.
    pub receipt: String,
    /// How far it is.
    pub state: PaymentState,
}

/// How far a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PaymentState {
    /// Under way.
    Open,
    /// Declined or given up.
    Failed,
    /// It took too long, or its checkout has ended.
    Expired,
    /// Paid, and booked.
    Booked(Reference),
    /// Paid, but what it was for is gone: pay the money back.
    Owed,
    /// The money was paid back.
    Refunded,
}

/// How checkouts have ended behind a cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckoutEnds {
    /// Oldest first.
    pub ends: Vec<CheckoutEnd>,
    /// The shard's time: whatever ends from now on does so then or later.
    pub before: Micros,
    /// So many were dropped, untold, since this was asked last: there were more
    /// than [the bounds](super::EventBounds) allow.
    pub dropped: u64,
}

/// How a checkout has ended that held something.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckoutEnd {
    /// When.
    pub at: Micros,
    /// Which.
    pub checkout: Id,
    /// How.
    pub how: HowEnded,
    /// Seat indexes that it held, in order.
    pub seats: Vec<u32>,
    /// Index into [`Listing::general`] and quantity, in order.
    pub general: Vec<(u16, u32)>,
    /// What that costs, in minor units.
    pub total: u64,
    /// The event.
    pub listing: Arc<Listing>,
}

/// How a checkout has ended that held something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowEnded {
    /// Everything was booked.
    Booked(Reference),
    /// The buyer has left, and everything is free again.
    Released,
    /// Its time was over, and everything is free again.
    Expired,
}

/// A booking.
#[derive(Clone, Debug, PartialEq)]
pub struct BookingView {
    /// Its reference.
    pub reference: Reference,
    /// The event.
    pub listing: Arc<Listing>,
    /// The checkout it was made in.
    pub checkout: Id,
    /// Who has booked.
    pub buyer: Buyer,
    /// Seat indexes, in order.
    pub seats: Vec<u32>,
    /// Index into [`Listing::general`] and quantity, in order.
    pub general: Vec<(u16, u32)>,
    /// What it cost, in minor units.
    pub total: u64,
    /// When.
    pub at: Micros,
    /// The payment, if one was begun.
    pub payment: Option<Id>,
    /// How the payment's provider calls it; may be empty.
    pub receipt: String,
}

/// An event, as its operator sees it. Seats and general admission together.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFigures {
    /// What never changes.
    pub listing: Arc<Listing>,
    /// What can be done.
    pub state: EventState,
    /// Free tickets.
    pub free: u64,
    /// Held tickets.
    pub held: u64,
    /// Sold tickets.
    pub sold: u64,
    /// People in the line.
    pub queued: u64,
    /// Checkouts inside.
    pub active: u64,
    /// Bookings.
    pub bookings: u64,
    /// Tickets sold in each of the last 60 seconds, oldest first; the last one
    /// is the second that has begun.
    pub sold_per_second: Vec<u32>,
    /// Checkouts admitted in the last 60 seconds.
    pub admitted_last_minute: u64,
    /// The waiting room's rate.
    pub rate: Rate,
    /// The waiting room's limit of people inside; 0: none.
    pub max_active: u32,
    /// Nobody is let in.
    pub paused: bool,
    /// Nobody new may queue.
    pub draining: bool,
}

/// What one shard's events have, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventTotals {
    /// Events.
    pub events: u64,
    /// Free tickets: seats and general admission.
    pub free: u64,
    /// Held tickets.
    pub held: u64,
    /// Sold tickets.
    pub sold: u64,
    /// People in lines.
    pub queued: u64,
    /// Checkouts inside.
    pub active: u64,
    /// Bookings.
    pub bookings: u64,
    /// Payments under way.
    pub paying: u64,
    /// Payments that are to be paid back.
    pub owed: u64,
}

impl EventTotals {
    /// The sum of two shards.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            free: self.free + other.free,
            held: self.held + other.held,
            sold: self.sold + other.sold,
            queued: self.queued + other.queued,
            active: self.active + other.active,
            bookings: self.bookings + other.bookings,
            paying: self.paying + other.paying,
            owed: self.owed + other.owed,
        }
    }

    /// What is left without `other`, which is a part of it.
    #[must_use]
    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            events: self.events - other.events,
            free: self.free - other.free,
            held: self.held - other.held,
            sold: self.sold - other.sold,
            queued: self.queued - other.queued,
            active: self.active - other.active,
            bookings: self.bookings - other.bookings,
            paying: self.paying - other.paying,
            owed: self.owed - other.owed,
        }
    }
}
