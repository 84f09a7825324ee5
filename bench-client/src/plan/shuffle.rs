//! The order in which events are sent.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// How far events are taken out of their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shuffle {
    /// Any event may be sent at any place: `full`.
    Full,
    /// An event is sent at most so many places before or after its own, seldom
    /// more than half as many: `window:K`.
    Window(u32),
    /// In order: `none`.
    None,
}

/// Why a text is no shuffle.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a shuffle is `full`, `none` or `window:K` with K places from 1 on, such as window:1000")]
pub(crate) struct BadShuffle;

impl Shuffle {
    /// The numbers `0..events` in the order in which to send them.
    pub(crate) fn order(self, events: u32, seed: u64) -> Vec<u32> {
        let mut order: Vec<u32> = (0..events).collect();
        let mut rng = fastrand::Rng::with_seed(seed);
        match self {
            Self::None => {}
            Self::Full => rng.shuffle(&mut order),
            Self::Window(width) => {
                // Each number gets a key that is its own or up to `width` more.
                // Those over `width` behind it have smaller keys and those over
                // `width` ahead larger ones, so it cannot move farther.
                let width = u64::from(width);
                let keys: Vec<u64> = (0..u64::from(events))
                    .map(|number| number + rng.u64(0..=width))
                    .collect();
                order.sort_by_key(|&number| keys[number as usize]);
            }
        }
        order
    }
}

impl FromStr for Shuffle {
    type Err = BadShuffle;

    fn from_str(text: &str) -> Result<Self, BadShuffle> {
        match text {
            "full" => Ok(Self::Full),
            "none" => Ok(Self::None),
            _ => text
                .strip_prefix("window:")
                .and_then(|width| width.parse().ok())
                .filter(|&width| width > 0)
                .map(Self::Window)
                .ok_or(BadShuffle),
        }
    }
}

impl fmt::Display for Shuffle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("full"),
            Self::Window(width) => write!(f, "window:{width}"),
            Self::None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How far each event is from its place.
    fn distances(order: &[u32]) -> impl Iterator<Item = u32> {
        (0_u32..)
            .zip(order)
            .map(|(place, number)| place.abs_diff(*number))
    }

    #[test]
    fn a_full_shuffle_moves_events_anywhere() {
        let order = Shuffle::Full.order(10_000, 1);
        // A third of the length on average, for a fair shuffle.
        let together: u32 = distances(&order).sum();
        assert!((together / 10_000).abs_diff(3_333) < 100, "{together}");
    }

    #[test]
    fn a_window_moves_events_by_half_its_width_and_some_farther() {
        let order = Shuffle::Window(100).order(100_000, 1);
        let farthest = distances(&order).max().unwrap();
        assert!((51..=100).contains(&farthest), "{farthest}");
        let together: u32 = distances(&order).sum();
        assert!((together / 100_000).abs_diff(25) < 2, "{together}");
    }

    #[test]
    fn refuses_what_is_no_shuffle() {
        for right in ["full", "none", "window:1", "window:1000"] {
            assert_eq!(right.parse::<Shuffle>().unwrap().to_string(), right);
        }
        for wrong in ["", "half", "window", "window:", "window:0", "window:-1"] {
            assert_eq!(wrong.parse::<Shuffle>(), Err(BadShuffle), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_event_is_sent_once_and_within_its_window(
            events in 0_u32..500,
            width in 1_u32..600,
            seed: u64,
        ) {
            for (shuffle, limit) in [
                (Shuffle::Full, events),
                (Shuffle::Window(width), width),
                (Shuffle::None, 0),
            ] {
                let mut order = shuffle.order(events, seed);
                prop_assert!(distances(&order).all(|distance| distance <= limit));
                order.sort_unstable();
                prop_assert!(order.into_iter().eq(0..events));
            }
        }
    }
}
