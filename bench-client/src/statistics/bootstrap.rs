//! Percentile bootstrap: draw as many runs as there are, with replacement, many
//! times, and see how the figure scatters.

use super::{CONFIDENCE, median};

/// Draws per interval; with more of them its ends hardly move.
const DRAWS: usize = 2_000;

/// Fewer runs have no interval: even the range from the least to the most of 4
/// runs holds the true median in 7 of 8 cases only, which is no 95 %.
const MIN_RUNS: usize = 5;

/// The same seed for all, so that a report can be made again.
const SEED: u64 = 42;

/// From where to where a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// Lower end.
    pub(crate) low: f64,
    /// Upper end.
    pub(crate) high: f64,
}

/// The interval of the median; `None` of fewer than five runs.
pub(crate) fn of_median(runs: &[f64]) -> Option<Interval> {
    if runs.len() < MIN_RUNS {
        return None;
    }
    let mut rng = fastrand::Rng::with_seed(SEED);
    ends(
        (0..DRAWS)
            .filter_map(|_| drawn_median(runs, &mut rng))
            .collect(),
    )
}

/// The interval of `median(new) / median(old)`; `None` if either has fewer than
/// five runs or `old` is not above 0.
pub(crate) fn of_ratio(old: &[f64], new: &[f64]) -> Option<Interval> {
    if old.len() < MIN_RUNS || new.len() < MIN_RUNS || old.iter().any(|&value| value <= 0.0) {
        return None;
    }
    let mut rng = fastrand::Rng::with_seed(SEED);
    let ratio = |_| Some(drawn_median(new, &mut rng)? / drawn_median(old, &mut rng)?);
    ends((0..DRAWS).filter_map(ratio).collect())
}

fn drawn_median(runs: &[f64], rng: &mut fastrand::Rng) -> Option<f64> {
    let drawn: Vec<f64> = runs.iter().map(|_| runs[rng.usize(..runs.len())]).collect();
    median(&drawn)
}

fn ends(mut drawn: Vec<f64>) -> Option<Interval> {
    drawn.sort_unstable_by(f64::total_cmp);
    let last = drawn.len().checked_sub(1)?;
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let at = |share: f64| drawn[(share * last as f64).round() as usize];
    Some(Interval {
        low: at(tail),
        high: at(1.0 - tail),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_runs_have_no_interval() {
        let runs = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(of_median(&runs[..4]), None);
        assert_eq!(of_ratio(&runs[..4], &runs), None);
        assert_eq!(of_ratio(&runs, &runs[..4]), None);
        assert_eq!(of_ratio(&[0.0; 5], &runs), None);
    }

    #[test]
    fn equal_runs_have_an_interval_without_width() {
        assert_eq!(
            of_median(&[7.0; 5]),
            Some(Interval {
                low: 7.0,
                high: 7.0
            })
        );
    }

    #[test]
    fn the_interval_of_the_median_lies_within_the_runs_and_holds_the_median() {
        let runs = [10.0, 11.0, 12.0, 13.0, 30.0];
        let interval = of_median(&runs).unwrap();
        assert!(interval.low >= 10.0 && interval.low < 12.0, "{interval:?}");
        assert!(
            interval.high > 12.0 && interval.high <= 30.0,
            "{interval:?}"
        );
        assert_eq!(of_median(&runs), Some(interval));
    }

    #[test]
    fn intervals_hold_the_true_median_about_as_often_as_they_say() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut held = 0;
        for _ in 0..100 {
            let runs: Vec<f64> = (0..9).map(|_| rng.f64()).collect();
            let interval = of_median(&runs).unwrap();
            held += u32::from((interval.low..=interval.high).contains(&0.5));
        }
        assert!(held >= 85, "{held} of 100");
    }

    #[test]
    fn a_ratio_of_two_shows_with_a_narrow_interval() {
        let old = [100.0, 101.0, 99.0, 100.5, 99.5];
        let new = old.map(|value| value * 2.0);
        let interval = of_ratio(&old, &new).unwrap();
        assert!(interval.low > 1.95 && interval.high < 2.05, "{interval:?}");
    }
}
