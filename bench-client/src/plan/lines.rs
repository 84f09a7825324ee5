//! Request lines of a load: `VERB: <prefix><number>\n`, numbers of equal width.

use super::digits;
use crate::protocol::Verb;

/// Writes request lines for the seats `0..seats` of one prefix.
///
/// All names have the same length, so a line is a copy of its verb's template
/// with the digits written over: no formatter, no allocation per request.
#[derive(Debug)]
pub(crate) struct RequestLines {
    templates: [Vec<u8>; 3],
    width: usize,
    prefix: String,
}

impl RequestLines {
    /// Lines for `seats` seats whose names begin with `prefix`, which must be
    /// ASCII letters and digits.
    pub(crate) fn new(prefix: &str, seats: u32) -> Self {
        let width = digits::count(seats.saturating_sub(1));
        let templates = Verb::ALL
            .map(|verb| format!("{verb}: {prefix}{zeros}\n", zeros = "0".repeat(width)).into());
        Self {
            templates,
            width,
            prefix: prefix.to_owned(),
        }
    }

    /// Appends the request line for `verb` on seat number `seat` to `out`.
    pub(crate) fn write(&self, verb: Verb, seat: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.templates[verb.index()]);
        let end = out.len() - 1;
        digits::fill(&mut out[end - self.width..end], seat);
    }

    /// The name of seat number `seat`, for messages.
    pub(crate) fn name(&self, seat: u32) -> String {
        format!("{}{seat:0width$}", self.prefix, width = self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_follow_one_another_with_numbers_of_equal_width() {
        let lines = RequestLines::new("L7", 1_000);
        let mut out = Vec::new();
        lines.write(Verb::Reserve, 0, &mut out);
        lines.write(Verb::Buy, 42, &mut out);
        lines.write(Verb::Query, 999, &mut out);
        assert_eq!(out, b"RESERVE: L7000\nBUY: L7042\nQUERY: L7999\n");
        assert_eq!(lines.name(42), "L7042");
    }

    #[test]
    fn a_single_seat_has_one_digit() {
        let mut out = Vec::new();
        RequestLines::new("X", 1).write(Verb::Query, 0, &mut out);
        assert_eq!(out, b"QUERY: X0\n");
    }
}
