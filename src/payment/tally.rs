//! What is counted about payments and webhooks.

use std::sync::atomic::{AtomicU64, Ordering};

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Count {
    /// Sessions opened at the provider.
    Opened,
    /// Sessions that could not be opened.
    Unavailable,
    /// Payments whose money has come, and that were booked.
    Paid,
    /// Payments that were declined, given up or closed by the provider.
    Declined,
    /// Payments whose money has come for what is gone.
    Owed,
    /// Payments whose money was paid back.
    Refunded,
    /// Refunds that failed and will be tried again.
    RefundFailed,
    /// Times the provider was asked how far a session is.
    LookedUp,
    /// Webhooks received and dealt with.
    WebhookIn,
    /// Webhooks received that were forged, old or unreadable.
    WebhookRejected,
    /// Webhooks received that could not be dealt with now.
    WebhookPutOff,
    /// Webhooks sent and taken.
    WebhookOut,
    /// Webhooks sent and not taken; they are sent again.
    WebhookRetried,
    /// Webhooks given up on.
    WebhookDropped,
}

/// All counts, of all threads.
#[derive(Debug, Default)]
pub struct Tally([AtomicU64; Count::ALL.len()]);

impl Count {
    /// All, with the labels that metrics give them.
    pub const ALL: [(Self, &'static str, &'static str); 14] = [
        (Self::Opened, "payment_outcomes", "opened"),
        (Self::Unavailable, "payment_outcomes", "unavailable"),
        (Self::Paid, "payment_outcomes", "paid"),
        (Self::Declined, "payment_outcomes", "declined"),
        (Self::Owed, "payment_outcomes", "owed"),
        (Self::Refunded, "payment_outcomes", "refunded"),
        (Self::RefundFailed, "payment_outcomes", "refund_failed"),
        (Self::LookedUp, "payment_outcomes", "looked_up"),
        (Self::WebhookIn, "webhooks_in", "taken"),
        (Self::WebhookRejected, "webhooks_in", "rejected"),
        (Self::WebhookPutOff, "webhooks_in", "put_off"),
        (Self::WebhookOut, "webhooks_out", "delivered"),
        (Self::WebhookRetried, "webhooks_out", "retried"),
        (Self::WebhookDropped, "webhooks_out", "dropped"),
    ];
}

impl Tally {
    /// One more.
    pub fn add(&self, count: Count) {
        self.add_many(count, 1);
    }

    /// So many more.
    pub fn add_many(&self, count: Count, more: u64) {
        self.0[count as usize].fetch_add(more, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn get(&self, count: Count) -> u64 {
        self.0[count as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_listed_in_the_order_of_their_numbers() {
        for (number, (count, _, _)) in Count::ALL.into_iter().enumerate() {
            assert_eq!(number, count as usize);
        }
        let tally = Tally::default();
        tally.add(Count::Paid);
        tally.add(Count::Paid);
        assert_eq!((tally.get(Count::Paid), tally.get(Count::Owed)), (2, 0));
    }
}
