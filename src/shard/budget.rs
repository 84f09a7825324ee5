//! The bound on seats held in memory, shared by all shards.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many more seats the whole server may store.
///
/// Shards lease a few at a time, so that the shared number is touched rarely.
/// The bound is never passed. Leases shrink with what is left, down to single
/// seats, so it is reached exactly unless the hash were badly skewed (then at
/// most 1/64 of it could lie unused on other shards).
#[derive(Debug)]
pub struct SeatBudget {
    left: AtomicU64,
    shards: u64,
}

impl SeatBudget {
    const LARGEST_LEASE: u64 = 4096;

    /// A budget of `seats` for `shards` shards.
    pub fn new(seats: u64, shards: u16) -> Self {
        Self {
            left: AtomicU64::new(seats),
            shards: u64::from(shards),
        }
    }

    /// Takes some seats out of the budget and says how many; 0 when it is
    /// used up.
    pub fn lease(&self) -> usize {
        let mut taken = 0;
        // Relaxed: the number guards nothing but itself.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                taken = left
                    .div_ceil(64 * self.shards)
                    .min(Self::LARGEST_LEASE)
                    .min(left);
                (taken > 0).then(|| left - taken)
            });
        taken as usize
    }

    /// Takes out seats that are stored already; fewer if there are no more.
    pub fn charge(&self, seats: u64) {
        // Relaxed: the number guards nothing but itself.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_sub(seats))
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_that_are_stored_already_count() {
        let budget = SeatBudget::new(10, 1);
        budget.charge(9);
        assert_eq!((budget.lease(), budget.lease()), (1, 0));
        budget.charge(5);
        assert_eq!(budget.lease(), 0);
    }

    #[test]
    fn leases_add_up_to_the_budget_and_then_stop() {
        for seats in [0, 1, 63, 10_000, 1_000_000] {
            let budget = SeatBudget::new(seats, 4);
            let mut total = 0;
            loop {
                match budget.lease() {
                    0 => break,
                    lease => total += lease as u64,
                }
            }
            assert_eq!(total, seats);
            assert_eq!(budget.lease(), 0);
        }
    }
}
