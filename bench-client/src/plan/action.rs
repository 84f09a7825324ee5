//! What the hammer's threads do: actions drawn at random, legal or not.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// One action: one request, or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    CreateMember,
    CreateTicket,
    Hold,
    Free,
    Purchase,
    HoldAndFree,
    HoldAndPurchase,
    Look,
}

impl Action {
    /// All of them, in the order of the weights.
    pub(crate) const ALL: [Self; 8] = [
        Self::CreateMember,
        Self::CreateTicket,
        Self::Hold,
        Self::Free,
        Self::Purchase,
        Self::HoldAndFree,
        Self::HoldAndPurchase,
        Self::Look,
    ];

    /// As tables name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CreateMember => "create member",
            Self::CreateTicket => "create ticket",
            Self::Hold => "hold",
            Self::Free => "free",
            Self::Purchase => "purchase",
            Self::HoldAndFree => "hold+free",
            Self::HoldAndPurchase => "hold+purchase",
            Self::Look => "look",
        }
    }
}

/// How often each action is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weights([u32; Action::ALL.len()]);

/// Why a text is no weights.
#[derive(Debug, Error)]
#[error(
    "give eight numbers up to 1000 for create member:create ticket:hold:free:purchase:hold+free:\
     hold+purchase:look, such as 1:1:1:1:1:1:1:1; members and tickets must be created, and \
     purchased by hold+purchase, or by hold and purchase"
)]
pub(crate) struct BadWeights;

impl Weights {
    /// Draws an action.
    pub(crate) fn draw(&self, rng: &mut fastrand::Rng) -> Action {
        let mut left = rng.u32(0..self.0.iter().sum());
        for (action, weight) in Action::ALL.into_iter().zip(self.0) {
            match left.checked_sub(weight) {
                Some(less) => left = less,
                None => return action,
            }
        }
        // The sum is above what was drawn.
        Action::Look
    }
}

impl FromStr for Weights {
    type Err = BadWeights;

    fn from_str(text: &str) -> Result<Self, BadWeights> {
        let numbers: Result<Vec<u32>, _> = text.split(':').map(str::parse).collect();
        let weights: [u32; Action::ALL.len()] = numbers
            .ok()
            .and_then(|numbers| numbers.try_into().ok())
            .ok_or(BadWeights)?;
        let of = |action: Action| weights[action as usize] > 0;
        let ends = of(Action::HoldAndPurchase) || of(Action::Hold) && of(Action::Purchase);
        let begins = of(Action::CreateMember) && of(Action::CreateTicket);
        if !begins || !ends || weights.iter().any(|&weight| weight > 1_000) {
            return Err(BadWeights);
        }
        Ok(Self(weights))
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_come_as_often_as_they_weigh() {
        let weights: Weights = "1:2:0:1:1:0:3:0".parse().unwrap();
        assert_eq!(weights.to_string(), "1:2:0:1:1:0:3:0");
        let mut rng = fastrand::Rng::with_seed(1);
        let mut counts = [0_u32; Action::ALL.len()];
        for _ in 0..80_000 {
            counts[weights.draw(&mut rng) as usize] += 1;
        }
        for (count, weight) in counts.into_iter().zip(weights.0) {
            assert!(count.abs_diff(10_000 * weight) < 1_000, "{counts:?}");
        }
    }

    #[test]
    fn weights_that_never_end_are_refused() {
        for text in [
            "",
            "1:1:1",
            "0:1:1:1:1:1:1:1",
            "1:0:1:1:1:1:1:1",
            "1:1:1:1:0:1:0:1",
            "1:1:1:1:1:1:1:1001",
        ] {
            assert!(text.parse::<Weights>().is_err(), "{text}");
        }
        assert!("1:1:1:0:1:0:0:0".parse::<Weights>().is_ok());
        assert!("1:1:0:0:0:0:1:0".parse::<Weights>().is_ok());
    }
}
