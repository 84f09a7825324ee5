//! What counts as a match.

use super::event::LikeEvent;

/// When a `LIKE_LIKED` from A to B is a match.
///
/// In the original document's example both rules give 4 and 7:
///
/// ```text
/// 1|LIKE_UNSPECIFIED|300|100
/// 2|LIKE_LIKED|100|200
/// 3|LIKE_NOT_LIKED|300|200
/// 4|LIKE_LIKED|200|100         match: 2 came before
/// 5|LIKE_LIKED|300|100
/// 6|LIKE_UNSPECIFIED|200|300
/// 7|LIKE_LIKED|100|300         match: 5 came before
/// ```
///
/// They part where something is taken back. If 100 sent
/// `3|LIKE_NOT_LIKED|100|200`, then 4 would still be a match by `Literal`, and
/// none by `Latest`.
///
/// Nobody forbids a user to like himself. Taken at its word, such a like is
/// answered by the one before it: by `Literal` every `LIKE_LIKED` from A to A
/// but the first is a match; by `Latest` those whose predecessor was one too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// An earlier `LIKE_LIKED` from B to A exists. Nothing takes it back, and
    /// a repeated like matches again.
    #[default]
    Literal,
    /// The latest earlier event from B to A is a `LIKE_LIKED`: a later
    /// `LIKE_NOT_LIKED` or `LIKE_UNSPECIFIED` withdraws the like.
    Latest,
}

impl Rule {
    /// Whether `event` can be a match or make another one a match; the others
    /// only take a sequence number.
    pub fn needs(self, event: &LikeEvent) -> bool {
        (self == Self::Latest) | event.is_liked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Opinion;

    #[test]
    fn only_latest_needs_to_know_what_is_not_liked() {
        for opinion in Opinion::ALL {
            let event = LikeEvent::new(1, opinion, 2, 3);
            assert_eq!(Rule::Literal.needs(&event), opinion == Opinion::Liked);
            assert!(Rule::Latest.needs(&event));
        }
    }
}
