//! A bitmap over a moving range of numbers.

/// One bit for each number of a range that moves up, and grows at both ends as
/// far as its caller lets it. Bits outside of the range read as zero.
#[derive(Debug, Default)]
pub(super) struct BitRing {
    /// A power of two of words, or none. Word `n` of the numbers' words (64
    /// numbers each) stands at `n` modulo that.
    words: Vec<u64>,
    /// The range in words: `first..end`, never longer than `words`. All words
    /// outside of it are zero.
    first: u64,
    end: u64,
}

impl BitRing {
    /// So that short streams and streams in order never grow it: 512 bytes.
    const MIN_WORDS: usize = 64;

    /// The numbers whose bits can be set without [`BitRing::cover`].
    pub(super) fn range(&self) -> std::ops::Range<u64> {
        self.first * 64..self.end * 64
    }

    /// Extends the range to hold `number`.
    #[cold]
    pub(super) fn cover(&mut self, number: u64) {
        let word = number / 64;
        let (first, end) = if self.first == self.end {
            (word, word + 1)
        } else {
            (self.first.min(word), self.end.max(word + 1))
        };
        let needed = (end - first) as usize;
        if needed > self.words.len() {
            let capacity = needed.next_power_of_two().max(Self::MIN_WORDS);
            let mut words = vec![0; capacity];
            for word in self.first..self.end {
                words[word as usize & (capacity - 1)] = self.words[self.place(word)];
            }
            self.words = words;
        }
        (self.first, self.end) = (first, end);
    }

    /// Sets the bit of `number`, which is in the range. `true`: it was not set.
    #[inline]
    pub(super) fn set(&mut self, number: u64) -> bool {
        let place = self.place(number / 64);
        let bit = 1 << (number % 64);
        let old = self.words[place];
        self.words[place] = old | bit;
        old & bit == 0
    }

    /// Clears the bit of `number`, which is in the range.
    pub(super) fn clear(&mut self, number: u64) {
        let place = self.place(number / 64);
        self.words[place] &= !(1 << (number % 64));
    }

    /// The bits of the 64 numbers from `word * 64` on, the lowest first.
    pub(super) fn word(&self, word: u64) -> u64 {
        if word < self.first || word >= self.end {
            return 0;
        }
        self.words[self.place(word)]
    }

    /// Forgets all numbers below `number`, except those that share its word.
    pub(super) fn forget_below(&mut self, number: u64) {
        let first = number / 64;
        for word in self.first..first.min(self.end) {
            let place = self.place(word);
            self.words[place] = 0;
        }
        self.first = self.first.max(first);
        self.end = self.end.max(self.first);
    }

    #[inline]
    fn place(&self, word: u64) -> usize {
        // A wrapped mask of an empty ring would index nothing: `set` panics.
        word as usize & self.words.len().wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn covering_set(ring: &mut BitRing, number: u64) -> bool {
        if !ring.range().contains(&number) {
            ring.cover(number);
        }
        ring.set(number)
    }

    proptest! {
        /// Bits survive growth at both ends and moving up, in any order.
        #[test]
        fn it_is_a_set_of_numbers(
            base in prop_oneof![Just(0u64), Just(1 << 40)],
            steps in prop::collection::vec((0..4u8, 0..20_000u64), 1..200),
        ) {
            let mut ring = BitRing::default();
            let mut model = BTreeSet::new();
            let mut floor = base;
            for (what, offset) in steps {
                let number = base + offset;
                match what {
                    0 | 1 if number >= floor / 64 * 64 => {
                        prop_assert_eq!(covering_set(&mut ring, number), model.insert(number));
                    }
                    2 if ring.range().contains(&number) => {
                        ring.clear(number);
                        model.remove(&number);
                    }
                    3 => {
                        floor = floor.max(base + offset / 4);
                        ring.forget_below(floor);
                        model.retain(|&number| number >= floor / 64 * 64);
                    }
                    _ => {}
                }
            }
            let words = base / 64..base / 64 + 20_000 / 64 + 2;
            let found: BTreeSet<u64> = words
                .flat_map(|word| (0..64).map(move |bit| (word, bit)))
                .filter(|&(word, bit)| ring.word(word) >> bit & 1 == 1)
                .map(|(word, bit)| word * 64 + bit)
                .collect();
            prop_assert_eq!(found, model);
        }
    }

    #[test]
    fn moving_up_takes_no_memory() {
        let mut ring = BitRing::default();
        for number in 0..1_000_000 {
            assert!(covering_set(&mut ring, number));
            ring.forget_below(number.saturating_sub(1_000));
        }
        assert_eq!(ring.words.len(), BitRing::MIN_WORDS);
    }
}
