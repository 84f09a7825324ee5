//! Buyers and operators of some events who do anything, right and wrong, in
//! any order, while time passes in jumps.

mod halls;

use fastrand::Rng;
use ringside::inventory::events::{
    Buyer, EventOperation, PaymentOutcome, Rate, Reference, RoomAction, Unwanted, Wanted,
};
use ringside::inventory::{Id, Micros, Page, id};

use halls::standing;
pub(crate) use halls::{EVENTS, event, new_event};

/// Seats that anybody asks for; all events have more.
const SOUGHT: u32 = 9;

const SECOND: Micros = 1_000_000;

pub(crate) struct Buyers {
    pub(crate) now: Micros,
    number: u64,
    /// Events that somebody wanted to make.
    made: Vec<Id>,
    /// Every checkout that was ever asked for, with its event.
    pub(crate) checkouts: Vec<(Id, Id)>,
    /// Every payment, with its event and checkout.
    pub(crate) payments: Vec<(Id, Id, Id)>,
}

fn buyer() -> Buyer {
    Buyer {
        name: "Ada".to_owned(),
        email: "ada@example.org".to_owned(),
    }
}

impl Buyers {
    pub(crate) fn new() -> Self {
        Self {
            now: 10 * SECOND,
            number: 100,
            made: Vec::new(),
            checkouts: Vec::new(),
            payments: Vec::new(),
        }
    }

    /// Mostly little, seldom so much that somebody's time is over.
    pub(crate) fn pass(&mut self, rng: &mut Rng) {
        self.now += match rng.u32(..60) {
            0..52 => rng.u64(..SECOND),
            52..59 => rng.u64(..20 * SECOND),
            _ => rng.u64(..400 * SECOND),
        };
    }

    fn id(&mut self, event: Id) -> Id {
        self.number += 1;
        id::make(1_000, self.number, id::locator(event))
    }

    fn reference(&mut self) -> Reference {
        self.number += 1;
        Reference::from_number(self.number)
    }

    /// One of the last.
    fn last<T: Copy>(all: &[T], rng: &mut Rng) -> Option<T> {
        let recent = all.len().saturating_sub(12);
        rng.choice(&all[recent..]).copied()
    }

    pub(crate) fn choose(&mut self, rng: &mut Rng) -> EventOperation {
        let page = Page {
            after: None,
            limit: 10,
        };
        let kind = rng.u32(..60);
        let chosen = rng.choice(&self.made).copied().filter(|_| kind >= 3);
        let Some(chosen) = chosen else {
            let number = rng.u32(..EVENTS);
            self.made.push(event(number));
            return EventOperation::Create(Box::new(new_event(number)));
        };
        match kind {
            3..12 => return self.come(chosen, rng),
            12 if rng.bool() => return EventOperation::SeatMap(chosen),
            12 => {
                let after = (self.now - rng.u64(..self.now.min(60 * SECOND)), Id::nil());
                return EventOperation::ListEnds { after, most: 3 };
            }
            13 => return EventOperation::Figures(page),
            14 => return set_room(chosen, rng),
            15..22 => return self.money(chosen, rng),
            _ => {}
        }
        let Some((event, checkout)) = Self::last(&self.checkouts, rng) else {
            return EventOperation::Find(chosen);
        };
        match kind {
            22..24 => EventOperation::FindCheckout { event, checkout },
            24..26 => EventOperation::LeaveCheckout { event, checkout },
            26 => EventOperation::ExtendCheckout { event, checkout },
            27..30 => {
                let unwanted = match rng.u32(..3) {
                    0 => Unwanted::All,
                    1 => Unwanted::Seats(vec![rng.u32(..SOUGHT)]),
                    _ => general(event, 1).1,
                };
                EventOperation::Release {
                    event,
                    checkout,
                    unwanted,
                }
            }
            30..33 => EventOperation::PayAtOnce {
                event,
                checkout,
                payment: self.id(event),
                provider: "test/ok".to_owned(),
                buyer: buyer(),
                most: if rng.u8(..8) == 0 { 0 } else { u64::MAX },
                reference: self.reference(),
                receipt: "receipt".to_owned(),
            },
            33..37 => EventOperation::Complete {
                event,
                checkout,
                reference: self.reference(),
                buyer: buyer(),
                receipt: "cash".to_owned(),
            },
            37..43 => {
                let payment = self.id(event);
                self.payments.push((event, checkout, payment));
                EventOperation::BeginPayment {
                    event,
                    checkout,
                    payment,
                    provider: "hosted".to_owned(),
                    buyer: buyer(),
                    seconds: rng.u32(1..200),
                }
            }
            _ => {
                let seats = rng.u32(1..4);
                let wanted = match rng.u32(..5) {
                    0..3 => Wanted::Seats((0..seats).map(|_| rng.u32(..SOUGHT)).collect()),
                    3 => Wanted::Best {
                        count: seats,
                        section: rng.bool().then(|| "Stalls".to_owned()),
                    },
                    _ => general(event, seats).0,
                };
                EventOperation::Hold {
                    event,
                    checkout,
                    wanted,
                }
            }
        }
    }

    fn come(&mut self, event: Id, rng: &mut Rng) -> EventOperation {
        let earlier = Self::last(&self.checkouts, rng).filter(|it| it.0 == event);
        let earlier = earlier.filter(|_| rng.u32(..4) == 0).map(|it| it.1);
        let checkout = self.id(event);
        self.checkouts.push((event, checkout));
        EventOperation::StartCheckout {
            event,
            checkout,
            earlier,
        }
    }

    /// What became of payments: also of old ones, and twice.
    fn money(&mut self, chosen: Id, rng: &mut Rng) -> EventOperation {
        let Some((event, _, payment)) = Self::last(&self.payments, rng) else {
            return EventOperation::Find(chosen);
        };
        let outcome = match rng.u32(..10) {
            0 | 4 => return EventOperation::MarkRefunded { event, payment },
            1 => return EventOperation::FindPayment { event, payment },
            2 | 3 => PaymentOutcome::Failed,
            _ => PaymentOutcome::Paid {
                reference: self.reference(),
                receipt: "receipt".to_owned(),
            },
        };
        EventOperation::SettlePayment {
            event,
            payment,
            outcome,
        }
    }
}

fn general(event: Id, quantity: u32) -> (Wanted, Unwanted) {
    let option = standing(event);
    let wanted = Wanted::General { option, quantity };
    (wanted, Unwanted::General { option, quantity })
}

fn set_room(event: Id, rng: &mut Rng) -> EventOperation {
    let action = match rng.u32(..6) {
        0 => RoomAction::Pause,
        1 => RoomAction::Drain,
        _ => RoomAction::Resume,
    };
    EventOperation::SetRoom {
        event,
        action: Some(action),
        rate: rng.bool().then_some(Rate::UNLIMITED),
        max_active: rng.bool().then(|| rng.u32(..6)),
    }
}
