//! Which seats are asked for how often.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::zipf::Zipf;

/// Steepest Zipf exponent; beyond it nearly all is one seat.
const STEEPEST: f64 = 10.0;
/// Requests out of a hundred that go to the hot seats.
const HOT_PERCENT: u32 = 90;

/// How seats are drawn, as asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Keys {
    /// All alike.
    Uniform,
    /// Seat k in proportion to `(k + 1)^-S`.
    Zipf(f64),
    /// Nine of ten requests to the first so many seats, the others to all.
    Hot(u32),
    /// One after the other, then again.
    Sequential,
}

/// Why a text says nothing about keys.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "keys are uniform, zipf:S (S above 0 and up to 10, such as zipf:0.99), hot:N (N seats get \
     90 % of the requests) or sequential"
)]
pub(crate) struct BadKeys;

/// Draws seats out of a number of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampler {
    seats: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Uniform,
    Zipf(Zipf),
    Hot(u32),
    Sequential,
}

impl Keys {
    /// Draws from `0..seats`, which is not empty.
    pub(crate) fn over(self, seats: u32) -> Sampler {
        let kind = match self {
            Self::Uniform => Kind::Uniform,
            Self::Zipf(exponent) => Kind::Zipf(Zipf::new(seats, exponent)),
            Self::Hot(hot) => Kind::Hot(hot.min(seats)),
            Self::Sequential => Kind::Sequential,
        };
        Sampler { seats, kind }
    }
}

impl Sampler {
    /// The seat of request number `number` of the load.
    pub(crate) fn draw(&self, number: u64, rng: &mut fastrand::Rng) -> u32 {
        match self.kind {
            Kind::Uniform => rng.u32(0..self.seats),
            Kind::Zipf(zipf) => zipf.draw(rng) - 1,
            Kind::Hot(hot) => {
                let is_hot = rng.u32(0..100) < HOT_PERCENT;
                rng.u32(0..if is_hot { hot } else { self.seats })
            }
            Kind::Sequential => (number % u64::from(self.seats)) as u32,
        }
    }
}

impl FromStr for Keys {
    type Err = BadKeys;

    fn from_str(text: &str) -> Result<Self, BadKeys> {
        match text.split_once(':') {
            None if text == "uniform" => Ok(Self::Uniform),
            None if text == "sequential" => Ok(Self::Sequential),
            Some(("zipf", exponent)) => match exponent.parse() {
                Ok(exponent) if exponent > 0.0 && exponent <= STEEPEST => Ok(Self::Zipf(exponent)),
                _ => Err(BadKeys),
            },
            Some(("hot", seats)) => match seats.parse() {
                Ok(seats) if seats > 0 => Ok(Self::Hot(seats)),
                _ => Err(BadKeys),
            },
            _ => Err(BadKeys),
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => f.write_str("uniform"),
            Self::Zipf(exponent) => write!(f, "zipf:{exponent}"),
            Self::Hot(seats) => write!(f, "hot:{seats}"),
            Self::Sequential => f.write_str("sequential"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u64 = 100_000;

    /// How often each of 100 seats is drawn.
    fn drawn(keys: &str) -> Vec<u64> {
        let sampler = keys.parse::<Keys>().unwrap().over(100);
        let mut rng = fastrand::Rng::with_seed(3);
        let mut drawn = vec![0; 100];
        for number in 0..DRAWS {
            drawn[sampler.draw(number, &mut rng) as usize] += 1;
        }
        drawn
    }

    #[test]
    fn hot_seats_get_nine_of_ten_requests() {
        let drawn = drawn("hot:5");
        let hot: u64 = drawn[..5].iter().sum();
        // 90 % of all, and 5 % of the rest.
        assert!(hot.abs_diff(90_500) < 500, "{hot}");
        assert!(drawn[5..].iter().all(|&count| count > 40), "{drawn:?}");
    }

    #[test]
    fn uniform_is_flat_zipf_is_steep_and_sequential_exact() {
        let flat = drawn("uniform");
        assert!(
            flat.iter().all(|count| count.abs_diff(1_000) < 160),
            "{flat:?}"
        );
        let steep = drawn("zipf:1");
        assert!(
            steep[0] > 8 * steep[9] && steep[0] < 12 * steep[9],
            "{steep:?}"
        );
        assert_eq!(drawn("sequential"), [1_000; 100]);
    }

    #[test]
    fn what_is_printed_can_be_given_again() {
        for text in ["uniform", "zipf:0.99", "hot:10", "sequential"] {
            assert_eq!(text.parse::<Keys>().unwrap().to_string(), text);
        }
        for wrong in [
            "", "zipf", "zipf:0", "zipf:-1", "zipf:NaN", "zipf:11", "hot:0", "hot:x", "u",
        ] {
            assert_eq!(wrong.parse::<Keys>(), Err(BadKeys), "{wrong}");
        }
    }

    #[test]
    fn more_hot_seats_than_seats_are_all_of_them() {
        let sampler = Keys::Hot(1_000).over(3);
        let mut rng = fastrand::Rng::with_seed(5);
        assert!((0..1_000).all(|number| sampler.draw(number, &mut rng) < 3));
    }
}
