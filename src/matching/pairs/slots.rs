//! The table itself: open addressing, sixteen bytes a pair.
//!
//! Nearly all time of a match run goes into cache misses here, so that is what
//! the shape is for. A slot has all that a pair with one event needs; looking
//! one up costs one miss. The home of a key is the top of its hash, so growing
//! reads the old table and writes the new one from front to back.

use super::pages::Table;

/// A value's top bit is set; an empty slot is all zeros, as the kernel hands out
/// memory.
pub(super) const TAKEN: u64 = 1 << 63;

/// Where a key was looked for.
pub(super) enum Found {
    /// It was not there, and has been put in.
    New,
    /// It is in this slot.
    Slot(usize),
}

/// A map from pairs of users to values.
pub(super) struct Slots {
    /// A power of two of (key, value).
    table: Table,
    shift: u32,
    len: usize,
    seeds: [u64; 2],
}

impl Slots {
    const MIN_SLOTS: usize = 2048;

    /// Up to here (8 MiB) the table grows fourfold, then twofold: half of what
    /// growing costs is memory that the kernel hands out for the first time.
    const LEAP_SLOTS: usize = 1 << 19;

    /// An empty table; the secret `seed` keeps anyone from choosing pairs that
    /// all live in one place.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            table: Table::empty(),
            shift: 0,
            len: 0,
            seeds: [
                seed ^ 0x3f84_d5b5_b547_0917,
                seed.rotate_left(32) ^ 0x9216_d5d9_8979_fb1b,
            ],
        }
    }

    /// How many keys it has.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Makes room for `keys` keys in all.
    pub(super) fn prepare(&mut self, keys: usize) {
        self.reserve(keys.saturating_sub(self.len));
    }

    /// Makes room for `more` keys: homes stay where they are until then.
    pub(super) fn reserve(&mut self, more: usize) {
        // At most 11/16 full: short searches, and a million events of 9,000
        // users fit in 2^19 slots.
        let needed = self.len + more;
        if needed * 16 > self.table.len() * 11 {
            let needed = (needed * 16).div_ceil(11).next_power_of_two();
            let larger = (self.table.len() * 4).clamp(Self::MIN_SLOTS, Self::LEAP_SLOTS);
            self.grow(needed.max(larger));
        }
    }

    /// The slot at which the search for `key` starts.
    #[inline]
    pub(super) fn home(&self, key: u64) -> usize {
        // Both halves of a product with a secret: every bit depends on all.
        let product = u128::from(key ^ self.seeds[0]) * u128::from(self.seeds[1] | 1);
        let hash = (product >> 64) as u64 ^ product as u64;
        (hash >> self.shift) as usize
    }

    /// Asks for the slot to be in the cache soon. Unlike a read, nothing ever
    /// waits for it, so a whole block's misses overlap.
    #[inline]
    pub(super) fn fetch(&self, home: usize) {
        let slot = &self.table[home & (self.table.len() - 1)];
        #[cfg(target_arch = "x86_64")]
        safe_arch::prefetch_t0(slot);
        #[cfg(not(target_arch = "x86_64"))]
        std::hint::black_box(slot[0]);
    }

    /// Looks for `key`, and puts it in with `value`, which has [`TAKEN`] set,
    /// if it is not there. Room has been [reserved](Self::reserve).
    #[inline]
    pub(super) fn find_or_put(&mut self, home: usize, key: u64, value: u64) -> Found {
        let mask = self.table.len() - 1;
        let mut place = home & mask;
        loop {
            let slot = &mut self.table[place];
            if slot[1] == 0 {
                *slot = [key, value];
                self.len += 1;
                return Found::New;
            }
            if slot[0] == key {
                return Found::Slot(place);
            }
            place = (place + 1) & mask;
        }
    }

    /// The value in a slot that was found.
    pub(super) fn value(&self, slot: usize) -> u64 {
        self.table[slot][1]
    }

    /// Replaces the value in a slot that was found.
    pub(super) fn set_value(&mut self, slot: usize, value: u64) {
        self.table[slot][1] = value;
    }

    #[cold]
    fn grow(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.table, Table::zeroed(slots));
        self.shift = 64 - slots.trailing_zeros();
        self.len = 0;
        for &[key, value] in &*old {
            if value != 0 {
                self.find_or_put(self.home(key), key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map(
            seed: u64,
            keys in prop::collection::vec(0..3_000u64, 0..4_000),
        ) {
            let mut slots = Slots::new(seed);
            let mut model = HashMap::new();
            for (i, key) in keys.into_iter().enumerate() {
                slots.reserve(1);
                let value = i as u64 | TAKEN;
                match slots.find_or_put(slots.home(key), key, value) {
                    Found::New => prop_assert_eq!(model.insert(key, value), None),
                    Found::Slot(slot) => {
                        prop_assert_eq!(model.insert(key, value), Some(slots.value(slot)));
                        slots.set_value(slot, value);
                    }
                }
                prop_assert_eq!(slots.len(), model.len());
            }
        }
    }

    #[test]
    fn pairs_of_close_ids_spread() {
        let mut slots = Slots::new(7);
        slots.reserve(10_000);
        let mut steps = 0;
        for key in 0..10_000u64 {
            // Two neighbouring users in each half of the key.
            let key = ((key / 100) << 32) | (key % 100);
            let mut place = slots.home(key);
            while slots.table[place][1] != 0 {
                place = (place + 1) % slots.table.len();
                steps += 1;
            }
            slots.table[place] = [key, TAKEN];
        }
        assert!(steps < 20_000, "{steps} steps past taken slots");
    }
}
