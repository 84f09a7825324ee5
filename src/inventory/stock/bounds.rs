//! How much there may be, and how much there is.

use crate::inventory::events::{EventBounds, EventTotals};

/// What one shard may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Ticket options.
    pub options: usize,
    /// Purchases.
    pub purchases: usize,
    /// Members.
    pub members: usize,
    /// Tickets.
    pub tickets: usize,
    /// Idempotency keys.
    pub keys: usize,
    /// Ledger entries that can be listed; of older ones the sums stay.
    pub ledger_entries: usize,
    /// Events, their seats, checkouts, bookings and payments.
    pub events: EventBounds,
}

impl Default for Bounds {
    /// What the settings say by default.
    fn default() -> Self {
        Self {
            options: 1_000_000,
            purchases: 50_000_000,
            members: 10_000_000,
            tickets: 10_000_000,
            keys: 1_000_000,
            ledger_entries: 1_000_000,
            events: EventBounds::default(),
        }
    }
}

/// How much one shard holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StockTotals {
    /// Ticket options.
    pub options: u64,
    /// What all of them may sell.
    pub allocated: u128,
    /// What all of them have left.
    pub available: u128,
    /// Purchases.
    pub purchases: u64,
    /// Members.
    pub members: u64,
    /// Tickets that are free.
    pub tickets_free: u64,
    /// Tickets that are held, those whose hold has ended and was not yet swept
    /// included.
    pub tickets_held: u64,
    /// Tickets that were purchased.
    pub tickets_purchased: u64,
    /// Idempotency keys.
    pub keys: u64,
    /// Ledger entries that can be listed.
    pub ledger_entries: u64,
    /// Events and their sale.
    pub events: EventTotals,
}

impl StockTotals {
    /// What was purchased of all ticket options.
    pub fn sold(&self) -> u128 {
        self.allocated - self.available
    }

    /// All tickets.
    pub fn tickets(&self) -> u64 {
        self.tickets_free + self.tickets_held + self.tickets_purchased
    }

    /// The sum of two shards.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            options: self.options + other.options,
            allocated: self.allocated + other.allocated,
            available: self.available + other.available,
            purchases: self.purchases + other.purchases,
            members: self.members + other.members,
            tickets_free: self.tickets_free + other.tickets_free,
            tickets_held: self.tickets_held + other.tickets_held,
            tickets_purchased: self.tickets_purchased + other.tickets_purchased,
            keys: self.keys + other.keys,
            ledger_entries: self.ledger_entries + other.ledger_entries,
            events: self.events.plus(other.events),
        }
    }
}
