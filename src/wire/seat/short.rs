//! Valid messages of up to 31 bytes, without a branch that depends on what they
//! say: one look at 32 bytes tells where the line ends and what is no letter or
//! digit, and which verb it is says a table.

use std::ops::Range;

use safe_arch::{
    bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, min_u8_m128i,
    move_mask_i8_m128i, set_splat_i8_m128i, sub_i8_m128i,
};

use super::LineLimits;
use crate::inventory::Verb;

/// What a message is parsed from: it and what follows.
pub(super) type Window = [u8; 32];

/// A verb's message up to the seat.
struct Prefix {
    verb: Verb,
    /// Its first eight bytes, as far as they are its own.
    start: u64,
    mask: u64,
    len: usize,
}

/// By [`number`]. What has none of these numbers has no such start.
static PREFIXES: [Prefix; 4] = [
    prefix(Verb::Buy, b"BUY: "),
    prefix(Verb::Query, b"\0\0\0\0\0 "),
    prefix(Verb::Reserve, b"RESERVE: "),
    prefix(Verb::Query, b"QUERY: "),
];

const fn prefix(verb: Verb, text: &[u8]) -> Prefix {
    let mut start = [0; 8];
    let mut mask = [0; 8];
    let mut at = 0;
    while at < text.len() && at < 8 {
        start[at] = text[at];
        mask[at] = 0xff;
        at += 1;
    }
    Prefix {
        verb,
        start: u64::from_le_bytes(start),
        mask: u64::from_le_bytes(mask),
        len: text.len(),
    }
}

/// Tells the first letters of the verbs apart: B 0, R 2, Q 3.
const fn number(first: u8) -> usize {
    (first & 1 | first >> 3 & 2) as usize
}

const _: () = assert!(number(b'B') == 0 && number(b'R') == 2 && number(b'Q') == 3);

/// The verb of the message that `window` starts with, and where its seat is.
/// `None` says nothing: it may be longer, or not valid.
#[inline]
pub(super) fn request(window: &Window, limits: LineLimits) -> Option<(Verb, Range<usize>)> {
    let (ends, names) = look(window);
    let end = ends.trailing_zeros() as usize;
    let prefix = &PREFIXES[number(window[0])];
    let word = u64::from_le_bytes(*window.first_chunk()?);
    // All bits below the end, none below the seat; no end: more than there are.
    let seat = ((1u64 << end) - 1) & (u64::MAX << prefix.len);
    let valid = word & prefix.mask == prefix.start
        && window[prefix.len - 1] == b' '
        && end < size_of::<Window>()
        && end > prefix.len
        && end - prefix.len <= limits.max_seat
        && end <= limits.max_line
        && seat & !u64::from(names) == 0;
    valid.then_some((prefix.verb, prefix.len..end))
}

/// Where a window has ends of lines, and where letters and digits.
#[inline]
fn look(window: &Window) -> (u32, u32) {
    let [low, high] = [0, 16].map(|at| {
        let mut half = [0; 16];
        half.copy_from_slice(&window[at..at + 16]);
        load_unaligned_m128i(&half)
    });
    let mask = |of: fn(m128i) -> m128i| {
        let bits = |half| move_mask_i8_m128i(of(half)) as u32;
        bits(low) | bits(high) << 16
    };
    (mask(is_end), mask(is_of_name))
}

#[inline]
fn is_end(bytes: m128i) -> m128i {
    cmp_eq_mask_i8_m128i(bytes, set_splat_i8_m128i(b'\n' as i8))
}

#[inline]
fn is_of_name(bytes: m128i) -> m128i {
    let within = |from: u8, bytes: m128i, most: i8| {
        let distance = sub_i8_m128i(bytes, set_splat_i8_m128i(from as i8));
        cmp_eq_mask_i8_m128i(min_u8_m128i(distance, set_splat_i8_m128i(most)), distance)
    };
    let lower = bitor_m128i(bytes, set_splat_i8_m128i(0x20));
    bitor_m128i(within(b'0', bytes, 9), within(b'a', lower, 25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_are_told_from_all_other_bytes() {
        for byte in 0..=u8::MAX {
            let (ends, names) = look(&[byte; 32]);
            let whole = |yes: bool| if yes { u32::MAX } else { 0 };
            assert_eq!(ends, whole(byte == b'\n'));
            assert_eq!(names, whole(byte.is_ascii_alphanumeric()), "{byte}");
        }
    }
}
