//! Received matches against the expected ones, byte by byte: numbers are only
//! looked at where the bytes differ.

use super::{Answer, Difference};
use crate::plan::digits;

/// How much of a wrong answer is kept to explain it.
const MAX_STRAY: usize = 64 * 1024;
/// No number is as long as this.
const MAX_NUMBER: usize = 32;

/// How far a server's answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Right so far.
    Open,
    /// All of it was right, and nothing else came.
    Complete,
    /// Wrong.
    Wrong,
}

/// Takes a server's answer as it comes in.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    answer: &'a Answer,
    right: usize,
    /// From the beginning of the first line that is wrong.
    stray: Vec<u8>,
}

impl<'a> Checker<'a> {
    /// Nothing has come in yet.
    pub(crate) fn new(answer: &'a Answer) -> Self {
        Self {
            answer,
            right: 0,
            stray: Vec::new(),
        }
    }

    /// Takes the next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        if !self.stray.is_empty() {
            self.keep(bytes);
            return;
        }
        let expected = &self.answer.bytes[self.right..];
        if expected.starts_with(bytes) {
            self.right += bytes.len();
            return;
        }
        let same = expected.iter().zip(bytes).take_while(|(a, b)| a == b);
        let split = self.right + same.count();
        let line = self.line_start(split);
        // Of the wrong line, the part before these bytes looked right.
        self.stray
            .extend_from_slice(&self.answer.bytes[line..split]);
        let rest = split - self.right;
        self.right = line;
        self.keep(&bytes[rest..]);
    }

    /// How far the answer has come. It is wrong only when the whole wrong line
    /// is there to be explained.
    pub(crate) fn standing(&self) -> Standing {
        if self.stray.is_empty() {
            if self.right == self.answer.len() {
                Standing::Complete
            } else {
                Standing::Open
            }
        } else if self.stray.contains(&b'\n') || self.stray.len() > MAX_NUMBER {
            Standing::Wrong
        } else {
            Standing::Open
        }
    }

    /// How many bytes were right, up to the end of a line where it goes on wrong.
    pub(crate) fn right(&self) -> usize {
        self.right
    }

    /// Whether it is known what went wrong: more bytes will not tell more.
    pub(crate) fn is_explained(&self) -> bool {
        let difference = self.difference();
        difference.is_some_and(|it| !matches!(it, Difference::Missing { .. }))
            || self.stray.len() >= MAX_STRAY
    }

    /// The first difference between the answer as far as it has come and the
    /// expected one; a last line without an end counts.
    pub(crate) fn difference(&self) -> Option<Difference> {
        if self.stray.is_empty() {
            return None;
        }
        let (line, later) = match memchr::memchr(b'\n', &self.stray) {
            Some(newline) => (&self.stray[..newline], &self.stray[newline + 1..]),
            None => (&*self.stray, &[][..]),
        };
        let place = self.answer.matches_in(self.right);
        let wanted = self.answer.matches.get(place).copied();
        Some(self.explain(line, later, wanted, place))
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_STRAY.saturating_sub(self.stray.len());
        self.stray
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn explain(&self, line: &[u8], later: &[u8], wanted: Option<u32>, place: usize) -> Difference {
        let Some(got) = number(line) else {
            let shown = &line[..line.len().min(MAX_NUMBER * 4)];
            return Difference::NoNumber {
                line: shown.escape_ascii().to_string(),
                wanted,
            };
        };
        let Some(wanted) = wanted else {
            return Difference::Surplus { got };
        };
        match self.answer.matches.binary_search(&got) {
            Err(_) => Difference::Unexpected { got, wanted },
            Ok(known) if known < place => Difference::Repeated { got, wanted },
            Ok(_) if has_line(later, wanted) => Difference::OutOfOrder { got, wanted },
            Ok(_) => Difference::Missing { got, wanted },
        }
    }

    fn line_start(&self, at: usize) -> usize {
        let newline = memchr::memrchr(b'\n', &self.answer.bytes[..at]);
        newline.map_or(0, |newline| newline + 1)
    }
}

/// A number as it is written on the wire: no sign, no zero in front.
fn number(line: &[u8]) -> Option<u32> {
    let number = std::str::from_utf8(line).ok()?.parse().ok()?;
    let mut plain = Vec::new();
    digits::push(&mut plain, number);
    (plain == line).then_some(number)
}

/// Whether one of the whole lines is this number.
fn has_line(lines: &[u8], wanted: u32) -> bool {
    lines
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
        .any(|line| number(line) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a checker says of `received`, fed in pieces of `size` bytes.
    fn check(expected: &[u32], received: &[u8], size: usize) -> (Standing, Option<String>) {
        let answer = Answer::new(expected.to_vec());
        let mut checker = Checker::new(&answer);
        for piece in received.chunks(size) {
            checker.take(piece);
        }
        let difference = checker.difference().map(|it| it.to_string());
        (checker.standing(), difference)
    }

    #[track_caller]
    fn assert_wrong(received: &[u8], says: &str) {
        for size in 1..=received.len() {
            let (standing, difference) = check(&[4, 7, 12, 123], received, size);
            assert_eq!(standing, Standing::Wrong, "by {size}");
            let difference = difference.unwrap();
            assert!(difference.starts_with(says), "by {size}: {difference}");
        }
    }

    #[test]
    fn a_right_answer_is_open_until_its_last_byte() {
        for size in 1..6 {
            assert_eq!(
                check(&[4, 17], b"4\n17\n", size),
                (Standing::Complete, None)
            );
            assert_eq!(check(&[4, 17], b"4\n17", size), (Standing::Open, None));
        }
        assert_eq!(check(&[], b"", 1), (Standing::Complete, None));
    }

    #[test]
    fn the_first_difference_is_named() {
        assert_wrong(b"4\n12\n123\n", "expected 7, got 12: 7 is missing");
        assert_wrong(b"4\n12\n7\n123\n", "expected 7, got 12: out of order");
        assert_wrong(b"4\n12\n71\n", "expected 7, got 12: 7 is missing");
        assert_wrong(b"4\n7\n11\n", "expected 12, got 11, which is no match");
        assert_wrong(b"4\n7\n120\n", "expected 12, got 120, which is no match");
        assert_wrong(b"4\n7\n1\n", "expected 12, got 1, which is no match");
        assert_wrong(b"4\n4\n", "expected 7, got 4 again");
        assert_wrong(b"4\n7\n12\n123\n123\n", "got 123 after the last match");
        assert_wrong(b"04\n", "expected 4, got \"04\", which is no");
        assert_wrong(b"4\r\n7\r\n", "expected 4, got \"4\\r\", which is no");
        assert_wrong(b"\n4\n", "expected 4, got \"\", which is no");
        assert_wrong(b"4\n+7\n", "expected 7, got \"+7\", which is no");
        assert_wrong(&[b'x'; 200], "expected 4, got \"xxx");
    }

    #[test]
    fn a_wrong_line_is_read_to_its_end_before_it_is_judged() {
        let (standing, _) = check(&[12], b"13", 1);
        assert_eq!(standing, Standing::Open);
        // Where nothing more comes it has to do.
        let (_, difference) = check(&[12], b"13", 1);
        assert!(difference.unwrap().contains("got 13"));
    }

    #[test]
    fn what_is_kept_of_a_wrong_answer_is_bounded() {
        let answer = Answer::new(vec![4, 7]);
        let mut checker = Checker::new(&answer);
        checker.take(b"7\n");
        for _ in 0..100 {
            assert!(checker.stray.len() <= MAX_STRAY);
            checker.take(&b"7\n".repeat(1_000));
        }
        assert!(checker.is_explained());
    }

    proptest! {
        #[test]
        fn any_change_to_an_answer_is_found_at_its_place(
            mut seqs in prop::collection::btree_set(1_u32..5_000, 2..60),
            at: prop::sample::Index,
            to in 1_u32..5_000,
            size in 1_usize..40,
        ) {
            let right: Vec<u32> = std::mem::take(&mut seqs).into_iter().collect();
            let at = at.index(right.len());
            let mut wrong = right.clone();
            wrong[at] = to;
            let answer = Answer::new(right.clone());
            let mut checker = Checker::new(&answer);
            for piece in Answer::new(wrong.clone()).bytes.chunks(size) {
                checker.take(piece);
            }
            if wrong == right {
                prop_assert_eq!(checker.standing(), Standing::Complete);
            } else {
                prop_assert_eq!(checker.standing(), Standing::Wrong);
                prop_assert_eq!(answer.matches_in(checker.right()), at);
                let said = checker.difference().unwrap().to_string();
                prop_assert!(said.contains(&format!("expected {}, got {to}", right[at])), "{}", said);
            }
        }
    }
}
