//! Making events, holding, giving back, booking.

use super::shop::*;
use crate::inventory::Page;
use crate::inventory::events::*;

#[test]
fn a_buyer_holds_two_seats_and_books_them() {
    let mut shop = Shop::with(concert());
    let buyer = shop.come();
    let EventAnswer::Checkout(held) = shop.hold_seats(buyer, &[2, 1]) else {
        panic!("the seats are free");
    };
    assert_eq!((held.seats.as_slice(), held.total), (&[1, 2][..], 10_000));
    assert_eq!(shop.map(), ".hh. .... ...");
    let standing = Wanted::General {
        option: option(),
        quantity: 2,
    };
    let EventAnswer::Checkout(held) = shop.hold(buyer, standing) else {
        panic!("there are four");
    };
    assert_eq!((held.general, held.total), (vec![(0, 2)], 14_000));
    let EventAnswer::Checkout(done) = shop.complete(buyer) else {
        panic!("nothing speaks against it");
    };
    let CheckoutState::Completed(reference) = done.state else {
        panic!("{:?}", done.state);
    };
    assert_eq!((done.seats, done.total), (vec![1, 2], 14_000));
    assert_eq!(shop.map(), ".ss. .... ...");
    let EventAnswer::Booking(booking) = shop.ask(EventOperation::FindBooking(reference)) else {
        panic!("it was booked");
    };
    assert_eq!(
        (booking.buyer, booking.checkout, booking.total),
        (ada(), buyer, 14_000)
    );
    let EventAnswer::Checkout(again) = shop.complete(buyer) else {
        panic!("doing it again is doing it once");
    };
    assert_eq!(again.state, CheckoutState::Completed(reference));
    let view = shop.view();
    assert_eq!((view.available, view.general_available), (11, vec![2]));
    assert_eq!(state(&replayed(&shop.journal)), state(&shop.events));
    assert_eq!(state(&restored(&shop.events)), state(&shop.events));
}

#[test]
fn seats_are_held_all_or_nothing() {
    let mut shop = Shop::with(concert());
    let (one, other) = (shop.come(), shop.come());
    shop.hold_seats(one, &[1, 2]);
    let answer = shop.hold_seats(other, &[0, 1, 2]);
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::SeatsTaken(vec![1, 2]))
    );
    assert_eq!(shop.map(), ".hh. .... ...");
    assert!(
        refusal(&shop.hold_seats(one, &[2, 3, 3])).is_none(),
        "2 is its own"
    );
    assert_eq!(shop.look(one).seats, [1, 2, 3]);
    let too_many = Some(&EventRefusal::TooMany { max: 4 });
    assert_eq!(refusal(&shop.hold_seats(one, &[4, 5])), too_many);
    assert_eq!(
        refusal(&shop.hold_seats(one, &[99])),
        Some(&EventRefusal::NoSuchSeat(99))
    );
    let release = |shop: &mut Shop, checkout, unwanted| {
        let event = event();
        shop.ask(EventOperation::Release {
            event,
            checkout,
            unwanted,
        })
    };
    let answer = release(&mut shop, other, Unwanted::Seats(vec![1]));
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotHeld),
        "another holds it"
    );
    release(&mut shop, one, Unwanted::Seats(vec![1]));
    assert_eq!(shop.map(), "..hh .... ...");
    release(&mut shop, one, Unwanted::All);
    assert_eq!(shop.map(), ".... .... ...");
    assert_eq!(
        refusal(&shop.complete(one)),
        Some(&EventRefusal::NothingHeld)
    );
}

#[test]
fn standing_places_are_not_oversold() {
    let mut shop = Shop::with(concert());
    let (one, other) = (shop.come(), shop.come());
    let standing = |quantity| Wanted::General {
        option: option(),
        quantity,
    };
    assert!(refusal(&shop.hold(one, standing(3))).is_none());
    let answer = shop.hold(other, standing(2));
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotEnough { available: 1 })
    );
    shop.complete(one);
    assert!(refusal(&shop.hold(other, standing(1))).is_none());
    let event = event();
    let unwanted = Unwanted::General {
        option: option(),
        quantity: 2,
    };
    let answer = shop.ask(EventOperation::Release {
        event,
        checkout: other,
        unwanted,
    });
    assert_eq!(refusal(&answer), Some(&EventRefusal::NotHeld));
}

#[test]
fn the_best_seats_are_found_where_asked() {
    let mut shop = Shop::with(concert());
    let buyer = shop.come();
    let best = |count, section: Option<&str>| Wanted::Best {
        count,
        section: section.map(str::to_owned),
    };
    shop.hold(buyer, best(2, None));
    assert_eq!(
        shop.map(),
        "hh.. .... ...",
        "the middle two would leave two alone"
    );
    let other = shop.come();
    shop.hold(other, best(3, Some("Balcony")));
    assert_eq!(shop.map(), "hh.. .... hhh");
    let answer = shop.hold(other, best(1, Some("Balcony")));
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotEnough { available: 0 })
    );
    let answer = shop.hold(other, best(1, Some("Roof")));
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotFound(EventKind::Section))
    );
}

#[test]
fn what_expires_is_free_at_once_and_sells() {
    let mut shop = Shop::with(concert());
    let slow = shop.come();
    shop.hold_seats(slow, &[0, 1, 2, 3]);
    let quick = shop.come();
    shop.pass(599);
    assert!(refusal(&shop.hold_seats(quick, &[0])).is_some());
    assert_eq!(
        shop.events.next_deadline(),
        Some(START + 120 * SECOND),
        "or too early"
    );
    shop.pass(1);
    // Nobody has called `expire`; nobody sees that.
    let later = shop.come();
    assert!(refusal(&shop.hold_seats(later, &[0, 1])).is_none());
    assert_eq!(
        shop.look(slow).state,
        CheckoutState::Ended(EndReason::Expired)
    );
    assert_eq!(
        refusal(&shop.complete(slow)),
        Some(&EventRefusal::CheckoutOver)
    );
    assert_eq!(shop.map(), "hh.. .... ...");
}

#[test]
fn a_checkout_is_extended_once() {
    let mut shop = Shop::with(concert());
    let checkout = shop.come();
    shop.hold_seats(checkout, &[0]);
    shop.pass(599);
    let event = event();
    let extend = EventOperation::ExtendCheckout { event, checkout };
    let EventAnswer::Checkout(view) = shop.ask(extend.clone()) else {
        panic!("it may");
    };
    let expires_at = START + 1200 * SECOND;
    assert_eq!(
        view.state,
        CheckoutState::Admitted {
            expires_at,
            may_extend: false
        }
    );
    assert_eq!(
        refusal(&shop.ask(extend)),
        Some(&EventRefusal::AlreadyExtended)
    );
    shop.pass(600);
    assert_eq!(shop.map(), "h... .... ...");
    shop.pass(1);
    assert!(!shop.expire(), "nothing more is due");
    assert_eq!(shop.map(), ".... .... ...");
}

#[test]
fn making_an_event_again_is_making_it_once() {
    let mut shop = Shop::with(concert());
    let made = shop.journal.len();
    let again = shop.ask(EventOperation::Create(Box::new(concert())));
    assert!(matches!(again, EventAnswer::Event(_)), "{again:?}");
    let other = NewEvent {
        name: "Another".into(),
        ..concert()
    };
    let answer = shop.ask(EventOperation::Create(Box::new(other)));
    assert_eq!(refusal(&answer), Some(&EventRefusal::IdTaken));
    assert_eq!(shop.journal.len(), made);
}

#[test]
fn an_event_that_was_not_told_whole_is_not_there() {
    let shop = Shop::with(concert());
    let torn = &shop.journal[..shop.journal.len() - 1];
    let mut events = replayed(torn);
    let answer = events.operate(START, EventOperation::Find(event()), &mut |_| {});
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotFound(EventKind::Event))
    );
    let mut again = shop.journal.clone();
    again.splice(0..0, torn.iter().cloned());
    assert_eq!(
        state(&replayed(&again)),
        state(&shop.events),
        "it is begun anew"
    );
}

#[test]
fn large_plans_fit_their_changes() {
    let label = |row: u32, seat: u32| format!("seat {seat} of the row with number {row}");
    let rows = (0..200).map(|row| NewRow {
        label: format!("row {row}"),
        seats: NewSeats::Labels((0..100).map(|seat| label(row, seat)).collect()),
    });
    let name = |number: usize| format!("{number:0>512}");
    let mut sections = vec![NewSection {
        name: "Listed".into(),
        price: 1,
        rows: NewRows::Listed(rows.collect()),
    }];
    sections.extend((1..500).map(|number| NewSection {
        name: name(number),
        price: MAX_PRICE,
        rows: NewRows::Template { rows: 3, seats: 5 },
    }));
    let general = (0..100).map(|number| GeneralOption {
        id: named(EVENT, 1_000 + number),
        name: name(number as usize),
        price: MAX_PRICE,
        allocation: u32::MAX,
    });
    let large = NewEvent {
        description: "x".repeat(4096),
        venue: name(0),
        general: general.collect(),
        sections,
        max_tickets: MAX_TICKETS,
        ..concert()
    };
    let mut shop = Shop::with(large);
    let buyer = shop.come();
    let widest = (0..100).map(|number| 20_000 + 70 * number).collect();
    assert!(refusal(&shop.hold(buyer, Wanted::Seats(widest))).is_none());
    let reference = shop.reference();
    let name = "n".repeat(512);
    let answer = shop.ask(EventOperation::Complete {
        event: event(),
        checkout: buyer,
        reference,
        buyer: Buyer {
            name: name.clone(),
            email: name.clone(),
        },
        receipt: name,
    });
    assert!(refusal(&answer).is_none(), "{answer:?}");
    assert!(shop.journal.len() > 100);
    assert_eq!(state(&replayed(&shop.journal)), state(&shop.events));
    assert_eq!(state(&restored(&shop.events)), state(&shop.events));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let mut shop = Shop::empty(EventBounds {
        events: 1,
        seats: 20,
        ..EventBounds::default()
    });
    let mut wrong = |field: &str, change: &dyn Fn(&mut NewEvent)| {
        let mut new = concert();
        change(&mut new);
        let answer = shop.ask(EventOperation::Create(Box::new(new)));
        match refusal(&answer) {
            Some(EventRefusal::Invalid { field: found, .. }) => assert_eq!(*found, field),
            other => panic!("{field}: {other:?}"),
        }
    };
    wrong("name", &|new| new.name = " ".into());
    wrong("description", &|new| new.description = "x".repeat(5000));
    wrong("currency", &|new| new.currency = "eur".into());
    wrong("max_tickets", &|new| new.max_tickets = 101);
    wrong("session_seconds", &|new| new.session_seconds = 0);
    wrong("waiting_room.absence_seconds", &|new| {
        new.room.absence_seconds = 0;
    });
    wrong("sections.1.name", &|new| {
        new.sections[1].name = "Stalls".into();
    });
    wrong("sections.1.price", &|new| {
        new.sections[1].price = MAX_PRICE + 1;
    });
    wrong("sections.1.rows", &|new| {
        new.sections[1].rows = NewRows::Listed(Vec::new());
    });
    wrong("sections", &|new| {
        new.sections[0].rows = NewRows::Template {
            rows: u32::MAX >> 4,
            seats: u32::MAX >> 4,
        };
    });
    wrong("sections", &|new| {
        new.sections.clear();
        new.general.clear();
    });
    wrong("general.0.allocation", &|new| new.general[0].allocation = 0);
    let repeated = NewRow {
        label: "1".into(),
        seats: NewSeats::Labels(vec!["1".into(); 2]),
    };
    wrong("sections.1.rows.0.seats.1", &|new| {
        new.sections[1].rows = NewRows::Listed(vec![repeated.clone()]);
    });
    let empty = NewRow {
        label: String::new(),
        seats: NewSeats::Count(1),
    };
    for (field, rows) in [
        (
            "sections.0.rows.1.label",
            vec![
                NewRow {
                    label: "1".into(),
                    ..empty.clone()
                },
                empty,
            ],
        ),
        (
            "sections.0.rows.0.seats",
            vec![NewRow {
                seats: NewSeats::Count(0),
                ..repeated.clone()
            }],
        ),
        (
            "sections.0.rows.0.seats.0",
            vec![NewRow {
                seats: NewSeats::Labels(vec![" ".into()]),
                ..repeated.clone()
            }],
        ),
    ] {
        wrong(field, &|new| {
            new.sections[0].rows = NewRows::Listed(rows.clone());
        });
    }
    assert_eq!(shop.journal, []);
    let _ = shop.ask(EventOperation::Create(Box::new(concert())));
    let second = NewEvent {
        id: named(EVENT, 9),
        ..concert()
    };
    let answer = shop.ask(EventOperation::Create(Box::new(second)));
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::Full(EventKind::Event))
    );
}

#[test]
fn every_bound_refuses_and_changes_nothing() {
    let bounds = EventBounds {
        checkouts: 2,
        bookings: 1,
        ..EventBounds::default()
    };
    let mut shop = Shop::empty(bounds);
    let _ = shop.ask(EventOperation::Create(Box::new(concert())));
    let (one, other) = (shop.come(), shop.come());
    let (event, checkout) = (event(), shop.new_id());
    let start = EventOperation::StartCheckout {
        event,
        checkout,
        earlier: None,
    };
    let answer = shop.ask(start.clone());
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::Full(EventKind::Checkout))
    );
    shop.hold_seats(one, &[0]);
    shop.hold_seats(other, &[1]);
    shop.complete(one);
    assert!(refusal(&shop.ask(start)).is_none(), "there is room again");
    let answer = shop.complete(other);
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::Full(EventKind::Booking))
    );
    assert_eq!(shop.map(), "sh.. .... ...");
}

#[test]
fn a_reference_is_given_once() {
    let mut shop = Shop::with(concert());
    let (one, other) = (shop.come(), shop.come());
    shop.hold_seats(one, &[0]);
    shop.hold_seats(other, &[1]);
    let complete = |checkout| EventOperation::Complete {
        event: event(),
        checkout,
        reference: Reference::from_number(5),
        buyer: ada(),
        receipt: String::new(),
    };
    assert!(refusal(&shop.ask(complete(one))).is_none());
    let answer = shop.ask(complete(other));
    assert_eq!(refusal(&answer), Some(&EventRefusal::ReferenceTaken));
    assert!(
        refusal(&shop.complete(other)).is_none(),
        "another one will do"
    );
}

#[test]
fn events_are_listed_by_age_and_figures_tell_the_last_minute() {
    let mut shop = Shop::with(NewEvent {
        id: named(EVENT, 5),
        ..concert()
    });
    let _ = shop.ask(EventOperation::Create(Box::new(concert())));
    let page = Page {
        after: None,
        limit: 10,
    };
    let EventAnswer::Events(all) = shop.ask(EventOperation::List(page)) else {
        panic!("a list");
    };
    let ids: Vec<_> = all.iter().map(|it| it.listing.id).collect();
    assert_eq!(ids, [event(), named(EVENT, 5)]);
    let buyer = shop.come();
    shop.hold_seats(buyer, &[0, 1]);
    shop.complete(buyer);
    let second = shop.come();
    shop.hold_seats(second, &[5]);
    let page = Page {
        after: None,
        limit: 1,
    };
    let EventAnswer::Figures(figures) = shop.ask(EventOperation::Figures(page)) else {
        panic!("figures");
    };
    let it = &figures[0];
    assert_eq!((it.free, it.held, it.sold, it.active), (12, 1, 2, 1));
    let sold: u32 = it.sold_per_second.iter().sum();
    assert_eq!((sold, it.admitted_last_minute), (2, 2));
    shop.pass(61);
    let EventAnswer::Figures(figures) = shop.ask(EventOperation::Figures(page)) else {
        panic!("figures");
    };
    assert_eq!(figures[0].sold_per_second, [0; 60]);
    let page = Page {
        after: Some(event()),
        limit: 9,
    };
    let EventAnswer::Events(rest) = shop.ask(EventOperation::List(page)) else {
        panic!("a list");
    };
    assert_eq!((rest.len(), shop.events.totals().free), (1, 27));
}
