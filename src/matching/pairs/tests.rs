use std::collections::BTreeSet;

use fastrand::Rng;
use proptest::prelude::*;

use super::*;
use crate::matching::{Opinion, model};

/// What is decided after all events have come in the given order.
fn decided(rule: Rule, events: &[LikeEvent], chunk: usize, first: u64) -> Vec<u64> {
    let mut pairs = Pairs::new(rule, usize::MAX, 3);
    let (mut matches, mut came) = (BTreeSet::new(), BTreeSet::new());
    let mut passed = first;
    for chunk in events.chunks(chunk) {
        let taken = pairs.apply(chunk, passed, |sequence, matched| {
            assert!(sequence >= passed, "{sequence} was decided before");
            if matched {
                matches.insert(sequence);
            } else {
                matches.remove(&sequence);
            }
        });
        assert_eq!(taken, Ok(()));
        came.extend(chunk.iter().map(LikeEvent::sequence));
        while came.remove(&passed) {
            passed += 1;
        }
    }
    matches.into_iter().collect()
}

#[test]
fn the_rules_part_where_a_like_is_taken_back() {
    use Opinion::{Liked, NotLiked, Unspecified};
    let events = |back| {
        [
            LikeEvent::new(1, Liked, 100, 200),
            LikeEvent::new(2, back, 100, 200),
            LikeEvent::new(3, Liked, 200, 100),
            LikeEvent::new(4, Liked, 200, 100),
            LikeEvent::new(5, Liked, 100, 200),
        ]
    };
    for back in [NotLiked, Unspecified] {
        assert_eq!(decided(Rule::Literal, &events(back), 1, 1), [3, 4, 5]);
        assert_eq!(decided(Rule::Latest, &events(back), 1, 1), [5]);
    }
    assert_eq!(decided(Rule::Latest, &events(Liked), 1, 1), [3, 4, 5]);
}

#[test]
fn who_likes_himself_again_is_a_match() {
    use Opinion::{Liked, NotLiked};
    let events = [Liked, Liked, NotLiked, Liked, Liked];
    let mut events: Vec<LikeEvent> = (1..)
        .zip(events)
        .map(|(sequence, opinion)| LikeEvent::new(sequence, opinion, 7, 7))
        .collect();
    for _ in 0..2 {
        assert_eq!(decided(Rule::Literal, &events, 1, 1), [2, 4, 5]);
        assert_eq!(decided(Rule::Latest, &events, 1, 1), [2, 5]);
        events.reverse();
    }
}

#[test]
fn more_pairs_than_allowed_are_refused() {
    let like = |to| LikeEvent::new(to, Opinion::Liked, 0, to);
    let events: Vec<LikeEvent> = (1..=10).map(like).collect();
    let mut pairs = Pairs::new(Rule::Literal, 10, 1);
    assert_eq!(pairs.apply(&events, 0, |_, _| ()), Ok(()));
    assert_eq!(pairs.len(), 10);
    assert_eq!(pairs.apply(&[like(11)], 0, |_, _| ()), Err(TooManyPairs));
}

#[test]
fn what_has_passed_is_not_kept() {
    for rule in [Rule::Literal, Rule::Latest] {
        let mut pairs = Pairs::new(rule, 10, 1);
        for sequence in 0..100_000 {
            let like = LikeEvent::new(sequence, Opinion::Liked, 1, 2);
            assert_eq!(pairs.apply(&[like], sequence, |_, _| ()), Ok(()));
        }
        let kept = match &pairs.histories {
            Histories::Literal(all) => all[0].kept(),
            Histories::Latest(all) => all[0].kept(),
        };
        assert!(kept < 50, "{rule:?} keeps {kept} events");
    }
}

proptest! {
    /// In whatever order events come, and whatever has been dropped when it
    /// had passed, the matches are those of the events in sequence.
    #[test]
    fn the_order_of_arrival_does_not_matter(
        seed: u64,
        latest: bool,
        users in prop_oneof![1..4u64, 1..30u64],
        count in 1..600usize,
        within in prop_oneof![Just(0usize), Just(5), Just(60), Just(100_000)],
        first in prop_oneof![Just(0u64), Just(1), Just((1 << 60) - 1_000)],
        chunk in 1..300usize,
    ) {
        let rule = if latest { Rule::Latest } else { Rule::Literal };
        let events = model::events(&mut Rng::with_seed(seed), first, count, users, within);
        let in_sequence = events.iter().map(|event| (event.sequence(), *event)).collect();
        let expected = model::matches(rule, &in_sequence);
        prop_assert_eq!(decided(rule, &events, chunk, first), expected);
    }
}
