//! Whole lives of whole shards (sessions, seats, journal, gate, recovery) on a
//! disk that fails, from one seed each: random requests cut anywhere, batches
//! between shards, frames, segments, snapshots, numbers of shards, full disks,
//! and crashes at any step, recovery included. The clients outlive them all:
//! what they were told must be true in every later life.
//!
//! `RINGSIDE_SIM_SEEDS=N` runs so many seeds, `RINGSIDE_SIM_SEED=S` that one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod seeds;
mod shards;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ringside::inventory::{Outcome, Verb};
use ringside::journal::memory::MemoryDisk;
use ringside::limits::JOURNAL_PENDING_BYTES;
use ringside::mesh::Slot;
use ringside::net::session::{Blocked, Session, SessionLimits};
use ringside::shard::Dispatch;
use ringside::wire::seat::LineLimits;
use seeds::Seeds;
use shards::{Broken, Lives, Server, Setup, Stop, Tally};

/// Seeds in a normal run: a second or two.
const SEEDS: u64 = 400;

/// What must have happened in that many.
const MUST_HAPPEN: [&str; 18] = [
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
    for broken in [Broken::Replies, Broken::Batches] {
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
