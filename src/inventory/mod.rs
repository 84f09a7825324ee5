//! What is sold and to whom: a deterministic state machine.
//!
//! No I/O, no clock, no randomness, no logging lives here. Whatever differs
//! from run to run (a hash seed, later the time) comes in as an argument, so
//! the same commands in the same order always give the same outcomes. That is
//! what makes the core testable against a model and replayable.

mod command;
pub mod id;
mod operation;
mod seats;
mod stock;
mod table;

pub use command::{Outcome, Verb};
pub use id::Id;
pub use operation::{
    Account, Answer, Balance, Book, Claim, Kind, LedgerEntry, LedgerFilter, Member, Micros,
    Operation, Page, Places, Purchase, Reason, Refusal, Step, StoredReply, Subject, Ticket,
    TicketFilter, TicketOption, TicketState,
};
pub use seats::{Seats, SeatsByState};
pub use stock::{Bounds, Change, Illegal, Stock};
