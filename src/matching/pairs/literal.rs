//! A pair's likes by the rule [`Literal`](crate::matching::Rule::Literal).

use std::collections::BinaryHeap;

use super::{History, Mark};

/// An event of one side is a match iff it comes after the *first* like of the
/// other side; so only the lowest number of each side counts for the other.
/// It falls while earlier events still arrive, and with it more and more likes
/// that waited become matches: once a match, always a match.
pub(super) struct Literal {
    /// The lowest sequence number of a like, for each side.
    least: [u64; 2],
    /// Likes of each side that are not matches yet: none is above the other
    /// side's lowest.
    waiting: [BinaryHeap<u64>; 2],
}

impl Default for Literal {
    fn default() -> Self {
        Self {
            least: [u64::MAX; 2],
            waiting: Default::default(),
        }
    }
}

impl History for Literal {
    fn insert(
        &mut self,
        mark: Mark,
        with_oneself: bool,
        passed: u64,
        decide: &mut impl FnMut(u64, bool),
    ) {
        if !mark.is_liked() {
            return;
        }
        let (side, sequence) = (mark.side(), mark.sequence());
        let other = if with_oneself { side } else { 1 - side };
        if self.least[other] < sequence {
            decide(sequence, true);
        } else {
            let waiting = &mut self.waiting[side];
            if waiting.len() == waiting.capacity() {
                // What has passed is decided. Only when it would grow, so that
                // this costs nothing over time.
                waiting.retain(|&sequence| sequence >= passed);
            }
            waiting.push(sequence);
        }
        if sequence < self.least[side] {
            self.least[side] = sequence;
            let waiting = &mut self.waiting[other];
            while let Some(later) = waiting.peek().copied().filter(|&later| later > sequence) {
                waiting.pop();
                decide(later, true);
            }
        }
    }
}

#[cfg(test)]
impl Literal {
    /// How many events it keeps.
    pub(super) fn kept(&self) -> usize {
        self.waiting.iter().map(BinaryHeap::len).sum()
    }
}
