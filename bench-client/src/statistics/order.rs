//! Whether two orders are one: rank correlation, and who was overtaken.

/// One element's places in two orders; equal places are ties.
pub(crate) type Rank = (u64, u64);

/// Kendall's tau-b of two orders, by Knight's algorithm: n log n. `None` if an
/// order says nothing, because all or fewer than two are in one place.
pub(crate) fn tau_b(ranks: &[Rank]) -> Option<f64> {
    let mut ranks = ranks.to_vec();
    ranks.sort_unstable();
    let pairs = |count: usize| (count * count.saturating_sub(1) / 2) as f64;
    let all = pairs(ranks.len());
    let tied = |same: &dyn Fn(&Rank, &Rank) -> bool, ranks: &[Rank]| -> f64 {
        ranks.chunk_by(same).map(|tie| pairs(tie.len())).sum()
    };
    let tied_first = tied(&|a, b| a.0 == b.0, &ranks);
    let tied_both = tied(&|a, b| a == b, &ranks);
    let mut second: Vec<u64> = ranks.iter().map(|rank| rank.1).collect();
    let swaps = sort_counting(&mut second) as f64;
    let tied_second: f64 = second
        .chunk_by(|a, b| a == b)
        .map(|tie| pairs(tie.len()))
        .sum();
    let scale = ((all - tied_first) * (all - tied_second)).sqrt();
    let score = all - tied_first - tied_second + tied_both - 2.0 * swaps;
    (scale > 0.0).then(|| score / scale)
}

/// Sorts, and says how many pairs stood the wrong way round.
fn sort_counting(values: &mut [u64]) -> u64 {
    let middle = values.len() / 2;
    if middle == 0 {
        return 0;
    }
    let (left, right) = values.split_at_mut(middle);
    let mut swaps = sort_counting(left) + sort_counting(right);
    let mut sorted = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        let takes_right = l == left.len() || (r < right.len() && right[r] < left[l]);
        if takes_right {
            swaps += (left.len() - l) as u64;
            sorted.push(right[r]);
            r += 1;
        } else {
            sorted.push(left[l]);
            l += 1;
        }
    }
    values.copy_from_slice(&sorted);
    swaps
}

/// Tau of a fair shuffle of so many has mean 0; how many of its standard
/// deviations `tau` is away from that.
pub(crate) fn shuffled_z(tau: f64, count: usize) -> Option<f64> {
    let n = count as f64;
    (count > 1).then(|| tau / (2.0 * (2.0 * n + 5.0) / (9.0 * n * (n - 1.0))).sqrt())
}

/// How many of `first` were surely overtaken by one of `others`: somebody who
/// began to enter after they had entered, and was admitted before them. Each is
/// when entering began and ended, and the admission.
pub(crate) fn overtaken(first: &[(u64, u64, u64)], others: &[(u64, u64, u64)]) -> u64 {
    let mut others: Vec<_> = others
        .iter()
        .map(|&(begun, _, admitted)| (admitted, begun))
        .collect();
    others.sort_unstable();
    let mut first: Vec<_> = first
        .iter()
        .map(|&(_, entered, admitted)| (admitted, entered))
        .collect();
    first.sort_unstable();
    let mut others = others.into_iter().peekable();
    let mut last_begun = 0;
    let mut count = 0;
    for (admitted, entered) in first {
        while let Some((_, begun)) = others.next_if(|other| other.0 < admitted) {
            last_begun = last_begun.max(begun);
        }
        count += u64::from(last_begun > entered);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(tau: Option<f64>, expected: f64) -> bool {
        tau.is_some_and(|tau| (tau - expected).abs() < 1e-12)
    }

    #[test]
    fn the_same_order_is_one_and_its_reverse_minus_one() {
        let same: Vec<Rank> = (0..50).map(|n| (n, 3 * n)).collect();
        assert!(close(tau_b(&same), 1.0));
        let reverse: Vec<Rank> = (0..50).map(|n| (n, 100 - n)).collect();
        assert!(close(tau_b(&reverse), -1.0));
        assert_eq!(tau_b(&[(1, 1)]), None);
        assert_eq!(tau_b(&[(1, 1), (2, 1)]), None);
    }

    proptest! {
        #[test]
        fn it_is_what_comparing_all_pairs_gives(
            ranks in proptest::collection::vec((0_u64..8, 0_u64..8), 2..60),
        ) {
            let (mut score, mut first, mut second) = (0.0_f64, 0.0_f64, 0.0_f64);
            for (at, a) in ranks.iter().enumerate() {
                for b in &ranks[..at] {
                    let sign = |x: u64, y: u64| f64::from(x.cmp(&y) as i8);
                    score += sign(a.0, b.0) * sign(a.1, b.1);
                    first += sign(a.0, b.0).abs();
                    second += sign(a.1, b.1).abs();
                }
            }
            match tau_b(&ranks) {
                Some(tau) => prop_assert!((tau - score / (first * second).sqrt()).abs() < 1e-9),
                None => prop_assert!(first * second < 0.5),
            }
        }

        #[test]
        fn the_overtaken_are_those_of_all_pairs(
            people in proptest::collection::vec((0_u64..20, 0_u64..5, 0_u64..20), 0..40),
        ) {
            let people: Vec<_> = people.iter().map(|&(a, b, c)| (a, a + b, c)).collect();
            let surely = |a: &(u64, u64, u64)| people.iter().any(|b| b.0 > a.1 && b.2 < a.2);
            let expected = people.iter().filter(|a| surely(a)).count() as u64;
            prop_assert_eq!(overtaken(&people, &people), expected);
        }
    }

    #[test]
    fn a_shuffle_has_no_order_to_speak_of() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut places: Vec<u64> = (0..2_000).collect();
        rng.shuffle(&mut places);
        let ranks: Vec<Rank> = (0..2_000).zip(places).collect();
        let z = shuffled_z(tau_b(&ranks).unwrap(), ranks.len()).unwrap();
        assert!(z.abs() < 4.0, "{z}");
        let sorted: Vec<Rank> = (0..2_000).map(|n| (n, n)).collect();
        assert!(shuffled_z(tau_b(&sorted).unwrap(), 2_000).unwrap() > 60.0);
        assert_eq!(shuffled_z(1.0, 1), None);
    }
}
