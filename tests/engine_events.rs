//! An event sold by the library, without a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ringside::Engine;
use ringside::api::{Failure, NewPayment};
use ringside::inventory::events::{
    Buyer, CheckoutState, EventRefusal, NewEvent, NewRoom, NewRows, NewSection, Order,
    PaymentOutcome, PaymentState, Rate, Reference, Wanted,
};
use ringside::inventory::{Id, Page, id};
use support::config;

fn hall(id: Id) -> NewEvent {
    NewEvent {
        id,
        name: "Hall".into(),
        description: String::new(),
        date: "2027-05-01T20:00:00Z".into(),
        venue: String::new(),
        currency: "EUR".into(),
        sections: vec![NewSection {
            name: "Stalls".into(),
            price: 1000,
            rows: NewRows::Template { rows: 1, seats: 4 },
        }],
        general: Vec::new(),
        room: NewRoom {
            rate: Rate::UNLIMITED,
            max_active: 0,
            opens_at: None,
            order: Order::Fifo,
            shuffle_seed: 0,
            absence_seconds: 120,
        },
        session_seconds: 600,
        max_tickets: 4,
    }
}

#[test]
fn events_of_all_shards_are_sold_from_any_thread() {
    let engine = Engine::start(&config(3)).unwrap();
    let ringside = engine.blocking();
    let reference = Reference::from_number(7);
    for _ in 0..6 {
        let event = engine.new_event_ids(1);
        assert_eq!(ringside.create_event(hall(event)).unwrap().available, 4);
        let checkout = ringside.start_checkout(event, None).unwrap().id;
        let wanted = Wanted::Best {
            count: 2,
            section: None,
        };
        let held = ringside.hold_seats(event, checkout, wanted).unwrap();
        assert_eq!((held.seats.len(), held.total), (2, 2000));
        let other = ringside.start_checkout(event, None).unwrap().id;
        let taken = Wanted::Seats(held.seats.clone());
        assert_eq!(
            ringside.hold_seats(event, other, taken),
            Err(Failure::Event(EventRefusal::SeatsTaken(held.seats)))
        );
        let payment = NewPayment {
            id: engine.new_ids_at(id::locator(event), 1),
            provider: "till".into(),
            buyer: Buyer {
                name: "Ada".into(),
                email: String::new(),
            },
            seconds: 60,
        };
        let payment = ringside.begin_payment(event, checkout, payment).unwrap();
        assert_eq!((payment.amount, payment.state), (2000, PaymentState::Open));
        let mut reference = reference;
        let mut number = 7;
        let paid = loop {
            let outcome = PaymentOutcome::Paid {
                reference,
                receipt: "cash".into(),
            };
            match ringside.settle_payment(event, payment.id, outcome) {
                // Another event of this shard has had it.
                Err(Failure::Event(EventRefusal::ReferenceTaken)) => {
                    number += 1;
                    reference = Reference::from_number(number);
                }
                paid => break paid.unwrap(),
            }
        };
        assert_eq!(paid.state, PaymentState::Booked(reference));
        let booking = ringside.booking(event, reference).unwrap();
        assert_eq!((booking.buyer.name.as_str(), booking.total), ("Ada", 2000));
        let state = ringside.checkout(event, checkout).unwrap().state;
        assert_eq!(state, CheckoutState::Completed(reference));
    }
    let page = Page {
        after: None,
        limit: 100,
    };
    let events = ringside.events(page).unwrap();
    assert_eq!((events.len(), events[0].available), (6, 2));
    let first = events[0].listing.id;
    let after = Some(first);
    let rest = ringside.events(Page { after, limit: 100 }).unwrap();
    assert_eq!(rest.len(), 5);
    engine.stop().unwrap();
}
