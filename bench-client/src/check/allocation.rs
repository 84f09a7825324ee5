//! What may be sold of each ticket option, and what was.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::plan::purchase::{Purchase, Quantities};

/// No purchase of this quantity was refused yet.
const NEVER: u64 = u64::MAX;

/// What is known of all ticket options of a load, shared by all threads.
///
/// Nothing ever comes back, so what is left only shrinks. A refusal is right
/// if at its moment less was left than was asked for. That moment was before
/// the refusal arrived, so purchases sent later cannot be what it saw.
#[derive(Debug)]
pub(crate) struct Allocations {
    quantities: Quantities,
    allocation: u64,
    options: Vec<Sales>,
}

#[derive(Debug)]
struct Sales {
    /// Sum of the acknowledged purchases.
    sold: AtomicU64,
    /// Sum of the purchases without an answer.
    unknown: AtomicU64,
    /// By quantity.
    refusals: Box<[Refusals]>,
}

#[derive(Debug)]
struct Refusals {
    /// When the first one arrived.
    first: AtomicU64,
    /// Sum of the acknowledged purchases that were sent after it.
    sold_since: AtomicU64,
}

impl Allocations {
    /// So many options with so much to sell each, of which nothing is sold.
    pub(crate) fn new(options: u32, allocation: u64, quantities: Quantities) -> Self {
        let refusals = || Refusals {
            first: AtomicU64::new(NEVER),
            sold_since: AtomicU64::new(0),
        };
        let sales = |_| Sales {
            sold: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            refusals: (0..quantities.count()).map(|_| refusals()).collect(),
        };
        Self {
            quantities,
            allocation,
            options: (0..options).map(sales).collect(),
        }
    }

    /// What each option had at the start.
    pub(crate) fn allocation(&self) -> u64 {
        self.allocation
    }

    /// Enters an acknowledged purchase that was sent at `sent`; says how much of
    /// the option is sold with it.
    ///
    /// # Errors
    /// Why no correct server could have acknowledged it.
    pub(crate) fn sold(&self, purchase: Purchase, sent: u64) -> Result<u64, String> {
        let sales = &self.options[purchase.option as usize];
        let quantity = u64::from(purchase.quantity);
        let sold = sales.sold.fetch_add(quantity, SeqCst) + quantity;
        if sold > self.allocation {
            let allocation = self.allocation;
            return Err(format!("oversold: {sold} of {allocation} are acknowledged"));
        }
        for (refused, refusals) in (self.quantities.low..).zip(&sales.refusals) {
            if refusals.first.load(SeqCst) >= sent {
                continue;
            }
            if refused <= purchase.quantity {
                return Err(format!(
                    "sold although {refused} of it had been refused before this was asked"
                ));
            }
            refusals.sold_since.fetch_add(quantity, SeqCst);
        }
        Ok(sold)
    }

    /// Enters a refusal that arrived at `now`. It is judged by [`Self::unpaid`].
    pub(crate) fn refused(&self, purchase: Purchase, now: u64) {
        let sales = &self.options[purchase.option as usize];
        let place = (purchase.quantity - self.quantities.low) as usize;
        let first = &sales.refusals[place].first;
        // Of many refusals the first says it all; a load is cheaper.
        if first.load(SeqCst) > now {
            first.fetch_min(now, SeqCst);
        }
    }

    /// Notes a purchase that may have happened or not.
    pub(crate) fn lost(&self, purchase: Purchase) {
        let sales = &self.options[purchase.option as usize];
        sales.unknown.fetch_add(purchase.quantity.into(), SeqCst);
    }

    /// What is acknowledged of all options, and what is not known.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let sum = |of: fn(&Sales) -> &AtomicU64| {
            let each = self.options.iter().map(|sales| of(sales).load(SeqCst));
            each.sum()
        };
        (sum(|sales| &sales.sold), sum(|sales| &sales.unknown))
    }

    /// The first option with a refusal that cannot be right, and why. Only
    /// meaningful when every purchase has been answered or noted as lost.
    pub(crate) fn unpaid(&self) -> Option<(u32, String)> {
        (0..).zip(&self.options).find_map(|(option, sales)| {
            for (quantity, refusals) in (self.quantities.low..).zip(&sales.refusals) {
                if refusals.first.load(SeqCst) == NEVER {
                    continue;
                }
                let before = sales.sold.load(SeqCst) - refusals.sold_since.load(SeqCst);
                let most = before + sales.unknown.load(SeqCst);
                let left = self.allocation.saturating_sub(most);
                if left >= u64::from(quantity) {
                    let why = format!("refused {quantity} although at least {left} were left");
                    return Some((option, why));
                }
            }
            None
        })
    }

    /// Compares with what the server says is left of an option in the end.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn settle(&self, option: u32, available: u64) -> Result<(), String> {
        let sales = &self.options[option as usize];
        let (sold, unknown) = (sales.sold.load(SeqCst), sales.unknown.load(SeqCst));
        let allocation = self.allocation;
        let Some(gone) = allocation.checked_sub(available) else {
            return Err(format!("{available} are left of {allocation}"));
        };
        if gone < sold {
            return Err(format!(
                "purchases were lost: {sold} are acknowledged, {gone} of {allocation} are gone"
            ));
        }
        if gone > sold + unknown {
            return Err(format!(
                "{gone} of {allocation} are gone, but only {sold} are acknowledged and {unknown} \
                 unknown"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantities(text: &str) -> Quantities {
        text.parse().unwrap()
    }

    fn purchase(quantity: u32) -> Purchase {
        Purchase {
            option: 0,
            quantity,
            user: 0,
        }
    }

    #[test]
    fn more_than_there_was_is_oversold_at_once() {
        let ledger = Allocations::new(1, 3, quantities("2"));
        assert_eq!(ledger.sold(purchase(2), 0), Ok(2));
        let why = ledger.sold(purchase(2), 0).unwrap_err();
        assert!(why.starts_with("oversold: 4 of 3"), "{why}");
    }

    #[test]
    fn a_refusal_needs_that_less_was_left() {
        let ledger = Allocations::new(1, 3, quantities("1..4"));
        ledger.sold(purchase(1), 0).unwrap();
        ledger.refused(purchase(4), 5);
        ledger.refused(purchase(3), 5);
        assert_eq!(ledger.unpaid(), None);
        ledger.refused(purchase(2), 6);
        let (_, why) = ledger.unpaid().unwrap();
        assert!(why.starts_with("refused 2 although at least 2"), "{why}");
        // One without an answer may be why.
        ledger.lost(purchase(1));
        assert_eq!(ledger.unpaid(), None);
    }

    #[test]
    fn what_was_sold_later_excuses_no_refusal() {
        let ledger = Allocations::new(1, 4, quantities("1..4"));
        ledger.refused(purchase(4), 5);
        for _ in 0..4 {
            ledger.sold(purchase(1), 6).unwrap();
        }
        assert!(ledger.unpaid().is_some());
        let ledger = Allocations::new(1, 4, quantities("1..4"));
        ledger.refused(purchase(4), 5);
        // It was under way when the refusal came.
        ledger.sold(purchase(1), 5).unwrap();
        assert_eq!(ledger.unpaid(), None);
    }

    #[test]
    fn nothing_is_sold_after_it_was_refused() {
        let ledger = Allocations::new(1, 9, quantities("1..4"));
        ledger.refused(purchase(2), 5);
        assert!(ledger.sold(purchase(1), 6).is_ok());
        assert!(ledger.sold(purchase(2), 5).is_ok());
        let why = ledger.sold(purchase(3), 6).unwrap_err();
        assert!(why.contains("2 of it had been refused"), "{why}");
    }

    #[test]
    fn the_servers_account_must_be_ours() {
        let ledger = Allocations::new(1, 9, quantities("2"));
        ledger.sold(purchase(2), 0).unwrap();
        ledger.lost(purchase(2));
        for available in [7, 6, 5] {
            assert_eq!(ledger.settle(0, available), Ok(()));
        }
        assert!(ledger.settle(0, 8).unwrap_err().contains("were lost"));
        assert!(ledger.settle(0, 4).unwrap_err().contains("are gone, but"));
        assert!(ledger.settle(0, 10).unwrap_err().contains("10 are left"));
        assert_eq!(ledger.totals(), (2, 2));
    }

    proptest! {
        /// A correct server decides in one order; requests leave before and
        /// replies arrive after, in any order.
        #[test]
        fn a_correct_server_is_never_accused(
            allocation in 0_u64..30,
            asked in prop::collection::vec((1_u32..=4, 0_u64..20, 0_u64..20), 1..60),
        ) {
            let ledger = Allocations::new(1, allocation, quantities("1..4"));
            let mut left = allocation;
            let mut replies = Vec::new();
            for (turn, (quantity, before, after)) in (20_u64..).zip(asked) {
                let granted = left >= u64::from(quantity);
                if granted {
                    left -= u64::from(quantity);
                }
                // Decided at the turn: sent earlier, answered later.
                replies.push((turn + after + 1, turn - before, quantity, granted));
            }
            replies.sort_unstable();
            for (arrived, sent, quantity, granted) in replies {
                if granted {
                    prop_assert!(ledger.sold(purchase(quantity), sent).is_ok());
                } else {
                    ledger.refused(purchase(quantity), arrived);
                }
            }
            prop_assert_eq!(ledger.unpaid(), None);
            prop_assert_eq!(ledger.settle(0, left), Ok(()));
        }
    }
}
