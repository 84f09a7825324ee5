//! Requests of a load, about seats `<prefix><number>`, numbers of equal width.

use super::digits;
use crate::protocol::{Dialect, Reply, Verb};

/// Writes requests for the seats `0..seats` of one prefix.
///
/// All names have the same length, so a request is a copy of its verb's
/// template with the digits written over: no formatter, no allocation each.
#[derive(Debug)]
pub(crate) struct RequestLines {
    dialect: Dialect,
    /// By verb: the bytes, and where the digits end in them.
    templates: [(Vec<u8>, usize); 3],
    width: usize,
    prefix: String,
}

impl RequestLines {
    /// Requests in `dialect` for `seats` seats whose names begin with `prefix`,
    /// which must be ASCII letters and digits.
    pub(crate) fn new(dialect: Dialect, prefix: &str, seats: u32) -> Self {
        let width = digits::count(seats.saturating_sub(1));
        let templates = Verb::ALL.map(|verb| {
            let (before, after) = dialect.around(verb, prefix.len() + width);
            let zeros = "0".repeat(width);
            let bytes = format!("{before}{prefix}{zeros}{after}").into_bytes();
            let end = bytes.len() - after.len();
            (bytes, end)
        });
        Self {
            dialect,
            templates,
            width,
            prefix: prefix.to_owned(),
        }
    }

    /// Whose words these are.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Appends the request for `verb` on seat number `seat` to `out`.
    pub(crate) fn write(&self, verb: Verb, seat: u32, out: &mut Vec<u8>) {
        let start = out.len();
        let (bytes, end) = &self.templates[verb.index()];
        out.extend_from_slice(bytes);
        digits::fill(&mut out[start + end - self.width..start + end], seat);
    }

    /// What `reply`, without its last `\n`, says to `verb` on seat number
    /// `seat`; `None` if it is no reply to that.
    pub(crate) fn parse(&self, verb: Verb, seat: u32, reply: &[u8]) -> Option<Reply> {
        let is_seat = |name: &[u8]| {
            let mut number = [0; 10];
            let number = &mut number[..self.width];
            digits::fill(number, seat);
            name.strip_prefix(self.prefix.as_bytes()) == Some(&*number)
        };
        self.dialect.parse(verb, reply, is_seat)
    }

    /// The name of seat number `seat`, for messages.
    pub(crate) fn name(&self, seat: u32) -> String {
        format!("{}{seat:0width$}", self.prefix, width = self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(dialect: Dialect) -> String {
        let lines = RequestLines::new(dialect, "L7", 1_000);
        let mut out = Vec::new();
        lines.write(Verb::Reserve, 0, &mut out);
        lines.write(Verb::Buy, 42, &mut out);
        lines.write(Verb::Query, 999, &mut out);
        assert_eq!(lines.name(42), "L7042");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn requests_follow_one_another_with_numbers_of_equal_width() {
        let lines = "RESERVE: L7000\nBUY: L7042\nQUERY: L7999\n";
        assert_eq!(all(Dialect::Ringside), lines);
        assert_eq!(
            all(Dialect::Redis),
            "*4\r\n$3\r\nSET\r\n$5\r\nL7000\r\n$1\r\nR\r\n$2\r\nNX\r\n\
             *5\r\n$3\r\nSET\r\n$5\r\nL7042\r\n$1\r\nS\r\n$2\r\nXX\r\n$3\r\nGET\r\n\
             *2\r\n$3\r\nGET\r\n$5\r\nL7999\r\n"
        );
        assert_eq!(
            all(Dialect::Memcached),
            "add L7000 0 0 1\r\n1\r\nincr L7042 1\r\nget L7999\r\n"
        );
    }

    #[test]
    fn a_reply_about_another_seat_is_none() {
        let lines = RequestLines::new(Dialect::Memcached, "L7", 1_000);
        let reply = b"VALUE L7042 0 1\r\n1\r\nEND\r";
        assert_eq!(lines.parse(Verb::Query, 42, reply), Some(Reply::Reserved));
        assert_eq!(lines.parse(Verb::Query, 43, reply), None);
    }

    #[test]
    fn a_single_seat_has_one_digit() {
        let mut out = Vec::new();
        RequestLines::new(Dialect::Ringside, "X", 1).write(Verb::Query, 0, &mut out);
        assert_eq!(out, b"QUERY: X0\n");
    }
}
