//! What the seat names of one load begin with.

use std::str::FromStr;

use thiserror::Error;

/// Longest prefix, in bytes: with ten digits behind it a name stays under the
/// length that servers commonly keep inline.
const MAX_BYTES: usize = 12;

/// A prefix that is safe to put into a seat name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prefix(String);

/// Why a text is not a prefix.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a prefix is 1 to {MAX_BYTES} ASCII letters and digits, such as LOAD1")]
pub(crate) struct BadPrefix;

impl Prefix {
    /// A prefix that another run, at another `moment`, does not have: two runs
    /// with the same seed must not meet in one server's seats. `moment` is any
    /// number that differs between runs, such as the time.
    pub(crate) fn fresh(seed: u64, moment: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ moment.rotate_left(32));
        let tail = std::iter::repeat_with(|| rng.alphanumeric()).take(7);
        Self(std::iter::once('L').chain(tail).collect())
    }

    /// The prefix as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let fits = (1..=MAX_BYTES).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPrefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_differ_by_moment_and_by_seed() {
        let first = Prefix::fresh(42, 1_000);
        assert_eq!(first, Prefix::fresh(42, 1_000));
        assert_ne!(first, Prefix::fresh(42, 1_001));
        assert_ne!(first, Prefix::fresh(43, 1_000));
        assert_eq!(first.as_str().parse(), Ok(first.clone()));
    }

    #[test]
    fn refuses_what_no_seat_name_may_hold() {
        for wrong in ["", "A-1", "A 1", "é", "ABCDEFGHIJKLM"] {
            assert_eq!(wrong.parse::<Prefix>(), Err(BadPrefix), "{wrong}");
        }
    }
}
