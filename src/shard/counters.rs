//! Plain counters of one shard, and the copy that other threads may read.

use super::kinds::{HttpMethod, OperationKind, OperationOutcome};
use super::reading::{Histogram, Reading, Table};
use crate::inventory::{Outcome, Verb};

/// Commands by [`Verb`] and [`Outcome`].
pub type SeatTable = Table<{ Verb::ALL.len() }, { Outcome::ALL.len() }>;

/// Operations by [`OperationKind`] and [`OperationOutcome`].
pub type OperationTable = Table<{ OperationKind::ALL.len() }, { OperationOutcome::ALL.len() }>;

/// Requests by [`HttpMethod`] and the status' first digit less one.
pub type RequestTable = Table<{ HttpMethod::ALL.len() }, 5>;

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty,)+) => {
        /// What happened on a shard since it started, or where it stands now.
        ///
        /// Only the owning shard writes them, as plain numbers.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[doc = $doc])+ pub $name: $kind,)+
        }

        impl Counters {
            /// The sum of two shards' counters.
            #[must_use]
            pub fn plus(&self, other: &Self) -> Self {
                Self { $($name: self.$name.plus(&other.$name),)+ }
            }
        }

        /// The latest published [`Counters`] of a shard, readable from any
        /// thread at any time. Each number is right by itself; together they
        /// may be of slightly different moments.
        #[derive(Debug, Default)]
        pub struct SharedCounters {
            $($name: <$kind as Reading>::Shared,)+
        }

        impl SharedCounters {
            /// Publishes a reading.
            pub fn publish(&self, counters: &Counters) {
                $(counters.$name.publish(&self.$name);)+
            }

            /// The latest published reading.
            pub fn read(&self) -> Counters {
                Counters { $($name: Reading::read(&self.$name),)+ }
            }
        }
    };
}

counters! {
    /// Commands applied to seats owned here, whoever's connection they came by.
    commands: u64,
    /// The same, by verb and outcome.
    seats: SeatTable,
    /// Lines that were not valid messages.
    invalid_lines: u64,
    /// Commands handed over to other shards.
    commands_forwarded: u64,
    /// Operations decided here, by kind and outcome.
    operations: OperationTable,
    /// Operations handed over to other shards.
    operations_forwarded: u64,
    /// Operations that wait to be decided here or to leave for other shards, now.
    operations_waiting: u64,
    /// Times that holds were ended because their time was over.
    expiry_sweeps: u64,
    /// Connections accepted and kept.
    connections_accepted: u64,
    /// Connections open now.
    connections_open: u64,
    /// Connections closed at once because the server had all it may have.
    connections_refused: u64,
    /// Connections closed because nothing was heard for the idle timeout.
    connections_closed_idle: u64,
    /// Connections closed because the client did not read its replies.
    connections_closed_slow: u64,
    /// Times that a connection's reading was paused until its replies left.
    reads_paused: u64,
    /// Seats reserved and not yet sold.
    seats_reserved: u64,
    /// Seats sold.
    seats_sold: u64,
    /// Reservations refused because the server holds all the seats it may.
    seats_refused_full: u64,
    /// Reservations refused because the disk is nearly full.
    seats_refused_disk: u64,
    /// Frames of the journal on stable storage.
    journal_frames: u64,
    /// Bytes of them, padding included.
    journal_bytes: u64,
    /// Bytes of changes that wait for the disk, now.
    journal_pending_bytes: u64,
    /// How long it took to write a frame to stable storage.
    journal_seconds: Histogram,
    /// Batches and answers that wait for the disk, now.
    gate_held: u64,
    /// Shards whose disk is too full for another segment, now.
    journal_disk_low: u64,
    /// HTTP connections accepted and kept; they are counted above, too.
    http_connections_accepted: u64,
    /// HTTP connections open now.
    http_connections_open: u64,
    /// HTTP requests answered, by method and the status' first digit.
    http_requests: RequestTable,
    /// How long it took from the arrival of HTTP requests until their answers
    /// could leave; those that left together count once.
    http_seconds: Histogram,
    /// HTTP requests refused because the client asked too often.
    http_rate_limited: u64,
    /// HTTP requests answered with an earlier answer, for an idempotency key.
    http_replayed: u64,
    /// Ticket options.
    options: u64,
    /// Purchases of ticket options.
    purchases: u64,
    /// Members.
    members: u64,
    /// Tickets that are free.
    tickets_free: u64,
    /// Tickets that are held.
    tickets_held: u64,
    /// Tickets that were purchased.
    tickets_purchased: u64,
    /// Idempotency keys that are remembered.
    idempotency_keys: u64,
    /// Ledger entries that can be listed.
    ledger_entries: u64,
    /// Events.
    events: u64,
    /// Free tickets of events: seats and general admission.
    event_tickets_free: u64,
    /// Held ones.
    event_tickets_held: u64,
    /// Sold ones.
    event_tickets_sold: u64,
    /// Checkouts that queue.
    checkouts_queued: u64,
    /// Checkouts that are inside.
    checkouts_active: u64,
    /// Bookings.
    bookings: u64,
    /// Payments under way.
    payments_open: u64,
    /// Payments that are to be paid back.
    payments_owed: u64,
}

/// What HTTP counts on a shard, beside the shard's own loop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpCounters {
    /// See [`Counters::http_requests`].
    pub requests: RequestTable,
    /// See [`Counters::http_rate_limited`].
    pub rate_limited: u64,
    /// See [`Counters::http_replayed`].
    pub replayed: u64,
}

/// Where the whole server stands, for whoever tells others.
pub trait Readings {
    /// The counters of each shard, as last published.
    fn counters(&self) -> Vec<Counters>;

    /// Whether it should be given work: it serves, and goes on serving.
    fn is_ready(&self) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_read() {
        let counters = Counters {
            commands: 3,
            seats_sold: 1,
            seats: {
                let mut seats = SeatTable::default();
                seats.add(Verb::Buy as usize, Outcome::Sold as usize);
                seats
            },
            ..Counters::default()
        };
        let shared = SharedCounters::default();
        shared.publish(&counters);
        assert_eq!(shared.read(), counters);
        assert_eq!(shared.read().plus(&counters).commands, 6);
    }
}
