//! Requests about seats in two languages, and how their answers are counted.

use anyhow::{Result, bail};
use memchr::{memchr, memchr_iter};
use ringside::inventory::Verb;

use crate::load;

/// Whose language a server speaks; the same requests as `ringside-bench` makes
/// (`bench-client/src/protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `VERB: seat`, answered by a word.
    Ringside,
    /// `SET seat R NX`, `SET seat S XX GET` and `GET seat`, as RESP arrays.
    Redis,
}

impl Dialect {
    /// The bytes before and after a name of so many bytes.
    pub(super) fn around(self, verb: Verb, name_bytes: usize) -> (String, &'static str) {
        if self == Self::Ringside {
            let verb = match verb {
                Verb::Reserve => "RESERVE: ",
                Verb::Buy => "BUY: ",
                Verb::Query => "QUERY: ",
            };
            return (verb.to_owned(), "\n");
        }
        let (before, after) = match verb {
            Verb::Reserve => ("*4\r\n$3\r\nSET\r\n", "\r\n$1\r\nR\r\n$2\r\nNX\r\n"),
            Verb::Buy => (
                "*5\r\n$3\r\nSET\r\n",
                "\r\n$1\r\nS\r\n$2\r\nXX\r\n$3\r\nGET\r\n",
            ),
            Verb::Query => ("*2\r\n$3\r\nGET\r\n", "\r\n"),
        };
        (format!("{before}${name_bytes}\r\n"), after)
    }

    /// How many answers end in `received`; see [`crate::talk::Talk::answers`].
    ///
    /// Every command of this load succeeds: answers are OK, RESERVED and SOLD,
    /// or `+OK`, `$1 R` and `$1 S`. What only others have is looked for, so
    /// that no refusal is counted as work.
    pub(super) fn answers(self, received: &[u8]) -> Result<isize> {
        let (refusal, headers) = match self {
            // As in FAIL and FREE.
            Self::Ringside => (b'F', 0),
            // As in `$-1` and `-ERR`. A value has a line before its own, which
            // ends no answer; it may be cut anywhere, but begins with this.
            Self::Redis => (b'-', memchr_iter(b'$', received).count()),
        };
        if let Some(place) = memchr(refusal, received) {
            let around = &received[place.saturating_sub(8)..received.len().min(place + 80)];
            bail!(
                "a command that must succeed did not: {:?}",
                String::from_utf8_lossy(around)
            );
        }
        Ok(load::lines(received) as isize - headers as isize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_those_of_the_protocols() {
        let request = |dialect: Dialect, verb| {
            let (before, after) = dialect.around(verb, 2);
            format!("{before}A1{after}")
        };
        assert_eq!(request(Dialect::Ringside, Verb::Buy), "BUY: A1\n");
        assert_eq!(
            request(Dialect::Redis, Verb::Reserve),
            "*4\r\n$3\r\nSET\r\n$2\r\nA1\r\n$1\r\nR\r\n$2\r\nNX\r\n"
        );
        assert_eq!(
            request(Dialect::Redis, Verb::Buy),
            "*5\r\n$3\r\nSET\r\n$2\r\nA1\r\n$1\r\nS\r\n$2\r\nXX\r\n$3\r\nGET\r\n"
        );
        assert_eq!(
            request(Dialect::Redis, Verb::Query),
            "*2\r\n$3\r\nGET\r\n$2\r\nA1\r\n"
        );
    }

    #[test]
    fn answers_are_counted_wherever_they_are_cut() {
        for (dialect, answers) in [
            (Dialect::Ringside, "OK\nSOLD\nRESERVED\nOK\n"),
            (Dialect::Redis, "+OK\r\n$1\r\nR\r\n$1\r\nS\r\n+OK\r\n"),
        ] {
            let answers = answers.as_bytes();
            for first in 0..=answers.len() {
                for second in first..=answers.len() {
                    let parts = [&answers[..first], &answers[first..second]];
                    let early: isize = parts
                        .iter()
                        .map(|p| dialect.answers(p).expect("fine"))
                        .sum();
                    let late = dialect.answers(&answers[second..]).expect("fine");
                    assert_eq!(early + late, 4);
                    assert!(early < 4 || second == answers.len(), "{first} {second}");
                }
            }
        }
    }

    #[test]
    fn a_refusal_is_no_answer() {
        for refusal in ["FAIL\n", "OK\nFREE\n"] {
            assert!(Dialect::Ringside.answers(refusal.as_bytes()).is_err());
        }
        for refusal in ["$-1\r\n", "+OK\r\n-ERR unknown command\r\n"] {
            assert!(Dialect::Redis.answers(refusal.as_bytes()).is_err());
        }
    }
}
