//! How often each verb is sent.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::protocol::Verb;

/// Weights of RESERVE, BUY and QUERY, written `1:1:2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mix {
    weights: [u32; 3],
    total: u32,
}

/// Why a text is not a mix.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a mix is three weights reserve:buy:query from 0 to 1000, not all 0, such as 1:1:2")]
pub(crate) struct BadMix;

impl Mix {
    /// Draws a verb.
    pub(crate) fn draw(&self, rng: &mut fastrand::Rng) -> Verb {
        let mark = rng.u32(0..self.total);
        if mark < self.weights[0] {
            Verb::Reserve
        } else if mark < self.weights[0] + self.weights[1] {
            Verb::Buy
        } else {
            Verb::Query
        }
    }
}

impl FromStr for Mix {
    type Err = BadMix;

    fn from_str(text: &str) -> Result<Self, BadMix> {
        let weights: Vec<u32> = text
            .split(':')
            .map(|weight| weight.parse().map_err(|_| BadMix))
            .collect::<Result<_, _>>()?;
        let weights: [u32; 3] = weights.try_into().map_err(|_| BadMix)?;
        if weights.iter().any(|&weight| weight > 1_000) {
            return Err(BadMix);
        }
        match weights.iter().sum() {
            0 => Err(BadMix),
            total => Ok(Self { weights, total }),
        }
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [reserve, buy, query] = self.weights;
        write!(f, "{reserve}:{buy}:{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_kept_in_the_draw() {
        let mix: Mix = "1:0:3".parse().unwrap();
        let mut rng = fastrand::Rng::with_seed(1);
        let mut drawn = [0_u32; 3];
        for _ in 0..40_000 {
            drawn[mix.draw(&mut rng).index()] += 1;
        }
        assert_eq!(drawn[1], 0);
        assert!(drawn[0].abs_diff(10_000) < 500, "{drawn:?}");
        assert_eq!(mix.to_string(), "1:0:3");
    }

    #[test]
    fn refuses_what_is_not_three_weights() {
        for wrong in [
            "", "1", "1:1", "1:1:1:1", "0:0:0", "1:-1:1", "a:b:c", "1:1:1001",
        ] {
            assert_eq!(wrong.parse::<Mix>(), Err(BadMix), "{wrong}");
        }
    }
}
