//! A pair's events by the rule [`Latest`](crate::matching::Rule::Latest).

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

use super::{History, Mark};

/// A like of one side is a match iff the other side's last event before it is
/// a like. So an event decides over the other side's likes up to the next
/// event of its own side, and takes these decisions back from the event before
/// it when it arrives late.
///
/// An event that arrives costs the logarithm of those held, and a step for
/// each decision that it turns round. In a shuffled stream that is less than
/// one; a source that means ill can make it every event of the pair within the
/// window.
#[derive(Default)]
pub(super) struct Latest {
    /// For each side: sequence number to whether it is a like.
    events: [BTreeMap<u64, bool>; 2],
    /// When a side has more events than this, those that have passed are
    /// dropped.
    drop_over: [usize; 2],
}

impl Latest {
    const KEPT_EVENTS: usize = 16;

    /// What the events of `side` say of the other's likes just after
    /// `sequence`, or just before.
    fn says(&self, side: usize, sequence: u64, before: bool) -> bool {
        let end = if before {
            Excluded(sequence)
        } else {
            Included(sequence)
        };
        let last = self.events[side].range((Unbounded, end)).next_back();
        last.is_some_and(|(_, &liked)| liked)
    }

    /// Drops events that have passed, but for the last of them, which still
    /// decides over what comes.
    fn drop_passed(&mut self, side: usize, passed: u64) {
        let events = &mut self.events[side];
        if events.len() <= self.drop_over[side].max(Self::KEPT_EVENTS) {
            return;
        }
        let kept = events.split_off(&passed);
        let last = events.pop_last();
        *events = kept;
        events.extend(last);
        self.drop_over[side] = events.len() * 2;
    }
}

impl History for Latest {
    fn insert(
        &mut self,
        mark: Mark,
        with_oneself: bool,
        passed: u64,
        decide: &mut impl FnMut(u64, bool),
    ) {
        let (side, sequence, liked) = (mark.side(), mark.sequence(), mark.is_liked());
        let other = if with_oneself { side } else { 1 - side };
        if liked && self.says(other, sequence, true) {
            decide(sequence, true);
        }
        if liked != self.says(side, sequence, true) {
            let own_next = self.events[side]
                .range((Excluded(sequence), Unbounded))
                .next();
            let end = match own_next {
                // With oneself the next event is also one that is decided over.
                Some((&next, _)) if with_oneself => Included(next),
                Some((&next, _)) => Excluded(next),
                None => Unbounded,
            };
            for (&later, &later_liked) in self.events[other].range((Excluded(sequence), end)) {
                if later_liked {
                    decide(later, liked);
                }
            }
        }
        self.events[side].insert(sequence, liked);
        self.drop_passed(side, passed);
    }
}

#[cfg(test)]
impl Latest {
    /// How many events it keeps.
    pub(super) fn kept(&self) -> usize {
        self.events.iter().map(BTreeMap::len).sum()
    }
}
