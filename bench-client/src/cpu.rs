//! The processor time that this process has used.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of all threads, user and system together.
pub(crate) fn used() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // The clock starts at 0 and never runs backwards.
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_takes_processor_time() {
        let before = used();
        let mut rng = fastrand::Rng::with_seed(1);
        let mut rounds = 0_u64;
        while used() == before {
            rounds += u64::from(rng.u64(..) > 0);
            assert!(rounds < 1_000_000_000, "the clock stands still");
        }
        assert!(used() > before);
    }
}
