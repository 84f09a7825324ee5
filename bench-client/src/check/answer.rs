//! The answer that a match stream must give, as bytes.

use crate::plan::digits;

/// The answer of a correct server, as bytes.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(super) matches: Vec<u32>,
    pub(super) bytes: Vec<u8>,
    /// By match: where its line ends in `bytes`.
    ends: Vec<usize>,
}

impl Answer {
    /// The answer that holds these sequence numbers, ascending.
    pub(crate) fn new(matches: Vec<u32>) -> Self {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(matches.len());
        for &seq in &matches {
            digits::push(&mut bytes, seq);
            bytes.push(b'\n');
            ends.push(bytes.len());
        }
        Self {
            matches,
            bytes,
            ends,
        }
    }

    /// The sequence numbers.
    pub(crate) fn matches(&self) -> &[u32] {
        &self.matches
    }

    /// By match: how many bytes of the answer hold it and all before it.
    pub(crate) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// How many matches the first `bytes` bytes hold.
    pub(crate) fn matches_in(&self, bytes: usize) -> usize {
        self.ends.partition_point(|&end| end <= bytes)
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_counted_when_their_line_has_ended() {
        let answer = Answer::new(vec![4, 7, 1_000]);
        assert_eq!(answer.bytes, b"4\n7\n1000\n");
        assert_eq!(answer.ends(), [2, 4, 9]);
        let counts = [0, 1, 2, 3, 4, 8, 9].map(|bytes| answer.matches_in(bytes));
        assert_eq!(counts, [0, 0, 1, 1, 2, 2, 3]);
    }
}
