//! The vocabulary: what is asked of the events of one shard, and why nothing
//! was done. What is answered is in [`super::answer`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::inventory::{Id, Micros, Page};

use super::ends::EndCursor;
use super::rate::Rate;
use super::reference::Reference;

/// What is asked about events. Decided by the shard that owns the event, in
/// one step. Every operation on an event first does what was due there: ends
/// what has expired, admits who may enter.
#[derive(Clone, Debug, PartialEq)]
pub enum EventOperation {
    /// Make an event. Doing it again with the same content changes nothing and
    /// answers the same.
    Create(Box<NewEvent>),
    /// Look at an event.
    Find(Id),
    /// The shard's events, oldest first.
    List(Page),
    /// The states of all seats of an event.
    SeatMap(Id),
    /// Which seats have changed since a version of the map.
    SeatChanges {
        /// The event.
        event: Id,
        /// The version that is known.
        since: u64,
    },
    /// Enter the waiting room: get in at once if that is possible, else a
    /// place in the line. With an `earlier` checkout that has not ended, that
    /// one is answered and nothing changes; so it is with a `checkout` that is
    /// there already. An id is good for one checkout, ever.
    StartCheckout {
        /// The event.
        event: Id,
        /// The new checkout's id; has the event's locator.
        checkout: Id,
        /// The checkout this buyer has a token of.
        earlier: Option<Id>,
    },
    /// Look at a checkout, which keeps its place in the line.
    FindCheckout {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
    },
    /// Look at many at once, as [`Self::FindCheckout`] does.
    FindCheckouts {
        /// The event.
        event: Id,
        /// The checkouts.
        checkouts: Vec<Id>,
    },
    /// Give up a place or a checkout; all it holds is free at once.
    LeaveCheckout {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
    },
    /// Give a checkout its time once more; possible once.
    ExtendCheckout {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
    },
    /// Hold tickets, all or nothing.
    Hold {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
        /// Which.
        wanted: Wanted,
    },
    /// Give back what the checkout holds, all or nothing.
    Release {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
        /// Which.
        unwanted: Unwanted,
    },
    /// Turn all that the checkout holds into a booking: for payments that
    /// cannot be under way (made already, or nothing to pay). Doing it again
    /// changes nothing and answers the same.
    Complete {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
        /// The booking's reference; drawn by the caller.
        reference: Reference,
        /// Who books.
        buyer: Buyer,
        /// How the payment's provider calls it; may be empty.
        receipt: String,
    },
    /// Begin to pay: from now to its end the holds stay and cannot change.
    /// Doing it again with the same id changes nothing and answers the same.
    BeginPayment {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
        /// The payment's id; has the event's locator.
        payment: Id,
        /// Who is asked for it, for instance `hosted`.
        provider: String,
        /// Who books.
        buyer: Buyer,
        /// How long it may take; [the bounds](super::EventBounds) say how long
        /// at most.
        seconds: u32,
    },
    /// Begin a payment that is decided already, and settle it: one step
    /// instead of two. If it is refused, also because the reference is taken
    /// or there is no room for the booking, nothing is begun. Doing it again
    /// once it is done changes nothing and answers the same.
    PayAtOnce {
        /// The event.
        event: Id,
        /// The checkout.
        checkout: Id,
        /// The payment's id; has the event's locator.
        payment: Id,
        /// Who has said yes, for instance `test/ok`.
        provider: String,
        /// Who books.
        buyer: Buyer,
        /// What is paid at most, in minor units; what costs more is
        /// [refused](EventRefusal::Unpaid).
        most: u64,
        /// The booking's reference; drawn by the caller.
        reference: Reference,
        /// How the provider calls the payment. Not kept of what costs nothing.
        receipt: String,
    },
    /// What became of a payment, in any order and however often it is said:
    /// that money came outweighs all else. If the holds are gone by then, they
    /// are held and booked again if all of them are free, else the money is
    /// [owed](super::PaymentState::Owed). Of a payment that is not known
    /// (`NotFound`), pay the money back.
    SettlePayment {
        /// The event.
        event: Id,
        /// The payment.
        payment: Id,
        /// What became of it.
        outcome: PaymentOutcome,
    },
    /// Look at a payment.
    FindPayment {
        /// The event.
        event: Id,
        /// The payment.
        payment: Id,
    },
    /// The money of this payment was paid back. Doing it again changes nothing
    /// and answers the same.
    MarkRefunded {
        /// The event.
        event: Id,
        /// The payment.
        payment: Id,
    },
    /// The shard's payments that are to be paid back; at most so many.
    ListOwed(usize),
    /// The shard's payments that the provider may know more of: under way, or
    /// ended by themselves at this time or later. In the order of their ids.
    ListUnsettled {
        /// Of those that have ended, only the ones since.
        since: Micros,
        /// Which part.
        page: Page,
    },
    /// How the shard's checkouts have ended that held something, in the order
    /// of time: all bookings, and of the others the latest
    /// that [the bounds](super::EventBounds) allow. Asking says that
    /// everything up to the cursor was told: what ended without a booking is
    /// forgotten then.
    ListEnds {
        /// Behind which to go on.
        after: EndCursor,
        /// At most so many.
        most: usize,
    },
    /// Look at a booking of this shard.
    FindBooking(Reference),
    /// Change an event's waiting room; what is `None` stays.
    SetRoom {
        /// The event.
        event: Id,
        /// Pause, resume or drain it.
        action: Option<RoomAction>,
        /// How fast people may enter.
        rate: Option<Rate>,
        /// How many may be inside at once; 0: no limit.
        max_active: Option<u32>,
    },
    /// What the operator wants to see of the shard's events, oldest first.
    Figures(Page),
}

/// An event to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: Id,
    /// What it is called; not empty.
    pub name: String,
    /// More about it; may be empty.
    pub description: String,
    /// When it takes place, as it shall be shown; checked by the caller.
    pub date: String,
    /// Where; may be empty.
    pub venue: String,
    /// ISO 4217 code: three capital letters.
    pub currency: String,
    /// Its seats; best sections first.
    pub sections: Vec<NewSection>,
    /// General admission.
    pub general: Vec<super::GeneralOption>,
    /// Its waiting room.
    pub room: NewRoom,
    /// How long a buyer has, in seconds.
    pub session_seconds: u32,
    /// Tickets that one checkout may hold.
    pub max_tickets: u32,
}

/// A section to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSection {
    /// What it is called; unlike the others of the event.
    pub name: String,
    /// What a seat costs, in minor units.
    pub price: u64,
    /// Its rows.
    pub rows: NewRows,
}

/// The rows of a section to be made; front row first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewRows {
    /// So many equal rows; called A, B and so on, their seats 1, 2 and so on.
    Template {
        /// How many rows.
        rows: u32,
        /// Seats in each.
        seats: u32,
    },
    /// One by one.
    Listed(Vec<NewRow>),
}

/// A row to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// What it is called; unlike the others of the section.
    pub label: String,
    /// Its seats, from one side to the other.
    pub seats: NewSeats,
}

/// The seats of a row to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewSeats {
    /// So many, called 1, 2 and so on.
    Count(u32),
    /// Called so.
    Labels(Vec<String>),
}

/// A waiting room to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRoom {
    /// How fast people may enter.
    pub rate: Rate,
    /// How many may be inside at once; 0: no limit.
    pub max_active: u32,
    /// When the doors open; `None`: at once.
    pub opens_at: Option<Micros>,
    /// Who of those that came before the doors opened is first.
    pub order: Order,
    /// Seeds the shuffle; drawn by the caller, told to nobody.
    pub shuffle_seed: u64,
    /// A place that was not looked at for so long is given up.
    pub absence_seconds: u32,
}

/// Who of those that came before the doors opened is first. Who comes later
/// queues behind them, first come, first served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// First come, first served.
    #[default]
    Fifo,
    /// By lot, when the doors open.
    Shuffle,
}

/// Tickets to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// These seats; those that the checkout holds already stay so.
    Seats(Vec<u32>),
    /// The best seats: together if possible, without leaving a single seat
    /// between others where that can be avoided, near the middle of a front row.
    Best {
        /// How many.
        count: u32,
        /// In the section of this name; `None`: anywhere.
        section: Option<String>,
    },
    /// So many more of a general admission option.
    General {
        /// Which option.
        option: Id,
        /// How many; at least 1.
        quantity: u32,
    },
}

/// Tickets to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwanted {
    /// These seats.
    Seats(Vec<u32>),
    /// So many of a general admission option.
    General {
        /// Which option.
        option: Id,
        /// How many; at least 1.
        quantity: u32,
    },
    /// Everything.
    All,
}

/// Who books.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// Name, as it shall be shown; not empty.
    pub name: String,
    /// Address for the confirmation; may be empty.
    pub email: String,
}

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// The money is there.
    Paid {
        /// The reference of the booking, if it comes to one; drawn by the caller.
        reference: Reference,
        /// How the provider calls it, for a refund; may be empty.
        receipt: String,
    },
    /// It was declined or given up: no money will come. The holds stay.
    Failed,
}

/// What an operator does with a waiting room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomAction {
    /// Let nobody in; people may still queue.
    Pause,
    /// Work as usual.
    Resume,
    /// Let nobody new queue; who is in the line is still let in.
    Drain,
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// It is not there.
    #[error("there is no such {0}")]
    NotFound(EventKind),
    /// Something else has this id: draw another.
    #[error("something else has this id")]
    IdTaken,
    /// Another booking has this reference: draw another.
    #[error("another booking has this reference")]
    ReferenceTaken,
    /// A value that cannot be.
    #[error("{field} {problem}")]
    Invalid {
        /// Which, as the HTTP interface calls it; elements of lists by their
        /// number, from 0: `sections.3.rows.0.label`.
        field: Cow<'static, str>,
        /// What is wrong with it, as the rest of a sentence.
        problem: String,
    },
    /// The shard has as much of this as it may.
    #[error("the server holds as many {0}s as it may")]
    Full(EventKind),
    /// These seats are held by others or sold.
    #[error("some of the seats are gone")]
    SeatsTaken(Vec<u32>),
    /// There is no seat of this index.
    #[error("there is no seat {0}")]
    NoSuchSeat(u32),
    /// The checkout does not hold that.
    #[error("the checkout does not hold that")]
    NotHeld,
    /// Less is free than was asked for.
    #[error("only {available} are left")]
    NotEnough {
        /// What is free.
        available: u64,
    },
    /// A checkout may not hold so many tickets.
    #[error("a checkout may hold {max} tickets at most")]
    TooMany {
        /// How many it may hold.
        max: u32,
    },
    /// The checkout has to wait in the line.
    #[error("it is not this checkout's turn yet")]
    NotAdmitted,
    /// The checkout has ended.
    #[error("the checkout is over")]
    CheckoutOver,
    /// There is nothing to pay for.
    #[error("the checkout holds nothing")]
    NothingHeld,
    /// What the checkout holds costs more than is paid.
    #[error("what the checkout holds has to be paid")]
    Unpaid,
    /// While a payment is under way, nothing may change.
    #[error("a payment is under way")]
    Paying,
    /// As many payments were begun as one checkout may begin.
    #[error("too many payments were begun")]
    TooManyPayments,
    /// The checkout was extended once.
    #[error("the checkout was extended already")]
    AlreadyExtended,
    /// The line takes nobody new.
    #[error("the waiting room is being closed")]
    Draining,
    /// The money of this payment is not to be paid back.
    #[error("this payment is not to be paid back")]
    NotOwed,
}

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An event.
    Event,
    /// Seats.
    Seat,
    /// A section.
    Section,
    /// A general admission option.
    Option,
    /// A checkout.
    Checkout,
    /// A payment.
    Payment,
    /// A booking.
    Booking,
}

impl std::fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Event => "event",
            Self::Seat => "seat",
            Self::Section => "section",
            Self::Option => "general admission option",
            Self::Checkout => "checkout",
            Self::Payment => "payment",
            Self::Booking => "booking",
        })
    }
}
