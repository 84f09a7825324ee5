//! How many requests per second are asked for.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Slowest rate: one request in a hundred seconds.
const SLOWEST: f64 = 0.01;
/// Fastest rate; above it the schedule itself would take the whole thread.
const FASTEST: f64 = 20_000_000.0;

/// Requests per second, written `250`, `50k` or `1.5M`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Rate(f64);

/// Why a text is not a rate.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a rate is a number of requests per second from 0.01 to 20M, such as 250, 50k or 1.5M")]
pub(crate) struct BadRate;

impl Rate {
    /// A rate of `per_second`.
    ///
    /// # Errors
    /// If it is out of bounds or no number.
    pub(crate) fn new(per_second: f64) -> Result<Self, BadRate> {
        if (SLOWEST..=FASTEST).contains(&per_second) {
            Ok(Self(per_second))
        } else {
            Err(BadRate)
        }
    }

    /// Requests per second.
    pub(crate) fn per_second(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        let (number, unit) = if let Some(number) = text.strip_suffix('k') {
            (number, 1e3)
        } else if let Some(number) = text.strip_suffix('M') {
            (number, 1e6)
        } else {
            (text, 1.0)
        };
        let number: f64 = number.parse().map_err(|_| BadRate)?;
        Self::new(number * unit)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_and_millions_have_short_forms() {
        for (text, per_second) in [("250", 250.0), ("0.5", 0.5), ("50k", 5e4), ("1.5M", 1.5e6)] {
            assert_eq!(text.parse(), Rate::new(per_second), "{text}");
            assert!(text.parse::<Rate>().is_ok(), "{text}");
        }
        let rate: Rate = "50k".parse().unwrap();
        assert_eq!(rate.to_string(), "50000");
    }

    #[test]
    fn refuses_what_is_no_rate() {
        for wrong in [
            "", "k", "0", "-5", "1e9", "NaN", "inf", "50 k", "50K", "0.001",
        ] {
            assert_eq!(wrong.parse::<Rate>(), Err(BadRate), "{wrong}");
        }
    }
}
