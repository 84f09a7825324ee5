//! The only reader of time. Everything else is told the time.

use std::time::Instant;

/// The monotonic clock, now.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Instant {
    Instant::now()
}
