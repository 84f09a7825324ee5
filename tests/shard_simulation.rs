//! Whole lives of whole shards (sessions, seats, journal, gate, recovery) on a
//! disk that fails, from one seed each: random requests cut anywhere, batches
//! between shards, purchases, tickets and keys, checkouts of events, frames, segments, snapshots, numbers of shards, full disks,
//! and crashes at any step, recovery included. The clients outlive them all:
//! what they were told must be true in every later life.
//!
//! `RINGSIDE_SIM_SEEDS=N` runs so many seeds, `RINGSIDE_SIM_SEED=S` that one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod buyers;
mod seeds;
mod shards;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use buyers::{EVENTS, event, new_event};
use ringside::inventory::events::EventOperation;
use ringside::inventory::{
    Account, Answer, Bounds, Claim, Id, LedgerFilter, Operation, Outcome, Page, Places, Refusal,
    Step, StoredReply, Verb, id,
};
use ringside::journal::memory::MemoryDisk;
use ringside::limits::JOURNAL_PENDING_BYTES;
use ringside::mesh::Slot;
use ringside::net::session::{Blocked, Session, SessionLimits};
use ringside::route::{Router, ShardId};
use ringside::shard::{self, Dispatch, Shard};
use ringside::wire::seat::LineLimits;
use seeds::Seeds;
use shards::{Broken, Lives, Server, Setup, Stop, Tally};

/// Seeds in a normal run: a second or two.
const SEEDS: u64 = 400;

/// What must have happened in that many.
const MUST_HAPPEN: [&str; 38] = [
    "lives",
    "replies",
    "frames",
    "batches",
    "batches waited",
    "replies waited",
    "blocked on the client",
    "blocked on credit",
    "power losses",
    "broken starts",
    "torn tails",
    "snapshots",
    "new numbers of shards",
    "refused by a full disk",
    "full disks",
    "clean stops",
    "closed journals",
    "seats nobody was told of",
    "answers waited",
    "purchases told",
    "purchases of too many",
    "purchases nobody was told of",
    "tickets told",
    "replies kept",
    "operations on a full disk",
    "events proved",
    "bookings told",
    "bookings proved",
    "bookings nobody was told of",
    "holds proved",
    "expired checkouts",
    "places kept",
    "seats taken",
    "payments booked",
    "paid at once",
    "ends told",
    "ends proved",
    "events on a full disk",
];

#[test]
fn what_clients_were_told_is_true_in_every_later_life() {
    let seeds = Seeds::from_environment(SEEDS);
    let tallies = seeds.run("shard_simulation", |seed| Lives::run(seed, None));
    let total = tallies.iter().fold(Tally::default(), Tally::plus);
    println!("{} seeds: {total:?}", seeds.count());
    if seeds.count() >= SEEDS {
        for what in MUST_HAPPEN {
            assert!(total.of(what) >= 20, "{what}: {}", total.of(what));
        }
    }
}

#[test]
fn a_seed_is_one_schedule() {
    for seed in 0..4 {
        assert_eq!(Lives::run(seed, None), Lives::run(seed, None));
    }
}

/// The simulation would notice: with a gate that lets replies or batches go too
/// early, some client is told what a crash takes back.
#[test]
fn a_broken_gate_is_caught() {
    for broken in [Broken::Replies, Broken::Batches, Broken::Operations] {
        let fails = |seed: &u64| {
            catch_unwind(AssertUnwindSafe(|| Lives::run(*seed, Some(broken)))).is_err()
        };
        let caught = (0..SEEDS).find(fails);
        println!("{broken:?} too early: caught by seed {caught:?}");
        assert!(caught.is_some(), "{broken:?} leave too early, unnoticed");
    }
}

fn one_shard(disk: &MemoryDisk, segment_bytes: u64) -> Server {
    let setup = Setup {
        shards: 1,
        segment_bytes,
        broken: None,
        bounds: Bounds::default(),
    };
    let (mut server, _) = Server::start(disk, setup, &mut Tally::default()).unwrap();
    server.keeper.prepare();
    server
}

/// Has the disk take what waits, unless it is full.
fn write(server: &mut Server) -> Result<(), Stop> {
    while !server.members[0].is_written() {
        server.step(0, 0, &mut Tally::default())?;
        server.keeper.prepare();
    }
    Ok(())
}

#[test]
fn a_full_disk_takes_no_reservations_and_goes_on_selling() {
    let disk = MemoryDisk::new();
    let mut server = one_shard(&disk, 64 * 1024);
    let ask = |server: &mut Server, verb, seat: usize| {
        let slot = Slot {
            connection: 0,
            index: 0,
        };
        let name = format!("S{seat}");
        match server.members[0].shard.seat(verb, name.as_bytes(), slot) {
            Dispatch::Done(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    };
    disk.set_capacity(disk.used_bytes());
    let mut held = 0;
    while ask(&mut server, Verb::Reserve, held) == Outcome::Ok {
        held += 1;
        write(&mut server).unwrap();
    }
    // Two segments of 15 frames of a block; a quarter of one is kept.
    assert_eq!(held, 2 * 15 - 3);
    let sold = 3;
    for seat in 0..sold {
        assert_eq!(ask(&mut server, Verb::Buy, seat), Outcome::Ok);
        write(&mut server).unwrap();
        assert_eq!(ask(&mut server, Verb::Reserve, held), Outcome::Fail);
        assert_eq!(ask(&mut server, Verb::Query, held), Outcome::Free);
    }
    assert_eq!(ask(&mut server, Verb::Buy, sold), Outcome::Ok);
    assert!(matches!(write(&mut server), Err(Stop::Full)));
    let counters = server.members[0].shard.read_counters();
    assert_eq!(
        (counters.seats_refused_disk, counters.journal_disk_low),
        (4, 1)
    );

    // The last sale was not written, so nobody was told of it.
    drop(server);
    let mut server = one_shard(&disk.restart(), 64 * 1024);
    assert_eq!(ask(&mut server, Verb::Query, sold), Outcome::Reserved);
    assert_eq!(ask(&mut server, Verb::Query, sold - 1), Outcome::Sold);
    assert_eq!(ask(&mut server, Verb::Reserve, held), Outcome::Ok);
}

#[test]
fn a_full_disk_takes_nothing_new_and_lets_holders_purchase() {
    let disk = MemoryDisk::new();
    let mut server = one_shard(&disk, 64 * 1024);
    let (member, now) = (Id::from_u128(1), 1_000_000);
    let section = "A".to_owned();
    let first = id::make(1, 1, id::section_locator(&section));
    let places = Places {
        section,
        rows: (1, 1),
        seats: (1, 100),
    };
    let ask = |server: &mut Server, operation| server.members[0].shard.operate(now, operation);
    let turn = |number, step| Operation::MoveTicket {
        ticket: id::nth(first, number),
        member,
        step,
    };
    let create = |name: &str| Operation::CreateMember {
        id: Id::from_u128(name.len() as u128),
        name: name.to_owned(),
    };
    let made = ask(&mut server, Operation::CreateTickets { first, places });
    assert_eq!(made, Answer::Created(100));
    disk.set_capacity(disk.used_bytes());
    let mut count = 0;
    let hold = Step::Hold {
        until: Some(now + 9),
    };
    while let Answer::Ticket(_) = ask(&mut server, turn(count, hold)) {
        count += 1;
        write(&mut server).unwrap();
    }
    let low = Answer::Refused(Refusal::DiskLow);
    assert_eq!(ask(&mut server, turn(count, hold)), low);
    assert_eq!(ask(&mut server, create("Ada")), low);
    for (number, step) in [(0, Step::Purchase), (1, Step::Free), (2, Step::Purchase)] {
        let answer = ask(&mut server, turn(number, step));
        assert!(matches!(answer, Answer::Ticket(_)), "{answer:?}");
        write(&mut server).unwrap();
    }
    // Ended holds count as free, and are swept when there is room.
    assert!(!server.members[0].shard.expire(now + 9));
    let totals = server.members[0].shard.stock();
    assert_eq!(
        (totals.tickets_held, totals.tickets_purchased),
        (count - 3, 2)
    );
    drop(server);
    let mut server = one_shard(&disk.restart(), 64 * 1024);
    assert!(matches!(ask(&mut server, create("Ada")), Answer::Member(_)));
    assert!(!server.members[0].shard.expire(now + 9));
    let totals = server.members[0].shard.stock();
    assert_eq!((totals.tickets_free, totals.tickets_purchased), (98, 2));
}

/// Everything that is not a seat, gathered from all shards.
#[derive(Debug, PartialEq)]
struct Picture {
    found: Vec<Answer>,
    balances: BTreeMap<Account, i128>,
}

fn picture(server: &mut Server, each: &[Operation]) -> Picture {
    let mut entries = Vec::new();
    let mut balances = BTreeMap::new();
    let filter = LedgerFilter::default();
    let page = Page {
        after: None,
        limit: 9_999,
    };
    for member in &mut server.members {
        match member
            .shard
            .operate(0, Operation::ListLedger { filter, page })
        {
            Answer::Ledger(more) => entries.extend(more),
            other => panic!("{other:?}"),
        }
        match member.shard.operate(0, Operation::Balances(filter)) {
            Answer::Balances(more) => more.into_iter().for_each(|balance| {
                *balances.entry(balance.account).or_default() += balance.quantity;
            }),
            other => panic!("{other:?}"),
        }
    }
    entries.sort_by_key(|entry| entry.id);
    let mut found = vec![Answer::Ledger(entries)];
    for operation in each {
        let mut members = server.members.iter_mut();
        let answer = members.find_map(|member| match member.shard.operate(0, operation.clone()) {
            Answer::Refused(Refusal::NotFound(_)) => None,
            answer => Some(answer),
        });
        found.push(answer.unwrap_or_else(|| panic!("{operation:?} finds nothing")));
    }
    Picture { found, balances }
}

/// Makes something of everything, and says how to ask for it.
fn fill(shard: &mut Shard, number: u64) -> [Operation; 6] {
    let new = |kind: u64| id::make(1_000, 10 * number + kind, number as u32);
    let section = format!("section {number}");
    let first = id::make(1_000, 1, id::section_locator(&section));
    let places = Places {
        section,
        rows: (1, 2),
        seats: (1, 70),
    };
    let turn = |steps, step| Operation::MoveTicket {
        ticket: id::nth(first, steps),
        member: new(2),
        step,
    };
    let key = u128::from(number) << 96;
    for operation in [
        Operation::CreateOption {
            id: new(1),
            name: "Gala".to_owned(),
            description: String::new(),
            allocation: 10,
        },
        Operation::CreateMember {
            id: new(2),
            name: format!("member {number}"),
        },
        Operation::Purchase {
            id: new(3),
            option: new(1),
            user: new(2),
            quantity: 1 + number % 10,
        },
        Operation::CreateTickets { first, places },
        turn(0, Step::Hold { until: None }),
        turn(0, Step::Purchase),
        turn(
            1,
            Step::Hold {
                until: Some(1 << 40),
            },
        ),
        claim(number),
        Operation::Settle {
            key,
            reply: StoredReply {
                status: 201,
                json_api: true,
                location: String::new(),
                body: vec![number as u8; 9_000],
            },
        },
    ] {
        let answer = shard.operate(1_000_000 + number, operation);
        assert!(!matches!(answer, Answer::Refused(_)), "{answer:?}");
    }
    [
        Operation::FindOption(new(1)),
        Operation::FindMember(new(2)),
        Operation::FindPurchase(new(3)),
        Operation::FindTicket(first),
        Operation::FindTicket(id::nth(first, 1)),
        Operation::FindTicket(id::nth(first, 139)),
    ]
}

fn claim(number: u64) -> Operation {
    Operation::Claim {
        key: u128::from(number) << 96,
        fingerprint: 7,
        id: Id::nil(),
    }
}

#[test]
fn another_number_of_shards_has_all_that_there_was() {
    const EACH: u64 = 30;
    let disk = MemoryDisk::new();
    let mut server = one_shard(&disk, 64 * 1024);
    let shard = &mut server.members[0].shard;
    let each: Vec<Operation> = (0..EACH).flat_map(|number| fill(shard, number)).collect();
    write(&mut server).unwrap();
    let before = picture(&mut server, &each);
    drop(server);
    for shards in [4, 3, 1] {
        let setup = Setup {
            shards,
            segment_bytes: 64 * 1024,
            broken: None,
            bounds: Bounds::default(),
        };
        let (mut server, _) = Server::start(&disk, setup, &mut Tally::default()).unwrap();
        assert_eq!(picture(&mut server, &each), before, "{shards} shards");
        let mut members = server.members.iter();
        assert!(members.all(|member| member.shard.stock().members > 0));
        for number in 0..EACH {
            let router = Router::new(shards, ShardId(0));
            let owner = shard::owner(&router, &(number as u32).to_be_bytes());
            let answer = server.members[owner].shard.operate(0, claim(number));
            let Answer::Claim(Claim::Settled(reply)) = answer else {
                panic!("{answer:?}");
            };
            assert_eq!(reply.body, [number as u8; 9_000]);
        }
    }
}

/// The plan of an event may be so long that the changes that make it stand in
/// two segments; a snapshot may end between them.
#[test]
fn an_event_that_was_begun_in_a_segment_and_ends_in_the_next_is_there() {
    let disk = MemoryDisk::new();
    let mut server = one_shard(&disk, 16 * 1024);
    let events: Vec<Id> = (0..6).map(event).collect();
    for id in &events {
        let mut new = new_event(EVENTS - 1);
        new.id = *id;
        new.general.clear();
        let create = Operation::Event(Box::new(EventOperation::Create(Box::new(new))));
        let answer = server.members[0].shard.operate(1, create);
        assert!(matches!(answer, Answer::Event(_)), "{answer:?}");
        while !server.members[0].is_written() {
            server.step(0, 0, &mut Tally::default()).unwrap();
            server.keeper.compact();
        }
    }
    let mut tally = Tally::default();
    server.report(&mut tally);
    assert!(tally.of("snapshots") > 2, "{tally:?}");
    drop(server);
    let disk = disk.power_loss(&mut || false);
    for shards in [1, 3] {
        let setup = Setup {
            shards,
            segment_bytes: 16 * 1024,
            broken: None,
            bounds: Bounds::default(),
        };
        let (server, _) = Server::start(&disk, setup, &mut Tally::default()).unwrap();
        let counts = server.members.iter();
        let found: u64 = counts.map(|it| it.shard.stock().events.events).sum();
        assert_eq!(found, events.len() as u64, "{shards} shards");
    }
}

#[test]
fn a_disk_that_lags_holds_clients_up_until_a_frame_is_written() {
    const LINES: usize = 40_000;
    const LIMITS: SessionLimits = SessionLimits {
        line: LineLimits {
            max_line: 300,
            max_seat: 255,
        },
        pipeline_bytes: 1 << 24,
    };
    let disk = MemoryDisk::new();
    let mut server = one_shard(&disk, 4 << 20);
    let mut session = Session::new(0, &LIMITS);
    let mut lines = (0..LINES).map(|seat| format!("RESERVE: {:x<255}\n", format!("S{seat}")));
    while session.blocked().is_none() {
        let line = lines.next().expect("so much may not wait");
        session.on_bytes(line.as_bytes(), &mut server.members[0].shard);
    }
    assert_eq!(session.blocked(), Some(Blocked::OnCredit));
    lines.for_each(|line| session.on_bytes(line.as_bytes(), &mut server.members[0].shard));
    let pending = server.members[0].gate().journal().pending_bytes();
    let bound = JOURNAL_PENDING_BYTES..JOURNAL_PENDING_BYTES + 257;
    assert!(bound.contains(&pending), "{pending} bytes wait");
    assert!(!server.members[0].shard.is_durable(session.observed()));

    while session.blocked().is_some() {
        write(&mut server).unwrap();
        session.resume(&mut server.members[0].shard);
    }
    write(&mut server).unwrap();
    assert!(server.members[0].shard.is_durable(session.observed()));
    assert_eq!(session.take_output(), b"OK\n".repeat(LINES));
}
