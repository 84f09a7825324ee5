//! When whom to look after: the next moment of each of many.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::inventory::Micros;

/// Nothing is planned.
const NEVER: Micros = Micros::MAX;

/// A heap of moments, at most one that counts for each. A moment may be
/// planned too early, never too late: whoever is looked after says when next.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    heap: BinaryHeap<Reverse<(Micros, u32)>>,
    planned: Vec<Micros>,
    live: usize,
}

impl Timetable {
    /// Plans to look after somebody at a moment, unless that is planned for an
    /// earlier one already.
    pub(super) fn plan(&mut self, who: u32, at: Micros) {
        let index = who as usize;
        if self.planned.len() <= index {
            self.planned.resize(index + 1, NEVER);
        }
        if at >= self.planned[index] {
            return;
        }
        self.live += usize::from(self.planned[index] == NEVER);
        self.planned[index] = at;
        self.heap.push(Reverse((at, who)));
        if self.heap.len() > 2 * self.live + 64 {
            let planned = &self.planned;
            self.heap
                .retain(|Reverse((at, who))| planned[*who as usize] == *at);
        }
    }

    /// Nobody needs to be looked after here any more.
    pub(super) fn cancel(&mut self, who: u32) {
        if let Some(at) = self.planned.get_mut(who as usize) {
            self.live -= usize::from(*at != NEVER);
            *at = NEVER;
        }
    }

    /// Somebody whose moment has come; is not planned any more.
    pub(super) fn pop(&mut self, now: Micros) -> Option<u32> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, who)) = self.heap.pop()?;
        self.cancel(who);
        Some(who)
    }

    /// The next moment, or one too early.
    pub(super) fn soonest(&self) -> Option<Micros> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// The next moment.
    pub(super) fn next(&mut self) -> Option<Micros> {
        while let Some(Reverse((at, who))) = self.heap.peek() {
            if self.planned[*who as usize] == *at {
                return Some(*at);
            }
            self.heap.pop();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_moment_counts() {
        let mut timetable = Timetable::default();
        timetable.plan(3, 50);
        timetable.plan(1, 20);
        timetable.plan(3, 10);
        timetable.plan(3, 70);
        assert_eq!((timetable.next(), timetable.pop(9)), (Some(10), None));
        assert_eq!((timetable.pop(60), timetable.pop(60)), (Some(3), Some(1)));
        assert_eq!((timetable.pop(99), timetable.next()), (None, None));
    }

    #[test]
    fn cancelled_moments_take_no_memory_for_long() {
        let mut timetable = Timetable::default();
        for round in 0..10_000 {
            timetable.plan(round % 7, Micros::from(20_000 - round));
            timetable.cancel(round % 7);
        }
        assert!(timetable.heap.len() < 100, "{}", timetable.heap.len());
        assert_eq!(timetable.next(), None);
    }
}
