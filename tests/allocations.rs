//! A command allocates nothing: from its bytes to its reply, on the shard that
//! has the connection and over the mesh to another one.
//!
//! The exception is a seat that was never reserved before: its entry may make
//! the table grow. The table doubles, so N seats cost at most about log2 N
//! allocations together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/counting.rs"]
mod counting;

use std::sync::Arc;

use counting::allocations;
use ringside::inventory::Bounds;
use ringside::mesh::Batch;
use ringside::net::session::{Session, SessionLimits};
use ringside::route::{Owner, Router, ShardId};
use ringside::shard::{SeatBudget, Shard};
use ringside::wire::seat::LineLimits;

const LIMITS: SessionLimits = SessionLimits {
    line: LineLimits {
        max_line: 128,
        max_seat: 64,
    },
    pipeline_bytes: 64 * 1024,
};

const SEATS: u32 = 1_000;

fn shards(count: u16) -> Vec<Shard> {
    let budget = Arc::new(SeatBudget::new(1_000_000, count));
    (0..count)
        .map(|me| Router::new(count, ShardId(me)))
        .map(|router| Shard::new(router, Arc::clone(&budget), 1, Bounds::default()))
        .collect()
}

/// Chunks of pipelined commands, short names and long ones, right and wrong.
fn chunks(verb: &str) -> Vec<Vec<u8>> {
    let line = |seat: u32| match seat % 4 {
        0 => format!("{verb}: LongerThanAnEntryHolds{seat}\n"),
        _ => format!("{verb}: A{seat}\n"),
    };
    (0..SEATS)
        .collect::<Vec<_>>()
        .chunks(50)
        .map(|seats| seats.iter().map(|&seat| line(seat)).collect::<String>() + "wrong\n")
        .map(String::into_bytes)
        .collect()
}

/// A client's session whose reply buffers go round, as the network loop does.
struct Client {
    session: Session,
    spare: Vec<Vec<u8>>,
    replied: usize,
}

impl Client {
    fn new() -> Self {
        Self {
            session: Session::new(0, &LIMITS),
            spare: vec![Vec::with_capacity(4096)],
            replied: 0,
        }
    }

    fn say(&mut self, shards: &mut [Shard], bytes: &[u8]) {
        let spare = &mut self.spare;
        self.session.lend_output(|| spare.pop().unwrap_or_default());
        self.session.on_bytes(bytes, &mut shards[0]);
        while let Some((to, batch)) = shards[0].outbox().next() {
            let batch = shards[to.index()]
                .serve(ShardId(0), batch)
                .expect("in memory");
            self.take_outcomes(&batch);
            shards[0].outbox().recycle(to, batch);
        }
        let mut replies = self.session.take_output();
        self.session.on_sent(replies.len());
        self.replied += memchr::memchr_iter(b'\n', &replies).count();
        replies.clear();
        self.spare.push(replies);
    }

    fn take_outcomes(&mut self, batch: &Batch) {
        for (slot, outcome) in batch.outcomes() {
            self.session.on_outcome(slot.index, outcome);
        }
    }
}

#[test]
fn a_command_for_a_known_seat_or_none_allocates_nothing() {
    for count in [1, 2] {
        let mut shards = shards(count);
        let mut client = Client::new();
        let queries = chunks("QUERY");
        let reserves = chunks("RESERVE");
        let buys = chunks("BUY");
        // Queries of seats that are not stored; batches find their size.
        for chunk in &queries {
            client.say(&mut shards, chunk);
        }
        assert_eq!(run(&mut client, &mut shards, &queries), 0, "{count} shards");
        for chunk in &reserves {
            client.say(&mut shards, chunk);
        }
        for (what, chunks) in [
            ("RESERVE of a taken seat", &reserves),
            ("QUERY", &queries),
            ("BUY", &buys),
            ("BUY of a sold seat", &buys),
        ] {
            let allocated = run(&mut client, &mut shards, chunks);
            assert_eq!(allocated, 0, "{what}, {count} shards");
        }
        assert_eq!(client.replied, 7 * (SEATS as usize + queries.len()));
    }
}

fn run(client: &mut Client, shards: &mut [Shard], chunks: &[Vec<u8>]) -> u64 {
    allocations(|| chunks.iter().for_each(|chunk| client.say(shards, chunk)))
}

#[test]
fn new_seats_allocate_for_the_tables_growth_only() {
    for count in [1, 2] {
        let mut shards = shards(count);
        let mut client = Client::new();
        let (queries, reserves) = (chunks("QUERY"), chunks("RESERVE"));
        for chunk in &queries {
            client.say(&mut shards, chunk);
        }
        let allocated = run(&mut client, &mut shards, &reserves);
        // Doublings from one line of 4 places to 512, and for long names one
        // chunk and the list of chunks, on each shard.
        let bound = u64::from(count) * (u64::from(SEATS.ilog2()) + 3);
        assert!(
            (1..=bound).contains(&allocated),
            "{allocated} allocations for {SEATS} new seats, {count} shards"
        );
    }
}

/// Else the tests above would not test what they say.
#[test]
fn the_counter_counts_and_both_shards_have_seats() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    let router = Router::new(2, ShardId(0));
    let local = (0..SEATS).filter(|n| router.seat(format!("A{n}").as_bytes()) == Owner::Local);
    assert!((300..700).contains(&local.count()));
}
