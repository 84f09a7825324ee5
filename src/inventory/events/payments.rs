//! The payments of one event. Money is never forgotten: what was paid is
//! booked, or owed until it was paid back.

use std::collections::{BTreeSet, HashMap, VecDeque};

use ahash::RandomState;

use crate::inventory::{Id, Micros};

use super::answer::PaymentState;
use super::basket::Basket;
use super::operation::Buyer;

/// Payments that one checkout may begin.
pub(super) const MAX_PAYMENTS: u8 = 5;

/// A checkout whose payment has failed has at least so many seconds left to
/// try another.
pub(super) const RETRY_SECONDS: u64 = 60;

/// A payment, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) id: Id,
    pub(super) checkout: Id,
    pub(super) provider: String,
    pub(super) buyer: Buyer,
    pub(super) until: Micros,
    pub(super) receipt: String,
    pub(super) basket: Basket,
    pub(super) state: PaymentState,
}

/// All payments of an event.
#[derive(Debug)]
pub(super) struct Payments {
    by_id: HashMap<Id, Payment, RandomState>,
    owed: BTreeSet<Id>,
    /// Those that are over and moved no money, oldest first. One of them may
    /// have been paid since.
    moneyless: VecDeque<Id>,
    open: BTreeSet<Id>,
}

impl Payments {
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            by_id: HashMap::with_hasher(hasher),
            owed: BTreeSet::new(),
            moneyless: VecDeque::new(),
            open: BTreeSet::new(),
        }
    }

    pub(super) fn get(&self, id: Id) -> Option<&Payment> {
        self.by_id.get(&id)
    }

    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Those that are to be paid back, oldest first.
    pub(super) fn owed(&self) -> impl ExactSizeIterator<Item = Id> {
        self.owed.iter().copied()
    }

    /// Those under way, and those that have ended by themselves since a time.
    pub(super) fn unsettled(&self, since: Micros) -> impl Iterator<Item = Id> {
        let ended = self.moneyless.iter().copied().filter(move |id| {
            let payment = self.by_id.get(id);
            payment.is_some_and(|it| it.state == PaymentState::Expired && it.until >= since)
        });
        self.open.iter().copied().chain(ended)
    }

    pub(super) fn insert(&mut self, payment: Payment) {
        let (id, state) = (payment.id, payment.state);
        self.by_id.insert(id, payment);
        self.enter(id, state);
    }

    /// Gives a payment another state; says whether it is there.
    pub(super) fn set(&mut self, id: Id, state: PaymentState) -> bool {
        let Some(payment) = self.by_id.get_mut(&id) else {
            return false;
        };
        let before = std::mem::replace(&mut payment.state, state);
        match before {
            PaymentState::Open => {
                self.open.remove(&id);
            }
            PaymentState::Owed => {
                self.owed.remove(&id);
            }
            _ => {}
        }
        self.enter(id, state);
        true
    }

    /// Money has come, or goes back: how the provider calls it.
    pub(super) fn set_receipt(&mut self, id: Id, receipt: &str) {
        if let Some(payment) = self.by_id.get_mut(&id) {
            receipt.clone_into(&mut payment.receipt);
        }
    }

    /// The oldest of those that are over and moved no money.
    pub(super) fn oldest_moneyless(&mut self) -> Option<Id> {
        while let Some(id) = self.moneyless.front().copied() {
            if self.is_moneyless(id) {
                return Some(id);
            }
            self.moneyless.pop_front();
        }
        None
    }

    /// Forgets one that is over and moved no money; says whether it was so.
    pub(super) fn forget(&mut self, id: Id) -> bool {
        let may_go = self.is_moneyless(id);
        if may_go {
            self.by_id.remove(&id);
            // After a snapshot the order is another; then it is found later.
            if self.moneyless.front() == Some(&id) {
                self.moneyless.pop_front();
            }
        }
        may_go
    }

    fn is_moneyless(&self, id: Id) -> bool {
        let state = self.by_id.get(&id).map(|payment| payment.state);
        matches!(state, Some(PaymentState::Failed | PaymentState::Expired))
    }

    /// All, oldest first.
    pub(super) fn sorted(&self) -> Vec<&Payment> {
        let mut all: Vec<&Payment> = self.by_id.values().collect();
        all.sort_unstable_by_key(|payment| payment.id);
        all
    }

    fn enter(&mut self, id: Id, state: PaymentState) {
        match state {
            PaymentState::Open => {
                self.open.insert(id);
            }
            PaymentState::Owed => {
                self.owed.insert(id);
            }
            PaymentState::Failed | PaymentState::Expired => self.moneyless.push_back(id),
            PaymentState::Booked(_) | PaymentState::Refunded => {}
        }
    }
}
