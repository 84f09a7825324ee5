//! Zero-padded decimal numbers, written without a formatter: one is written
//! for each request.

/// Writes `number` right-aligned over the whole of `field`, zeros in front.
/// Digits that do not fit are cut off on the left.
pub(super) fn fill(field: &mut [u8], mut number: u32) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// How many digits `number` has.
pub(super) fn count(number: u32) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_whole_field() {
        let mut field = *b"xxxxx";
        fill(&mut field, 307);
        assert_eq!(&field, b"00307");
        fill(&mut field, 99_999);
        assert_eq!(&field, b"99999");
    }

    #[test]
    fn counts_digits_at_the_powers_of_ten() {
        assert_eq!([0, 9, 10, 99, 100].map(count), [1, 1, 2, 2, 3]);
        assert_eq!(count(u32::MAX), 10);
    }
}
