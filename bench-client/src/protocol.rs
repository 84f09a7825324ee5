//! The seat protocol as a client sees it: three verbs, five replies, one line
//! each.

mod dialect;
mod memcached;
mod redis;

use std::fmt;

pub(crate) use dialect::Dialect;

/// What a request asks of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Take the seat if it is free.
    Reserve,
    /// Buy the seat if it is reserved, by whomever.
    Buy,
    /// Ask for the seat's state.
    Query,
}

impl Verb {
    /// All verbs, in the order of [`Verb::index`].
    pub(crate) const ALL: [Self; 3] = [Self::Reserve, Self::Buy, Self::Query];

    /// The verb's place in tables that hold one entry per verb.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The verb as it is written on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Reserve => "RESERVE",
            Self::Buy => "BUY",
            Self::Query => "QUERY",
        }
    }

    /// Whether a correct server can ever give `reply` to this verb.
    pub(crate) const fn allows(self, reply: Reply) -> bool {
        match self {
            Self::Reserve | Self::Buy => matches!(reply, Reply::Ok | Reply::Fail),
            Self::Query => matches!(reply, Reply::Free | Reply::Reserved | Reply::Sold),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One reply line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The command was carried out.
    Ok,
    /// The command was refused, or was no valid message.
    Fail,
    /// The seat is free.
    Free,
    /// The seat is reserved and not yet bought.
    Reserved,
    /// The seat is bought.
    Sold,
}

impl Reply {
    /// All replies, in the order of [`Reply::index`].
    pub(crate) const ALL: [Self; 5] =
        [Self::Ok, Self::Fail, Self::Free, Self::Reserved, Self::Sold];

    /// The reply's place in tables that hold one entry per reply.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The reply as it is written on the wire, without its `\n`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Fail => "FAIL",
            Self::Free => "FREE",
            Self::Reserved => "RESERVED",
            Self::Sold => "SOLD",
        }
    }

    /// Reads one line without its `\n`; `None` if it is no reply at all.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        match line {
            b"OK" => Some(Self::Ok),
            b"FAIL" => Some(Self::Fail),
            b"FREE" => Some(Self::Free),
            b"RESERVED" => Some(Self::Reserved),
            b"SOLD" => Some(Self::Sold),
            _ => None,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reply_parses_from_its_own_name_only() {
        for reply in Reply::ALL {
            assert_eq!(Reply::parse(reply.name().as_bytes()), Some(reply));
        }
        for wrong in [&b""[..], b"ok", b"OK\r", b"OK ", b"FREED", b"\xff"] {
            assert_eq!(Reply::parse(wrong), None);
        }
    }

    #[test]
    fn tables_are_in_the_order_of_their_index() {
        for (at, verb) in Verb::ALL.into_iter().enumerate() {
            assert_eq!(verb.index(), at);
        }
        for (at, reply) in Reply::ALL.into_iter().enumerate() {
            assert_eq!(reply.index(), at);
        }
    }

    #[test]
    fn a_query_is_never_answered_ok_or_fail() {
        assert!(!Verb::Query.allows(Reply::Ok));
        assert!(!Verb::Query.allows(Reply::Fail));
        assert!(Verb::Query.allows(Reply::Sold));
        assert!(!Verb::Buy.allows(Reply::Sold));
        assert!(Verb::Reserve.allows(Reply::Fail));
    }
}
