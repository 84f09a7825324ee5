//! How long buyers wait for the two answers that matter, by event: of the last
//! thousands, from a request's arrival until its answer may leave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::inventory::Id;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Step {
    /// Holding tickets.
    Hold,
    /// Completing a checkout.
    Complete,
}

/// Steps for each factor of two: figures are at most a fifth too high.
const PARTS: usize = 4;

/// From a microsecond to over half a minute.
const BUCKETS: usize = 26 * PARTS;

/// When as many were counted, all count half: what was long ago fades.
const FADES_AT: u32 = 16_384;

#[derive(Clone, Debug)]
struct Histogram {
    counts: [u32; BUCKETS],
    total: u32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            total: 0,
        }
    }
}

impl Histogram {
    fn add(&mut self, took: Duration) {
        let micros = (took.as_micros() as f64).max(1.0);
        let bucket = (micros.log2() * PARTS as f64).ceil() as usize;
        self.counts[bucket.min(BUCKETS - 1)] += 1;
        self.total += 1;
        if self.total >= FADES_AT {
            for count in &mut self.counts {
                *count /= 2;
            }
            self.total = self.counts.iter().sum();
        }
    }

    fn join(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// What a part of all did not exceed.
    fn quantile(&self, part: f64) -> u64 {
        let wanted = (f64::from(self.total) * part).ceil() as u32;
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        let exponent = bucket.unwrap_or_default() as f64 / PARTS as f64;
        exponent.exp2().round() as u64
    }

    fn quantiles(&self) -> Option<Quantiles> {
        (self.total > 0).then(|| Quantiles {
            p50_us: self.quantile(0.5),
            p99_us: self.quantile(0.99),
        })
    }
}

/// How long answers took, in microseconds; at most a fifth too high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct Quantiles {
    /// Half of them took at most so long.
    p50_us: u64,
    /// 99 of 100 took at most so long.
    p99_us: u64,
}

/// How long the answers to buyers of an event took lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct Latency {
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<Quantiles>,
}

type Events = HashMap<Id, [Histogram; 2]>;

/// Of all shards of a server: each writes its own part.
#[derive(Debug, Default)]
pub struct Latencies(Mutex<Vec<Arc<Part>>>);

/// Of one shard.
#[derive(Debug, Default)]
pub(in crate::http) struct Part(Mutex<Events>);

impl Part {
    /// An answer to a buyer of an event has left.
    pub(in crate::http) fn add(&self, event: Id, step: Step, took: Duration) {
        lock(&self.0).entry(event).or_default()[step as usize].add(took);
    }
}

impl Latencies {
    /// A part for one shard.
    pub(in crate::http) fn part(&self) -> Arc<Part> {
        let part = Arc::<Part>::default();
        lock(&self.0).push(Arc::clone(&part));
        part
    }

    /// How long the answers to buyers of an event took.
    pub(in crate::http) fn of(&self, event: Id) -> Latency {
        let mut sum = [Histogram::default(), Histogram::default()];
        for part in &*lock(&self.0) {
            if let Some(found) = lock(&part.0).get(&event) {
                for (sum, part) in sum.iter_mut().zip(found) {
                    sum.join(part);
                }
            }
        }
        let [hold, complete] = sum.map(|histogram| histogram.quantiles());
        Latency { hold, complete }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_by_event() {
        let all = Latencies::default();
        let parts = [all.part(), all.part()];
        let (one, other) = (Id::from_u128(1), Id::from_u128(2));
        for micros in 1..=100 {
            let took = Duration::from_micros(micros);
            parts[micros as usize % 2].add(one, Step::Hold, took);
        }
        parts[0].add(other, Step::Complete, Duration::from_secs(3600));
        let Latency { hold, complete } = all.of(one);
        let hold = hold.unwrap();
        assert!((50..=60).contains(&hold.p50_us), "{hold:?}");
        assert!((99..=120).contains(&hold.p99_us), "{hold:?}");
        assert_eq!(complete, None);
        assert!(all.of(other).complete.unwrap().p50_us > 30_000_000);
        assert_eq!(all.of(Id::nil()), Latency::default());
    }

    #[test]
    fn what_was_long_ago_fades() {
        let all = Latencies::default();
        let (part, event) = (all.part(), Id::nil());
        for (count, micros) in [(10_000, 1000), (200_000, 1)] {
            for _ in 0..count {
                part.add(event, Step::Hold, Duration::from_micros(micros));
            }
        }
        let fast = Quantiles {
            p50_us: 1,
            p99_us: 1,
        };
        assert_eq!(all.of(event).hold, Some(fast));
    }
}
