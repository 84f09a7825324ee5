//! A like allocates nothing: from its bytes to the line of its match, with its
//! pair on the shard that reads the source or on another one.
//!
//! What is left: a pair's second like opens its history, once, and by the rule
//! `latest` a history keeps every like that can still count.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/counting.rs"]
mod counting;

use counting::allocations;
use fastrand::Rng;
use ringside::matching::{Batch, Run, RunId, RunOptions, Tables};
use ringside::route::{Router, ShardId};

const SEED: u64 = 7;

/// Likes of a part.
const LIKES: u64 = 20_000;

/// A run, the other shards, and a listener that reads everything at once.
struct World {
    run: Run,
    owners: Vec<Tables>,
    parcels: Vec<(ShardId, Box<Batch>)>,
    spare: Vec<u8>,
    lines: usize,
}

impl World {
    fn new(shards: u16) -> Self {
        let id = RunId {
            shard: ShardId(0),
            number: 1,
        };
        let options = RunOptions {
            prepared_pairs: 100_000,
            ..RunOptions::default()
        };
        let mut run = Run::new(id, Router::new(shards, ShardId(0)), &options, SEED);
        run.prepare();
        Self {
            run,
            owners: (0..shards).map(|_| Tables::new(SEED)).collect(),
            parcels: Vec::with_capacity(64),
            spare: Vec::with_capacity(256 * 1024),
            lines: 0,
        }
    }

    /// One read of the source, and all that follows from it.
    fn say(&mut self, bytes: &[u8]) {
        self.run.on_bytes(bytes).unwrap();
        loop {
            let parcels = &mut self.parcels;
            self.run
                .flush(|_| true, |to, batch| parcels.push((to, batch)));
            if self.parcels.is_empty() && !self.run.has_output() {
                return;
            }
            for (owner, mut batch) in self.parcels.drain(..) {
                self.owners[owner.index()].serve(&mut batch);
                self.run.on_answer(owner, batch).unwrap();
            }
            self.run.resume().unwrap();
            let lines = self.run.take_output(std::mem::take(&mut self.spare));
            self.lines += memchr::memchr_iter(b'\n', &lines).count();
            self.run.on_sent(lines.len());
            self.run.resume().unwrap();
            self.spare = lines;
        }
    }

    /// All of a stream, in reads that end anywhere.
    fn say_all(&mut self, stream: &str) {
        for bytes in stream.as_bytes().chunks(4_001) {
            self.say(bytes);
        }
    }
}

/// So many likes from the number `first` on, each within 200 places of its
/// turn, between the users that `users` draws.
fn likes(first: u64, rng: &mut Rng, mut users: impl FnMut(&mut Rng, u64) -> (u64, u64)) -> String {
    let mut lines: Vec<(u64, String)> = (first..first + LIKES)
        .map(|sequence| {
            let (from, to) = users(rng, sequence);
            let turn = sequence + rng.u64(..200);
            (turn, format!("{sequence}|LIKE_LIKED|{from}|{to}\n"))
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

#[test]
fn a_like_allocates_nothing() {
    for shards in [1, 3] {
        let mut world = World::new(shards);
        let mut rng = Rng::with_seed(SEED);
        // 1,225 pairs, all known and liked both ways after the first part.
        let crowd = |rng: &mut Rng, _| {
            let from = rng.u64(..50);
            (from, (from + rng.u64(1..50)) % 50)
        };
        let strangers = |_: &mut Rng, sequence| (sequence * 2, sequence * 2 + 1);
        let mut parts = Vec::new();
        for first in [1, 1 + LIKES] {
            parts.push(likes(first, &mut rng, crowd));
        }
        parts.push(likes(1 + 2 * LIKES, &mut rng, strangers));

        world.say_all("EVENT BEGIN\n");
        world.say_all(&parts[0]);
        let matches = world.lines;
        let known = allocations(|| world.say_all(&parts[1]));
        assert_eq!(known, 0, "likes of known pairs, {shards} shards");
        // The newest 200 may still wait for one before them.
        let came = world.lines - matches;
        assert!(came > LIKES as usize - 500, "{came} matches");

        let new = allocations(|| world.say_all(&parts[2]));
        assert_eq!(new, 0, "likes of new pairs, {shards} shards");
        world.say_all("EVENT END\n");
        assert!(world.run.is_complete());
        assert_eq!(world.run.summary().events, 3 * LIKES);
    }
}

/// Else the test above would not test what it says.
#[test]
fn a_history_is_counted() {
    let mut world = World::new(1);
    world.say_all("EVENT BEGIN\n1|LIKE_LIKED|1|2\n");
    assert!(allocations(|| world.say(b"3|LIKE_LIKED|1|2\n")) > 0);
}
