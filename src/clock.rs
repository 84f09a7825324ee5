//! The only reader of time. Everything else is told the time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The monotonic clock, now.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Instant {
    Instant::now()
}

/// The time of day, in microseconds since the Unix epoch; 0 before it.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn unix_micros() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as u64)
}
