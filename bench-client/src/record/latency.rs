//! Latency per verb, in HDR histograms.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::protocol::Verb;

/// Shortest time told apart, in nanoseconds.
const FLOOR_NANOS: u64 = 64;
/// Longest time told apart, in nanoseconds: a minute.
const CEILING_NANOS: u64 = 60_000_000_000;
/// Significant digits: errors stay under 0.1 %.
const DIGITS: u8 = 3;

/// Latencies of one thread or, after merging, of a run.
#[derive(Debug)]
pub(crate) struct Latencies {
    verbs: [Histogram<u64>; Verb::ALL.len()],
}

impl Latencies {
    /// No latencies yet.
    pub(crate) fn new() -> Self {
        Self {
            verbs: Verb::ALL.map(|_| {
                Histogram::new_with_bounds(FLOOR_NANOS, CEILING_NANOS, DIGITS)
                    .expect("the bounds are constants that satisfy the histogram")
            }),
        }
    }

    /// Records one reply's latency; more than a minute counts as a minute.
    pub(crate) fn record(&mut self, verb: Verb, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.verbs[verb.index()].saturating_record(nanos);
    }

    /// Adds the latencies of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        for (own, other) in self.verbs.iter_mut().zip(&other.verbs) {
            own.add(other)
                .expect("all histograms here have the same bounds");
        }
    }

    /// How many latencies `verb` has.
    pub(crate) fn count(&self, verb: Verb) -> u64 {
        self.verbs[verb.index()].len()
    }

    /// The latency that `percent` of the replies to `verb` did not exceed, in
    /// microseconds; 0 if there were none.
    pub(crate) fn percentile_micros(&self, verb: Verb, percent: f64) -> f64 {
        let nanos = self.verbs[verb.index()].value_at_percentile(percent);
        nanos as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_come_back_in_microseconds_within_a_thousandth() {
        let mut one = Latencies::new();
        let mut two = Latencies::new();
        for micros in 1..=1_000 {
            let half = if micros % 2 == 0 { &mut one } else { &mut two };
            half.record(Verb::Buy, Duration::from_micros(micros));
        }
        one.add(&two);
        assert_eq!(one.count(Verb::Buy), 1_000);
        assert_eq!(one.count(Verb::Query), 0);
        let median = one.percentile_micros(Verb::Buy, 50.0);
        assert!((median - 500.0).abs() < 1.0, "{median}");
        let longest = one.percentile_micros(Verb::Buy, 100.0);
        assert!((longest - 1_000.0).abs() < 1.5, "{longest}");
    }

    #[test]
    fn hours_count_as_a_minute() {
        let mut latencies = Latencies::new();
        latencies.record(Verb::Query, Duration::from_secs(7_200));
        let longest = latencies.percentile_micros(Verb::Query, 100.0);
        assert!((59e6..61e6).contains(&longest), "{longest}");
    }
}
