//! Axes: from where to where, where the labels stand and what they say.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::units;

/// One axis. Logarithmic ones hold logarithms; their labels say the value.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) title: String,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) ticks: Vec<f64>,
    pub(super) label: fn(f64) -> String,
}

/// Most labels on an axis.
const TICKS: f64 = 7.0;
/// The percentile that a percentile axis begins with, and the last it may show.
const FIRST_PERCENT: f64 = 50.0;
const MOST_NINES: f64 = 5.0;

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (low, high): (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        low + (share * f64::from(high - low)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        (self.label)(*value)
    }
}

impl Axis {
    /// Seconds from 0 to `end`.
    pub(super) fn seconds(end: f64) -> Self {
        let to = if end > 0.0 { end } else { 1.0 };
        let ticks = steps(to).into_iter().filter(|&tick| tick <= to * 1.000_001);
        Self {
            title: "time since measuring began (s)".to_owned(),
            from: 0.0,
            to,
            ticks: ticks.collect(),
            label: units::plain,
        }
    }

    /// Counts from 0 to a round number above `most`.
    pub(super) fn counts(title: &str, most: f64) -> Self {
        let ticks = steps(most.max(1.0));
        Self {
            title: title.to_owned(),
            from: 0.0,
            to: ticks.last().copied().unwrap_or(1.0),
            ticks,
            label: units::count,
        }
    }

    /// Microseconds, logarithmic, at least a decade, from the `least` to the
    /// `most`.
    pub(super) fn micros(least: f64, most: f64) -> Self {
        let least = least.max(0.1);
        let most = most.max(least);
        // At most every 1, 2, 5 or, over many decades, every power of ten.
        let is_wide = (most / least).log10() > 2.5;
        let multiples: &[f64] = if is_wide { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let ticks: Vec<f64> = (-1..=8)
            .flat_map(|decade| {
                multiples
                    .iter()
                    .map(move |step| (step * 10_f64.powi(decade)).log10())
            })
            .collect();
        let below = ticks.iter().rfind(|tick| **tick <= least.log10() + 1e-9);
        let above = ticks.iter().find(|tick| **tick >= most.log10() - 1e-9);
        let from = below.copied().unwrap_or(-1.0);
        let to = above.copied().unwrap_or(8.0).max(from + 1.0);
        Self {
            title: "latency (log scale)".to_owned(),
            from,
            to,
            ticks: ticks
                .into_iter()
                .filter(|tick| (from..=to).contains(tick))
                .collect(),
            label: |log| units::micros(10_f64.powf(log)),
        }
    }

    /// Percentiles, each further nine as wide as the one before: as many nines
    /// as so many samples have, from two to five.
    pub(super) fn percentiles(samples: u64) -> Self {
        let nines = (samples.max(1) as f64)
            .log10()
            .ceil()
            .clamp(2.0, MOST_NINES);
        let mut ticks = vec![nines_of(FIRST_PERCENT), nines_of(75.0)];
        ticks.extend((1..=nines as u32).map(f64::from));
        Self {
            title: "percentile of requests (%)".to_owned(),
            from: nines_of(FIRST_PERCENT),
            to: nines,
            ticks,
            label: |nines| units::plain(percent_of(nines)),
        }
    }
}

/// How many nines a percentile has: 1 of 90 %, 3 of 99.9 %.
fn nines_of(percent: f64) -> f64 {
    -(1.0 - percent / 100.0).log10()
}

/// The other way.
pub(super) fn percent_of(nines: f64) -> f64 {
    100.0 * (1.0 - 10_f64.powf(-nines))
}

/// 0 and multiples of 1, 2 or 5 times a power of ten, the last not below `most`.
fn steps(most: f64) -> Vec<f64> {
    let rough = most / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|multiple| multiple * power)
        .find(|step| *step >= rough)
        .unwrap_or(10.0 * power);
    let count = (most / step - 1e-9).ceil() as u32;
    (0..=count).map(|number| f64::from(number) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|&tick| (axis.label)(tick)).collect()
    }

    #[test]
    fn percentiles_go_as_far_as_there_are_samples() {
        let axis = Axis::percentiles(1_000);
        assert_eq!(labels(&axis), ["50", "75", "90", "99", "99.9"]);
        let all = Axis::percentiles(u64::MAX);
        assert_eq!(labels(&all).last().unwrap(), "99.999");
        assert_eq!(labels(&Axis::percentiles(0)).last().unwrap(), "99");
    }

    #[test]
    fn micros_carry_their_unit_and_span_the_values() {
        let narrow = Axis::micros(60.0, 900.0);
        assert_eq!(
            labels(&narrow),
            ["50 µs", "100 µs", "200 µs", "500 µs", "1 ms"]
        );
        let wide = Axis::micros(30.0, 2.5e6);
        assert_eq!(
            labels(&wide),
            ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]
        );
        let flat = Axis::micros(100.0, 100.0);
        assert!(flat.to > flat.from);
    }

    #[test]
    fn steps_are_round_few_and_reach_the_end() {
        for most in [1.0, 3.0, 7.0, 10.0, 99.0, 1_234.0, 87_654.0, 3e7] {
            let steps = steps(most);
            assert!((3..=9).contains(&steps.len()), "{most}: {steps:?}");
            assert!(*steps.last().unwrap() >= most, "{most}: {steps:?}");
        }
        assert_eq!(
            labels(&Axis::counts("", 87_654.0))[..3],
            ["0", "20 k", "40 k"]
        );
        assert_eq!(labels(&Axis::seconds(10.0)).last().unwrap(), "10");
    }
}
