//! Waiting rooms: order, knobs, absence, restart.

use super::shop::*;
use crate::inventory::Id;
use crate::inventory::events::*;

fn room(rate: f64, max_active: u32) -> NewEvent {
    let mut new = concert();
    new.room.rate = Rate::per_second(rate).unwrap();
    new.room.max_active = max_active;
    new
}

fn set(shop: &mut Shop, action: RoomAction) -> EventFigures {
    let answer = shop.ask(EventOperation::SetRoom {
        event: event(),
        action: Some(action),
        rate: None,
        max_active: None,
    });
    match answer {
        EventAnswer::Room(figures) => figures,
        other => panic!("{other:?}"),
    }
}

fn queued(ahead: u64, wait: u64) -> CheckoutState {
    CheckoutState::Queued {
        ahead: Some(ahead),
        wait_seconds: Some(wait),
    }
}

fn is_inside(shop: &mut Shop, checkout: Id) -> bool {
    matches!(shop.look(checkout).state, CheckoutState::Admitted { .. })
}

#[test]
fn one_per_second_queues_three() {
    let mut shop = Shop::with(room(1.0, 0));
    let all: Vec<Id> = (0..3).map(|_| shop.come()).collect();
    assert!(is_inside(&mut shop, all[0]));
    assert_eq!(shop.look(all[1]).state, queued(0, 1));
    assert_eq!(shop.look(all[2]).state, queued(1, 2));
    assert_eq!(
        refusal(&shop.hold_seats(all[1], &[0])),
        Some(&EventRefusal::NotAdmitted)
    );
    assert_eq!(shop.events.next_deadline(), Some(START + SECOND));
    shop.pass(1);
    assert!(!shop.expire());
    assert!(is_inside(&mut shop, all[1]));
    assert_eq!(shop.look(all[2]).state, queued(0, 1));
    shop.pass(1);
    assert!(is_inside(&mut shop, all[2]), "without a call of expire");
}

#[test]
fn who_leaves_lets_the_next_one_in() {
    let mut shop = Shop::with(room(0.0, 1));
    let all: Vec<Id> = (0..4).map(|_| shop.come()).collect();
    assert_eq!(shop.view().queue_length, 3);
    shop.leave(all[2]);
    assert_eq!(
        shop.look(all[2]).state,
        CheckoutState::Ended(EndReason::Left)
    );
    assert_eq!(
        shop.look(all[3]).state,
        queued(1, 2),
        "one place was given up"
    );
    shop.hold_seats(all[0], &[0]);
    shop.complete(all[0]);
    assert!(is_inside(&mut shop, all[1]), "a booking makes room");
    shop.leave(all[1]);
    assert!(is_inside(&mut shop, all[3]));
}

#[test]
fn a_token_is_good_for_one_checkout() {
    let mut shop = Shop::with(concert());
    let first = shop.come();
    let start = |checkout, earlier| EventOperation::StartCheckout {
        event: event(),
        checkout,
        earlier,
    };
    let checkout = shop.new_id();
    let EventAnswer::Checkout(view) = shop.ask(start(checkout, Some(first))) else {
        panic!("it goes on");
    };
    assert_eq!(view.id, first, "a reload is the same checkout");
    shop.leave(first);
    let EventAnswer::Checkout(view) = shop.ask(start(checkout, Some(first))) else {
        panic!("it begins");
    };
    assert_eq!(view.id, checkout);
    let EventAnswer::Checkout(view) = shop.ask(start(first, None)) else {
        panic!("it tells what became of it");
    };
    assert_eq!(
        view.state,
        CheckoutState::Ended(EndReason::Left),
        "not used twice"
    );
    let event = named(EVENT, 77);
    let answer = shop.ask(EventOperation::FindCheckout { event, checkout });
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotFound(EventKind::Event))
    );
}

#[test]
fn a_place_survives_a_short_absence_only() {
    let mut shop = Shop::with(room(0.0, 1));
    let inside = shop.come();
    let (patient, absent) = (shop.come(), shop.come());
    for _ in 0..4 {
        shop.pass(100);
        shop.look(patient);
    }
    assert_eq!(
        shop.look(absent).state,
        CheckoutState::Ended(EndReason::Absent)
    );
    let first = CheckoutState::Queued {
        ahead: Some(0),
        wait_seconds: None,
    };
    let state = shop.look(patient).state;
    assert_eq!(state, first, "nobody was let in for a minute");
    assert!(
        is_inside(&mut shop, inside),
        "a tab may be closed once inside"
    );
}

#[test]
fn after_a_restart_nobody_was_absent() {
    let mut shop = Shop::with(room(0.0, 1));
    let _inside = shop.come();
    let waiting = shop.come();
    shop.pass(500);
    for mut again in [replayed(&shop.journal), restored(&shop.events)] {
        let event = event();
        let find = EventOperation::FindCheckout {
            event,
            checkout: waiting,
        };
        let answer = again.operate(shop.now, find, &mut |_| {});
        let EventAnswer::Checkout(view) = answer else {
            panic!("{answer:?}");
        };
        assert!(
            matches!(view.state, CheckoutState::Queued { .. }),
            "{view:?}"
        );
    }
}

#[test]
fn the_doors_open_for_an_order_drawn_by_lot() {
    let draw = |seed| {
        let mut new = room(0.0, 1);
        new.room.opens_at = Some(START + 60 * SECOND);
        new.room.order = Order::Shuffle;
        new.room.shuffle_seed = seed;
        let mut shop = Shop::with(new);
        let early: Vec<Id> = (0..20).map(|_| shop.come()).collect();
        let nobody_knows = CheckoutState::Queued {
            ahead: None,
            wait_seconds: None,
        };
        assert_eq!(shop.look(early[0]).state, nobody_knows);
        assert_eq!(shop.view().state, EventState::Upcoming);
        assert_eq!(shop.events.next_deadline(), Some(START + 60 * SECOND));
        shop.pass(60);
        let late = shop.come();
        assert_eq!(shop.view().state, EventState::Open);
        let mut order = Vec::new();
        for _ in 0..21 {
            let inside = early
                .iter()
                .chain([&late])
                .find(|it| is_inside(&mut shop, **it));
            let inside = *inside.unwrap();
            order.push(early.iter().position(|it| *it == inside));
            shop.leave(inside);
        }
        assert_eq!(state(&replayed(&shop.journal)), state(&shop.events));
        assert_eq!(order.pop(), Some(None), "who came late is behind them all");
        order.into_iter().map(Option::unwrap).collect::<Vec<_>>()
    };
    let (one, other) = (draw(1), draw(2));
    assert_ne!(one, other);
    assert_eq!(one, draw(1), "the seed decides");
    let mut sorted = one.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_paused_room_lets_nobody_in_and_a_draining_one_takes_nobody_new() {
    let mut shop = Shop::with(room(0.0, 1));
    let inside = shop.come();
    let waiting = shop.come();
    assert!(set(&mut shop, RoomAction::Pause).paused);
    shop.leave(inside);
    let cannot_tell = CheckoutState::Queued {
        ahead: Some(0),
        wait_seconds: None,
    };
    assert_eq!(shop.look(waiting).state, cannot_tell);
    assert_eq!(
        (shop.view().state, shop.view().queue_length),
        (EventState::Paused, 1)
    );
    let third = shop.come();
    assert!(set(&mut shop, RoomAction::Drain).draining);
    set(&mut shop, RoomAction::Resume);
    assert!(is_inside(&mut shop, waiting));
    set(&mut shop, RoomAction::Drain);
    let (event, checkout) = (event(), shop.new_id());
    let answer = shop.ask(EventOperation::StartCheckout {
        event,
        checkout,
        earlier: None,
    });
    assert_eq!(refusal(&answer), Some(&EventRefusal::Draining));
    shop.leave(waiting);
    assert!(is_inside(&mut shop, third), "who was in the line is let in");
}

#[test]
fn turning_a_knob_counts_from_now_on() {
    let mut shop = Shop::with(room(0.001, 0));
    let all: Vec<Id> = (0..5).map(|_| shop.come()).collect();
    let faster = EventOperation::SetRoom {
        event: event(),
        action: None,
        rate: Rate::per_second(2.0),
        max_active: Some(4),
    };
    let _ = shop.ask(faster);
    let inside = |shop: &mut Shop| all.iter().filter(|it| is_inside(shop, **it)).count();
    assert_eq!(
        inside(&mut shop),
        1,
        "nobody has waited at the new rate yet"
    );
    for expected in [2, 3, 4, 4] {
        shop.now += SECOND / 2;
        assert_eq!(inside(&mut shop), expected);
    }
}

#[test]
fn many_expire_in_several_calls() {
    let mut shop = Shop::with(concert());
    let all: Vec<Id> = (0..1000).map(|_| shop.come()).collect();
    shop.pass(600);
    let mut calls = 1;
    while shop.expire() {
        calls += 1;
    }
    assert!((3..10).contains(&calls), "{calls}");
    assert_eq!(shop.events.totals().active, 0);
    assert_eq!(
        shop.look(all[999]).state,
        CheckoutState::Ended(EndReason::Expired)
    );
    assert_eq!(shop.events.next_deadline(), None);
}

#[test]
fn watchers_are_told_what_has_changed() {
    let mut shop = Shop::with(concert());
    let buyer = shop.come();
    shop.hold_seats(buyer, &[3, 9]);
    let event = event();
    let changes =
        |shop: &mut Shop, since| match shop.ask(EventOperation::SeatChanges { event, since }) {
            EventAnswer::SeatChanges(changes) => changes,
            other => panic!("{other:?}"),
        };
    let both = vec![(3, SeatState::Held), (9, SeatState::Held)];
    let expected = SeatChanges {
        version: 2,
        changes: Some(both),
    };
    assert_eq!(changes(&mut shop, 0), expected);
    shop.leave(buyer);
    assert_eq!(changes(&mut shop, 2).changes.map(|it| it.len()), Some(2));
    assert_eq!(changes(&mut shop, 9).changes, None);
    let mut again = restored(&shop.events);
    let answer = again.operate(
        START,
        EventOperation::SeatChanges { event, since: 4 },
        &mut |_| {},
    );
    let nothing = SeatChanges {
        version: 4,
        changes: Some(Vec::new()),
    };
    assert_eq!(
        answer,
        EventAnswer::SeatChanges(nothing),
        "the version goes on"
    );
    let everyone = EventOperation::FindCheckouts {
        event,
        checkouts: vec![buyer, option()],
    };
    let EventAnswer::Checkouts(views) = shop.ask(everyone) else {
        panic!("a list");
    };
    assert_eq!((views[0].is_some(), views[1].is_some()), (true, false));
}
