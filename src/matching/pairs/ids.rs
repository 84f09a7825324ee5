//! Users as 32 bits, whatever their ids are.

use ahash::RandomState;
use hashbrown::HashMap;

/// Ids below this are their own code.
const SMALL: u64 = 1 << 31;

/// Gives each user id a code of 32 bits within one table of pairs. Small ids,
/// the common case, are their own code and take no memory.
pub(super) struct Ids {
    large: HashMap<u64, u32, RandomState>,
}

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            large: HashMap::with_hasher(RandomState::with_seeds(
                seed,
                0x452_821e_638d_0137,
                seed.rotate_left(32),
                0x7be5_466c_f34e_90c6,
            )),
        }
    }

    /// The code of `id`. There are codes for 2^31 large ids; the bound on
    /// pairs ([`crate::limits::MAX_MATCH_PAIRS`]) ends a run before that.
    #[inline]
    pub(super) fn code(&mut self, id: u64) -> u32 {
        if id < SMALL {
            return id as u32;
        }
        let next = SMALL as u32 + self.large.len() as u32;
        *self.large.entry(id).or_insert(next)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_id_has_one_code_of_its_own() {
        let mut ids = Ids::new(1);
        let mut codes = HashMap::new();
        let around = |n: u64| (0..100).map(move |i| n.wrapping_add(i));
        for id in around(0)
            .chain(around(SMALL - 50))
            .chain(around(u64::from(u32::MAX) - 50))
            .chain(around(u64::MAX - 50))
            .chain(around(SMALL - 50))
        {
            let code = ids.code(id);
            assert_eq!(*codes.entry(code).or_insert(id), id, "code {code}");
            assert_eq!(ids.code(id), code);
        }
    }
}
