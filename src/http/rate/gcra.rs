//! How often is too often: the generic cell rate algorithm, pure.

/// Nanoseconds since 1970.
pub(super) type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

/// So many requests a second, and as many at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    per_second: u32,
    interval: Nanos,
}

/// What to do with a request, and what to tell its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether to serve it.
    pub(crate) is_admitted: bool,
    /// So many more would be served now.
    pub(crate) remaining: u64,
    /// Seconds until as many are served as after a pause, rounded up.
    pub(crate) full_in: u64,
    /// Seconds until the next is served, rounded up.
    pub(crate) next_in: u64,
}

impl Rate {
    /// `per_second` is at least 1 and at most 1,000,000.
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second,
            interval: SECOND / Nanos::from(per_second.max(1)),
        }
    }

    pub(super) fn per_second(self) -> u32 {
        self.per_second
    }

    /// Decides about a request of one whose earlier requests are paid for
    /// until `paid`. Answers until when they are paid for with this one.
    pub(super) fn admit(self, paid: Nanos, now: Nanos) -> (Nanos, Verdict) {
        let burst = self.interval * Nanos::from(self.per_second);
        let base = paid.max(now);
        let next = base.saturating_add(self.interval);
        let is_admitted = next - now <= burst;
        let paid = if is_admitted { next } else { base };
        let ahead = paid - now;
        let room = burst.saturating_sub(ahead);
        let missing = (ahead + self.interval).saturating_sub(burst);
        let verdict = Verdict {
            is_admitted,
            remaining: room / self.interval,
            full_in: ahead.div_ceil(SECOND),
            next_in: missing.div_ceil(SECOND),
        };
        (paid, verdict)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_is_admitted_and_then_one_per_interval() {
        let rate = Rate::new(10);
        let mut paid = 0;
        let mut admitted = |now| {
            let (next, verdict) = rate.admit(paid, now);
            paid = next;
            verdict
        };
        for left in (0..10).rev() {
            let verdict = admitted(SECOND);
            assert_eq!((verdict.is_admitted, verdict.remaining), (true, left));
        }
        let refused = admitted(SECOND);
        assert_eq!(
            refused,
            Verdict {
                is_admitted: false,
                remaining: 0,
                full_in: 1,
                next_in: 1
            }
        );
        assert!(!admitted(SECOND + SECOND / 10 - 1).is_admitted);
        assert!(admitted(SECOND + SECOND / 10).is_admitted);
        assert!(!admitted(SECOND + SECOND / 10).is_admitted);
        let rested = admitted(4 * SECOND);
        assert_eq!((rested.is_admitted, rested.remaining), (true, 9));
    }

    proptest! {
        /// Over any span of time, no more than the rate and one burst.
        #[test]
        fn the_rate_is_never_exceeded(
            per_second in 1..2000_u32,
            gaps in prop::collection::vec(0..SECOND / 50, 1..400),
        ) {
            let rate = Rate::new(per_second);
            let (mut now, mut paid, mut served) = (SECOND, 0, 0_u64);
            for gap in gaps {
                now += gap;
                let (next, verdict) = rate.admit(paid, now);
                paid = next;
                served += u64::from(verdict.is_admitted);
                prop_assert_eq!(verdict.next_in == 0, verdict.remaining > 0);
            }
            let fair = (now - SECOND) / rate.interval + u64::from(per_second);
            prop_assert!(served <= fair, "{} of {}", served, fair);
        }
    }
}
