use super::super::operation::{Answer, Operation, Places, Refusal, Step, StoredReply};
use super::*;
use crate::inventory::{id, id::locator};
use crate::limits::{MAX_STORED_REPLY_BYTES, REPLY_PART_BYTES};

fn id_at(number: u64, locator: u32) -> Id {
    id::make(1_000, number, locator)
}

fn option(number: u64) -> Id {
    id_at(number, 5)
}

fn apply(changes: &[Change]) -> Result<Stock, Illegal> {
    let mut stock = Stock::new(Bounds::default());
    changes.iter().try_for_each(|change| stock.replay(change))?;
    Ok(stock)
}

fn created(allocation: u64) -> Change {
    Change::OptionCreated {
        at: 1,
        id: option(1),
        name: "Gala".to_owned(),
        description: String::new(),
        allocation,
    }
}

fn purchased(number: u64, quantity: u64) -> Change {
    Change::OptionPurchased {
        at: 2,
        id: option(number),
        option: option(1),
        user: Id::from_u128(3),
        quantity,
    }
}

fn section() -> (Id, Places) {
    let places = Places {
        section: "A".to_owned(),
        rows: (1, 2),
        seats: (1, 3),
    };
    (id_at(1, id::section_locator("A")), places)
}

fn tickets() -> Change {
    let (first, places) = section();
    Change::TicketsCreated {
        at: 1,
        first,
        places,
    }
}

fn held(at: Micros, member: u128, until: Option<Micros>) -> Change {
    Change::TicketHeld {
        at,
        ticket: section().0,
        member: Id::from_u128(member),
        until,
    }
}

#[test]
fn a_journal_cannot_oversell() {
    let stock = apply(&[created(5), purchased(2, 3), purchased(3, 2)]).unwrap();
    assert_eq!(stock.totals().sold(), 5);
    let oversold = [created(5), purchased(2, 3), purchased(3, 3)];
    let why = apply(&oversold).unwrap_err().0;
    assert!(why.ends_with("only 2 are left"), "{why}");
    for illegal in [
        &[purchased(2, 3)][..],
        &[created(5), created(5)],
        &[created(5), purchased(2, 0)],
        &[created(5), purchased(2, 1), purchased(2, 1)],
        &[tickets(), tickets()],
    ] {
        assert!(apply(illegal).is_err(), "{illegal:?}");
    }
}

#[test]
fn a_journal_moves_tickets_only_as_members_may() {
    let (ticket, _) = section();
    let step = |at, member, sold| {
        let member = Id::from_u128(member);
        if sold {
            Change::TicketPurchased { at, ticket, member }
        } else {
            Change::TicketFreed { at, ticket, member }
        }
    };
    let expired = |at| Change::TicketExpired { at, ticket };
    for legal in [
        &[held(1, 1, None), step(2, 1, true)][..],
        &[held(1, 1, None), step(2, 1, false), held(3, 2, None)],
        &[held(1, 1, Some(9)), expired(9), held(9, 2, None)],
        &[held(1, 1, Some(9)), step(8, 1, true)],
    ] {
        apply(&[&[tickets()], legal].concat()).unwrap();
    }
    for illegal in [
        &[step(1, 1, true)][..],
        &[step(1, 1, false)],
        &[held(1, 1, None), held(2, 1, None)],
        &[held(1, 1, None), step(2, 2, true)],
        &[held(1, 1, None), step(2, 2, false)],
        &[held(1, 1, None), step(2, 1, true), step(3, 1, false)],
        &[held(1, 1, None), expired(u64::MAX)],
        &[held(1, 1, Some(9)), expired(8)],
        &[held(1, 1, Some(9)), step(9, 1, true)],
        &[held(1, 1, Some(9)), held(10, 2, None)],
    ] {
        let all = [&[tickets()], illegal].concat();
        assert!(apply(&all).is_err(), "{illegal:?}");
        assert!(apply(illegal).is_err(), "no such ticket");
    }
}

#[test]
fn what_belongs_into_a_snapshot_does_not_stand_among_changes() {
    let kept = Change::KeptOption {
        id: option(1),
        name: "Gala".to_owned(),
        description: String::new(),
        allocation: 5,
        sold: 5,
    };
    assert!(apply(std::slice::from_ref(&kept)).is_err());
    let mut stock = Stock::new(Bounds::default());
    for change in [created(5), purchased(2, 1), tickets(), held(1, 1, None)] {
        assert!(stock.restore(&change).is_err(), "{change:?}");
    }
    stock.restore(&kept).unwrap();
    assert!(stock.restore(&kept).is_err(), "twice");
    assert!(stock.restored().is_err(), "its purchases are missing");
    let mut stock = Stock::new(Bounds::default());
    let oversold = Change::KeptOption {
        id: option(1),
        name: "Gala".to_owned(),
        description: String::new(),
        allocation: 5,
        sold: 6,
    };
    assert!(stock.restore(&oversold).is_err());
}

#[test]
fn ids_of_another_place_are_refused() {
    let mut stock = apply(&[created(5)]).unwrap();
    let (first, places) = section();
    for (operation, what) in [
        (
            Operation::Purchase {
                id: id_at(2, 6),
                option: option(1),
                user: Id::nil(),
                quantity: 1,
            },
            "another locator than the option",
        ),
        (
            Operation::CreateTickets {
                first: id_at(1, 6),
                places: places.clone(),
            },
            "another locator than the section",
        ),
        (
            Operation::CreateTickets {
                first: Id::from_u128(u128::from(locator(first))),
                places,
            },
            "an id from which no others can be counted",
        ),
    ] {
        let answer = stock.operate(1, operation, &mut |_| panic!("{what}"));
        assert_eq!(answer, Answer::Refused(Refusal::IdTaken), "{what}");
    }
}

#[test]
fn texts_and_ranges_and_replies_that_no_record_holds_are_refused() {
    let mut stock = apply(&[Change::KeyClaimed {
        at: 1,
        key: 7,
        fingerprint: 7,
        id: option(1),
    }])
    .unwrap();
    let text = || "x".repeat(crate::limits::MAX_TEXT_BYTES + 1);
    let (_, places) = section();
    let section = text();
    let reply = |body: usize| StoredReply {
        status: 201,
        json_api: false,
        location: String::new(),
        body: vec![0; body],
    };
    for operation in [
        Operation::CreateOption {
            id: option(1),
            name: "Gala".to_owned(),
            description: text(),
            allocation: 1,
        },
        Operation::CreateMember {
            id: option(1),
            name: text(),
        },
        Operation::CreateTickets {
            first: id_at(1, id::section_locator(&section)),
            places: Places { section, ..places },
        },
        Operation::CreateTickets {
            first: id_at(1, id::section_locator("A")),
            places: Places {
                section: "A".to_owned(),
                rows: (1, u32::MAX),
                seats: (1, u32::MAX),
            },
        },
        Operation::Settle {
            key: 7,
            reply: reply(MAX_STORED_REPLY_BYTES + 1),
        },
    ] {
        let answer = stock.operate(1, operation, &mut |change| panic!("{change:?}"));
        assert!(matches!(answer, Answer::Refused(Refusal::Full(_))));
    }
    let mut parts = 0;
    let longest = Operation::Settle {
        key: 7,
        reply: reply(MAX_STORED_REPLY_BYTES),
    };
    assert_eq!(stock.operate(1, longest, &mut |_| parts += 1), Answer::Done);
    assert_eq!(parts, MAX_STORED_REPLY_BYTES / REPLY_PART_BYTES);
}

#[test]
fn sweeping_is_done_in_bounded_steps() {
    let places = Places {
        section: "A".to_owned(),
        rows: (1, 1),
        seats: (1, 600),
    };
    let (first, _) = section();
    let mut stock = Stock::new(Bounds::default());
    let create = Operation::CreateTickets { first, places };
    assert_eq!(stock.operate(1, create, &mut |_| {}), Answer::Created(600));
    for number in 0..600 {
        let hold = Operation::MoveTicket {
            ticket: id::nth(first, number),
            member: Id::from_u128(1),
            step: Step::Hold { until: Some(10) },
        };
        assert!(matches!(
            stock.operate(1, hold, &mut |_| {}),
            Answer::Ticket(_)
        ));
    }
    assert_eq!(stock.next_expiry(), Some(10));
    assert!(!stock.expire(9, &mut |_| panic!("too early")));
    let mut freed = Vec::new();
    let mut sweep = || {
        let mut swept = 0;
        let more = stock.expire(10, &mut |_| swept += 1);
        freed.push((swept, more));
        more
    };
    while sweep() {}
    assert_eq!(freed, [(256, true), (256, true), (88, false)]);
    assert_eq!(
        (stock.totals().tickets_free, stock.next_expiry()),
        (600, None)
    );
}
