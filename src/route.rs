//! Which shard owns a key: one pure function, the same on every shard.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;

/// A shard's place in the mesh, `0..shards`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub u16);

impl ShardId {
    /// As an index into per-shard tables.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Where a key lives, seen from one shard. glommio's mesh refuses a message to
/// oneself, so the two cases are told apart here and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// On the asking shard.
    Local,
    /// On another shard.
    Remote(ShardId),
}

/// Maps keys to owning shards for one shard.
#[derive(Clone)]
pub struct Router {
    shards: u16,
    me: ShardId,
    hasher: RandomState,
}

impl Router {
    /// A router for shard `me` of `shards`.
    ///
    /// # Panics
    /// If `me` is not one of the shards.
    pub fn new(shards: u16, me: ShardId) -> Self {
        assert!(me.0 < shards, "shard {} of {shards}", me.0);
        Self {
            shards,
            me,
            hasher: RandomState::with_seeds(
                0x5269_6e67_7369_6465, // "Ringside"
                0x2d73_6561_7473_2d31, // "-seats-1"
                0xa409_3822_299f_31d0,
                0x082e_fa98_ec4e_6c89,
            ),
        }
    }

    /// How many shards there are.
    pub fn shards(&self) -> u16 {
        self.shards
    }

    /// The shard this router speaks for.
    pub fn me(&self) -> ShardId {
        self.me
    }

    /// The owner of the seat called `name`.
    pub fn seat(&self, name: &[u8]) -> Owner {
        if self.shards == 1 {
            return Owner::Local;
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(name);
        self.owner(hasher.finish())
    }

    /// The owner of everything that has this locator; see
    /// [`crate::inventory::id`].
    pub fn locator(&self, locator: u32) -> Owner {
        self.seat(&locator.to_be_bytes())
    }

    /// A shard, seen from this one.
    pub fn shard(&self, shard: ShardId) -> Owner {
        if shard == self.me {
            Owner::Local
        } else {
            Owner::Remote(shard)
        }
    }

    /// The owner of all that two users think of each other, in either order.
    pub fn pair(&self, one: u64, other: u64) -> Owner {
        if self.shards == 1 {
            return Owner::Local;
        }
        let lower = fold(
            one.min(other) ^ 0x5269_6e67_7369_6465,
            0x9e37_79b9_7f4a_7c15,
        );
        self.owner(fold(lower ^ one.max(other), 0xd1b5_4a32_d192_ed03))
    }

    fn owner(&self, hash: u64) -> Owner {
        self.shard(scale(hash, self.shards))
    }
}

/// Both halves of a product: every bit depends on all, on every machine.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

/// Maps a hash evenly to `0..shards` by its high bits, without a division.
fn scale(hash: u64, shards: u16) -> ShardId {
    ShardId(((u128::from(hash) * u128::from(shards)) >> 64) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(shards: u16, name: &str) -> u16 {
        let router = Router::new(shards, ShardId(0));
        match router.seat(name.as_bytes()) {
            Owner::Local => 0,
            Owner::Remote(shard) => shard.0,
        }
    }

    /// A change here moves every key to another shard. ahash picks another
    /// algorithm when the compiler may assume AES instructions (for example
    /// with `-C target-cpu=native`); routing stays right then, but differs
    /// from other builds, so the check is for the portable one.
    #[test]
    #[cfg(not(target_feature = "aes"))]
    fn keys_stay_where_they_are() {
        let owners: Vec<u16> = ["A1", "B12a", "Back32", "A000", "C166665", "z"]
            .iter()
            .flat_map(|name| [owner(2, name), owner(3, name), owner(64, name)])
            .collect();
        assert_eq!(owners, GOLDEN);
    }

    #[cfg(not(target_feature = "aes"))]
    const GOLDEN: [u16; 18] = [1, 1, 40, 1, 2, 46, 1, 2, 48, 0, 0, 8, 0, 1, 25, 1, 2, 48];

    fn pair_owner(shards: u16, one: u64, other: u64) -> u16 {
        match Router::new(shards, ShardId(0)).pair(one, other) {
            Owner::Local => 0,
            Owner::Remote(shard) => shard.0,
        }
    }

    #[test]
    fn pairs_stay_where_they_are_in_either_order() {
        let pairs = [(1, 2), (0, 0), (100, 300), (8_999, 9_000), (7, u64::MAX)];
        let owners: Vec<u16> = pairs
            .into_iter()
            .flat_map(|(one, other)| [2, 3, 64].map(|shards| (shards, one, other)))
            .map(|(shards, one, other)| {
                let owner = pair_owner(shards, one, other);
                assert_eq!(owner, pair_owner(shards, other, one));
                owner
            })
            .collect();
        assert_eq!(owners, GOLDEN_PAIRS);
    }

    const GOLDEN_PAIRS: [u16; 15] = [1, 1, 39, 1, 2, 48, 1, 2, 59, 0, 0, 2, 1, 1, 37];

    #[test]
    fn pairs_spread_evenly() {
        for shards in [2u16, 3, 7, 64] {
            let mut counts = vec![0u32; usize::from(shards)];
            let side = 250;
            for (one, other) in (0..side).flat_map(|one| (0..side).map(move |other| (one, other))) {
                counts[usize::from(pair_owner(shards, one, side + other))] += 1;
            }
            let fair = f64::from(side as u32 * side as u32) / f64::from(shards);
            for count in counts {
                let skew = (f64::from(count) - fair).abs() / fair;
                assert!(skew < 0.15, "{shards} shards: {count} of {fair}");
            }
        }
    }

    #[test]
    fn one_shard_owns_everything() {
        let router = Router::new(1, ShardId(0));
        assert_eq!(router.seat(b"A1"), Owner::Local);
        assert_eq!(router.pair(1, 2), Owner::Local);
    }

    #[test]
    fn all_shards_agree_on_the_owner() {
        for name in ["A1", "A2", "B77", "C166665"] {
            let locals = (0..5)
                .filter(|&me| Router::new(5, ShardId(me)).seat(name.as_bytes()) == Owner::Local)
                .count();
            assert_eq!(locals, 1, "{name} has exactly one owner");
        }
    }

    #[test]
    fn locators_are_routed_as_their_bytes_and_spread_evenly() {
        let router = Router::new(7, ShardId(3));
        let mut counts = [0u32; 7];
        for locator in 0..70_000u32 {
            let owner = router.locator(locator);
            assert_eq!(owner, router.seat(&locator.to_be_bytes()));
            let shard = match owner {
                Owner::Local => ShardId(3),
                Owner::Remote(shard) => shard,
            };
            assert_eq!(router.shard(shard), owner);
            counts[shard.index()] += 1;
        }
        assert!(
            counts.iter().all(|count| (8_500..11_500).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn seats_spread_evenly() {
        for shards in [2u16, 3, 7, 64] {
            let mut counts = vec![0u32; usize::from(shards)];
            let total = 64_000;
            for n in 0..total {
                counts[usize::from(owner(shards, &format!("A{n:03}")))] += 1;
            }
            let fair = f64::from(total) / f64::from(shards);
            for count in counts {
                let skew = (f64::from(count) - fair).abs() / fair;
                assert!(skew < 0.15, "{shards} shards: {count} of {fair}");
            }
        }
    }
}
