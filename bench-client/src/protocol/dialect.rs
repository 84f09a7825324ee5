//! The three verbs in the words of different servers, so that one client
//! measures them all.

use std::fmt;

use clap::ValueEnum;

use super::{Reply, Verb, memcached, redis};

/// Whose protocol is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// Ringside's seat protocol.
    #[default]
    Ringside,
    /// Redis 7: `SET s R NX`, `SET s S XX GET`, `GET s` as RESP arrays.
    Redis,
    /// memcached's text protocol: `add s 1`, `incr s 1`, `get s`.
    Memcached,
}

impl Dialect {
    /// The bytes of a request before and after the seat's name, which has
    /// `name_bytes` bytes.
    pub(crate) fn around(self, verb: Verb, name_bytes: usize) -> (String, String) {
        match self {
            Self::Ringside => (format!("{verb}: "), "\n".to_owned()),
            Self::Redis => redis::around(verb, name_bytes),
            Self::Memcached => memcached::around(verb),
        }
    }

    /// How many bytes the first reply in `unread` has; `None` if it has not
    /// arrived whole. Every reply ends with `\n`. What is no reply at all is
    /// taken to be a line.
    pub(crate) fn frame(self, unread: &[u8]) -> Option<usize> {
        match self {
            Self::Ringside => line(unread),
            Self::Redis => redis::frame(unread),
            Self::Memcached => memcached::frame(unread),
        }
    }

    /// What a reply to `verb` means, without its last `\n`; `None` if it is no
    /// reply that this command can get. `is_seat` tells whether a name is that of the seat
    /// asked for, where replies repeat it.
    pub(crate) fn parse(
        self,
        verb: Verb,
        reply: &[u8],
        is_seat: impl FnOnce(&[u8]) -> bool,
    ) -> Option<Reply> {
        match self {
            Self::Ringside => Reply::parse(reply),
            Self::Redis => redis::parse(verb, reply),
            Self::Memcached => memcached::parse(verb, reply, is_seat),
        }
    }

    /// The name, as given on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ringside => "ringside",
            Self::Redis => "redis",
            Self::Memcached => "memcached",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The length of the first line, its `\n` included.
pub(super) fn line(unread: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', unread).map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Replies on the wire, and what each means to which verb.
    const REPLIES: [(Dialect, Verb, &str, Reply); 18] = [
        (Dialect::Ringside, Verb::Reserve, "OK\n", Reply::Ok),
        (Dialect::Ringside, Verb::Query, "SOLD\n", Reply::Sold),
        (Dialect::Redis, Verb::Reserve, "+OK\r\n", Reply::Ok),
        (Dialect::Redis, Verb::Reserve, "$-1\r\n", Reply::Fail),
        (Dialect::Redis, Verb::Buy, "$1\r\nR\r\n", Reply::Ok),
        (Dialect::Redis, Verb::Buy, "$1\r\nS\r\n", Reply::Fail),
        (Dialect::Redis, Verb::Buy, "$-1\r\n", Reply::Fail),
        (Dialect::Redis, Verb::Query, "$-1\r\n", Reply::Free),
        (Dialect::Redis, Verb::Query, "$1\r\nR\r\n", Reply::Reserved),
        (Dialect::Redis, Verb::Query, "$1\r\nS\r\n", Reply::Sold),
        (Dialect::Memcached, Verb::Reserve, "STORED\r\n", Reply::Ok),
        (
            Dialect::Memcached,
            Verb::Reserve,
            "NOT_STORED\r\n",
            Reply::Fail,
        ),
        (Dialect::Memcached, Verb::Buy, "2\r\n", Reply::Ok),
        (Dialect::Memcached, Verb::Buy, "17\r\n", Reply::Fail),
        (Dialect::Memcached, Verb::Buy, "NOT_FOUND\r\n", Reply::Fail),
        (Dialect::Memcached, Verb::Query, "END\r\n", Reply::Free),
        (
            Dialect::Memcached,
            Verb::Query,
            "VALUE L7 0 1\r\n1\r\nEND\r\n",
            Reply::Reserved,
        ),
        (
            Dialect::Memcached,
            Verb::Query,
            "VALUE L7 0 2\r\n23\r\nEND\r\n",
            Reply::Sold,
        ),
    ];

    fn parse(dialect: Dialect, verb: Verb, bytes: &[u8]) -> Option<Reply> {
        dialect.parse(verb, bytes, |name| name == b"L7")
    }

    #[test]
    fn replies_are_framed_however_they_arrive_and_mean_one_thing() {
        for (dialect, verb, text, reply) in REPLIES {
            let bytes = text.as_bytes();
            for cut in 0..bytes.len() {
                assert_eq!(dialect.frame(&bytes[..cut]), None, "{text:?} cut at {cut}");
            }
            let next = [bytes, b"more"].concat();
            assert_eq!(dialect.frame(&next), Some(bytes.len()), "{text:?}");
            let meant = parse(dialect, verb, &bytes[..bytes.len() - 1]);
            assert_eq!(meant, Some(reply), "{dialect} {verb} {text:?}");
        }
    }

    #[test]
    fn what_the_command_cannot_get_is_no_reply() {
        for (dialect, verb, wrong) in [
            (Dialect::Redis, Verb::Reserve, "+OK"),
            (Dialect::Redis, Verb::Reserve, "+QUEUED\r"),
            (Dialect::Redis, Verb::Reserve, "$1\r\nR\r"),
            (Dialect::Redis, Verb::Buy, "+OK\r"),
            (Dialect::Redis, Verb::Buy, "$1\r\nX\r"),
            (Dialect::Redis, Verb::Query, "$0\r\n\r"),
            (Dialect::Redis, Verb::Query, "-OOM command not allowed\r"),
            (Dialect::Redis, Verb::Query, ":1\r"),
            (Dialect::Memcached, Verb::Reserve, "OK\r"),
            (
                Dialect::Memcached,
                Verb::Reserve,
                "SERVER_ERROR out of memory\r",
            ),
            (Dialect::Memcached, Verb::Buy, "1\r"),
            (Dialect::Memcached, Verb::Buy, "02\r"),
            (Dialect::Memcached, Verb::Buy, "-2\r"),
            (Dialect::Memcached, Verb::Buy, "\r"),
            (
                Dialect::Memcached,
                Verb::Query,
                "VALUE L8 0 1\r\n1\r\nEND\r",
            ),
            (
                Dialect::Memcached,
                Verb::Query,
                "VALUE L7 1 1\r\n1\r\nEND\r",
            ),
            (
                Dialect::Memcached,
                Verb::Query,
                "VALUE L7 0 1\r\n0\r\nEND\r",
            ),
            (
                Dialect::Memcached,
                Verb::Query,
                "VALUE L7 0 1\r\n12\r\nEND\r",
            ),
            (Dialect::Memcached, Verb::Query, "VALUE L7 0 1\r\n1\r\nEN\r"),
        ] {
            assert_eq!(
                parse(dialect, verb, wrong.as_bytes()),
                None,
                "{dialect} {wrong:?}"
            );
        }
    }

    proptest! {
        /// Any split of any series of replies gives the same replies.
        #[test]
        fn pipelined_replies_come_apart_again(
            picks in prop::collection::vec(0_usize..8, 1..30),
            dialect in 1_usize..3,
        ) {
            let dialect = Dialect::value_variants()[dialect];
            let own: Vec<_> = REPLIES.iter().filter(|reply| reply.0 == dialect).collect();
            let sent: Vec<_> = picks.iter().map(|pick| own[pick % own.len()]).collect();
            let bytes: Vec<u8> = sent.iter().flat_map(|reply| reply.2.bytes()).collect();
            let mut rest = &bytes[..];
            for (dialect, verb, _, reply) in sent {
                let end = dialect.frame(rest).unwrap();
                prop_assert_eq!(parse(*dialect, *verb, &rest[..end - 1]), Some(*reply));
                rest = &rest[end..];
            }
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn nothing_that_a_server_sends_makes_a_panic(bytes: Vec<u8>, dialect in 0_usize..3) {
            let dialect = Dialect::value_variants()[dialect];
            if let Some(end) = dialect.frame(&bytes) {
                prop_assert!(end > 0 && end <= bytes.len() && bytes[end - 1] == b'\n');
                for verb in Verb::ALL {
                    let _ = parse(dialect, verb, &bytes[..end - 1]);
                }
            }
        }
    }
}
