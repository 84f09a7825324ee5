//! What a run should say, as plainly as it can be said.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;

use super::event::{LikeEvent, Opinion};
use super::rule::Rule;

/// The events that count, by sequence number: of each number the first that
/// arrived, and no 0 that came after the 1.
pub(super) fn that_count(arrived: &[LikeEvent]) -> BTreeMap<u64, LikeEvent> {
    let mut events = BTreeMap::new();
    for event in arrived {
        if event.sequence() > 0 || events.contains_key(&0) || !events.contains_key(&1) {
            events.entry(event.sequence()).or_insert(*event);
        }
    }
    events
}

/// The sequence numbers of the matches, in order.
pub(super) fn matches(rule: Rule, events: &BTreeMap<u64, LikeEvent>) -> Vec<u64> {
    let mut earlier: HashMap<(u64, u64), Vec<bool>> = HashMap::new();
    let mut matches = Vec::new();
    for (sequence, event) in events {
        let back = earlier.get(&(event.to(), event.from()));
        let liked_back = back.is_some_and(|back| match rule {
            Rule::Literal => back.contains(&true),
            Rule::Latest => back.ends_with(&[true]),
        });
        if event.is_liked() && liked_back {
            matches.push(*sequence);
        }
        let pair = earlier.entry((event.from(), event.to())).or_default();
        pair.push(event.is_liked());
    }
    matches
}

/// Events numbered from `first` on among `users` users, each within `within`
/// places of its turn. The users' ids are of all sizes, some like themselves,
/// and in every other stream few are answered, so that much waits for long.
pub(super) fn events(
    rng: &mut Rng,
    first: u64,
    count: usize,
    users: u64,
    within: usize,
) -> Vec<LikeEvent> {
    let id = |user: u64| match user % 3 {
        0 => user,
        1 => (1 << 31) + user,
        _ => u64::MAX - user,
    };
    let lopsided = rng.bool();
    let mut events: Vec<(usize, LikeEvent)> = (0..count)
        .map(|place| {
            let opinion = Opinion::ALL[rng.usize(..3)];
            let (mut from, mut to) = (id(rng.u64(..users)), id(rng.u64(..users)));
            if lopsided && from > to && rng.u8(..) < 240 {
                (from, to) = (to, from);
            }
            let event = LikeEvent::new(first + place as u64, opinion, from, to);
            (place + rng.usize(..=within), event)
        })
        .collect();
    events.sort_by_key(|&(turn, _)| turn);
    events.into_iter().map(|(_, event)| event).collect()
}

/// The line that says the event.
pub(super) fn line(event: &LikeEvent) -> String {
    let kind = match event.opinion() {
        Opinion::Liked => "LIKE_LIKED",
        Opinion::Unspecified => "LIKE_UNSPECIFIED",
        Opinion::NotLiked => "LIKE_NOT_LIKED",
    };
    let (sequence, from, to) = (event.sequence(), event.from(), event.to());
    format!("{sequence}|{kind}|{from}|{to}\n")
}
