//! A shard's events with their journal, and short ways to ask them.

use crate::inventory::events::*;
use crate::inventory::{Id, Micros, id};

pub(super) const SECOND: Micros = 1_000_000;
pub(super) const START: Micros = 1_000_000 * SECOND;

/// An id of something at event `event`.
pub(super) fn named(event: u32, number: u64) -> Id {
    id::make(1_000, number, event)
}

pub(super) const EVENT: u32 = 1;

/// The only event of most tests.
pub(super) fn event() -> Id {
    named(EVENT, 0)
}

pub(super) fn option() -> Id {
    named(EVENT, 1)
}

/// Stalls: A 1-4, B 1-4 at 50.00; Balcony: three seats with labels of their
/// own at 30.00; four standing places at 20.00.
pub(super) fn concert() -> NewEvent {
    NewEvent {
        id: event(),
        name: "Night of the Bells".into(),
        description: String::new(),
        date: "2027-05-01T20:00:00+02:00".into(),
        venue: "Old Town Hall".into(),
        currency: "EUR".into(),
        sections: vec![
            NewSection {
                name: "Stalls".into(),
                price: 5_000,
                rows: NewRows::Template { rows: 2, seats: 4 },
            },
            NewSection {
                name: "Balcony".into(),
                price: 3_000,
                rows: NewRows::Listed(vec![NewRow {
                    label: "1".into(),
                    seats: NewSeats::Labels(vec!["2".into(), "4".into(), "6".into()]),
                }]),
            },
        ],
        general: vec![GeneralOption {
            id: option(),
            name: "Standing".into(),
            price: 2_000,
            allocation: 4,
        }],
        room: NewRoom {
            rate: Rate::UNLIMITED,
            max_active: 0,
            opens_at: None,
            order: Order::Fifo,
            shuffle_seed: 7,
            absence_seconds: 120,
        },
        session_seconds: 600,
        max_tickets: 4,
    }
}

pub(super) struct Shop {
    pub(super) events: Events,
    pub(super) journal: Vec<EventChange>,
    pub(super) now: Micros,
    next: u64,
}

impl Shop {
    pub(super) fn empty(bounds: EventBounds) -> Self {
        Self {
            events: Events::new(bounds, 1),
            journal: Vec::new(),
            now: START,
            next: 100,
        }
    }

    pub(super) fn with(new: NewEvent) -> Self {
        let mut shop = Self::empty(EventBounds::default());
        let answer = shop.ask(EventOperation::Create(Box::new(new)));
        assert!(matches!(answer, EventAnswer::Event(_)), "{answer:?}");
        shop
    }

    pub(super) fn ask(&mut self, operation: EventOperation) -> EventAnswer {
        let journal = &mut self.journal;
        let mut record = |change| journal.push(change);
        self.events.operate(self.now, operation, &mut record)
    }

    pub(super) fn expire(&mut self) -> bool {
        let journal = &mut self.journal;
        let mut record = |change| journal.push(change);
        self.events.expire(self.now, &mut record)
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.now += seconds * SECOND;
    }

    pub(super) fn new_id(&mut self) -> Id {
        self.next += 1;
        named(EVENT, self.next)
    }

    pub(super) fn reference(&mut self) -> Reference {
        self.next += 1;
        Reference::from_number(self.next)
    }

    /// A new checkout, wherever it is put.
    pub(super) fn come(&mut self) -> Id {
        let checkout = self.new_id();
        let answer = self.ask(EventOperation::StartCheckout {
            event: event(),
            checkout,
            earlier: None,
        });
        assert!(matches!(answer, EventAnswer::Checkout(_)), "{answer:?}");
        checkout
    }

    pub(super) fn look(&mut self, checkout: Id) -> CheckoutView {
        let event = event();
        match self.ask(EventOperation::FindCheckout { event, checkout }) {
            EventAnswer::Checkout(view) => view,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn hold(&mut self, checkout: Id, wanted: Wanted) -> EventAnswer {
        self.ask(EventOperation::Hold {
            event: event(),
            checkout,
            wanted,
        })
    }

    pub(super) fn hold_seats(&mut self, checkout: Id, seats: &[u32]) -> EventAnswer {
        self.hold(checkout, Wanted::Seats(seats.to_vec()))
    }

    pub(super) fn complete(&mut self, checkout: Id) -> EventAnswer {
        let reference = self.reference();
        self.ask(EventOperation::Complete {
            event: event(),
            checkout,
            reference,
            buyer: ada(),
            receipt: "cash".into(),
        })
    }

    pub(super) fn leave(&mut self, checkout: Id) -> EventAnswer {
        let event = event();
        self.ask(EventOperation::LeaveCheckout { event, checkout })
    }

    /// All rows of the seat map.
    pub(super) fn map(&mut self) -> String {
        match self.ask(EventOperation::SeatMap(event())) {
            EventAnswer::SeatMap(map) => map.rows().collect::<Vec<_>>().join(" "),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn view(&mut self) -> EventView {
        match self.ask(EventOperation::Find(event())) {
            EventAnswer::Event(view) => view,
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn ada() -> Buyer {
    Buyer {
        name: "Ada".into(),
        email: "ada@example.org".into(),
    }
}

pub(super) fn refusal(answer: &EventAnswer) -> Option<&EventRefusal> {
    match answer {
        EventAnswer::Refused(refusal) => Some(refusal),
        _ => None,
    }
}

/// All of the state, to be compared: what a snapshot tells, without what is
/// only kept in memory.
pub(super) fn state(events: &Events) -> Vec<String> {
    let mut all = Vec::new();
    events.snapshot(&mut |mut change| {
        if let EventChange::CheckoutKept { at, .. } = &mut change {
            *at = 0;
        }
        all.push(change);
    });
    // Handles of those inside may differ; the order of the line must not.
    let (inside, mut rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|change| {
        matches!(
            change,
            EventChange::CheckoutKept {
                deadline: Some(_),
                ..
            }
        )
    });
    let mut inside: Vec<String> = inside.iter().map(|it| format!("{it:?}")).collect();
    inside.sort_unstable();
    inside.extend(rest.drain(..).map(|it| format!("{it:?}")));
    inside
}

/// What a snapshot of these events makes again, by way of bytes.
pub(super) fn restored(events: &Events) -> Events {
    let mut again = Events::new(EventBounds::default(), 2);
    events.snapshot(&mut |change| {
        assert_eq!(movements(&change), Vec::new(), "{change:?}");
        again.replay(&through_bytes(&change)).unwrap();
    });
    again
}

pub(super) fn movements(change: &EventChange) -> Vec<Movement> {
    let mut all = Vec::new();
    change.movements(&mut |movement| all.push(movement));
    all
}

pub(super) fn replayed(journal: &[EventChange]) -> Events {
    let mut again = Events::new(EventBounds::default(), 3);
    for change in journal {
        again.replay(&through_bytes(change)).unwrap();
    }
    again
}

pub(super) fn through_bytes(change: &EventChange) -> EventChange {
    let bytes = postcard::to_stdvec(change).unwrap();
    assert!(
        bytes.len() <= MAX_EVENT_CHANGE_BYTES,
        "{} bytes",
        bytes.len()
    );
    let again = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(change, &again);
    again
}
