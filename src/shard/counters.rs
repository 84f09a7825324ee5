//! Plain counters of one shard, and the copy that other threads may read.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What happened on a shard since it started, or where it stands now.
        ///
        /// Only the owning shard writes them, as plain numbers.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Counters {
            /// The sum of two shards' counters.
            #[must_use]
            pub fn plus(&self, other: &Self) -> Self {
                Self { $($name: self.$name + other.$name,)+ }
            }
        }

        /// The latest published [`Counters`] of a shard, readable from any
        /// thread at any time. Each number is right by itself; together they
        /// may be of slightly different moments.
        #[derive(Debug, Default)]
        pub struct SharedCounters {
            $($name: AtomicU64,)+
        }

        impl SharedCounters {
            /// Publishes a reading. Plain stores: one writer, no ordering needed.
            pub fn publish(&self, counters: &Counters) {
                $(self.$name.store(counters.$name, Ordering::Relaxed);)+
            }

            /// The latest published reading.
            pub fn read(&self) -> Counters {
                Counters { $($name: self.$name.load(Ordering::Relaxed),)+ }
            }
        }
    };
}

counters! {
    /// Commands applied to seats owned here, whoever's connection they came by.
    commands,
    /// Lines that were not valid messages.
    invalid_lines,
    /// Commands handed over to other shards.
    commands_forwarded,
    /// Connections accepted and kept.
    connections_accepted,
    /// Connections open now.
    connections_open,
    /// Connections closed at once because the server had all it may have.
    connections_refused,
    /// Connections closed because nothing was heard for the idle timeout.
    connections_closed_idle,
    /// Connections closed because the client did not read its replies.
    connections_closed_slow,
    /// Times that a connection's reading was paused until its replies left.
    reads_paused,
    /// Seats reserved and not yet sold.
    seats_reserved,
    /// Seats sold.
    seats_sold,
    /// Reservations refused because the server holds all the seats it may.
    seats_refused_full,
    /// Reservations refused because the disk is nearly full.
    seats_refused_disk,
    /// Frames of the journal on stable storage.
    journal_frames,
    /// Bytes of them, padding included.
    journal_bytes,
    /// Shards whose disk is too full for another segment, now.
    journal_disk_low,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_read() {
        let counters = Counters {
            commands: 3,
            seats_sold: 1,
            ..Counters::default()
        };
        let shared = SharedCounters::default();
        shared.publish(&counters);
        assert_eq!(shared.read(), counters);
        assert_eq!(shared.read().plus(&counters).commands, 6);
    }
}
