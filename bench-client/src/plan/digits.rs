//! Decimal numbers, written without a formatter: one or more are written for
//! each request.

/// Writes `number` right-aligned over the whole of `field`, zeros in front.
/// Digits that do not fit are cut off on the left.
pub(crate) fn fill(field: &mut [u8], mut number: u32) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// How many digits `number` has.
pub(crate) fn count(number: u32) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Appends `number` to `out` with as many digits as it has.
pub(crate) fn push(out: &mut Vec<u8>, number: u32) {
    let start = out.len();
    out.resize(start + count(number), b'0');
    fill(&mut out[start..], number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_no_digit_too_many() {
        let mut out = Vec::new();
        for number in [0, 7, 10, 12_345] {
            push(&mut out, number);
            out.push(b' ');
        }
        assert_eq!(out, b"0 7 10 12345 ");
    }

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
