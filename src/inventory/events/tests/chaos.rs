//! Many buyers do anything in any order while time jumps; an auditor reads
//! the journal, and the state is rebuilt from it.

use proptest::prelude::*;

use super::audit::Audit;
use super::shop::*;
use crate::inventory::events::*;
use crate::inventory::{Book, Id};

#[derive(Clone, Debug)]
enum Step {
    Pass(u32),
    Tick,
    Come,
    Look(usize),
    Leave(usize),
    Extend(usize),
    Hold(usize, Vec<u32>),
    Best(usize, u32),
    Standing(usize, u32),
    Release(usize, Option<u32>),
    Complete(usize),
    Begin(usize, u32),
    Paid(usize),
    Failed(usize),
    Crash,
    Compact,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || any::<prop::sample::Index>().prop_map(|it| it.index(8));
    prop_oneof![
        3 => prop_oneof![0..3_000_u32, 10_000..200_000_u32].prop_map(Step::Pass),
        2 => Just(Step::Tick),
        6 => Just(Step::Come),
        2 => who().prop_map(Step::Look),
        2 => who().prop_map(Step::Leave),
        1 => who().prop_map(Step::Extend),
        6 => (who(), prop::collection::vec(0..12_u32, 1..4)).prop_map(|(a, b)| Step::Hold(a, b)),
        4 => (who(), 1..5_u32).prop_map(|(a, b)| Step::Best(a, b)),
        4 => (who(), 1..4_u32).prop_map(|(a, b)| Step::Standing(a, b)),
        2 => (who(), any::<Option<u32>>()).prop_map(|(a, b)| Step::Release(a, b)),
        3 => who().prop_map(Step::Complete),
        4 => (who(), 1..120_u32).prop_map(|(a, b)| Step::Begin(a, b)),
        4 => who().prop_map(Step::Paid),
        1 => who().prop_map(Step::Failed),
        1 => Just(Step::Crash),
        1 => Just(Step::Compact),
    ]
}

struct Crowd {
    shop: Shop,
    audit: Audit,
    read: usize,
    knobs: (f64, usize),
    checkouts: Vec<Id>,
    payments: Vec<Id>,
}

impl Crowd {
    /// One of the last that came.
    fn one(&self, who: usize) -> Id {
        let from_end = who.min(self.checkouts.len().saturating_sub(1));
        *self
            .checkouts
            .iter()
            .rev()
            .nth(from_end)
            .unwrap_or(&option())
    }

    fn act(&mut self, step: Step) {
        let shop = &mut self.shop;
        match step {
            Step::Pass(millis) => {
                shop.now += u64::from(millis) * 1000;
            }
            Step::Tick => {
                while shop.expire() {}
                let next = shop.events.next_deadline();
                assert!(
                    next.is_none_or(|next| next > shop.now),
                    "all that was due is done"
                );
            }
            Step::Come => {
                let checkout = shop.come();
                self.checkouts.push(checkout);
            }
            Step::Crash => {
                shop.events = replayed(&shop.journal);
            }
            Step::Compact => {
                shop.events = restored(&shop.events);
            }
            Step::Complete(who) => {
                let checkout = self.one(who);
                let _ = self.shop.complete(checkout);
            }
            other => {
                if let Some(operation) = self.operation(other) {
                    self.ask(operation);
                }
            }
        }
    }

    fn operation(&mut self, step: Step) -> Option<EventOperation> {
        let event = event();
        Some(match step {
            Step::Look(who) => EventOperation::FindCheckout {
                event,
                checkout: self.one(who),
            },
            Step::Leave(who) => EventOperation::LeaveCheckout {
                event,
                checkout: self.one(who),
            },
            Step::Extend(who) => EventOperation::ExtendCheckout {
                event,
                checkout: self.one(who),
            },
            Step::Hold(who, seats) => {
                let wanted = Wanted::Seats(seats);
                EventOperation::Hold {
                    event,
                    checkout: self.one(who),
                    wanted,
                }
            }
            Step::Best(who, count) => {
                let wanted = Wanted::Best {
                    count,
                    section: None,
                };
                EventOperation::Hold {
                    event,
                    checkout: self.one(who),
                    wanted,
                }
            }
            Step::Standing(who, quantity) => {
                let wanted = Wanted::General {
                    option: option(),
                    quantity,
                };
                EventOperation::Hold {
                    event,
                    checkout: self.one(who),
                    wanted,
                }
            }
            Step::Release(who, Some(seat)) => {
                let unwanted = match seat % 5 {
                    0 => Unwanted::General {
                        option: option(),
                        quantity: 1,
                    },
                    _ => Unwanted::Seats(vec![seat % 11]),
                };
                EventOperation::Release {
                    event,
                    checkout: self.one(who),
                    unwanted,
                }
            }
            Step::Release(who, None) => {
                let unwanted = Unwanted::All;
                EventOperation::Release {
                    event,
                    checkout: self.one(who),
                    unwanted,
                }
            }
            Step::Begin(who, seconds) => {
                let payment = self.shop.new_id();
                self.payments.push(payment);
                EventOperation::BeginPayment {
                    event,
                    checkout: self.one(who),
                    payment,
                    provider: "hosted".into(),
                    buyer: ada(),
                    seconds,
                }
            }
            Step::Paid(who) => {
                let reference = self.shop.reference();
                let receipt = "receipt".into();
                let outcome = PaymentOutcome::Paid { reference, receipt };
                let payment = self.payments.iter().rev().nth(who).copied()?;
                EventOperation::SettlePayment {
                    event,
                    payment,
                    outcome,
                }
            }
            Step::Failed(who) => {
                let payment = self.payments.iter().rev().nth(who).copied()?;
                let outcome = PaymentOutcome::Failed;
                EventOperation::SettlePayment {
                    event,
                    payment,
                    outcome,
                }
            }
            _ => return None,
        })
    }

    fn ask(&mut self, operation: EventOperation) {
        let before = (self.shop.journal.len(), self.shop.map());
        let answer = self.shop.ask(operation);
        if let Some(refusal) = refusal(&answer) {
            // The map has done what was due, so the refusal itself did nothing.
            let journal = &self.shop.journal[before.0..];
            let acts = |it: &&EventChange| {
                matches!(it, EventChange::Held { .. } | EventChange::Booked { .. })
            };
            assert_eq!(journal.iter().find(acts), None, "{refusal}");
            assert_eq!(self.shop.map(), before.1.clone(), "{refusal}");
        }
    }

    fn check(&mut self) {
        // Does what is due, so that nothing changes between the readings.
        let map = self.shop.map();
        for change in &self.shop.journal[self.read..] {
            self.audit.read(change, self.knobs);
        }
        self.read = self.shop.journal.len();
        let totals = self.shop.events.totals();
        let sums = [Book::Available, Book::Held, Book::Sold].map(|book| self.audit.sum(book));
        assert_eq!(
            sums,
            [totals.free, totals.held, totals.sold].map(|it| it as i64)
        );
        assert_eq!(-self.audit.sum(Book::Issued), 15);
        for (letter, tickets) in [(b'h', totals.held), (b's', totals.sold)] {
            let seats = map.bytes().filter(|it| *it == letter).count();
            assert!(seats as u64 <= tickets && tickets - seats as u64 <= 4);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_is_sold_twice_or_lost(
        steps in prop::collection::vec(step(), 1..120),
        rate in prop_oneof![Just(0.0), Just(0.4), Just(1.0), Just(30.0)],
        max_active in 0..4_u32,
        session_seconds in 20..120_u32,
    ) {
        let mut new = concert();
        new.session_seconds = session_seconds;
        new.room.rate = Rate::per_second(rate).unwrap();
        new.room.max_active = max_active;
        let mut crowd = Crowd {
            shop: Shop::with(new),
            audit: Audit::default(),
            read: 0,
            knobs: (rate, max_active as usize),
            checkouts: Vec::new(),
            payments: Vec::new(),
        };
        for step in steps {
            crowd.act(step);
            crowd.check();
        }
        prop_assert_eq!(state(&replayed(&crowd.shop.journal)), state(&crowd.shop.events));
        prop_assert_eq!(state(&restored(&crowd.shop.events)), state(&crowd.shop.events));

        // When everything has expired, exactly what was not sold can be sold.
        for _ in 0..300 {
            let knocked = crowd.shop.events.totals();
            if knocked.queued + knocked.active == 0 {
                break;
            }
            crowd.shop.pass(1000);
            while crowd.shop.expire() {}
        }
        crowd.check();
        let totals = crowd.shop.events.totals();
        prop_assert_eq!((totals.held, totals.active, totals.queued), (0, 0, 0));
        prop_assert_eq!(totals.free + totals.sold, 15);
        for left in (0..totals.free).rev() {
            let buyer = crowd.shop.come();
            while let CheckoutState::Queued { .. } = crowd.shop.look(buyer).state {
                crowd.shop.pass(1);
            }
            let best = Wanted::Best { count: 1, section: None };
            if refusal(&crowd.shop.hold(buyer, best)).is_some() {
                let standing = Wanted::General { option: option(), quantity: 1 };
                let answer = crowd.shop.hold(buyer, standing);
                prop_assert!(refusal(&answer).is_none(), "{:?}", answer);
            }
            prop_assert!(refusal(&crowd.shop.complete(buyer)).is_none());
            prop_assert_eq!(crowd.shop.events.totals().free, left);
        }
        crowd.check();
        prop_assert_eq!(crowd.shop.events.totals().sold, 15);
        prop_assert_eq!(crowd.shop.view().state, EventState::SoldOut);
    }
}
