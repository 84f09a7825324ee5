//! Runs a simulation from many seeds, on all cores, and says which one fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// Which seeds to run.
pub(crate) struct Seeds {
    first: u64,
    count: u64,
}

impl Seeds {
    /// `RINGSIDE_SIM_SEED=S` is that one, `RINGSIDE_SIM_SEEDS=N` so many;
    /// else `usual` seeds.
    pub(crate) fn from_environment(usual: u64) -> Self {
        match number("RINGSIDE_SIM_SEED") {
            Some(first) => Self { first, count: 1 },
            None => Self {
                first: 0,
                count: number("RINGSIDE_SIM_SEEDS").unwrap_or(usual),
            },
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Runs `one` with each seed and gives what they return, in any order.
    /// `test` is the name of the file, to run it again.
    pub(crate) fn run<T: Send>(&self, test: &str, one: impl Fn(u64) -> T + Sync) -> Vec<T> {
        let next = AtomicU64::new(self.first);
        let work = || {
            let mut results = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= self.first + self.count {
                    return results;
                }
                match catch_unwind(AssertUnwindSafe(|| one(seed))) {
                    Ok(result) => results.push(result),
                    Err(panic) => {
                        eprintln!(
                            "seed {seed} fails; replay it: RINGSIDE_SIM_SEED={seed} \
                             cargo test --test {test}"
                        );
                        std::panic::resume_unwind(panic);
                    }
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let joined = threads.into_iter().map(|thread| match thread.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.flatten().collect()
        })
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is no number")),
    )
}
