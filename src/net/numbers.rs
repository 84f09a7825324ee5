//! Numbers for new ids, each given out once in this process.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::NUMBER_LEASE;

/// Where all numbers of a server come from; see [`crate::inventory::id`].
#[derive(Debug)]
pub struct Numbers(AtomicU64);

impl Numbers {
    /// Gives out the numbers from `first` on. Another start should begin
    /// somewhere else: the time of day may be set back.
    pub fn from(first: u64) -> Self {
        Self(AtomicU64::new(first))
    }

    /// Takes so many numbers and says the first.
    pub fn take(&self, count: u64) -> u64 {
        // Relaxed: the number guards nothing but itself.
        self.0.fetch_add(count, Ordering::Relaxed)
    }
}

/// A shard's part of them, so that the shared number is touched rarely.
#[derive(Debug)]
pub(super) struct Lease {
    all: Arc<Numbers>,
    next: Cell<u64>,
    left: Cell<u64>,
}

impl Lease {
    pub(super) fn new(all: Arc<Numbers>) -> Self {
        Self {
            all,
            next: Cell::new(0),
            left: Cell::new(0),
        }
    }

    /// Takes so many numbers and says the first.
    pub(super) fn take(&self, count: u64) -> u64 {
        if count > NUMBER_LEASE {
            return self.all.take(count);
        }
        if count > self.left.get() {
            self.next.set(self.all.take(NUMBER_LEASE));
            self.left.set(NUMBER_LEASE);
        }
        let first = self.next.get();
        self.next.set(first.wrapping_add(count));
        self.left.set(self.left.get() - count);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_given_out_once() {
        let all = Arc::new(Numbers::from(u64::MAX - 5_000));
        let leases = [Lease::new(Arc::clone(&all)), Lease::new(Arc::clone(&all))];
        let mut random = fastrand::Rng::with_seed(7);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..2_000 {
            let count = match random.u8(..20) {
                0 => random.u64(NUMBER_LEASE..3 * NUMBER_LEASE),
                1 => NUMBER_LEASE,
                _ => random.u64(0..100),
            };
            let first = leases[random.usize(..2)].take(count);
            for step in 0..count {
                assert!(seen.insert(first.wrapping_add(step)), "{first} + {step}");
            }
        }
    }
}
