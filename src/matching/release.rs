//! Matches on their way out, in the order of their sequence numbers.

use super::ring::BitRing;

/// The longest line, 2^60 − 1 and `\n`, in bytes.
const MAX_LINE: usize = 20;

/// One bit for each match that is known and has not left, and how far
/// everything has left.
#[derive(Debug, Default)]
pub(super) struct Release {
    matches: BitRing,
    /// Everything below has been written or is no match.
    released: u64,
    written: u64,
}

impl Release {
    /// Notes that `sequence` is a match, or no longer is one.
    #[inline]
    pub(super) fn decide(&mut self, sequence: u64, matched: bool) {
        debug_assert!(sequence >= self.released, "{sequence} was released");
        let covered = self.matches.range().contains(&sequence);
        if matched {
            if !covered {
                self.matches.cover(sequence);
            }
            self.matches.set(sequence);
        } else if covered {
            self.matches.clear(sequence);
        }
    }

    /// Writes all matches below `bound`, one a line, for as long as `output`
    /// has fewer than `max_output` bytes. `true`: all of them were written.
    pub(super) fn write(&mut self, bound: u64, output: &mut Vec<u8>, max_output: usize) -> bool {
        let range = self.matches.range();
        let end = bound.min(range.end);
        let mut next = self.released.max(range.start);
        while next < end {
            let word = next / 64;
            let mut bits = self.matches.word(word) & (u64::MAX << (next % 64));
            next = (word + 1) * 64;
            if next > end {
                bits &= (1 << (end % 64)) - 1;
            }
            while bits != 0 {
                let sequence = word * 64 + u64::from(bits.trailing_zeros());
                if output.len() >= max_output {
                    self.move_to(sequence);
                    return false;
                }
                push_line(sequence, output);
                self.written += 1;
                bits &= bits - 1;
            }
        }
        self.move_to(bound);
        true
    }

    /// Everything below is out.
    pub(super) fn released(&self) -> u64 {
        self.released
    }

    /// How many matches were written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    fn move_to(&mut self, released: u64) {
        self.released = self.released.max(released);
        self.matches.forget_below(self.released);
    }
}

/// Appends a number and `\n`.
fn push_line(number: u64, output: &mut Vec<u8>) {
    let mut line = [b'\n'; MAX_LINE];
    let mut start = MAX_LINE - 1;
    let mut rest = number;
    loop {
        start -= 1;
        line[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 || start == 0 {
            break;
        }
    }
    output.extend_from_slice(&line[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::MAX_SEQUENCE;

    fn text(output: &[u8]) -> &str {
        std::str::from_utf8(output).expect("ASCII")
    }

    #[test]
    fn matches_leave_in_order_up_to_the_bound() {
        let (mut release, mut output) = (Release::default(), Vec::new());
        for sequence in [200, 64, 5, 63, 128, 129] {
            release.decide(sequence, true);
        }
        release.decide(129, false);
        release.decide(1_000, false);
        assert!(release.write(5, &mut output, 1_000));
        assert_eq!(text(&output), "");
        assert!(release.write(64, &mut output, 1_000));
        assert_eq!(text(&output), "5\n63\n");
        release.decide(130, true);
        assert!(release.write(200, &mut output, 1_000));
        assert_eq!(text(&output), "5\n63\n64\n128\n130\n");
        assert!(release.write(1 << 50, &mut output, 1_000));
        assert_eq!(text(&output), "5\n63\n64\n128\n130\n200\n");
        assert_eq!((release.written(), release.released()), (6, 1 << 50));
    }

    #[test]
    fn it_stops_at_a_full_output_and_goes_on_where_it_stopped() {
        let (mut release, mut output) = (Release::default(), Vec::new());
        for sequence in 10..20 {
            release.decide(sequence, true);
        }
        assert!(!release.write(100, &mut output, 5));
        assert_eq!((text(&output), release.released()), ("10\n11\n", 12));
        output.clear();
        assert!(release.write(14, &mut output, 5));
        assert_eq!((text(&output), release.released()), ("12\n13\n", 14));
    }

    #[test]
    fn numbers_are_written_whole() {
        for number in [0, 9, 10, 1_000_000, MAX_SEQUENCE] {
            let mut output = Vec::new();
            push_line(number, &mut output);
            assert_eq!(text(&output), format!("{number}\n"));
        }
    }
}
