//! When each request of an open loop is meant to be sent.

use std::time::Duration;

use super::curve::Curve;

/// Keeps the random numbers of the schedule apart from those of the requests.
const SALT: u64 = 0x5C4E_D01E_A221_7A15;

/// What the schedule of a whole load is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SchedulePlan {
    /// Seed of the whole load.
    pub seed: u64,
    /// The rate from the end of the warm-up on.
    pub curve: Curve,
    /// Whether arrivals are evenly spaced rather than independent.
    pub even: bool,
    /// So long the rate is what it is at the start of the curve.
    pub warm_up: Duration,
    /// Nothing is due from this time after the warm-up on.
    pub duration: Option<Duration>,
    /// Most arrivals, those of the warm-up included.
    pub ops: Option<u64>,
}

/// The arrivals of one thread out of several: number and time of each, in
/// nanoseconds from the start of the warm-up.
///
/// Every thread walks through the arrivals of all and keeps its own, so the
/// load as a whole does not depend on how many threads there are.
#[derive(Debug)]
pub(crate) struct Schedule {
    plan: SchedulePlan,
    rng: fastrand::Rng,
    /// Arrivals so far, of all threads.
    number: u64,
    /// What the integral of the rate has to be at the next arrival.
    reached: f64,
    /// Time of the last arrival, in seconds.
    last: f64,
    warm_up: f64,
    end: f64,
    part: u64,
    parts: u64,
}

/// One request that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Its number among those of all threads, from 0.
    pub number: u64,
    /// When it is meant to be sent, in nanoseconds from the start.
    pub nanos: u64,
}

impl SchedulePlan {
    /// The arrivals of thread number `part` of `parts`.
    pub(crate) fn part(self, part: usize, parts: usize) -> Schedule {
        let warm_up = self.warm_up.as_secs_f64();
        Schedule {
            plan: self,
            rng: fastrand::Rng::with_seed(self.seed ^ SALT),
            number: 0,
            reached: 0.0,
            last: 0.0,
            warm_up,
            end: self
                .duration
                .map_or(f64::INFINITY, |duration| warm_up + duration.as_secs_f64()),
            part: part as u64,
            parts: parts as u64,
        }
    }
}

impl Schedule {
    fn when(&self, arrivals: f64) -> f64 {
        let before = self.plan.curve.rate(0.0) * self.warm_up;
        if arrivals <= before {
            return arrivals / self.plan.curve.rate(0.0);
        }
        let earliest = (self.last - self.warm_up).max(0.0);
        self.warm_up + self.plan.curve.when(arrivals - before, earliest)
    }

    /// An exponentially distributed distance of mean 1, or just 1.
    fn distance(&mut self) -> f64 {
        if self.plan.even {
            1.0
        } else {
            // 1 - [0, 1) is never 0.
            -(1.0 - self.rng.f64()).ln()
        }
    }
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            if self.plan.ops.is_some_and(|ops| self.number >= ops) {
                return None;
            }
            self.reached += self.distance();
            self.last = self.when(self.reached);
            if self.last >= self.end {
                self.plan.ops = Some(0);
                return None;
            }
            let number = self.number;
            self.number += 1;
            if number % self.parts == self.part {
                let nanos = (self.last * 1e9) as u64;
                return Some(Arrival { number, nanos });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(curve: Curve, even: bool, seconds: u64) -> SchedulePlan {
        SchedulePlan {
            seed: 7,
            curve,
            even,
            warm_up: Duration::ZERO,
            duration: Some(Duration::from_secs(seconds)),
            ops: None,
        }
    }

    const FLAT: Curve = Curve::Flat { rate: 1_000.0 };

    fn times(plan: SchedulePlan) -> Vec<f64> {
        plan.part(0, 1)
            .map(|arrival| arrival.nanos as f64 / 1e9)
            .collect()
    }

    #[test]
    fn a_constant_rate_is_evenly_spaced() {
        let times = times(plan(FLAT, true, 10));
        assert_eq!(times.len(), 9_999);
        for pair in times.windows(2) {
            assert!((pair[1] - pair[0] - 0.001).abs() < 2e-9, "{pair:?}");
        }
    }

    /// Of an exponential distribution, mean and deviation are equal, 63.2 % lie
    /// under the mean, and neighbours know nothing of each other.
    #[test]
    fn poisson_arrivals_are_independent() {
        let times = times(plan(FLAT, false, 200));
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let count = gaps.len() as f64;
        // Four standard deviations of the count.
        assert!((count - 200_000.0).abs() < 1_800.0, "{count}");
        let mean = gaps.iter().sum::<f64>() / count;
        let spread = |gap: &f64| (gap - mean).powi(2);
        let variance = gaps.iter().map(spread).sum::<f64>() / count;
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "{variance}");
        let short = gaps.iter().filter(|gap| **gap < mean).count() as f64 / count;
        assert!((short - 0.632).abs() < 0.006, "{short}");
        let together = |pair: &[f64]| (pair[0] - mean) * (pair[1] - mean);
        let correlation = gaps.windows(2).map(together).sum::<f64>() / count / variance;
        assert!(correlation.abs() < 0.01, "{correlation}");
    }

    #[test]
    fn a_spike_arrives_when_the_sale_opens() {
        let curve = Curve::Spike {
            base: 200.0,
            times: 50.0,
            at: 5.0,
            decay: 1.0,
        };
        let times = times(plan(curve, false, 15));
        let within = |from: f64, to: f64| {
            let inside = times.iter().filter(|time| (from..to).contains(*time));
            inside.count() as f64
        };
        for (from, to) in [(0.0, 5.0), (5.0, 5.5), (5.5, 7.0), (7.0, 15.0)] {
            let expected = curve.arrivals(to) - curve.arrivals(from);
            let got = within(from, to);
            assert!(
                (got - expected).abs() < 5.0 * expected.sqrt(),
                "{from} {got} {expected}"
            );
        }
    }

    #[test]
    fn the_warm_up_goes_on_at_the_first_rate() {
        let ramp = Curve::Ramp {
            from: 1_000.0,
            to: 3_000.0,
            over: 2.0,
        };
        let plan = SchedulePlan {
            warm_up: Duration::from_secs(1),
            ..plan(ramp, true, 2)
        };
        let times = times(plan);
        let warm = times.iter().filter(|time| **time < 1.0).count();
        assert!(warm.abs_diff(1_000) <= 1, "{warm}");
        assert!(times.len().abs_diff(5_000) <= 1, "{}", times.len());
        assert!(times.is_sorted());
    }

    #[test]
    fn it_ends_after_so_many_arrivals() {
        let plan = SchedulePlan {
            duration: None,
            ops: Some(1_234),
            ..plan(FLAT, false, 1)
        };
        assert_eq!(times(plan).len(), 1_234);
    }

    proptest! {
        #[test]
        fn threads_share_one_schedule(seed: u64, parts in 1_usize..9, even: bool) {
            let plan = SchedulePlan { seed, ..plan(FLAT, even, 1) };
            let whole: Vec<Arrival> = plan.part(0, 1).collect();
            let mut dealt: Vec<Arrival> =
                (0..parts).flat_map(|part| plan.part(part, parts)).collect();
            dealt.sort_by_key(|arrival| arrival.number);
            prop_assert_eq!(whole, dealt);
        }
    }
}
