//! A percentage on the command line.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A percentage, written `5%` or `5`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percent(f64);

/// Why a text is no percentage.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a percentage is a number from 0 to 1000, such as 5% or 2.5%")]
pub(crate) struct BadPercent;

impl Percent {
    /// As a share: 0.05 of 5 %.
    pub(crate) fn share(self) -> f64 {
        self.0 / 100.0
    }
}

impl FromStr for Percent {
    type Err = BadPercent;

    fn from_str(text: &str) -> Result<Self, BadPercent> {
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        let percent: f64 = number.parse().map_err(|_| BadPercent)?;
        (0.0..=1_000.0)
            .contains(&percent)
            .then_some(Self(percent))
            .ok_or(BadPercent)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_with_and_without_the_sign() {
        for (text, percent) in [("5%", 5.0), ("2.5", 2.5), ("5 %", 5.0), ("0", 0.0)] {
            assert_eq!(text.parse(), Ok(Percent(percent)), "{text}");
        }
        for text in ["", "%", "-1%", "five", "NaN", "inf", "1001%", "5%%"] {
            assert_eq!(text.parse::<Percent>(), Err(BadPercent), "{text}");
        }
        assert_eq!(Percent(5.0).to_string(), "5 %");
    }
}
