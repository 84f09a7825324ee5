//! What is purchased: which ticket option, how many, by whom.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{keys::Sampler, stream::Draw};

/// More different quantities cost more memory than they tell.
const MOST_QUANTITIES: u32 = 16;
/// The largest quantity.
const LARGEST: u32 = 1_000_000;

/// How many one purchase takes: any number between two, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantities {
    pub(crate) low: u32,
    pub(crate) high: u32,
}

/// Why a text is no quantity.
#[derive(Debug, Error)]
#[error(
    "give a number from 1 to {LARGEST}, or LOW..HIGH (both included) with at most \
     {MOST_QUANTITIES} numbers, such as 1..4"
)]
pub(crate) struct BadQuantities;

impl Quantities {
    /// How many different ones there are.
    pub(crate) fn count(self) -> usize {
        (self.high - self.low + 1) as usize
    }
}

impl FromStr for Quantities {
    type Err = BadQuantities;

    fn from_str(text: &str) -> Result<Self, BadQuantities> {
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let number = |text: &str| text.parse().map_err(|_| BadQuantities);
        let (low, high) = (number(low)?, number(high)?);
        let is_range = (1..=LARGEST).contains(&low) && (low..=LARGEST).contains(&high);
        if !is_range || high - low >= MOST_QUANTITIES {
            return Err(BadQuantities);
        }
        Ok(Self { low, high })
    }
}

impl fmt::Display for Quantities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            return write!(f, "{}", self.low);
        }
        write!(f, "{}..{}", self.low, self.high)
    }
}

/// A purchase to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Purchase {
    /// Number of the ticket option.
    pub(crate) option: u32,
    /// How many.
    pub(crate) quantity: u32,
    /// Number of the user.
    pub(crate) user: u32,
}

/// Draws purchases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PurchaseDraw {
    /// How ticket options are drawn.
    pub(crate) options: Sampler,
    /// How many are taken.
    pub(crate) quantities: Quantities,
    /// How many users there are.
    pub(crate) users: u32,
}

impl Draw for PurchaseDraw {
    type Request = Purchase;

    fn draw(&self, number: u64, rng: &mut fastrand::Rng) -> Purchase {
        Purchase {
            option: self.options.draw(number, rng),
            quantity: rng.u32(self.quantities.low..=self.quantities.high),
            user: rng.u32(0..self.users),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_a_number_or_a_short_range() {
        let read = |text: &str| text.parse::<Quantities>().map(|read| read.to_string());
        assert_eq!(read("1").ok().as_deref(), Some("1"));
        assert_eq!(read("2..17").ok().as_deref(), Some("2..17"));
        for text in ["0", "1..17", "3..2", "-1", "1.5", "1000001", "..", ""] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
