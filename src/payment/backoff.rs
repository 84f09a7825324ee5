//! How long to wait before asking again.

use std::time::Duration;

/// A wait that doubles from `first` to `most`, with each try; half of it is by
/// chance, so that those who failed together do not come back together.
/// `tries` have failed so far; `number` is another one each time.
pub fn wait(tries: u32, number: u64, first: Duration, most: Duration) -> Duration {
    let whole = first
        .saturating_mul(1 << tries.saturating_sub(1).min(20))
        .min(most);
    let half = whole / 2;
    let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
    // Numbers that follow upon each other are spread.
    let chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    half + Duration::from_nanos(chance % nanos.saturating_add(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_stay_within_bounds() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        for tries in 1..100 {
            let whole = first.saturating_mul(1 << (tries - 1).min(20)).min(most);
            for number in [0, 1, 0x9e37_79b9_7f4a_7c15, u64::MAX] {
                let wait = wait(tries, number, first, most);
                assert!(wait >= whole / 2 && wait <= whole, "{tries} {wait:?}");
            }
        }
        assert_eq!(wait(0, 0, first, most), first / 2);
        assert_eq!(wait(3, 0, Duration::ZERO, most), Duration::ZERO);
    }
}
