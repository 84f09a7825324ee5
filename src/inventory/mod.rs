//! What is sold and to whom: a deterministic state machine.
//!
//! No I/O, no clock, no randomness, no logging lives here. Whatever differs
//! from run to run (a hash seed, later the time) comes in as an argument, so
//! the same commands in the same order always give the same outcomes. That is
//! what makes the core testable against a model and replayable.

mod account;
mod command;
pub mod events;
pub mod id;
mod operation;
mod seats;
mod stock;
mod table;

pub use account::{Account, Balance, Book, LedgerEntry, Reason, Subject};
pub use command::{Outcome, Verb};
pub use id::Id;
pub use operation::{
    Answer, Claim, Kind, LedgerFilter, Member, Micros, Operation, Page, Places, Purchase, Refusal,
    Step, StoredReply, Ticket, TicketFilter, TicketOption, TicketState,
};
pub use seats::{Seats, SeatsByState};
pub use stock::{
    BadChange, Books, Bounds, Change, Entry, EventTurn, IN_FLIGHT, Illegal, KEY_LIFE, KeptPurchase,
    KeptState, KeptTicket, MAX_STORED_REPLY_BYTES, Movement, Stock, StockTotals,
};

/// All that one shard owns.
pub struct Inventory {
    /// The seats of the seat protocol.
    pub seats: Seats,
    /// Everything else.
    pub stock: Stock,
    /// Records of a snapshot that are still to come, about.
    pub(crate) expected: u64,
}

impl Inventory {
    /// Nothing yet. `hash_seed`: see [`Seats::new`].
    pub fn new(bounds: Bounds, hash_seed: u64) -> Self {
        Self {
            seats: Seats::new(0, hash_seed),
            stock: Stock::keyed(bounds, hash_seed),
            expected: 0,
        }
    }
}
