//! One event, all of its line at a time: for processors with AVX2 and BMI, and
//! numbers of up to eight digits.
//!
//! One look at 64 bytes tells digits from other bytes; where the fields are is
//! then arithmetic on that mask. A shuffle brings the digits of all three
//! numbers into place, and five multiplications for all of them make values of
//! them. About a hundred instructions, none of which depends on the line before
//! but through its length.

#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi128_si64, _mm_loadu_si128, _mm_shuffle_epi8, _mm256_add_epi8,
    _mm256_castsi256_si128, _mm256_cmpgt_epi8, _mm256_extracti128_si256, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_epi8, _mm256_packus_epi32,
    _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_subs_epu8,
};

use super::lanes::Bytes;
use crate::matching::{LikeEvent, Opinion};

/// Parses the event that `bytes` start with: the event, and how many bytes it
/// took, with the `\n`. `None` says nothing: it may be an event with a number
/// of more than eight digits, or with two users of eight.
#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
pub(super) fn event(bytes: &Bytes) -> Option<(LikeEvent, usize)> {
    // Digits, others, digits, one other, digits, one other: adding the lowest
    // bit of a run of bits to it leaves the bit behind it.
    let others = others(bytes.first_chunk()?);
    let kind_at = others.trailing_zeros() as usize;
    let rest = !others & others.wrapping_neg();
    let from_at = rest.trailing_zeros() as usize;
    let rest = rest.wrapping_add(rest & rest.wrapping_neg());
    let bar = rest.trailing_zeros() as usize;
    let rest = rest.wrapping_add(rest & rest.wrapping_neg());
    let end = rest.trailing_zeros() as usize;

    let sequence = ONE.get(kind_at.wrapping_sub(1))?;
    let users = TWO
        .get(bar.wrapping_sub(from_at + 1))?
        .get(end.wrapping_sub(bar + 2))?;
    let kind = &KINDS[from_at.wrapping_sub(kind_at) % 64];
    let valid = end.wrapping_sub(from_at) <= 16
        && eight(bytes, kind_at)? == kind.first
        && eight(bytes, kind_at + 4)? == kind.middle
        && eight(bytes, from_at.wrapping_sub(8))? == kind.last
        && bytes[bar] == b'|'
        && bytes[end] == b'\n';
    if !valid {
        return None;
    }
    let [sequence, from, to] = values(
        _mm_shuffle_epi8(sixteen(bytes.first_chunk()?), sixteen(sequence)),
        _mm_shuffle_epi8(sixteen(bytes[from_at..].first_chunk()?), sixteen(users)),
    );
    Some((LikeEvent::new(sequence, kind.opinion, from, to), end + 1))
}

/// One bit for each byte, the first one lowest: whether it is no digit.
#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
fn others(bytes: &[u8; 64]) -> u64 {
    let half = |bytes| {
        // Digits become the lowest ten of all signed bytes.
        let moved = _mm256_add_epi8(
            thirty_two(bytes),
            _mm256_set1_epi8(i8::MIN.wrapping_sub(b'0' as i8)),
        );
        let others = _mm256_cmpgt_epi8(moved, _mm256_set1_epi8(i8::MIN + 9));
        u64::from(_mm256_movemask_epi8(others) as u32)
    };
    let (halves, _) = bytes.as_chunks();
    half(&halves[0]) | half(&halves[1]) << 32
}

/// The values of three numbers, each of eight bytes of digits with zero bytes
/// before them: one in the lower half of `one`, two in `two`.
#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
fn values(one: __m128i, two: __m128i) -> [u64; 3] {
    let digits = _mm256_subs_epu8(_mm256_set_m128i(one, two), _mm256_set1_epi8(b'0' as i8));
    let twos = _mm256_maddubs_epi16(digits, _mm256_set1_epi16((1 << 8) + 10));
    let fours = _mm256_madd_epi16(twos, _mm256_set1_epi32((1 << 16) + 100));
    let fours = _mm256_packus_epi32(fours, fours);
    let eights = _mm256_madd_epi16(fours, _mm256_set1_epi32((1 << 16) + 10_000));
    let two = _mm_cvtsi128_si64(_mm256_castsi256_si128(eights)) as u64;
    let one = _mm_cvtsi128_si64(_mm256_extracti128_si256::<1>(eights)) as u32;
    [u64::from(one), two & u64::from(u32::MAX), two >> 32]
}

#[inline]
fn eight(bytes: &Bytes, at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[allow(unsafe_code, reason = "no safe function loads a register")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
fn sixteen(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: sixteen bytes that need not be aligned.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[allow(unsafe_code, reason = "no safe function loads a register")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
fn thirty_two(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: thirty-two bytes that need not be aligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// A type between its separators, in three registers that overlap.
#[repr(C, align(32))]
struct Kind {
    first: u64,
    /// From the fifth byte on.
    middle: u64,
    last: u64,
    opinion: Opinion,
}

/// By their length. Of other lengths there is none.
static KINDS: [Kind; 64] = {
    // No type starts with a digit.
    let mut kinds = [const { Kind::new(&[b'0'; 16], Opinion::Liked) }; 64];
    kinds[12] = Kind::new(b"|LIKE_LIKED|", Opinion::Liked);
    kinds[16] = Kind::new(b"|LIKE_NOT_LIKED|", Opinion::NotLiked);
    kinds[18] = Kind::new(b"|LIKE_UNSPECIFIED|", Opinion::Unspecified);
    kinds
};

impl Kind {
    const fn new(text: &[u8], opinion: Opinion) -> Self {
        let (mut first, mut middle, mut last, mut i) = (0, 0, 0, 0);
        while i < 8 {
            first |= (text[i] as u64) << (i * 8);
            middle |= (text[4 + i] as u64) << (i * 8);
            last |= (text[text.len() - 8 + i] as u64) << (i * 8);
            i += 1;
        }
        Self {
            first,
            middle,
            last,
            opinion,
        }
    }
}

/// Where the digits of a number go, by one less than how many there are: to
/// the end of the first eight bytes; the others become zero.
static ONE: [[u8; 16]; 8] = {
    let mut all = [[0x80; 16]; 8];
    let mut len = 1;
    while len <= 8 {
        place(&mut all[len - 1], 8, 0, len);
        len += 1;
    }
    all
};

/// The same for two numbers with one byte between them, for each eight bytes.
static TWO: [[[u8; 16]; 8]; 8] = {
    let mut all = [[[0x80; 16]; 8]; 8];
    let mut n = 0;
    while n < 64 {
        let (first, second) = (n / 8 + 1, n % 8 + 1);
        if first + 1 + second <= 16 {
            place(&mut all[n / 8][n % 8], 8, 0, first);
            place(&mut all[n / 8][n % 8], 16, first + 1, second);
        }
        n += 1;
    }
    all
};

/// Has `len` bytes from `from` on end up before `end`.
const fn place(shuffle: &mut [u8; 16], end: usize, from: usize, len: usize) {
    let mut i = 0;
    while i < len {
        shuffle[end - len + i] = (from + i) as u8;
        i += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the digits end, no digit stands: these can never be found there.
    #[test]
    fn there_are_three_types() {
        let possible = |kind: &&Kind| !(kind.first as u8).is_ascii_digit();
        assert_eq!(KINDS.iter().filter(possible).count(), 3);
    }
}
