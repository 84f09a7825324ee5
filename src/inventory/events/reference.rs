//! Booking references: short enough to read out, without letters and digits
//! that look or sound like others.

use serde::{Deserialize, Serialize};

/// No 0 O, 1 I L, 2 Z, 5 S, 8 B.
const LETTERS: &[u8; 25] = b"34679ACDEFGHJKMNPQRTUVWXY";

/// What a buyer finds a booking by: eight letters and digits, unique on a
/// shard. About 37 bits, so it is a name and not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference([u8; 8]);

impl Reference {
    /// The reference that stands for a number; of one drawn at random all are
    /// as likely.
    pub fn from_number(number: u64) -> Self {
        let mut rest = number;
        Self(std::array::from_fn(|_| {
            let letter = LETTERS[(rest % LETTERS.len() as u64) as usize];
            rest /= LETTERS.len() as u64;
            letter
        }))
    }

    /// Reads one as people write it: in either case, with spaces and hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-'));
        let mut bytes = [0; 8];
        for place in &mut bytes {
            *place = letters.next()?.to_ascii_uppercase();
        }
        let reference = Self(bytes);
        (letters.next().is_none() && reference.is_valid()).then_some(reference)
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether it consists of what references consist of; one that was read
    /// from a journal may not.
    pub(super) fn is_valid(self) -> bool {
        self.0.iter().all(|byte| LETTERS.contains(byte))
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_may_write_it_as_they_like() {
        let reference = Reference::from_number(0x0123_4567_89ab);
        let shown = reference.to_string();
        assert_eq!(shown.len(), 8);
        assert_eq!(Reference::parse(&shown), Some(reference));
        let spoken = format!(" {}-{} ", &shown[..4].to_lowercase(), &shown[4..]);
        assert_eq!(Reference::parse(&spoken), Some(reference));
        for wrong in ["", "3333333", "333333333", "3333333O", "3333333é"] {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn small_numbers_give_different_references() {
        let all: std::collections::HashSet<Reference> =
            (0..10_000).map(Reference::from_number).collect();
        assert_eq!(all.len(), 10_000);
    }
}
