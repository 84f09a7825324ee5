//! Which payments the provider has to be asked about, and when: webhooks may
//! be lost.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::inventory::{Id, Micros};

/// So long after a payment's end its session is closed, so that whoever pays
/// at the last moment has arrived.
const GRACE: Micros = 2_000_000;

/// So long after its end a payment is given up on: providers repeat webhooks
/// for days, but not for ever.
const GIVE_UP: Micros = 24 * 60 * 60 * 1_000_000;

/// A payment to be looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The event.
    pub event: Id,
    /// The payment.
    pub payment: Id,
    /// How the provider calls its session; empty: not known any more.
    pub session: String,
    /// When the payment ends by itself.
    pub until: Micros,
    /// How often it was asked about.
    pub asked: u32,
}

/// Payments, by the moment when to look after them. Each is there once.
#[derive(Debug, Default)]
pub struct Watch {
    due: BTreeMap<(Micros, Id), Watched>,
    moments: HashMap<Id, Micros>,
}

impl Watched {
    /// When to ask next, at the latest just after its end; `None`: never.
    /// `first` is the wait before the first time, which doubles.
    pub fn next(&self, now: Micros, first: Duration) -> Option<Micros> {
        let first = u64::try_from(first.as_micros()).unwrap_or(Micros::MAX);
        let next = now.saturating_add(first.saturating_mul(1 << self.asked.min(20)));
        let end = self.until.saturating_add(GRACE);
        if now < end {
            return Some(next.min(end));
        }
        (next < end.saturating_add(GIVE_UP)).then_some(next)
    }
}

impl Watch {
    /// Looks after a payment at a moment; what was planned for it is void.
    pub fn plan(&mut self, at: Micros, watched: Watched) {
        let payment = watched.payment;
        if let Some(before) = self.moments.insert(payment, at) {
            self.due.remove(&(before, payment));
        }
        self.due.insert((at, payment), watched);
    }

    /// Somebody whose moment has come; is not watched any more.
    pub fn pop(&mut self, now: Micros) -> Option<Watched> {
        let entry = self.due.first_entry()?;
        if entry.key().0 > now {
            return None;
        }
        let watched = entry.remove();
        self.moments.remove(&watched.payment);
        Some(watched)
    }

    /// One payment, which is not watched any more.
    pub fn take(&mut self, payment: Id) -> Option<Watched> {
        let at = self.moments.remove(&payment)?;
        self.due.remove(&(at, payment))
    }

    /// The next moment.
    pub fn next(&self) -> Option<Micros> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    fn watched(payment: u128, asked: u32) -> Watched {
        Watched {
            event: Id::from_u128(1),
            payment: Id::from_u128(payment),
            session: "cs".to_owned(),
            until: 900 * SECOND,
            asked,
        }
    }

    #[test]
    fn each_is_there_once_and_the_earliest_comes_first() {
        let mut watch = Watch::default();
        watch.plan(30, watched(1, 0));
        watch.plan(20, watched(2, 0));
        watch.plan(10, watched(1, 1));
        assert_eq!((watch.len(), watch.next()), (2, Some(10)));
        assert_eq!(watch.pop(9), None);
        assert_eq!(watch.pop(50), Some(watched(1, 1)));
        assert_eq!(watch.take(Id::from_u128(1)), None);
        assert_eq!(watch.take(Id::from_u128(2)), Some(watched(2, 0)));
        assert!(watch.is_empty() && watch.pop(50).is_none());
    }

    #[test]
    fn asking_slows_down_but_does_not_miss_the_end() {
        let first = Duration::from_secs(60);
        let next = |asked, now: u64| {
            let next = watched(1, asked).next(now * SECOND, first);
            next.map(|at| at / SECOND)
        };
        assert_eq!(
            (next(0, 0), next(1, 60), next(2, 180)),
            (Some(60), Some(180), Some(420))
        );
        assert_eq!(next(3, 420), Some(900));
        assert_eq!(next(3, 900), Some(902), "the end itself");
        assert_eq!(next(4, 902), Some(902 + 960));
        assert_eq!(next(20, 902), None, "given up");
    }
}
