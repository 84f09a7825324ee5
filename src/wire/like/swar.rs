//! One event, eight bytes at a time: for any processor, and for numbers of any
//! width.

use super::lanes::Bytes;
use crate::matching::{LikeEvent, MAX_SEQUENCE, Opinion};

/// Parses an event whose numbers `number` can read: the event and the bytes it
/// took, with the `\n`. `None` says nothing.
#[expect(
    clippy::inline_always,
    reason = "an event must not take the way through memory"
)]
#[inline(always)]
pub(super) fn event(
    bytes: &Bytes,
    number: impl Fn(&Bytes, usize) -> Option<(u64, usize)>,
) -> Option<(LikeEvent, usize)> {
    let (sequence, at) = number(bytes, 0)?;
    // The byte that tells the types apart: "|LIKE_L", "|LIKE_N" or "|LIKE_U".
    let kind = &KINDS[usize::from(*bytes.get(at + 6)? & 3)];
    let after = at + kind.len;
    let (from, len) = number(bytes, after)?;
    let bar = after + len;
    let (to, len) = number(bytes, bar + 1)?;
    let end = bar + 1 + len;
    let valid = kind.stands_between(bytes, at, after)?
        && *bytes.get(bar)? == b'|'
        && *bytes.get(end)? == b'\n'
        && sequence <= MAX_SEQUENCE;
    valid.then(|| (LikeEvent::new(sequence, kind.opinion, from, to), end + 1))
}

/// A type between its separators, as registers that overlap.
struct Kind {
    first: u64,
    /// The two bytes after the first eight; only the longest type has them to
    /// itself.
    middle: u16,
    middle_mask: u16,
    last: u64,
    len: usize,
    opinion: Opinion,
}

/// By the low two bits of the letter after `LIKE_`; no letter has the last.
const KINDS: [Kind; 4] = [
    Kind::new(b"|LIKE_LIKED|", Opinion::Liked),
    Kind::new(b"|LIKE_UNSPECIFIED|", Opinion::Unspecified),
    Kind::new(b"|LIKE_NOT_LIKED|", Opinion::NotLiked),
    Kind::new(b"\0\0\0\0\0\0\0\0\0\0", Opinion::NotLiked),
];

impl Kind {
    const fn new(text: &[u8], opinion: Opinion) -> Self {
        let (mut first, mut last, mut i) = (0, 0, 0);
        while i < 8 {
            first |= (text[i] as u64) << (i * 8);
            last |= (text[text.len() - 8 + i] as u64) << (i * 8);
            i += 1;
        }
        Self {
            first,
            middle: u16::from_le_bytes([text[8], text[9]]),
            middle_mask: if text.len() > 16 { u16::MAX } else { 0 },
            last,
            len: text.len(),
            opinion,
        }
    }

    /// Whether `bytes[at..after]`, as long as the type, is the type.
    #[inline]
    fn stands_between(&self, bytes: &Bytes, at: usize, after: usize) -> Option<bool> {
        let first = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
        let middle = u16::from_le_bytes(*bytes.get(at + 8..)?.first_chunk()?);
        let last = u64::from_le_bytes(*bytes.get(after - 8..)?.first_chunk()?);
        Some(
            first == self.first
                && last == self.last
                && (middle ^ self.middle) & self.middle_mask == 0,
        )
    }
}
