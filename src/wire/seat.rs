//! The seat protocol: `RESERVE|BUY|QUERY: SEAT\n` in,
//! `OK|FAIL|FREE|RESERVED|SOLD\n` out.
//!
//! Every line is answered by exactly one line. Whatever is not a valid message
//! is answered by `FAIL`: an unknown or lower-case verb, a missing or doubled
//! space, a seat that is empty, too long or not ASCII letters and digits, a
//! trailing blank or `\r`, an empty line. A line over the limit is answered
//! once and skipped up to its `\n`.

#[cfg(target_arch = "x86_64")]
mod short;

use crate::inventory::{Outcome, Verb};

/// The longest reply, `RESERVED\n`, in bytes.
pub const MAX_REPLY_BYTES: usize = 9;

/// The shortest line: `\n` alone. It is answered by `FAIL\n`.
pub const MIN_LINE_BYTES: usize = 1;

/// The longest fixed part of a message, `RESERVE: `, in bytes.
pub const MAX_PREFIX_BYTES: usize = 9;

/// The length of all [padded replies](padded_reply), in bytes.
pub const PADDED_REPLY_BYTES: usize = 16;

/// The reply line for an outcome.
pub const fn reply(outcome: Outcome) -> &'static [u8] {
    match outcome {
        Outcome::Ok => b"OK\n",
        Outcome::Fail => b"FAIL\n",
        Outcome::Free => b"FREE\n",
        Outcome::Reserved => b"RESERVED\n",
        Outcome::Sold => b"SOLD\n",
    }
}

/// The reply line for an outcome, with zeros behind it, and its length.
#[inline]
pub fn padded_reply(outcome: Outcome) -> (&'static [u8; PADDED_REPLY_BYTES], usize) {
    static LINES: [([u8; PADDED_REPLY_BYTES], usize); Outcome::ALL.len()] = {
        let mut lines = [([0; PADDED_REPLY_BYTES], 0); Outcome::ALL.len()];
        let mut number = 0;
        while number < lines.len() {
            let line = reply(Outcome::ALL[number]);
            let mut at = 0;
            while at < line.len() {
                lines[number].0[at] = line[at];
                at += 1;
            }
            lines[number].1 = line.len();
            number += 1;
        }
        lines
    };
    let (line, len) = &LINES[outcome as usize];
    (line, *len)
}

/// How long lines and seat names may be, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineLimits {
    /// A line without its `\n`.
    pub max_line: usize,
    /// A seat's name.
    pub max_seat: usize,
}

/// What the decoder found at the start of the bytes it was given.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// One valid message.
    Request {
        /// What is asked.
        verb: Verb,
        /// Of which seat.
        seat: &'a [u8],
        /// Bytes of input that the message took, its `\n` included.
        consumed: usize,
    },
    /// One line that is not a valid message: to be answered by `FAIL`.
    Invalid {
        /// Bytes of input to pass over.
        consumed: usize,
    },
    /// Bytes of an over-long line that was answered already: to be passed over.
    Skipped {
        /// Bytes of input to pass over.
        consumed: usize,
    },
    /// The line's end has not arrived yet: keep the bytes and ask again.
    Incomplete,
}

/// Splits a byte stream into messages. It remembers one thing: whether it is
/// in the middle of skipping an over-long line.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: LineLimits,
    skipping: bool,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new(limits: LineLimits) -> Self {
        Self {
            limits,
            skipping: false,
        }
    }

    /// Decodes the first line of `input`. Call again with what follows the
    /// consumed bytes until it says [`Decoded::Incomplete`].
    ///
    /// An incomplete line is never longer than the limit, so what a caller
    /// must keep is bounded by [`LineLimits::max_line`].
    #[inline]
    pub fn decode<'a>(&mut self, input: &'a [u8]) -> Decoded<'a> {
        #[cfg(target_arch = "x86_64")]
        if !self.skipping
            && let Some(window) = input.first_chunk()
            && let Some((verb, seat)) = short::request(window, self.limits)
        {
            let consumed = seat.end + 1;
            let seat = &input[seat];
            return Decoded::Request {
                verb,
                seat,
                consumed,
            };
        }
        self.decode_any(input)
    }

    fn decode_any<'a>(&mut self, input: &'a [u8]) -> Decoded<'a> {
        let end = memchr::memchr(b'\n', input);
        if self.skipping {
            return match end {
                None if input.is_empty() => Decoded::Incomplete,
                None => Decoded::Skipped {
                    consumed: input.len(),
                },
                Some(end) => {
                    self.skipping = false;
                    Decoded::Skipped { consumed: end + 1 }
                }
            };
        }
        match end {
            None if input.len() <= self.limits.max_line => Decoded::Incomplete,
            None => {
                self.skipping = true;
                Decoded::Invalid {
                    consumed: input.len(),
                }
            }
            Some(end) => {
                let consumed = end + 1;
                match self.parse(&input[..end]) {
                    Some((verb, seat)) => Decoded::Request {
                        verb,
                        seat,
                        consumed,
                    },
                    None => Decoded::Invalid { consumed },
                }
            }
        }
    }

    /// Parses one line without its `\n`.
    fn parse<'a>(&self, line: &'a [u8]) -> Option<(Verb, &'a [u8])> {
        let (verb, seat) = match line.first()? {
            b'R' => (Verb::Reserve, line.strip_prefix(b"RESERVE: ")?),
            b'B' => (Verb::Buy, line.strip_prefix(b"BUY: ")?),
            b'Q' => (Verb::Query, line.strip_prefix(b"QUERY: ")?),
            _ => return None,
        };
        let valid = !seat.is_empty()
            && seat.len() <= self.limits.max_seat
            && line.len() <= self.limits.max_line
            && seat.iter().all(u8::is_ascii_alphanumeric);
        valid.then_some((verb, seat))
    }
}

#[cfg(test)]
mod tests;
