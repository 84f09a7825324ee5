//! Seats in memcached: a key counts. 1 is reserved, 2 and more are sold.
//!
//! - RESERVE is `add seat 1`: store if not there.
//! - BUY is `incr seat 1`, memcached's only conditional change in one command:
//!   the one that hears 2 has bought the seat, later ones hear more.
//! - QUERY is `get seat`.
//!
//! Unfair to memcached: a refused BUY still writes, a QUERY repeats the key,
//! and its text commands carry flags, expiry and length. Unfair to Ringside:
//! memcached may forget seats when its memory is full, unless it is told not
//! to (`-M`).

use super::{Reply, Verb, dialect::line};

pub(super) fn around(verb: Verb) -> (String, String) {
    let (before, after) = match verb {
        Verb::Reserve => ("add ", " 0 0 1\r\n1\r\n"),
        Verb::Buy => ("incr ", " 1\r\n"),
        Verb::Query => ("get ", "\r\n"),
    };
    (before.to_owned(), after.to_owned())
}

/// One line, or three if it begins with `VALUE`.
pub(super) fn frame(unread: &[u8]) -> Option<usize> {
    let mut end = line(unread)?;
    if unread.starts_with(b"VALUE ") {
        for _ in 0..2 {
            end += line(&unread[end..])?;
        }
    }
    Some(end)
}

pub(super) fn parse(
    verb: Verb,
    reply: &[u8],
    is_seat: impl FnOnce(&[u8]) -> bool,
) -> Option<Reply> {
    match (verb, reply) {
        (Verb::Reserve, b"STORED\r") => Some(Reply::Ok),
        (Verb::Reserve, b"NOT_STORED\r") | (Verb::Buy, b"NOT_FOUND\r") => Some(Reply::Fail),
        (Verb::Buy, _) => match count(reply.strip_suffix(b"\r")?)? {
            0 | 1 => None,
            2 => Some(Reply::Ok),
            _ => Some(Reply::Fail),
        },
        (Verb::Query, b"END\r") => Some(Reply::Free),
        (Verb::Query, _) => match value(reply, is_seat)? {
            0 => None,
            1 => Some(Reply::Reserved),
            _ => Some(Reply::Sold),
        },
        (Verb::Reserve, _) => None,
    }
}

/// The number in `VALUE <seat> 0 <bytes>\r\n<number>\r\nEND\r`.
fn value(reply: &[u8], is_seat: impl FnOnce(&[u8]) -> bool) -> Option<u64> {
    let head = line(reply)?;
    let (head, rest) = reply.split_at(head);
    let data = rest.strip_suffix(b"\r\nEND\r")?;
    let mut words = head.strip_suffix(b"\r\n")?.split(|&byte| byte == b' ');
    let is_right = words.next() == Some(b"VALUE")
        && words.next().is_some_and(is_seat)
        && words.next() == Some(b"0")
        && words.next().and_then(count) == Some(data.len() as u64)
        && words.next().is_none();
    if is_right { count(data) } else { None }
}

/// A decimal number without sign or leading zeros, of at most 18 digits.
fn count(digits: &[u8]) -> Option<u64> {
    let leads = digits.len() == 1 || digits.first() != Some(&b'0');
    if !(1..=18).contains(&digits.len()) || !leads || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| sum * 10 + u64::from(digit - b'0');
    Some(digits.iter().fold(0, add))
}
