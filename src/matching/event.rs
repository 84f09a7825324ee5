//! The vocabulary of the match stream: one user's opinion of another.

/// The highest sequence number that is understood, 2^60 − 1. A higher one
/// makes its line malformed; the four bits above are what tables pack into.
pub const MAX_SEQUENCE: u64 = (1 << 60) - 1;

/// What one user thinks of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opinion {
    /// `LIKE_LIKED`
    Liked = 0,
    /// `LIKE_UNSPECIFIED`
    Unspecified = 1,
    /// `LIKE_NOT_LIKED`
    NotLiked = 2,
}

impl Opinion {
    /// All opinions, for tables and tests; each stands at its own number.
    pub const ALL: [Self; 3] = [Self::Liked, Self::Unspecified, Self::NotLiked];
}

/// One line of the source, in 24 bytes.
///
/// Any `u64` is a user; sequence numbers end at [`MAX_SEQUENCE`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LikeEvent {
    /// The sequence number above, the opinion in the low two bits.
    head: u64,
    from: u64,
    to: u64,
}

impl LikeEvent {
    /// Fills buffers before events are written to them.
    pub(crate) const BLANK: Self = Self::new(0, Opinion::Liked, 0, 0);

    /// An event.
    ///
    /// # Panics
    /// In debug builds, if `sequence` is above [`MAX_SEQUENCE`].
    pub const fn new(sequence: u64, opinion: Opinion, from: u64, to: u64) -> Self {
        debug_assert!(sequence <= MAX_SEQUENCE);
        Self {
            head: sequence << 2 | opinion as u64,
            from,
            to,
        }
    }

    /// Its place in the order of all events.
    pub const fn sequence(&self) -> u64 {
        self.head >> 2
    }

    /// What `from` thinks of `to`.
    pub fn opinion(&self) -> Opinion {
        match self.head & 3 {
            0 => Opinion::Liked,
            1 => Opinion::Unspecified,
            _ => Opinion::NotLiked,
        }
    }

    /// Whether it is a `LIKE_LIKED`.
    pub const fn is_liked(&self) -> bool {
        self.head & 3 == Opinion::Liked as u64
    }

    /// The user who has the opinion.
    pub const fn from(&self) -> u64 {
        self.from
    }

    /// The user whom it is about.
    pub const fn to(&self) -> u64 {
        self.to
    }
}

impl std::fmt::Debug for LikeEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sequence, opinion) = (self.sequence(), self.opinion());
        write!(f, "{sequence}|{opinion:?}|{}|{}", self.from, self.to)
    }
}

const _: () = assert!(size_of::<LikeEvent>() == 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_gives_back_what_it_was_made_of() {
        for (number, opinion) in Opinion::ALL.into_iter().enumerate() {
            assert_eq!(opinion as usize, number);
            for sequence in [0, 1, MAX_SEQUENCE] {
                let event = LikeEvent::new(sequence, opinion, u64::MAX, 7);
                assert_eq!(event.sequence(), sequence);
                assert_eq!(event.opinion(), opinion);
                assert_eq!(event.is_liked(), opinion == Opinion::Liked);
                assert_eq!((event.from(), event.to()), (u64::MAX, 7));
            }
        }
    }
}
