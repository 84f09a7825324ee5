//! Decimal numbers, eight digits at a time in one register.

use super::lanes::Bytes;

/// `'0'` in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;
/// The top bit of every byte.
const TOPS: u64 = 0x8080_8080_8080_8080;

const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Reads the number at `at`: its value and how many digits it has. `None` if
/// there is no digit, or eight bytes cannot be read. After eight digits there
/// may be more.
#[inline]
pub(super) fn up_to_8(bytes: &Bytes, at: usize) -> Option<(u64, usize)> {
    let (digits, len) = eight(bytes, at)?;
    (len > 0).then(|| (value(digits, len), len))
}

/// The same for up to 15 digits, of which there may not be more.
pub(super) fn up_to_15(bytes: &Bytes, at: usize) -> Option<(u64, usize)> {
    let (high, len) = up_to_8(bytes, at)?;
    if len < 8 {
        return Some((high, len));
    }
    let (low, len) = up_to_8(bytes, at + 8).unwrap_or((0, 0));
    Some((high * TENS.get(len)? + low, 8 + len))
}

/// The eight bytes at `at`, digits as 0 to 9, and how many are digits before
/// the first that is not.
#[inline]
fn eight(bytes: &Bytes, at: usize) -> Option<(u64, usize)> {
    let digits = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?) ^ ZEROS;
    // Adding 0x76 carries 10 and more into the top bit of their byte. What
    // carries further than that only spoils bytes after the first such one.
    let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & TOPS;
    Some((digits, (others.trailing_zeros() / 8) as usize))
}

/// The value of the first `len` of eight digits; `len` is not 0.
#[inline]
fn value(digits: u64, len: usize) -> u64 {
    // Shifting the digits up fills with leading zeros and drops what follows.
    let digits = digits << (64 - 8 * len as u32);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

/// The number that `digits` are: 1 to 20 decimal digits, nothing else, and no
/// more than a `u64` holds. Leading zeros mean nothing.
pub(super) fn slow(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    digits.iter().try_fold(0u64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_end_where_a_u64_ends() {
        assert_eq!(slow(b"18446744073709551615"), Some(u64::MAX));
        for wrong in [
            "18446744073709551616",
            "",
            "1a",
            "+1",
            "000000000000000000001",
        ] {
            assert_eq!(slow(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        /// Eight digits at a time say the same as one digit at a time,
        /// whatever bytes come before and after.
        #[test]
        fn fast_is_slow(
            mut bytes in prop::collection::vec(any::<u8>(), 80),
            at in 0..48usize,
            digits in "[0-9]{0,17}",
        ) {
            for (place, digit) in bytes.iter_mut().skip(at).zip(digits.bytes()) {
                *place = digit;
            }
            let len = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let read = |len: usize| Some((slow(&bytes[at..at + len])?, len));
            let found: &Bytes = bytes.first_chunk().expect("80 bytes");
            prop_assert_eq!(up_to_8(found, at), read(len.min(8)));
            prop_assert_eq!(up_to_15(found, at), read(len).filter(|_| len < 16));
        }
    }
}
