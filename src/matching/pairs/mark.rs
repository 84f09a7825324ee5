//! An event as its pair's history keeps it: 62 bits.

use crate::matching::LikeEvent;

/// One event between the two users of a pair: sequence number, whether it is
/// a like, and which of the two it is from. Marks sort by sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark(u64);

impl Mark {
    /// The mark of an event from the user with the higher code, or not.
    #[inline]
    pub(super) fn new(event: &LikeEvent, from_higher: bool) -> Self {
        let liked = u64::from(event.is_liked());
        Self(event.sequence() << 2 | liked << 1 | u64::from(from_higher))
    }

    /// The sequence number.
    pub(super) fn sequence(self) -> u64 {
        self.0 >> 2
    }

    /// Whether it is a like.
    pub(super) fn is_liked(self) -> bool {
        self.0 & 2 != 0
    }

    /// Which of the two users it is from, 0 or 1.
    pub(super) fn side(self) -> usize {
        (self.0 & 1) as usize
    }

    /// As bits, of which the upper two are not set.
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// Back from [`Mark::bits`]; the upper two may have been used meanwhile.
    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits & (u64::MAX >> 2))
    }
}
