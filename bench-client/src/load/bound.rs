//! Was it the client? The verdict on whether the client limited the figures.

use std::time::Duration;

use super::part::Counts;
use crate::{
    cpu::ThreadUse,
    record::run::{Bound, ClientBound},
};

/// A thread that wants a core for this share of the time has none to spare.
const BUSY: f64 = 0.95;
/// More than this share of requests noticed late is too many.
pub(super) const LATE: f64 = 0.01;
/// Shorter runs say nothing about the client.
const SHORTEST: Duration = Duration::from_millis(50);

/// What a thread used of the span that it was measured for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) usage: ThreadUse,
    pub(super) span: Duration,
}

impl Share {
    /// Parts of the span that it ran, and that it waited for a core.
    fn parts(&self) -> (f64, f64) {
        let part = |time: Duration| time.as_secs_f64() / self.span.as_secs_f64();
        (part(self.usage.ran), part(self.usage.waited))
    }
}

/// Judges a client of these threads.
pub(super) fn judge(threads: &[Share], counts: &Counts) -> ClientBound {
    let long_enough = threads.iter().filter(|thread| thread.span >= SHORTEST);
    let demand = |share: &Share| share.parts().0 + share.parts().1;
    let busiest = long_enough.max_by(|a, b| demand(a).total_cmp(&demand(b)));
    let Some(busiest) = busiest else {
        return ClientBound {
            verdict: Bound::Unknown,
            reason: "the run was too short to tell".to_owned(),
        };
    };
    let (ran, waited) = busiest.parts();
    let busiest = format!(
        "its busiest thread ran for {:.0} % of the time and waited for a core for {:.0} %",
        100.0 * ran,
        100.0 * waited,
    );
    let overslept = counts.overslept as f64 / counts.offered.max(1) as f64;
    let (verdict, reason) = if ran + waited >= BUSY {
        (Bound::Yes, busiest)
    } else if overslept > LATE {
        let late = format!(
            "it noticed {:.1} % of the requests over 1 ms late although connections had room",
            100.0 * overslept,
        );
        (Bound::Yes, late)
    } else {
        (Bound::No, busiest)
    };
    ClientBound { verdict, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(ran: u64, waited: u64) -> Share {
        Share {
            usage: ThreadUse {
                ran: Duration::from_millis(ran),
                waited: Duration::from_millis(waited),
            },
            span: Duration::from_secs(1),
        }
    }

    fn verdict(threads: &[Share], overslept: u64) -> Bound {
        let counts = Counts {
            offered: 1_000,
            overslept,
            ..Counts::default()
        };
        judge(threads, &counts).verdict
    }

    #[test]
    fn one_thread_without_time_to_spare_binds_the_client() {
        assert_eq!(verdict(&[share(500, 0), share(700, 100)], 0), Bound::No);
        assert_eq!(verdict(&[share(100, 0), share(960, 0)], 0), Bound::Yes);
        // It would have run, had there been a core.
        assert_eq!(verdict(&[share(500, 460)], 0), Bound::Yes);
    }

    #[test]
    fn so_does_sleeping_through_what_is_due() {
        assert_eq!(verdict(&[share(100, 0)], 10), Bound::No);
        assert_eq!(verdict(&[share(100, 0)], 11), Bound::Yes);
    }

    #[test]
    fn a_moment_says_nothing() {
        let short = Share {
            span: Duration::from_millis(5),
            ..share(5, 0)
        };
        assert_eq!(verdict(&[short], 0), Bound::Unknown);
        assert_eq!(verdict(&[], 0), Bound::Unknown);
    }
}
