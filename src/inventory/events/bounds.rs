//! How much there may be.

/// What one shard's events may have at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventBounds {
    /// Events.
    pub events: usize,
    /// Seats of all events together.
    pub seats: usize,
    /// Checkouts that have not ended, queued ones included, of all events
    /// together.
    pub checkouts: usize,
    /// Bookings.
    pub bookings: usize,
    /// Payments; those that are over and moved no money make room.
    pub payments: usize,
    /// Changes of seats that each event remembers for those who watch.
    pub remembered_changes: usize,
    /// Checkouts that have ended without a booking and that nobody was told
    /// of yet by [`ListEnds`](super::EventOperation::ListEnds): about 220
    /// bytes each. Over it, the oldest are dropped. 0: none is remembered.
    pub untold_ends: usize,
    /// How long a payment may take at most, in seconds.
    pub payment_seconds: u32,
}

impl Default for EventBounds {
    fn default() -> Self {
        Self {
            events: 10_000,
            seats: 10_000_000,
            checkouts: 1_000_000,
            bookings: 10_000_000,
            payments: 10_000_000,
            remembered_changes: 4096,
            untold_ends: 0,
            payment_seconds: 15 * 60,
        }
    }
}
