//! Server-sent events, each as one chunk of a chunked body: rendered once, sent
//! to everyone.

use std::collections::HashMap;
use std::fmt::Write as _;

use hyper::body::Bytes;

use crate::inventory::events::SeatState;

/// How soon a browser comes back after the stream broke, in milliseconds.
const RETRY_MS: u32 = 2000;

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
pub(super) fn reset(version: u64) -> Bytes {
    chunk(&format!(
        "id: {version}\nevent: reset\ndata: {{\"version\":{version}}}\n\n"
    ))
}

/// These seats have changed; the map has this version now. Of a seat that is
/// there several times, the last state is told.
pub(super) fn seats(version: u64, changes: &[(u32, SeatState)]) -> Bytes {
    let last: HashMap<u32, usize> = (changes.iter().enumerate())
        .map(|(at, (seat, _))| (*seat, at))
        .collect();
    let mut text = format!("id: {version}\nevent: seats\ndata: {{\"version\":{version}");
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

    #[test]
    fn chunks_say_how_long_they_are() {
        assert_eq!(
            &*reset(12),
            b"2a\r\nid: 12\nevent: reset\ndata: {\"version\":12}\n\n\r\n"
        );
        assert_eq!(heartbeat(), chunk(":\n\n"));
    }

    #[test]
    fn of_a_seat_the_last_state_is_told() {
        use SeatState::{Free, Held, Sold};
        let text = seats(7, &[(1, Held), (2, Held), (1, Sold), (3, Free)]);
        let text = std::str::from_utf8(&text).unwrap();
        let data = "data: {\"version\":7,\"changes\":[[2,\"h\"],[1,\"s\"],[3,\".\"]]}\n\n\r\n";
        assert!(text.ends_with(data), "{text}");
    }
}
