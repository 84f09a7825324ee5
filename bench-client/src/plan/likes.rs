//! The like events of a match run, in the order of their sequence numbers.

use std::fmt;

use super::digits;

/// What one user says about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `LIKE_LIKED`
    Liked,
    /// `LIKE_NOT_LIKED`
    NotLiked,
    /// `LIKE_UNSPECIFIED`
    Unspecified,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Liked, Self::NotLiked, Self::Unspecified];

    /// The name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Liked => "LIKE_LIKED",
            Self::NotLiked => "LIKE_NOT_LIKED",
            Self::Unspecified => "LIKE_UNSPECIFIED",
        }
    }
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Like {
    pub seq: u32,
    pub kind: Kind,
    pub from: u32,
    pub to: u32,
}

impl Like {
    /// Draws what the event number `seq` says: any kind, and any two users of
    /// `1..=users`, all evenly. There must be two users at least.
    pub(crate) fn draw(seq: u32, users: u32, rng: &mut fastrand::Rng) -> Self {
        let kind = Kind::ALL[rng.usize(..Kind::ALL.len())];
        let from = rng.u32(1..=users);
        let other = rng.u32(1..users);
        Self {
            seq,
            kind,
            from,
            // Steps over `from`, so that the other users stay even.
            to: other + u32::from(other >= from),
        }
    }

    /// Appends the event's line to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        digits::push(out, self.seq);
        out.push(b'|');
        out.extend_from_slice(self.kind.name().as_bytes());
        out.push(b'|');
        digits::push(out, self.from);
        out.push(b'|');
        digits::push(out, self.to);
        out.push(b'\n');
    }
}

#[cfg(test)]
impl Like {
    /// Reads a line without its end, if it is an event.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let [seq, kind, from, to] = text.split('|').collect::<Vec<_>>().try_into().ok()?;
        let number = |text: &str| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_plain)
        };
        Some(Self {
            seq: number(seq)?,
            kind: Kind::ALL.into_iter().find(|known| known.name() == kind)?,
            from: number(from)?,
            to: number(to)?,
        })
    }
}

impl fmt::Display for Like {
    /// The line without its end, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seq, kind, from, to) = (self.seq, self.kind.name(), self.from, self.to);
        write!(f, "{seq}|{kind}|{from}|{to}")
    }
}

/// Draws the events `1..=events` among `users` users and leaves out about
/// `holes` of a million. What an event says depends on the seed alone, not on
/// the holes.
pub(crate) fn draw(events: u32, users: u32, holes: u32, seed: u64) -> Vec<Like> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut likes: Vec<Like> = (1..=events)
        .map(|seq| Like::draw(seq, users, &mut rng))
        .collect();
    if holes > 0 {
        likes.retain(|_| rng.u32(..1_000_000) >= holes);
    }
    likes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_that_of_the_protocol() {
        let like = Like {
            seq: 636,
            kind: Kind::Unspecified,
            from: 6073,
            to: 6052,
        };
        let mut out = Vec::new();
        like.write(&mut out);
        assert_eq!(out, b"636|LIKE_UNSPECIFIED|6073|6052\n");
        assert_eq!(like.to_string(), "636|LIKE_UNSPECIFIED|6073|6052");
        assert_eq!(Like::parse(out.trim_ascii_end()), Some(like));
    }

    #[test]
    fn kinds_and_users_are_even() {
        let likes = draw(60_000, 5, 0, 7);
        for kind in Kind::ALL {
            let count = likes.iter().filter(|like| like.kind == kind).count();
            assert!(count.abs_diff(20_000) < 600, "{kind:?}: {count}");
        }
        for from in 1..=5 {
            for to in (1..=5).filter(|&to| to != from) {
                let is = |like: &&Like| (like.from, like.to) == (from, to);
                let count = likes.iter().filter(is).count();
                assert!(count.abs_diff(3_000) < 300, "{from} to {to}: {count}");
            }
        }
    }

    #[test]
    fn holes_change_no_other_event() {
        let whole = draw(10_000, 50, 0, 7);
        let holed = draw(10_000, 50, 100_000, 7);
        assert!(holed.len().abs_diff(9_000) < 200, "{}", holed.len());
        assert!(
            holed
                .iter()
                .all(|like| whole[like.seq as usize - 1] == *like)
        );
    }

    proptest! {
        #[test]
        fn nobody_likes_himself_and_all_exist(users in 2_u32..20, seed: u64) {
            let likes = draw(300, users, 0, seed);
            for (like, seq) in likes.iter().zip(1..) {
                prop_assert_eq!(like.seq, seq);
                prop_assert_ne!(like.from, like.to);
                prop_assert!((1..=users).contains(&like.from));
                prop_assert!((1..=users).contains(&like.to));
            }
        }
    }
}
