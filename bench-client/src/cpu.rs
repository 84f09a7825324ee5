//! Processor time that this process and its threads have used.

use std::{fs, ops::Sub, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// Processor time of all threads, user and system together.
pub(crate) fn used() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// What a thread got of the processors, and what it wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThreadUse {
    /// It ran for so long.
    pub(crate) ran: Duration,
    /// It was ready to run for so long, and others ran instead.
    pub(crate) waited: Duration,
}

impl ThreadUse {
    /// What the calling thread used so far.
    pub(crate) fn so_far() -> Self {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        // Kernels without these statistics still know the time it ran.
        parse(&text).unwrap_or_else(|| Self {
            ran: read(ClockId::ThreadCPUTime),
            waited: Duration::ZERO,
        })
    }
}

impl Sub for ThreadUse {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(earlier.ran),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}

/// Reads a `schedstat` file: nanoseconds run, nanoseconds waited, time slices.
pub(crate) fn parse(text: &str) -> Option<ThreadUse> {
    let mut words = text.split_ascii_whitespace();
    let mut time = || Some(Duration::from_nanos(words.next()?.parse().ok()?));
    Some(ThreadUse {
        ran: time()?,
        waited: time()?,
    })
}

fn read(clock: ClockId) -> Duration {
    // These clocks start at 0 and never run backwards.
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work_until(done: impl Fn() -> bool) {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut rounds = 0_u64;
        while !done() {
            rounds += u64::from(rng.u64(..) > 0);
            assert!(rounds < 1_000_000_000, "the clock stands still");
        }
    }

    #[test]
    fn working_takes_processor_time() {
        let (before, thread) = (used(), ThreadUse::so_far());
        work_until(|| used() > before && ThreadUse::so_far().ran > thread.ran);
        assert!((ThreadUse::so_far() - thread).ran > Duration::ZERO);
    }

    #[test]
    fn reads_what_the_kernel_writes() {
        let read = parse("1500 2500 7\n").unwrap();
        assert_eq!(read.ran, Duration::from_nanos(1_500));
        assert_eq!(read.waited, Duration::from_nanos(2_500));
        assert_eq!(parse(""), None);
        assert_eq!(parse("1 x"), None);
    }
}
