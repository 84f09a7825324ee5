//! `ringside verify` and `ringside audit`, on real files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringside::inventory::events::{
    Buyer, EventChange, EventOperation, GeneralOption, Lot, NewEvent, NewRoom, NewRows, NewSection,
    Order, Rate, Reference, Wanted,
};
use ringside::inventory::{Bounds, Change, Id, Operation, Places, Seats, Stock, id};
use ringside::journal::{self, BLOCK, DataDir, FileDisk, Hooks, Options, Record, SeatState};
use ringside::limits::MAX_CHANGE_BYTES;
use ringside::route::{Router, ShardId};
use ringside::shard;
use tempfile::TempDir;

use support::program;

/// How a lawless journal is written: what a record may be is the state's
/// business, and this one takes anything.
fn open(path: &Path, shards: u16) -> DataDir {
    let options = Options {
        segment_bytes: 64 * 1024,
        reserve_bytes: 0,
        ..Options::new(Arc::new(|| Box::new(Seats::new(0, 1))))
    };
    let router = Router::new(shards, ShardId(0));
    let route = move |key: &[u8]| shard::owner(&router, key);
    journal::open(
        Arc::new(FileDisk),
        path,
        shards,
        options,
        &route,
        &mut |_| {},
    )
    .unwrap()
}

/// A data directory of two shards with these records, each in its own frame.
fn directory(records: &[(&str, SeatState)]) -> TempDir {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut data = open(directory.path(), 2);
    let router = Router::new(2, ShardId(0));
    for (number, stream) in data.streams().into_iter().enumerate() {
        let mut journal = stream
            .recover(&mut Seats::new(0, 1), &mut |_| {})
            .unwrap()
            .journal;
        for (name, state) in records {
            if shard::owner(&router, name.as_bytes()) == number {
                journal.append(Record::Seat {
                    state: *state,
                    name: name.as_bytes(),
                });
                let frame = journal.start(0).unwrap().unwrap();
                frame.file.write_at(frame.bytes, frame.offset).unwrap();
                frame.file.sync().unwrap();
                journal.finished();
            }
        }
    }
    directory
}

/// A data directory of one shard with these changes, all in one frame.
fn changed(changes: &[Change]) -> TempDir {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut data = open(directory.path(), 1);
    let stream = data.streams().remove(0);
    let recovered = stream.recover(&mut Seats::new(0, 1), &mut |_| {}).unwrap();
    let mut journal = recovered.journal;
    for change in changes {
        let mut bytes = [0; MAX_CHANGE_BYTES];
        let body = change.encode(&mut bytes).unwrap();
        let locator = change.locator();
        journal.append(Record::Change { locator, body });
    }
    let frame = journal.start(0).unwrap().unwrap();
    frame.file.write_at(frame.bytes, frame.offset).unwrap();
    frame.file.sync().unwrap();
    journal.finished();
    directory
}

fn purchased(number: u64, quantity: u64) -> Change {
    Change::OptionPurchased {
        at: 2,
        id: id::make(1, number, 7),
        option: id::make(1, 1, 7),
        user: Id::from_u128(1),
        quantity,
    }
}

fn held(member: u128) -> Change {
    Change::TicketHeld {
        at: 3,
        ticket: id::make(1, 1, id::section_locator("A")),
        member: Id::from_u128(member),
        until: None,
    }
}

/// Five to purchase, three of them gone; two tickets, one of them held.
fn honest_stock() -> Vec<Change> {
    let places = Places {
        section: "A".to_owned(),
        rows: (1, 1),
        seats: (1, 2),
    };
    vec![
        Change::OptionCreated {
            at: 1,
            id: id::make(1, 1, 7),
            name: "Gala".to_owned(),
            description: String::new(),
            allocation: 5,
        },
        purchased(2, 3),
        Change::MemberCreated {
            id: Id::from_u128(1),
            name: "Ada".to_owned(),
        },
        Change::TicketsCreated {
            at: 2,
            first: id::make(1, 1, id::section_locator("A")),
            places,
        },
        held(1),
    ]
}

#[test]
fn an_honest_stock_is_proved_and_counted() {
    let directory = changed(&honest_stock());
    let (code, said) = run("audit", directory.path());
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "ticket options: 1; 3 of 5 sold in 1 purchases, 2 available",
        "members: 1",
        "tickets: 2; 1 free, 1 held, 0 purchased",
        "ledger entries: 5 since the snapshot",
        "no ticket option and no event oversold",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn a_stock_that_was_sold_twice_or_oversold_is_found() {
    let foreign = Change::TicketPurchased {
        at: 4,
        ticket: id::make(1, 1, id::section_locator("A")),
        member: Id::from_u128(2),
    };
    for (wrong, why) in [
        (purchased(3, 3), "only 2 are left"),
        (purchased(2, 3), "made a second time"),
        (held(2), "the ticket is held"),
        (foreign, "another member holds the ticket"),
    ] {
        let directory = changed(&[honest_stock(), vec![wrong]].concat());
        let (code, said) = run("audit", directory.path());
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(why) && said.contains("record 5"), "{said}");
    }
}

fn at_event(number: u64) -> Id {
    id::make(1, number, 9)
}

/// Six seats and five standing places; of a checkout of two seats and one
/// standing place became a booking, another holds a seat.
fn honest_sale() -> Vec<Change> {
    let (event, standing) = (at_event(1), at_event(2));
    let create = EventOperation::Create(Box::new(NewEvent {
        id: event,
        name: "Gala".to_owned(),
        description: String::new(),
        date: "2027-05-01T20:00:00+02:00".to_owned(),
        venue: String::new(),
        currency: "EUR".to_owned(),
        sections: vec![NewSection {
            name: "Stalls".to_owned(),
            price: 100,
            rows: NewRows::Template { rows: 2, seats: 3 },
        }],
        general: vec![GeneralOption {
            id: standing,
            name: "Standing".to_owned(),
            price: 50,
            allocation: 5,
        }],
        room: NewRoom {
            rate: Rate::UNLIMITED,
            max_active: 0,
            opens_at: None,
            order: Order::Fifo,
            shuffle_seed: 1,
            absence_seconds: 120,
        },
        session_seconds: 600,
        max_tickets: 4,
    }));
    let start = |number| EventOperation::StartCheckout {
        event,
        checkout: at_event(number),
        earlier: None,
    };
    let hold = |number, wanted| EventOperation::Hold {
        event,
        checkout: at_event(number),
        wanted,
    };
    let general = Wanted::General {
        option: standing,
        quantity: 1,
    };
    let complete = EventOperation::Complete {
        event,
        checkout: at_event(3),
        reference: Reference::from_number(1),
        buyer: Buyer {
            name: "Ada".to_owned(),
            email: String::new(),
        },
        receipt: String::new(),
    };
    let mut stock = Stock::new(Bounds::default());
    let mut changes = Vec::new();
    for operation in [
        create,
        start(3),
        start(4),
        hold(3, Wanted::Seats(vec![0, 1])),
        hold(3, general),
        hold(4, Wanted::Seats(vec![5])),
        complete,
    ] {
        let operation = Operation::Event(Box::new(operation));
        let _ = stock.operate(1, operation, &mut |change| changes.push(change.clone()));
    }
    changes
}

#[test]
fn an_honest_sale_is_proved_and_counted() {
    let directory = changed(&honest_sale());
    let (code, said) = run("audit", directory.path());
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "events: 1; 3 tickets sold in 1 bookings, 1 held, 7 free; 0 payments under way, 0 owed",
        "(Gala): 11 tickets; 3 sold in 1 bookings, 1 held, 7 free",
        "ledger entries: 7 since the snapshot",
        "no event oversold",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn a_sale_that_cannot_have_been_is_found() {
    let honest = honest_sale();
    let sold = honest.len() - 1;
    let Change::Event(EventChange::Booked { booking, .. }) = &honest[sold] else {
        panic!("{:?} is no booking", honest[sold]);
    };
    let (event, at) = (at_event(1), 1);
    let booked = |lots: Vec<Lot>, late| {
        let mut booking = booking.clone();
        booking.lots = lots;
        EventChange::Booked {
            event,
            at,
            booking,
            late,
        }
    };
    let held = |checkout: u64, lots| EventChange::Held {
        event,
        at,
        checkout: at_event(checkout),
        lots,
    };
    let seats = |seats: &[u32]| Lot::Seats {
        section: 0,
        seats: seats.to_vec(),
    };
    let standing = |quantity| Lot::General {
        option: at_event(2),
        quantity,
    };
    let joined = EventChange::Joined {
        event,
        at,
        checkout: at_event(4),
    };
    let half = booked(booking.lots[..1].to_vec(), false);
    let twice = booked(booking.lots.clone(), false);
    for (place, wrong, why) in [
        (sold, half, "holds or pays something else"),
        (sold, booked(vec![seats(&[0, 1])], true), "has not ended"),
        (sold + 1, twice, "reference"),
        (sold + 1, held(4, vec![seats(&[1])]), "seat 1 is not free"),
        (sold, held(3, vec![seats(&[5])]), "seat 5 is not free"),
        (sold + 1, held(4, vec![standing(5)]), "are not free"),
        (
            sold + 1,
            held(4, vec![seats(&[2, 3, 4]), standing(1)]),
            "4 tickets at most",
        ),
        (
            sold + 1,
            held(4, vec![seats(&[6])]),
            "seat 6 is not in section 0",
        ),
        (
            sold + 1,
            held(3, vec![seats(&[2])]),
            "may not hold anything",
        ),
        (sold + 1, joined, "is there already"),
    ] {
        let mut changes = honest[..place].to_vec();
        changes.push(Change::Event(wrong));
        let directory = changed(&changes);
        let (code, said) = run("audit", directory.path());
        assert_eq!(code, Some(1), "{why}: {said}");
        let record = format!("record {place}");
        assert!(
            said.contains(why) && said.contains(&record),
            "{why}, {record}: {said}"
        );
    }
}

/// Runs a check. A directory that was freed just now may look as if it were in
/// use: programs that other tests are starting hold its lock until they have
/// begun.
fn run(command: &str, path: &Path) -> (Option<i32>, String) {
    for _ in 0..100 {
        let (code, said) = run_once(command, path);
        if code != Some(5) || !said.contains("in use by another process") {
            return (code, said);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    run_once(command, path)
}

fn run_once(command: &str, path: &Path) -> (Option<i32>, String) {
    let output = program(&[command, "--data-dir"])
        .arg(path)
        .output()
        .unwrap();
    let mut said = String::from_utf8(output.stdout).unwrap();
    said += &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

const HONEST: [(&str, SeatState); 5] = [
    ("A1", SeatState::Reserved),
    ("A1", SeatState::Sold),
    ("A2", SeatState::Reserved),
    ("B7", SeatState::Reserved),
    ("C3", SeatState::Reserved),
];

#[test]
fn an_honest_ledger_is_proved() {
    let directory = directory(&HONEST);
    let (code, said) = run("verify", directory.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Everything is whole"), "{said}");
    let (code, said) = run("audit", directory.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("in all: 4 seats: 3 reserved, 1 sold"),
        "{said}"
    );
    assert!(
        said.contains("No seat and no ticket is sold twice"),
        "{said}"
    );
}

#[test]
fn a_seat_sold_twice_is_found_with_its_name_and_place() {
    for (name, wrong) in [
        ("sold a second time", ("A1", SeatState::Sold)),
        ("reserved a second time", ("A2", SeatState::Reserved)),
        ("sold without a reservation", ("Z9", SeatState::Sold)),
    ] {
        let directory = directory(&[&HONEST[..], &[wrong]].concat());
        let (code, said) = run("audit", directory.path());
        assert_eq!(code, Some(1), "{said}");
        let place = said.contains(".journal at byte") && said.contains(wrong.0);
        assert!(said.contains(name) && place, "{said}");
        assert_eq!(run("verify", directory.path()).0, Some(0), "whole frames");
    }
}

fn segments(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for shard in 0..2 {
        let stream = path.join(format!("gen-000001/shard-000{shard}"));
        for entry in std::fs::read_dir(stream).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "journal") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn damage_is_listed_with_file_and_offset() {
    let directory = directory(&HONEST);
    for path in segments(directory.path()) {
        // The first frame, and there are more.
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.write_all_at(b"X", BLOCK as u64 + 49).unwrap();
    }
    let (code, said) = run("verify", directory.path());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("shard 0") && said.contains("shard 1"),
        "{said}"
    );
    for part in ["at byte 4096 is damaged", "whole frame", "restore a backup"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(run("audit", directory.path()).0, Some(1));
}

#[test]
fn a_directory_that_cannot_be_checked_is_named_with_what_to_do() {
    let empty = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (code, said) = run("verify", empty.path());
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("holds no data"), "{said}");
    let (code, said) = run("audit", Path::new(""));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--data-dir"), "{said}");

    let used = directory(&HONEST);
    let mut data = open(used.path(), 2);
    let keeper = data
        .start_keeper(Hooks {
            wake: Arc::new(|_| {}),
            notice: Arc::new(|_| {}),
        })
        .unwrap();
    for command in ["verify", "audit"] {
        let (code, said) = run_once(command, used.path());
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains("in use") && said.contains("stop"), "{said}");
    }
    // A copy needs nobody to stop.
    let copy = used.path().with_extension("copy");
    let backed_up = program(&["backup", "--to"])
        .arg(&copy)
        .arg("--data-dir")
        .arg(used.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&backed_up.stdout);
    assert!(
        backed_up.status.success() && said.contains("Everything is whole"),
        "{said}"
    );
    assert_eq!(run("audit", &copy).0, Some(0));
    std::fs::remove_dir_all(copy).unwrap();
    drop((keeper, data));
    assert_eq!(run("verify", used.path()).0, Some(0));
}
