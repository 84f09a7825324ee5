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
//! Two decoders say the same (a property test holds them together): a plain
//! one for any line, and a fast one for runs of events, which finds the line
//! ends first, so that the processor can parse several lines at a time, and
//! takes no branch that depends on the type.

mod digits;

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
        let half = memchr::memchr(b'\n', &input[fit / 2..fit]);
        let second = half.map_or(fit, |at| fit / 2 + at + 1);
        let (front, back) = events.split_at_mut(second / MIN_EVENT_BYTES);
        let (mut one, mut other) = (Lines::new(input, 0), Lines::new(input, second));
        let mut both = true;
        while one.at < second {
            if !one.next(second, front) {
                return (one.count, one.at);
            }
            both = both && other.next(fit, back);
        }
        let start = front.len();
        events.copy_within(start..start + other.count, one.count);
        (one.count + other.count, other.at)
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

/// A run of lines that are parsed one after the other.
struct Lines<'a> {
    input: &'a [u8],
    at: usize,
    count: usize,
}

impl<'a> Lines<'a> {
    fn new(input: &'a [u8], at: usize) -> Self {
        Self {
            input,
            at,
            count: 0,
        }
    }

    /// Parses one event, if the next line is one and ends at or before `end`.
    #[expect(
        clippy::inline_always,
        reason = "two calls overlap only within one function"
    )]
    #[inline(always)]
    fn next(&mut self, end: usize, events: &mut [LikeEvent]) -> bool {
        let bytes = self
            .input
            .get(self.at..)
            .and_then(|rest| rest.first_chunk());
        let Some((event, len)) = bytes.and_then(|bytes| event(bytes, digits::up_to_8)) else {
            return self.next_slowly(end, events);
        };
        self.put(event, len, end, events)
    }

    #[cold]
    fn next_slowly(&mut self, end: usize, events: &mut [LikeEvent]) -> bool {
        slow(&self.input[self.at..]).is_some_and(|(event, len)| self.put(event, len, end, events))
    }

    #[inline]
    fn put(&mut self, event: LikeEvent, len: usize, end: usize, events: &mut [LikeEvent]) -> bool {
        match events.get_mut(self.count) {
            Some(place) if self.at + len <= end => *place = event,
            _ => return false,
        }
        self.at += len;
        self.count += 1;
        true
    }
}

/// Parses the event that `input` starts with, however its numbers are written:
/// the event and the bytes it took, with the `\n`.
#[cold]
fn slow(input: &[u8]) -> Option<(LikeEvent, usize)> {
    let wide = |bytes| event(bytes, digits::up_to_15);
    input.first_chunk().and_then(wide).or_else(|| {
        let end = memchr::memchr(b'\n', &input[..input.len().min(MAX_LINE_BYTES + 1)])?;
        Some((plain(&input[..end])?, end + 1))
    })
}

/// Parses an event whose numbers `number` can read: the event and the bytes it
/// took, with the `\n`. `None` says nothing.
#[expect(
    clippy::inline_always,
    reason = "an event must not take the way through memory"
)]
#[inline(always)]
fn event(
    bytes: &[u8; 64],
    number: impl Fn(&[u8; 64], usize) -> Option<(u64, usize)>,
) -> Option<(LikeEvent, usize)> {
    let (sequence, at) = number(bytes, 0)?;
    // The byte that tells the types apart: "|LIKE_L", "|LIKE_N" or "|LIKE_U".
    let kind = &KINDS[usize::from(*bytes.get(at + 6)? & 3)];
    let after = at + kind.len;
    let (from, len) = number(bytes, after)?;
    let bar = after + len;
    let (to, len) = number(bytes, bar + 1)?;
    let end = bar + 1 + len;
    let valid = kind.stands_between(bytes, at, after)?
        && *bytes.get(bar)? == b'|'
        && *bytes.get(end)? == b'\n'
        && sequence <= MAX_SEQUENCE;
    valid.then(|| (LikeEvent::new(sequence, kind.opinion, from, to), end + 1))
}

/// A type between its separators, as registers that overlap.
struct Kind {
    first: u64,
    /// The two bytes after the first eight; only the longest type has them to
    /// itself.
    middle: u16,
    middle_mask: u16,
    last: u64,
    len: usize,
    opinion: Opinion,
}

/// By the low two bits of the letter after `LIKE_`; no letter has the last.
const KINDS: [Kind; 4] = [
    Kind::new(b"|LIKE_LIKED|", Opinion::Liked),
    Kind::new(b"|LIKE_UNSPECIFIED|", Opinion::Unspecified),
    Kind::new(b"|LIKE_NOT_LIKED|", Opinion::NotLiked),
    Kind::new(b"\0\0\0\0\0\0\0\0\0\0", Opinion::NotLiked),
];

impl Kind {
    const fn new(text: &[u8], opinion: Opinion) -> Self {
        let (mut first, mut last, mut i) = (0, 0, 0);
        while i < 8 {
            first |= (text[i] as u64) << (i * 8);
            last |= (text[text.len() - 8 + i] as u64) << (i * 8);
            i += 1;
        }
        Self {
            first,
            middle: u16::from_le_bytes([text[8], text[9]]),
            middle_mask: if text.len() > 16 { u16::MAX } else { 0 },
            last,
            len: text.len(),
            opinion,
        }
    }

    /// Whether `bytes[at..after]`, as long as the type, is the type.
    #[inline]
    fn stands_between(&self, bytes: &[u8; 64], at: usize, after: usize) -> Option<bool> {
        let first = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
        let middle = u16::from_le_bytes(*bytes.get(at + 8..)?.first_chunk()?);
        let last = u64::from_le_bytes(*bytes.get(after - 8..)?.first_chunk()?);
        Some(
            first == self.first
                && last == self.last
                && (middle ^ self.middle) & self.middle_mask == 0,
        )
    }
}

#[cfg(test)]
mod tests;
