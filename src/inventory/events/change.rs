//! What was decided: the changes from which events are rebuilt.

use serde::{Deserialize, Serialize};

use crate::inventory::{Id, Micros};

use super::answer::{EndReason, PaymentState};
use super::operation::{Buyer, Order};
use super::rate::Rate;
use super::reference::Reference;

/// The largest change, encoded as postcard, in bytes.
pub const MAX_EVENT_CHANGE_BYTES: usize = 12 * 1024 - 256;

/// A decided change of an event. Part of the data format: variants and fields
/// are only ever appended, variants at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventChange {
    /// An event is begun. Nobody sees it before [`Self::Created`] or, in a
    /// snapshot, [`Self::Kept`]; what is begun and not ended is void.
    Drafted(Box<Draft>),
    /// More of the plan of a begun event.
    Planned {
        /// The event.
        event: Id,
        /// What there is, in order.
        lines: Vec<PlanLine>,
    },
    /// The begun event is there.
    Created {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Seats of each section, in order.
        seats: Vec<u32>,
        /// General admission.
        general: Vec<(Id, u32)>,
    },
    /// The doors of the waiting room open; lots are drawn.
    DoorsOpened {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
    },
    /// The operator has set the waiting room.
    RoomSet {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// How it is from now on.
        room: RoomKnobs,
    },
    /// Somebody is in the line now.
    Joined {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Who.
        checkout: Id,
    },
    /// Some may enter: the first of the line, in this order.
    Admitted {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Who.
        checkouts: Vec<Id>,
    },
    /// A checkout has its time once more.
    Extended {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Which.
        checkout: Id,
    },
    /// A checkout holds more.
    Held {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Which.
        checkout: Id,
        /// What it holds in addition.
        lots: Vec<Lot>,
    },
    /// A checkout holds less.
    Released {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Which.
        checkout: Id,
        /// What it holds no longer.
        lots: Vec<Lot>,
    },
    /// A checkout has ended without a booking; a payment under way has expired.
    Ended {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Which.
        checkout: Id,
        /// Why.
        reason: EndReason,
        /// What it held.
        lots: Vec<Lot>,
    },
    /// A checkout is being paid for.
    PaymentBegun {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Which checkout.
        checkout: Id,
        /// The payment.
        payment: Id,
        /// Who is asked for it.
        provider: String,
        /// Who books.
        buyer: Buyer,
        /// When it ends by itself.
        until: Micros,
    },
    /// A payment is over, and no money has come. The holds stay.
    PaymentEnded {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Which.
        payment: Id,
        /// It took too long; else it has failed.
        expired: bool,
        /// When its checkout ends now.
        deadline: Micros,
    },
    /// Money has come for what is gone.
    Owed {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// The payment.
        payment: Id,
        /// How the provider calls it.
        receipt: String,
    },
    /// The money was paid back.
    Refunded {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// The payment.
        payment: Id,
    },
    /// All that a checkout holds is sold, and the checkout is over.
    Booked {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// The booking.
        booking: Box<NewBooking>,
        /// The checkout had ended: what is sold was free.
        late: bool,
    },
    /// Of a snapshot: the begun event is there, as it was.
    Kept {
        /// The event.
        event: Id,
        /// Version of the seat map.
        version: u64,
        /// Its waiting room.
        room: RoomKnobs,
        /// Whether the doors have opened.
        doors_open: bool,
        /// When the next in the line may enter.
        next_slot: Micros,
    },
    /// Of a snapshot: a checkout that has not ended; queued ones in order.
    CheckoutKept {
        /// The event.
        event: Id,
        /// Which.
        checkout: Id,
        /// When it last did something.
        at: Micros,
        /// Its deadline; `None`: it is in the line.
        deadline: Option<Micros>,
        /// Whether it was extended.
        extended: bool,
        /// Payments that it has begun.
        payments: u8,
        /// What it holds.
        lots: Vec<Lot>,
    },
    /// Of a snapshot: a payment.
    PaymentKept {
        /// The event.
        event: Id,
        /// The payment.
        payment: Box<KeptPayment>,
    },
    /// Of a snapshot: a booking.
    BookingKept {
        /// The event.
        event: Id,
        /// When it was made.
        at: Micros,
        /// The booking.
        booking: Box<NewBooking>,
    },
    /// A payment that moved no money makes room for another.
    PaymentForgotten {
        /// The event.
        event: Id,
        /// The payment.
        payment: Id,
    },
    /// Of a snapshot: a checkout that has ended without a booking, of which
    /// nobody was told yet.
    EndKept {
        /// The event.
        event: Id,
        /// When.
        at: Micros,
        /// Which.
        checkout: Id,
        /// Why.
        reason: EndReason,
        /// What it held.
        lots: Vec<Lot>,
    },
    /// Ends of checkouts without a booking were told, up to this one.
    EndsTold {
        /// The event.
        event: Id,
        /// When it was.
        at: Micros,
        /// Which; may be of another event.
        checkout: Id,
    },
}

const _: () = assert!(size_of::<EventChange>() <= 160);

/// What an event is, but for its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The event.
    pub event: Id,
    /// What it is called.
    pub name: String,
    /// More about it.
    pub description: String,
    /// When it takes place.
    pub date: String,
    /// Where.
    pub venue: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The waiting room.
    pub room: RoomKnobs,
    /// When its doors open.
    pub opens_at: Option<Micros>,
    /// Who is first.
    pub order: Order,
    /// Seeds the shuffle.
    pub shuffle_seed: u64,
    /// When a place in the line is given up.
    pub absence_seconds: u32,
    /// How long a buyer has.
    pub session_seconds: u32,
    /// Tickets that one checkout may hold.
    pub max_tickets: u32,
}

/// What of a waiting room can be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomKnobs {
    /// How fast people may enter.
    pub rate: Rate,
    /// How many may be inside at once; 0: no limit.
    pub max_active: u32,
    /// Nobody is let in.
    pub paused: bool,
    /// Nobody new may queue.
    pub draining: bool,
}

/// A part of an event's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanLine {
    /// A section begins.
    Section {
        /// What it is called.
        name: String,
        /// What a seat costs.
        price: u64,
    },
    /// So many equal rows, called A, B and so on.
    Template {
        /// How many.
        rows: u32,
        /// Seats in each.
        seats: u32,
    },
    /// A row of seats called 1, 2 and so on.
    Row {
        /// What it is called.
        label: String,
        /// How many seats.
        seats: u32,
    },
    /// A row of seats that follow.
    NamedRow {
        /// What it is called.
        label: String,
    },
    /// More seats of the row.
    Labels(Vec<String>),
    /// A general admission option.
    General {
        /// Its id.
        id: Id,
        /// What it is called.
        name: String,
        /// What one costs.
        price: u64,
        /// How many there are.
        allocation: u32,
    },
}

/// Some of the tickets of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lot {
    /// Seats of one section.
    Seats {
        /// The section's place in the plan.
        section: u16,
        /// Seat indexes, in order.
        seats: Vec<u32>,
    },
    /// General admission.
    General {
        /// The option.
        option: Id,
        /// How many.
        quantity: u32,
    },
}

/// A booking to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBooking {
    /// Its reference.
    pub reference: Reference,
    /// The checkout it was made in.
    pub checkout: Id,
    /// Who books.
    pub buyer: Buyer,
    /// The payment, if one was begun.
    pub payment: Option<Id>,
    /// How the payment's provider calls it.
    pub receipt: String,
    /// What is booked.
    pub lots: Vec<Lot>,
}

/// A payment in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPayment {
    /// The payment.
    pub id: Id,
    /// The checkout that pays.
    pub checkout: Id,
    /// Who is asked for it.
    pub provider: String,
    /// Who books.
    pub buyer: Buyer,
    /// When it ends by itself.
    pub until: Micros,
    /// How the provider calls it.
    pub receipt: String,
    /// How far it is.
    pub state: PaymentState,
    /// What it is for.
    pub lots: Vec<Lot>,
}

impl EventChange {
    /// The event that changes; its locator says which shard's journal the
    /// change is in.
    pub fn event(&self) -> Id {
        match self {
            Self::Drafted(draft) => draft.event,
            Self::Planned { event, .. }
            | Self::Created { event, .. }
            | Self::DoorsOpened { event, .. }
            | Self::RoomSet { event, .. }
            | Self::Joined { event, .. }
            | Self::Admitted { event, .. }
            | Self::Extended { event, .. }
            | Self::Held { event, .. }
            | Self::Released { event, .. }
            | Self::Ended { event, .. }
            | Self::PaymentBegun { event, .. }
            | Self::PaymentEnded { event, .. }
            | Self::Owed { event, .. }
            | Self::Refunded { event, .. }
            | Self::Booked { event, .. }
            | Self::Kept { event, .. }
            | Self::CheckoutKept { event, .. }
            | Self::PaymentKept { event, .. }
            | Self::BookingKept { event, .. }
            | Self::PaymentForgotten { event, .. }
            | Self::EndKept { event, .. }
            | Self::EndsTold { event, .. } => *event,
        }
    }
}
