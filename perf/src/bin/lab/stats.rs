//! Medians, and how sure one may be of them.

use fastrand::Rng;

/// The middle value; the mean of the two middle ones of an even number.
/// Nothing has no middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

/// The range that holds the median of `values` with 95 % confidence, by
/// drawing from them again and again (percentile bootstrap).
pub(crate) fn interval(values: &[f64], seed: u64) -> (f64, f64) {
    const DRAWS: usize = 4_000;
    if values.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    let mut random = Rng::with_seed(seed);
    let mut drawn = vec![0.0; values.len()];
    let mut medians: Vec<f64> = (0..DRAWS)
        .map(|_| {
            drawn.fill_with(|| values[random.usize(..values.len())]);
            median(&drawn)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    (medians[DRAWS / 40], medians[DRAWS - 1 - DRAWS / 40])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_bits(), 2.0f64.to_bits());
        assert_eq!(median(&[4.0, 1.0]).to_bits(), 2.5f64.to_bits());
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn an_interval_holds_the_median_and_narrows_with_agreement() {
        let wide: Vec<f64> = (0..15).map(f64::from).collect();
        let (low, high) = interval(&wide, 1);
        assert!(low < 7.0 && 7.0 < high && low >= 0.0 && high <= 14.0);
        let (low, high) = interval(&[2.0; 9], 1);
        assert_eq!(
            (low.to_bits(), high.to_bits()),
            (2.0f64.to_bits(), 2.0f64.to_bits())
        );
    }
}
