//! Server-sent events, each as one chunk of a chunked body: rendered once, sent
//! to everyone.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::num::ParseIntError;
use std::str::FromStr;

use hyper::body::Bytes;

use crate::inventory::events::SeatState;

/// How soon a browser comes back after the stream broke, in milliseconds.
const RETRY_MS: u32 = 2000;

/// A version of a seat map, as the id of an event. The same number in another
/// life of the server may be another map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) version: u64,
    pub(super) life: u64,
}

impl fmt::Display for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{:x}", self.version, self.life)
    }
}

impl FromStr for Stamp {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (version, life) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self {
            version: version.parse()?,
            life: u64::from_str_radix(life, 16)?,
        })
    }
}

/// Ends a body of chunks.
pub(in crate::http) const END: &[u8] = b"0\r\n\r\n";

/// What a stream begins with.
pub(super) fn greeting() -> Bytes {
    chunk(&format!("retry: {RETRY_MS}\n:\n\n"))
}

/// A comment that keeps connections open and finds those that are gone.
pub(super) fn heartbeat() -> Bytes {
    Bytes::from_static(b"3\r\n:\n\n\r\n")
}

/// The map is to be read again; it has this version at least.
pub(super) fn reset(stamp: Stamp) -> Bytes {
    let version = stamp.version;
    chunk(&format!(
        "id: {stamp}\nevent: reset\ndata: {{\"version\":{version}}}\n\n"
    ))
}

/// These seats have changed; the map has this version now. Of a seat that is
/// there several times, the last state is told.
pub(super) fn seats(stamp: Stamp, changes: &[(u32, SeatState)]) -> Bytes {
    let last: HashMap<u32, usize> = (changes.iter().enumerate())
        .map(|(at, (seat, _))| (*seat, at))
        .collect();
    let version = stamp.version;
    let mut text = format!("id: {stamp}\nevent: seats\ndata: {{\"version\":{version}");
    text.push_str(",\"changes\":[");
    let mut is_first = true;
    for (at, (seat, state)) in changes.iter().enumerate() {
        if last.get(seat) == Some(&at) {
            let comma = if is_first { "" } else { "," };
            is_first = false;
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}[{seat},\"{}\"]", state.letter());
        }
    }
    text.push_str("]}\n\n");
    chunk(&text)
}

/// An event with a JSON document, which has no line ends in it.
pub(super) fn event(kind: &str, document: &[u8]) -> Bytes {
    debug_assert!(!document.contains(&b'\n'));
    let document = String::from_utf8_lossy(document);
    chunk(&format!("event: {kind}\ndata: {document}\n\n"))
}

/// Several chunks as one piece.
pub(super) fn joined(chunks: &[Bytes]) -> Bytes {
    chunks.concat().into()
}

fn chunk(text: &str) -> Bytes {
    format!("{:x}\r\n{text}\r\n", text.len())
        .into_bytes()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(version: u64) -> Stamp {
        let life = 31;
        Stamp { version, life }
    }

    #[test]
    fn stamps_are_read_as_they_are_written() {
        assert_eq!("12-1f".parse(), Ok(stamp(12)));
        assert_eq!(stamp(12).to_string(), "12-1f");
        for text in ["", "12", "-1f", "12-", "12-x", "x-1f", "12-1f-2"] {
            assert!(text.parse::<Stamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn chunks_say_how_long_they_are() {
        assert_eq!(
            &*reset(stamp(12)),
            b"2d\r\nid: 12-1f\nevent: reset\ndata: {\"version\":12}\n\n\r\n"
        );
        assert_eq!(heartbeat(), chunk(":\n\n"));
    }

    #[test]
    fn of_a_seat_the_last_state_is_told() {
        use SeatState::{Free, Held, Sold};
        let text = seats(stamp(7), &[(1, Held), (2, Held), (1, Sold), (3, Free)]);
        let text = std::str::from_utf8(&text).unwrap();
        let data = "data: {\"version\":7,\"changes\":[[2,\"h\"],[1,\"s\"],[3,\".\"]]}\n\n\r\n";
        assert!(text.ends_with(data), "{text}");
    }
}
