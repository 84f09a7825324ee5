//! The Mann-Whitney U test, exact for any number of runs and with ties: whether
//! two sets of runs can be told apart, without assuming how they scatter.

/// How likely ranks at least as uneven as these are if both sets come from the
/// same source (two-sided p); `None` if either set is empty.
///
/// The smallest p that two sets of 3 can give is 0.1, of 4 is 0.029: fewer
/// runs cannot show anything at the usual 0.05.
pub(crate) fn mann_whitney(one: &[f64], two: &[f64]) -> Option<f64> {
    if one.is_empty() || two.is_empty() {
        return None;
    }
    let ranks = doubled_ranks(one, two);
    let all: usize = ranks.iter().sum();
    let observed: usize = ranks[..one.len()].iter().sum();
    // Twice the expected sum, so that it is whole.
    let centre = 2 * all * one.len() / ranks.len();
    let distance = |sum: usize| (2 * sum).abs_diff(centre);
    let ways = ways_by_sum(&ranks, one.len());
    let total: f64 = ways.iter().sum();
    let extreme: f64 = ways
        .iter()
        .enumerate()
        .filter(|(sum, _)| distance(*sum) >= distance(observed))
        .map(|(_, ways)| ways)
        .sum();
    Some(extreme / total)
}

/// The ranks of all values, those of `one` first, ties sharing their mean;
/// doubled, which makes means whole.
fn doubled_ranks(one: &[f64], two: &[f64]) -> Vec<usize> {
    let all: Vec<f64> = one.iter().chain(two).copied().collect();
    let rank = |value: f64| {
        let below = all.iter().filter(|other| other.total_cmp(&value).is_lt());
        let equal = all.iter().filter(|other| other.total_cmp(&value).is_eq());
        2 * below.count() + equal.count() + 1
    };
    all.iter().map(|&value| rank(value)).collect()
}

/// In how many ways `chosen` of the ranks sum up to each number.
fn ways_by_sum(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0; most + 1]; chosen + 1];
    ways[0][0] = 1.0;
    for &rank in ranks {
        for count in (1..=chosen).rev() {
            let (fewer, these) = ways.split_at_mut(count);
            for sum in rank..=most {
                these[0][sum] += fewer[count - 1][sum - rank];
            }
        }
    }
    ways.swap_remove(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_p(one: &[f64], two: &[f64], expected: f64) {
        let p = mann_whitney(one, two).unwrap();
        assert!((p - expected).abs() < 1e-9, "{p} instead of {expected}");
        let other_way = mann_whitney(two, one).unwrap();
        assert!((p - other_way).abs() < 1e-9);
    }

    #[test]
    fn sets_that_do_not_overlap_give_the_smallest_p() {
        // 2 of the binomial(n + m, n) ways are as uneven.
        assert_p(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], 2.0 / 20.0);
        assert_p(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0], 2.0 / 70.0);
        assert_p(
            &[1.0, 2.0, 3.0, 4.0, 5.0],
            &[6.0, 7.0, 8.0, 9.0, 10.0],
            2.0 / 252.0,
        );
    }

    #[test]
    fn agrees_with_published_values() {
        // U = 2 of 4 and 5 runs: 8 of 126 ways (tables of Mann and Whitney, 1947).
        assert_p(
            &[1.0, 2.0, 3.0, 6.0],
            &[4.0, 5.0, 7.0, 8.0, 9.0],
            8.0 / 126.0,
        );
    }

    #[test]
    fn the_same_runs_cannot_be_told_apart() {
        assert_p(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.0], 1.0);
        assert_p(&[5.0; 4], &[5.0; 6], 1.0);
        assert_p(&[5.0], &[6.0], 1.0);
        assert_eq!(mann_whitney(&[], &[1.0]), None);
    }

    #[test]
    fn false_alarms_are_as_rare_as_promised() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut draw = || -> Vec<f64> { (0..5).map(|_| rng.f64()).collect() };
        let alarms = (0..2_000)
            .filter(|_| mann_whitney(&draw(), &draw()).unwrap() < 0.05)
            .count();
        assert!((20..=110).contains(&alarms), "{alarms} of 2,000");
    }
}
