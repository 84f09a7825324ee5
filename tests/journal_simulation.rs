//! Whole lives of a journal on a disk that fails, from one seed each: random
//! changes, frames, segments, snapshots, numbers of shards, and crashes at any
//! operation, recovery included. After each start the state must be what was
//! acknowledged, perhaps with the frames that were under way, each whole or
//! not at all.
//!
//! `RINGSIDE_SIM_SEEDS=N` runs so many seeds, `RINGSIDE_SIM_SEED=S` that one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod simulation;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use simulation::{Lives, Survival};

/// Seeds in a normal run: a few seconds.
const SEEDS: u64 = 1_000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is no number")),
    )
}

#[test]
fn every_start_serves_what_was_acknowledged() {
    let (first, count) = match number("RINGSIDE_SIM_SEED") {
        Some(seed) => (seed, 1),
        None => (0, number("RINGSIDE_SIM_SEEDS").unwrap_or(SEEDS)),
    };
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let totals = std::thread::scope(|scope| {
        let work = || {
            let mut total = simulation::Seen::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + count {
                    return total;
                }
                match catch_unwind(AssertUnwindSafe(|| Lives::new(seed).run())) {
                    Ok(counts) => total.add(counts),
                    Err(panic) => {
                        eprintln!(
                            "seed {seed} fails; replay it: RINGSIDE_SIM_SEED={seed} \
                             cargo test --test journal_simulation"
                        );
                        std::panic::resume_unwind(panic);
                    }
                }
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .fold(simulation::Seen::default(), |mut total, thread| {
                match thread.join() {
                    Ok(seen) => total.add(seen),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
                total
            })
    });
    println!("seeds {first}..{}: {totals:?}", first + count);
    if count >= SEEDS {
        totals.check_that_everything_happened();
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
