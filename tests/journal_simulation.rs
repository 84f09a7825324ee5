//! Whole lives of a journal on a disk that fails, from one seed each: random
//! changes, frames, segments, snapshots, numbers of shards, and crashes at any
//! operation, recovery included. After each start the state must be what was
//! acknowledged, perhaps with the frames that were under way, each whole or
//! not at all.
//!
//! `RINGSIDE_SIM_SEEDS=N` runs so many seeds, `RINGSIDE_SIM_SEED=S` that one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod seeds;
mod simulation;

use std::sync::atomic::{AtomicU64, Ordering};

use seeds::Seeds;
use simulation::{Lives, Seen, Survival};

/// Seeds in a normal run: a few seconds.
const SEEDS: u64 = 1_000;

#[test]
fn every_start_serves_what_was_acknowledged() {
    let seeds = Seeds::from_environment(SEEDS);
    let mut total = Seen::default();
    for seen in seeds.run("journal_simulation", |seed| Lives::new(seed).run()) {
        total.add(seen);
    }
    println!("{} seeds: {total:?}", seeds.count());
    if seeds.count() >= SEEDS {
        total.check_that_everything_happened();
    }
}

/// Not at random: a short life with everything in it, stopped at each of its
/// changes in turn, with each kind of loss.
#[test]
fn a_stop_at_any_single_change_loses_nothing() {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let stop = next.fetch_add(1, Ordering::Relaxed);
                    let stopped = [Survival::Nothing, Survival::Everything, Survival::Half]
                        .map(|survival| Lives::stop_at(stop, survival));
                    if !stopped[0] {
                        return;
                    }
                }
            });
        }
    });
    let changes = next.into_inner();
    assert!(changes > 200, "the life had {changes} changes");
}
