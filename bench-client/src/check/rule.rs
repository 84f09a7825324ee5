//! When two users match: one simple pass over the events, in order, without
//! anything that a fast server would do.

use std::{collections::HashSet, fmt};

use clap::ValueEnum;

use crate::plan::likes::{Kind, Like};

/// What makes a match of a `LIKE_LIKED` from A to B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// Any earlier like from B to A: nothing withdraws it, and a repeated like matches again.
    Literal,
    /// A like that is B's last word on A: anything else withdraws it.
    Latest,
}

impl Rule {
    /// The sequence numbers of all matches in `likes`, which must be in order.
    pub(crate) fn matches(self, likes: &[Like]) -> Vec<u32> {
        let mut standing = HashSet::new();
        let mut matches = Vec::new();
        for like in likes {
            match like.kind {
                Kind::Liked => {
                    if standing.contains(&(like.to, like.from)) {
                        matches.push(like.seq);
                    }
                    standing.insert((like.from, like.to));
                }
                Kind::NotLiked | Kind::Unspecified if self == Self::Latest => {
                    standing.remove(&(like.from, like.to));
                }
                Kind::NotLiked | Kind::Unspecified => {}
            }
        }
        matches
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Literal => "literal",
            Self::Latest => "latest",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::likes;
    use proptest::prelude::*;

    fn likes_of(lines: &[&str]) -> Vec<Like> {
        lines
            .iter()
            .map(|line| Like::parse(line.as_bytes()).unwrap())
            .collect()
    }

    #[test]
    fn the_documents_own_example_matches_at_4_and_7() {
        let likes = likes_of(&[
            "1|LIKE_UNSPECIFIED|300|100",
            "2|LIKE_LIKED|100|200",
            "3|LIKE_NOT_LIKED|300|200",
            "4|LIKE_LIKED|200|100",
            "5|LIKE_LIKED|300|100",
            "6|LIKE_UNSPECIFIED|200|300",
            "7|LIKE_LIKED|100|300",
        ]);
        for rule in [Rule::Literal, Rule::Latest] {
            assert_eq!(rule.matches(&likes), [4, 7]);
        }
    }

    #[test]
    fn rules_differ_where_a_like_is_withdrawn() {
        let likes = likes_of(&[
            "1|LIKE_LIKED|1|2",
            "2|LIKE_LIKED|2|1",
            "3|LIKE_LIKED|2|1",
            "4|LIKE_NOT_LIKED|1|2",
            "5|LIKE_LIKED|2|1",
            "6|LIKE_LIKED|1|2",
            "7|LIKE_UNSPECIFIED|2|1",
            "8|LIKE_LIKED|1|2",
        ]);
        assert_eq!(Rule::Literal.matches(&likes), [2, 3, 5, 6, 8]);
        assert_eq!(Rule::Latest.matches(&likes), [2, 3, 6]);
    }

    /// The rules in their own words, by looking back through all events.
    fn by_definition(rule: Rule, likes: &[Like]) -> Vec<u32> {
        let matches = |place: usize| {
            let like = &likes[place];
            let mut back = likes[..place]
                .iter()
                .rev()
                .filter(|earlier| (earlier.from, earlier.to) == (like.to, like.from));
            let answered = match rule {
                Rule::Literal => back.any(|earlier| earlier.kind == Kind::Liked),
                Rule::Latest => back.next().is_some_and(|last| last.kind == Kind::Liked),
            };
            like.kind == Kind::Liked && answered
        };
        (0..likes.len())
            .filter(|&place| matches(place))
            .map(|place| likes[place].seq)
            .collect()
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_the_definition_says(
            events in 0_u32..200,
            users in 2_u32..8,
            holes in 0_u32..500_000,
            seed: u64,
        ) {
            let likes = likes::draw(events, users, holes, seed);
            for rule in [Rule::Literal, Rule::Latest] {
                prop_assert_eq!(rule.matches(&likes), by_definition(rule, &likes));
            }
        }
    }
}
