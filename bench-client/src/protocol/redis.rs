//! Seats in Redis 7: a key holds `R` (reserved) or `S` (sold), or is not there.
//!
//! - RESERVE is `SET seat R NX`: set if not there.
//! - BUY is `SET seat S XX GET`: set if there, and say what it was. Only the
//!   one that hears `R` has bought the seat. One command, no script, decided
//!   atomically by Redis.
//! - QUERY is `GET seat`.
//!
//! Unfair to Redis: it parses up to five length-prefixed words where Ringside
//! parses two, builds a value for each key, and answers BUY with a copy of the
//! old value. Unfair to Ringside: nothing; it gives the same guarantees with
//! fewer bytes.

use super::{Reply, Verb, dialect::line};

/// The reply that there is no such key, or that nothing was set.
const NIL: &[u8] = b"$-1\r";
const RESERVED: &[u8] = b"$1\r\nR\r";
const SOLD: &[u8] = b"$1\r\nS\r";

pub(super) fn around(verb: Verb, name_bytes: usize) -> (String, String) {
    let (before, after) = match verb {
        Verb::Reserve => ("*4\r\n$3\r\nSET\r\n", "$1\r\nR\r\n$2\r\nNX\r\n"),
        Verb::Buy => (
            "*5\r\n$3\r\nSET\r\n",
            "$1\r\nS\r\n$2\r\nXX\r\n$3\r\nGET\r\n",
        ),
        Verb::Query => ("*2\r\n$3\r\nGET\r\n", ""),
    };
    (format!("{before}${name_bytes}\r\n"), format!("\r\n{after}"))
}

/// One line, and after `$1` another; longer values are never stored here, so
/// they are left to fail as what they are.
pub(super) fn frame(unread: &[u8]) -> Option<usize> {
    let end = line(unread)?;
    if &unread[..end] == b"$1\r\n" {
        Some(end + line(&unread[end..])?)
    } else {
        Some(end)
    }
}

pub(super) fn parse(verb: Verb, reply: &[u8]) -> Option<Reply> {
    match (verb, reply) {
        (Verb::Reserve, b"+OK\r") | (Verb::Buy, RESERVED) => Some(Reply::Ok),
        (Verb::Reserve, NIL) | (Verb::Buy, NIL | SOLD) => Some(Reply::Fail),
        (Verb::Query, NIL) => Some(Reply::Free),
        (Verb::Query, RESERVED) => Some(Reply::Reserved),
        (Verb::Query, SOLD) => Some(Reply::Sold),
        _ => None,
    }
}
