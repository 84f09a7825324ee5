//! The match stream: `EVENT BEGIN\n`, then `SEQ|TYPE|FROM|TO\n` for each
//! event, then `EVENT END\n`.
//!
//! `TYPE` is `LIKE_LIKED`, `LIKE_NOT_LIKED` or `LIKE_UNSPECIFIED`; numbers are
//! 1 to 20 decimal digits (leading zeros mean nothing), `SEQ` is at most
//! [`MAX_SEQUENCE`], `FROM` and `TO` any `u64`. Every other line is malformed:
//! a sign, a blank, a `\r`, an empty line, a field too few or too many.
//!
//! The end needs no `\n`: as soon as a line starts with `EVENT END` the stream
//! has ended, for a source may well leave its connection open. What comes after
//! is not part of the stream.
//!
//! Two decoders say the same (property tests hold them together): a plain one
//! for any line, and a fast one for runs of events, which reads the bytes of a
//! line many at a time and takes no branch that depends on what it says.

mod avx2;
mod digits;
mod lanes;
mod swar;

use self::lanes::Lane;
use crate::matching::{LikeEvent, MAX_SEQUENCE, Opinion};

/// The longest valid line without its `\n`, in bytes: three numbers of 20
/// digits, the longest type, three separators.
pub const MAX_LINE_BYTES: usize = 3 * 20 + 16 + 3;

/// The shortest event with its `\n`, in bytes.
const MIN_EVENT_BYTES: usize = "1|LIKE_LIKED|2|3\n".len();

const BEGIN: &[u8] = b"EVENT BEGIN";
const END: &[u8] = b"EVENT END";

/// What the decoder found at the start of the bytes it was given. `consumed`
/// is how many bytes of input it took, with the `\n`.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded {
    /// The stream begins.
    Begin {
        /// Bytes of input taken.
        consumed: usize,
    },
    /// The stream has ended; what follows is not part of it.
    End {
        /// Bytes of input taken.
        consumed: usize,
    },
    /// One event.
    Event {
        /// The event.
        event: LikeEvent,
        /// Bytes of input taken.
        consumed: usize,
    },
    /// A line that is none of these: to be counted.
    Malformed {
        /// Bytes of input taken.
        consumed: usize,
    },
    /// More bytes of an over-long line that was malformed already.
    Skipped {
        /// Bytes of input taken.
        consumed: usize,
    },
    /// The line's end has not arrived yet: keep the bytes and ask again. They
    /// are never more than [`MAX_LINE_BYTES`].
    Incomplete,
}

/// Splits a byte stream into lines. It remembers one thing: whether it is in
/// the middle of skipping an over-long line.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    skipping: bool,
}

impl Decoder {
    /// Decodes the first line of `input`, whatever it is. Call again with what
    /// follows the consumed bytes until it says [`Decoded::Incomplete`].
    pub fn decode(&mut self, input: &[u8]) -> Decoded {
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
        if input.starts_with(END) {
            return Decoded::End {
                consumed: end.map_or(input.len(), |end| end + 1),
            };
        }
        match end {
            None if input.len() <= MAX_LINE_BYTES => Decoded::Incomplete,
            None => {
                self.skipping = true;
                Decoded::Malformed {
                    consumed: input.len(),
                }
            }
            Some(end) => Self::line(&input[..end], end + 1),
        }
    }

    /// Decodes a last line that will never get its `\n`. `None`: there is none.
    pub fn decode_last(&mut self, input: &[u8]) -> Option<Decoded> {
        (!input.is_empty() && !self.skipping).then(|| match self.decode(input) {
            Decoded::Incomplete => Self::line(input, input.len()),
            decoded => decoded,
        })
    }

    /// Decodes the events that `input` starts with into `events`: the number of
    /// events and of bytes they took. It stops at the first line that is
    /// something else, or earlier; when it takes nothing, ask
    /// [`Decoder::decode`].
    ///
    /// A line must be parsed to know where the next one starts, which leaves
    /// the processor waiting. So two runs of lines are parsed side by side.
    pub fn decode_events(&self, input: &[u8], events: &mut [LikeEvent]) -> (usize, usize) {
        if self.skipping {
            return (0, 0);
        }
        let fit = input.len().min(events.len() * MIN_EVENT_BYTES);
        let input = &input[..fit];
        let half = memchr::memchr(b'\n', &input[fit / 2..]);
        let middle = half.map_or(fit, |at| fit / 2 + at + 1);
        let front_events = middle / MIN_EVENT_BYTES;
        let (front, back) = events.split_at_mut(front_events);
        let mut lanes = [
            Lane::new(input, 0, middle, front),
            Lane::new(input, middle, fit, back),
        ];
        lanes::parse(&mut lanes);
        let [(at, count), (back_at, back_count)] = lanes.map(|lane| (lane.at, lane.count));
        if at < middle {
            return (count, at);
        }
        events.copy_within(front_events..front_events + back_count, count);
        (count + back_count, back_at)
    }

    /// What a whole line without its `\n` is.
    fn line(line: &[u8], consumed: usize) -> Decoded {
        match plain(line) {
            Some(event) => Decoded::Event { event, consumed },
            None if line == BEGIN => Decoded::Begin { consumed },
            None => Decoded::Malformed { consumed },
        }
    }
}

/// Parses any one line without its `\n`.
fn plain(line: &[u8]) -> Option<LikeEvent> {
    let mut fields = line.split(|&byte| byte == b'|');
    let sequence = digits::slow(fields.next()?)?;
    let opinion = match fields.next()? {
        b"LIKE_LIKED" => Opinion::Liked,
        b"LIKE_NOT_LIKED" => Opinion::NotLiked,
        b"LIKE_UNSPECIFIED" => Opinion::Unspecified,
        _ => return None,
    };
    let from = digits::slow(fields.next()?)?;
    let to = digits::slow(fields.next()?)?;
    (fields.next().is_none() && sequence <= MAX_SEQUENCE)
        .then(|| LikeEvent::new(sequence, opinion, from, to))
}

#[cfg(test)]
mod tests;
