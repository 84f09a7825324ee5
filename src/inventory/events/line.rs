//! A line of people: in at the end, out anywhere, and each can be told how
//! many are before.

use std::collections::VecDeque;

/// Words of a stretch's bitmap.
const WORDS: usize = 64;

/// Places in a stretch.
const PLACES: u64 = 64 * WORDS as u64;

/// Counting who is before somebody costs a step per stretch of
/// [`PLACES`] and one per word of the last of them.
#[derive(Debug, Default)]
pub(super) struct Line {
    stretches: VecDeque<Stretch>,
    /// Number of the first stretch's first place.
    first: u64,
    len: usize,
}

#[derive(Debug)]
struct Stretch {
    /// One bit per place: somebody is there.
    taken: Box<[u64; WORDS]>,
    count: u32,
    who: Vec<u32>,
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts somebody at the end, and says in which place.
    pub(super) fn push(&mut self, who: u32) -> u64 {
        let is_full = |stretch: &Stretch| stretch.who.len() as u64 == PLACES;
        if self.stretches.back().is_none_or(is_full) {
            self.stretches.push_back(Stretch {
                taken: Box::new([0; WORDS]),
                count: 0,
                who: Vec::new(),
            });
        }
        let before = (self.stretches.len() - 1) as u64 * PLACES;
        let Some(stretch) = self.stretches.back_mut() else {
            return self.first;
        };
        let place = stretch.who.len();
        stretch.taken[place / 64] |= 1 << (place % 64);
        stretch.count += 1;
        stretch.who.push(who);
        self.len += 1;
        self.first + before + place as u64
    }

    /// Takes whoever is in a place out; says whether somebody was.
    pub(super) fn remove(&mut self, place: u64) -> bool {
        let Some((index, within)) = self.locate(place) else {
            return false;
        };
        let Some(stretch) = self.stretches.get_mut(index) else {
            return false;
        };
        let bit = 1 << (within % 64);
        if stretch.taken[within / 64] & bit == 0 {
            return false;
        }
        stretch.taken[within / 64] &= !bit;
        stretch.count -= 1;
        self.len -= 1;
        let is_over = |stretch: &Stretch| stretch.count == 0 && stretch.who.len() as u64 == PLACES;
        while self.stretches.front().is_some_and(is_over) {
            self.stretches.pop_front();
            self.first += PLACES;
        }
        true
    }

    /// How many are before a place.
    pub(super) fn ahead(&self, place: u64) -> u64 {
        let Some((index, within)) = self.locate(place) else {
            return 0;
        };
        let before = self.stretches.iter().take(index);
        let mut ahead: u64 = before.map(|stretch| u64::from(stretch.count)).sum();
        if let Some(stretch) = self.stretches.get(index) {
            let words = &stretch.taken[..within / 64];
            ahead += words
                .iter()
                .map(|word| u64::from(word.count_ones()))
                .sum::<u64>();
            let below = stretch.taken[within / 64] & ((1 << (within % 64)) - 1);
            ahead += u64::from(below.count_ones());
        }
        ahead
    }

    /// Everybody, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.stretches.iter().flat_map(|stretch| {
            let taken = stretch.taken.iter().zip(0..);
            taken.flat_map(move |(word, index): (&u64, usize)| {
                let mut left = *word;
                std::iter::from_fn(move || {
                    let bit = left.trailing_zeros() as usize;
                    left &= left.checked_sub(1)?;
                    stretch.who.get(64 * index + bit).copied()
                })
            })
        })
    }

    fn locate(&self, place: u64) -> Option<(usize, usize)> {
        let offset = place.checked_sub(self.first)?;
        Some(((offset / PLACES) as usize, (offset % PLACES) as usize))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stretches_that_are_over_are_let_go() {
        let mut line = Line::default();
        let places: Vec<u64> = (0..3 * PLACES as u32).map(|who| line.push(who)).collect();
        for place in &places[..places.len() - 1] {
            assert!(line.remove(*place));
            assert!(!line.remove(*place), "nobody is there any more");
        }
        assert_eq!((line.len(), line.stretches.len()), (1, 1));
        let last = places[places.len() - 1];
        assert_eq!(
            (line.ahead(last), line.iter().next()),
            (0, Some(3 * PLACES as u32 - 1))
        );
        let behind = line.push(7);
        assert_eq!((behind, line.ahead(behind)), (last + 1, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn it_is_a_line(steps in prop::collection::vec(any::<Option<u16>>(), 0..12_000)) {
            let mut line = Line::default();
            let mut model: Vec<(u64, u32)> = Vec::new();
            for (step, who) in steps.into_iter().zip(0..) {
                match step {
                    Some(one) if !model.is_empty() && one % 3 == 0 => {
                        let (place, _) = model.remove(usize::from(one) % model.len());
                        prop_assert!(line.remove(place));
                    }
                    _ => model.push((line.push(who), who)),
                }
            }
            let expected: Vec<u32> = model.iter().map(|it| it.1).collect();
            prop_assert_eq!(line.iter().collect::<Vec<_>>(), expected);
            for (ahead, (place, _)) in model.iter().enumerate().step_by(97) {
                prop_assert_eq!(line.ahead(*place), ahead as u64);
            }
            prop_assert_eq!(line.len(), model.len());
        }
    }
}
