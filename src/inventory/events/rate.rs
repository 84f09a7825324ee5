//! How fast people may enter, and how fast something went lately.

use serde::{Deserialize, Serialize};

use crate::inventory::Micros;

/// Microseconds in a second.
pub(super) const SECOND: Micros = 1_000_000;

/// How many may enter per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate(u32);

impl Rate {
    /// As many as come.
    pub const UNLIMITED: Self = Self(0);

    /// The highest rate that can be asked for.
    pub const MAX_PER_SECOND: u32 = 1_000_000;

    /// A rate with up to three decimals; 0 is no limit. `None` if it is not a
    /// number, negative, above [`Self::MAX_PER_SECOND`], or so small that
    /// nobody would ever enter.
    pub fn per_second(entrants: f64) -> Option<Self> {
        let thousandths = (entrants * 1000.0).round();
        let fits = (0.0..=f64::from(Self::MAX_PER_SECOND) * 1000.0).contains(&thousandths);
        (fits && (entrants == 0.0 || thousandths >= 1.0)).then_some(Self(thousandths as u32))
    }

    /// Entrants per second; 0 is no limit.
    pub fn as_per_second(self) -> f64 {
        f64::from(self.0) / 1000.0
    }

    /// The time from one entrant to the next; 0 is no limit. Rounded up, so
    /// that the rate is never exceeded.
    pub(super) fn interval(self) -> Micros {
        match self.0 {
            0 => 0,
            thousandths => (1000 * SECOND).div_ceil(thousandths.into()),
        }
    }
}

/// Seconds that [`Recent`] looks back.
pub(super) const RECENT_SECONDS: u64 = 60;

/// What happened in each of the last [`RECENT_SECONDS`].
#[derive(Debug, Default)]
pub(super) struct Recent {
    counts: Vec<u32>,
    /// The second of the newest count.
    second: u64,
    /// When counting began.
    since: Option<u64>,
}

impl Recent {
    pub(super) fn add(&mut self, at: Micros, count: u32) {
        if count == 0 {
            return;
        }
        let second = at / SECOND;
        self.counts.resize(RECENT_SECONDS as usize, 0);
        let passed = second.saturating_sub(self.second).min(RECENT_SECONDS);
        for step in 1..=passed {
            self.counts[((self.second + step) % RECENT_SECONDS) as usize] = 0;
        }
        if passed == RECENT_SECONDS {
            self.counts.fill(0);
        }
        self.second = self.second.max(second);
        self.since.get_or_insert(second);
        self.counts[(self.second % RECENT_SECONDS) as usize] += count;
    }

    /// How many in the last [`RECENT_SECONDS`].
    pub(super) fn total(&self, now: Micros) -> u64 {
        let oldest = (now / SECOND + 1).saturating_sub(RECENT_SECONDS);
        (0..self.counts.len() as u64)
            .filter_map(|age| self.second.checked_sub(age))
            .take_while(|second| *second >= oldest)
            .map(|second| u64::from(self.counts[(second % RECENT_SECONDS) as usize]))
            .sum()
    }

    /// How many in each of the last [`RECENT_SECONDS`], oldest first.
    pub(super) fn by_second(&self, now: Micros) -> Vec<u32> {
        let newest = now / SECOND;
        let mut counts = vec![0; RECENT_SECONDS as usize];
        for (age, count) in (0..).zip(counts.iter_mut().rev()) {
            let second = newest.checked_sub(age);
            let is_kept = |second: &u64| *second + RECENT_SECONDS > self.second;
            if let Some(second) = second.filter(|it| *it <= self.second).filter(is_kept) {
                let counted = self.counts.get((second % RECENT_SECONDS) as usize);
                *count = counted.copied().unwrap_or_default();
            }
        }
        counts
    }

    /// How many per second, over the time looked at; `None` if there were none.
    pub(super) fn per_second(&self, now: Micros) -> Option<f64> {
        let total = self.total(now);
        let seconds = (now / SECOND + 1).saturating_sub(self.since?);
        (total > 0).then(|| total as f64 / seconds.clamp(1, RECENT_SECONDS) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_three_decimals() {
        assert_eq!(Rate::per_second(1.0).unwrap().interval(), SECOND);
        assert_eq!(Rate::per_second(0.5).unwrap().interval(), 2 * SECOND);
        assert_eq!(Rate::per_second(3.0).unwrap().interval(), 333_334);
        assert_eq!(Rate::per_second(0.0), Some(Rate::UNLIMITED));
        for wrong in [-1.0, f64::NAN, f64::INFINITY, 0.000_1, 2_000_000.0] {
            assert_eq!(Rate::per_second(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_the_last_minute_counts() {
        let mut recent = Recent::default();
        assert_eq!(recent.per_second(5 * SECOND), None);
        recent.add(100 * SECOND, 3);
        recent.add(101 * SECOND, 2);
        assert_eq!(recent.total(101 * SECOND), 5);
        let counts = recent.by_second(102 * SECOND);
        assert_eq!((counts.len(), &counts[56..]), (60, &[0, 3, 2, 0][..]));
        assert_eq!(recent.by_second(300 * SECOND), [0; 60]);
        assert_eq!(recent.per_second(101 * SECOND), Some(2.5));
        assert_eq!(recent.total(159 * SECOND), 5);
        assert_eq!(recent.total(160 * SECOND), 2);
        assert_eq!(recent.total(161 * SECOND), 0);
        recent.add(161 * SECOND, 1);
        assert_eq!(recent.total(161 * SECOND), 1);
        recent.add(1000 * SECOND, 4);
        assert_eq!(recent.total(1000 * SECOND), 4);
    }
}
