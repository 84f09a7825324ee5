//! What several runs of one setup say together: the median, how far to trust
//! it, and whether two sets of runs differ. Pure; randomness is seeded.

mod bootstrap;
mod order;
mod rank_test;

pub(crate) use bootstrap::{Interval, of_median, of_ratio};
pub(crate) use order::{Rank, overtaken, shuffled_z, tau_b};
pub(crate) use rank_test::mann_whitney;

/// Share of cases in which an interval made here holds the true value.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// The median; `None` of nothing. Values must be finite.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = sorted[sorted.len() / 2 - 1];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }
}
