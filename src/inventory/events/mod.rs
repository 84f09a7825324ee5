//! Events and their sale: plans, waiting rooms, checkouts, holds, bookings and
//! payments of one shard. A pure state machine, as the rest of the inventory.
//!
//! ```text
//!  StartCheckout ──▶ queued ──admitted──▶ inside ──BeginPayment──▶ paying ──Paid──▶ completed
//!                      │                   │  ▲                      │ │
//!                      │                   │  └───────Failed─────────┘ │
//!                      └───────────────────┴──▶ ended ◀────────────────┘
//!                        left, absent, expired
//! ```
//!
//! Everything of an event is decided here, in one step each, so several seats
//! are held all or nothing and a booking is one change. A decision is told as
//! an [`EventChange`]; the changes, in order, make the same state again. What
//! time brings about (expiry, admission, the opening) is decided by
//! [`Events::expire`], and before every other decision on the event, so that
//! nobody sees whether that came late.
//!
//! Cost: what is done to tickets costs a step per ticket and not per seat of
//! the event, but for the search for the best seats. Memory: 5 bytes per seat
//! and 1 more while its map is read, beside its plan (about 60 bytes per row,
//! and the labels of seats that are not just numbered), about 200 bytes per
//! checkout that has not ended, and about 300 per booking.

mod answer;
mod basket;
mod best;
mod booking;
mod bounds;
mod change;
mod checkouts;
mod checks;
mod creation;
mod ends;
mod event;
mod holds;
mod kept;
mod line;
mod movement;
mod operation;
mod operations;
mod paying;
mod payments;
mod plan;
mod proof;
mod queue;
mod rate;
mod reference;
mod room;
mod seats;
mod shard_events;
mod shuffle;
mod timetable;
mod views;

#[cfg(test)]
mod tests;

pub use answer::{
    BookingView, CheckoutEnd, CheckoutEnds, CheckoutState, CheckoutView, EndReason, EventAnswer,
    EventFigures, EventState, EventTotals, EventView, HowEnded, PaymentState, PaymentView,
    SeatChanges, SeatMap,
};
pub use bounds::EventBounds;
pub use change::{
    Draft, EventChange, KeptPayment, Lot, MAX_EVENT_CHANGE_BYTES, NewBooking, PlanLine, RoomKnobs,
};
pub use checks::{MAX_PRICE, MAX_TICKETS};
pub use ends::EndCursor;
pub use movement::{Movement, Ware};
pub use operation::{
    Buyer, EventKind, EventOperation, EventRefusal, NewEvent, NewRoom, NewRow, NewRows, NewSeats,
    NewSection, Order, PaymentOutcome, RoomAction, Unwanted, Wanted,
};
pub use plan::{GeneralOption, Listing, Plan, Row, SeatPlace, Section};
pub use proof::Standing;
pub use rate::Rate;
pub use reference::Reference;
pub use seats::SeatState;
pub use shard_events::Events;
