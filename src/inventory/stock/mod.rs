//! Ticket options, members and tickets of one shard: a deterministic state
//! machine.
//!
//! ```text
//!  Operation ──▶ operate   decides, changes the parts, posts to the ledger ──▶ Answer
//!                   │ Change, to the journal
//!                replay    the same changes, checked, in a later life
//! ```

mod balances;
mod bounds;
mod change;
mod keys;
mod ledger;
mod listing;
mod made;
mod members;
mod operate;
mod options;
mod ordered;
mod replay;
mod reply;
mod restore;
mod section;
mod snapshot;
mod tickets;

pub use bounds::{Bounds, StockTotals};
pub use change::{BadChange, Change, KeptPurchase, KeptState, KeptTicket};
pub use keys::{IN_FLIGHT, KEY_LIFE, MAX_STORED_REPLY_BYTES};
pub use ledger::{Books, Entry, EventTurn, Movement};
pub use replay::Illegal;

use ahash::RandomState;

use keys::Keys;
use ledger::Ledger;
use members::Members;
use options::Options;
use tickets::Tickets;

use super::events::{EventChange, Events};
use super::id::Id;
use super::operation::{Micros, TicketState};

/// What one shard owns beside its seats.
///
/// A purchase takes 48 bytes, and 96 more while it is among the ledger entries
/// that can be listed; a ticket 58 to 68 bytes and, when it is held or purchased,
/// about 50 more.
#[derive(Debug)]
pub struct Stock {
    bounds: Bounds,
    options: Options,
    members: Members,
    tickets: Tickets,
    keys: Keys,
    ledger: Ledger,
    events: Events,
}

impl Stock {
    /// Nothing yet. The hash tables' key is a fixed one: a process that serves
    /// strangers takes [`Stock::keyed`].
    pub fn new(bounds: Bounds) -> Self {
        Self::keyed(bounds, 0)
    }

    /// Nothing yet. `hash_seed` is as in [`super::Seats::new`]; it never shows
    /// in an answer.
    pub fn keyed(bounds: Bounds, hash_seed: u64) -> Self {
        let hasher = RandomState::with_seeds(
            hash_seed,
            0x243f_6a88_85a3_08d3,
            hash_seed.rotate_left(32),
            0x1319_8a2e_0370_7344,
        );
        Self {
            bounds,
            options: Options::new(hasher.clone()),
            members: Members::default(),
            tickets: Tickets::new(hasher.clone()),
            keys: Keys::new(hasher),
            ledger: Ledger::default(),
            events: Events::new(bounds.events, hash_seed),
        }
    }

    /// How much there is.
    pub fn totals(&self) -> StockTotals {
        let sums = self.options.sums();
        let tickets = |state| self.tickets.count(state) as u64;
        StockTotals {
            options: self.options.len() as u64,
            allocated: sums.allocated,
            available: sums.available,
            purchases: self.options.purchases() as u64,
            members: self.members.len() as u64,
            tickets_free: tickets(TicketState::Free),
            tickets_held: tickets(TicketState::Held),
            tickets_purchased: tickets(TicketState::Purchased),
            keys: self.keys.len() as u64,
            ledger_entries: self.ledger.len() as u64,
            events: self.events.totals(),
        }
    }

    /// When time changes something next: a hold ends, somebody may enter.
    pub fn next_expiry(&self) -> Option<Micros> {
        let hold = self.tickets.next_end().map(|(until, _)| until);
        hold.into_iter().chain(self.events.next_deadline()).min()
    }

    /// The events and their sale.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Posts what a change of an event moves.
    fn post_moved(&mut self, change: &EventChange) {
        self.ledger.post_moved(change, self.bounds.ledger_entries);
    }

    fn post(&mut self, at: Micros, subject: Id, quantity: u64, movement: Movement) {
        let most = self.bounds.ledger_entries;
        self.ledger.post(at, subject, quantity, movement, most);
    }
}

#[cfg(test)]
mod tests;
