//! How latencies are spread: one HDR histogram.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Shortest time told apart, in nanoseconds.
const FLOOR_NANOS: u64 = 64;
/// Longest time told apart, in nanoseconds: a minute.
const CEILING_NANOS: u64 = 60_000_000_000;
/// Significant digits: errors stay under 0.1 %.
const DIGITS: u8 = 3;

/// Latencies of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    histogram: Histogram<u64>,
    over_range: u64,
}

impl Spread {
    /// No latencies yet.
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(FLOOR_NANOS, CEILING_NANOS, DIGITS);
        Self {
            histogram: histogram.expect("the bounds are constants that satisfy the histogram"),
            over_range: 0,
        }
    }

    /// What was recorded elsewhere, read back.
    pub(crate) fn from_parts(histogram: Histogram<u64>, over_range: u64) -> Self {
        Self {
            histogram,
            over_range,
        }
    }

    /// Records one latency; more than a minute counts as a minute, and as over
    /// the range.
    pub(crate) fn record(&mut self, latency: Duration) {
        self.record_nanos(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The same, for a latency in nanoseconds.
    pub(crate) fn record_nanos(&mut self, nanos: u64) {
        self.over_range += u64::from(nanos > CEILING_NANOS);
        self.histogram.saturating_record(nanos);
    }

    /// Adds the latencies of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        self.over_range += other.over_range;
        self.histogram
            .add(&other.histogram)
            .expect("all histograms here have the same bounds");
    }

    /// How many latencies there are.
    pub(crate) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// How many latencies were longer than the histogram tells apart.
    pub(crate) fn over_range(&self) -> u64 {
        self.over_range
    }

    /// The histogram, in nanoseconds.
    pub(crate) fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// The latency that `percent` of all did not exceed, in microseconds; 0 if
    /// there are none.
    pub(crate) fn percentile_micros(&self, percent: f64) -> f64 {
        self.histogram.value_at_percentile(percent) as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_come_back_in_microseconds_within_a_thousandth() {
        let mut one = Spread::new();
        let mut two = Spread::new();
        for micros in 1..=1_000 {
            let half = if micros % 2 == 0 { &mut one } else { &mut two };
            half.record(Duration::from_micros(micros));
        }
        one.add(&two);
        assert_eq!(one.count(), 1_000);
        let median = one.percentile_micros(50.0);
        assert!((median - 500.0).abs() < 1.0, "{median}");
        let longest = one.percentile_micros(100.0);
        assert!((longest - 1_000.0).abs() < 1.5, "{longest}");
    }

    #[test]
    fn hours_count_as_a_minute() {
        let mut spread = Spread::new();
        spread.record(Duration::from_secs(7_200));
        let longest = spread.percentile_micros(100.0);
        assert!((59e6..61e6).contains(&longest), "{longest}");
        assert_eq!(spread.over_range(), 1);
    }
}
