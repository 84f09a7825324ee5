//! Notices a run that goes on without getting anywhere.

use std::time::{Duration, Instant};

/// Watches a number that must grow.
#[derive(Debug)]
pub(crate) struct Stall {
    limit: Duration,
    last: usize,
    since: Instant,
}

impl Stall {
    /// Watches from `now` on; a number that does not change for `limit` stalls.
    pub(crate) fn new(limit: Duration, now: Instant) -> Self {
        Self {
            limit,
            last: 0,
            since: now,
        }
    }

    /// Takes the number as it is `now` and says whether it has stalled.
    pub(crate) fn is_stalled(&mut self, number: usize, now: Instant) -> bool {
        if number != self.last {
            self.last = number;
            self.since = now;
        }
        now.saturating_duration_since(self.since) > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_puts_the_limit_off() {
        let start = Instant::now();
        let second = |seconds| start + Duration::from_secs(seconds);
        let mut stall = Stall::new(Duration::from_secs(10), start);
        assert!(!stall.is_stalled(0, second(9)));
        assert!(!stall.is_stalled(5, second(11)));
        assert!(!stall.is_stalled(5, second(21)));
        assert!(stall.is_stalled(5, second(22)));
    }
}
