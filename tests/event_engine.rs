//! Events on real shards: what is due is done in time though nobody asks, and
//! the ledger of a sale is the same after restarts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "buyers/halls.rs"]
mod halls;
mod support;

use std::time::Instant;

use futures::executor::block_on;
use halls::{event, new_event};
use ringside::api::{Door, Target};
use ringside::inventory::events::{
    Buyer, CheckoutState, EventAnswer, EventOperation, NewEvent, Reference, Wanted,
};
use ringside::inventory::{
    Answer, Balance, Book, Id, LedgerEntry, LedgerFilter, Operation, Page, Subject, id,
};
use ringside::shard::Counters;
use ringside::{Config, Engine};
use support::{PATIENCE, config};

fn ask(engine: &Engine, operation: EventOperation) -> EventAnswer {
    let to = Target::Locator(id::locator(operation.event().unwrap()));
    let operation = Operation::Event(Box::new(operation));
    match block_on(engine.door().call(to, operation)).unwrap() {
        Answer::Event(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

fn create(engine: &Engine, new: NewEvent) {
    let answer = ask(engine, EventOperation::Create(Box::new(new)));
    assert!(matches!(answer, EventAnswer::Event(_)), "{answer:?}");
}

fn start(engine: &Engine, event: Id, number: u64) -> CheckoutState {
    let operation = EventOperation::StartCheckout {
        event,
        checkout: id::nth(event, number),
        earlier: None,
    };
    match ask(engine, operation) {
        EventAnswer::Checkout(view) => view.state,
        other => panic!("{other:?}"),
    }
}

fn hold(engine: &Engine, event: Id, number: u64, seats: &[u32]) {
    let operation = EventOperation::Hold {
        event,
        checkout: id::nth(event, number),
        wanted: Wanted::Seats(seats.to_vec()),
    };
    let answer = ask(engine, operation);
    assert!(matches!(answer, EventAnswer::Checkout(_)), "{answer:?}");
}

/// Time goes on at one of two shards, and only there.
#[test]
fn a_sleeping_shard_ends_checkouts_and_lets_the_next_in() {
    let engine = Engine::start(&config(2)).unwrap();
    let mut new = new_event(0);
    new.session_seconds = 1;
    new.room.max_active = 1;
    let event = new.id;
    create(&engine, new);
    let first = start(&engine, event, 10);
    assert!(matches!(first, CheckoutState::Admitted { .. }), "{first:?}");
    let second = start(&engine, event, 11);
    assert!(matches!(second, CheckoutState::Queued { .. }), "{second:?}");
    hold(&engine, event, 10, &[0, 1]);

    // Nobody asks the shard: its counters tell.
    let wait_for = |what: &str, is_so: &dyn Fn(&Counters) -> bool| {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&engine.server().counters()) {
            let counters = engine.server().counters();
            assert!(Instant::now() < deadline, "{what}: {counters:?}");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    };
    wait_for("the first holds, the second queues", &|now| {
        (now.event_tickets_held, now.checkouts_queued) == (2, 1)
    });
    wait_for("the second is let in", &|now| {
        (
            now.event_tickets_held,
            now.checkouts_queued,
            now.checkouts_active,
        ) == (0, 0, 1)
    });
    wait_for("its time is over, too", &|now| now.checkouts_active == 0);
    engine.stop().unwrap();
}

fn ledger(engine: &Engine, event: Option<Id>) -> (Vec<LedgerEntry>, Vec<Balance>) {
    let filter = LedgerFilter {
        event,
        ..LedgerFilter::default()
    };
    let page = Page {
        after: None,
        limit: 100,
    };
    let entries = engine.blocking().ledger(filter, page).unwrap();
    (entries, engine.blocking().balances(filter).unwrap())
}

#[test]
fn the_ledger_of_a_sale_outlives_restarts() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let durable = |shards| {
        Engine::start(&Config {
            data_dir: directory.path().display().to_string(),
            segment_bytes: 1 << 20,
            ..config(shards)
        })
        .unwrap()
    };
    let engine = durable(2);
    for number in 0..2 {
        create(&engine, new_event(number));
        let event = event(number);
        assert!(!matches!(
            start(&engine, event, 10),
            CheckoutState::Ended(_)
        ));
        hold(&engine, event, 10, &[0, 1, 12]);
        let complete = EventOperation::Complete {
            event,
            checkout: id::nth(event, 10),
            reference: Reference::from_number(number.into()),
            buyer: Buyer {
                name: "Ada".to_owned(),
                email: String::new(),
            },
            receipt: String::new(),
        };
        let answer = ask(&engine, complete);
        assert!(matches!(answer, EventAnswer::Checkout(_)), "{answer:?}");
    }
    let chosen = event(0);
    let (entries, balances) = ledger(&engine, Some(chosen));
    // Two sections and standing places; then seats of two sections.
    assert_eq!(entries.len(), 3 + 2 + 2, "{entries:?}");
    let last = entries.last().unwrap();
    let balcony = Subject::Section {
        event: chosen,
        section: 1,
    };
    assert_eq!((last.credit.book, last.credit.of), (Book::Sold, balcony));
    assert_eq!(last.credit.member, Some(id::nth(chosen, 10)));
    let stands = |book, section| {
        let of = Subject::Section {
            event: chosen,
            section,
        };
        let mut balances = balances.iter();
        let found = balances.find(|it| (it.account.book, it.account.of) == (book, of));
        found.map_or(0, |it| it.quantity)
    };
    let stalls = [Book::Issued, Book::Available, Book::Held, Book::Sold].map(|it| stands(it, 0));
    assert_eq!(stalls, [-12, 10, 0, 2]);
    assert_eq!(balances.iter().map(|it| it.quantity).sum::<i128>(), 0);
    let all = ledger(&engine, None);
    let of_checkout = |engine: &Engine| {
        let filter = LedgerFilter {
            member: Some(id::nth(chosen, 10)),
            ..LedgerFilter::default()
        };
        let balances = engine.blocking().balances(filter).unwrap();
        let sold = |it: &Balance| (it.account.book, it.account.of, it.quantity);
        balances.iter().map(sold).collect::<Vec<_>>()
    };
    let sold = [(Book::Sold, Subject::AllEvents, 3)];
    assert_eq!(of_checkout(&engine), sold);
    engine.stop().unwrap();

    for shards in [2, 3, 1] {
        let engine = durable(shards);
        assert_eq!(
            ledger(&engine, Some(chosen)),
            (entries.clone(), balances.clone())
        );
        assert_eq!(ledger(&engine, None), all, "{shards} shards");
        assert_eq!(of_checkout(&engine), sold);
        engine.stop().unwrap();
    }
}
