//! A fair shuffle that follows from its seed. Part of the data format: what
//! was drawn is drawn again when the journal is read.

/// Puts things in an order drawn by a seed (Fisher and Yates).
pub(super) fn shuffle<T>(things: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..things.len()).rev() {
        let drawn = next(&mut state);
        let place = ((u128::from(drawn) * (last as u128 + 1)) >> 64) as usize;
        things.swap(last, place);
    }
}

/// `SplitMix64`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_pinned() {
        let mut things: Vec<u32> = (0..10).collect();
        shuffle(&mut things, 7);
        let mut again: Vec<u32> = (0..10).collect();
        shuffle(&mut again, 7);
        assert_eq!(things, again);
        assert_eq!(
            next(&mut 1_234_567),
            6_457_827_717_110_365_317,
            "the published value"
        );
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut seen = std::collections::HashMap::new();
        for seed in 0..24_000_u64 {
            let mut things = [0, 1, 2, 3];
            shuffle(&mut things, seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
            *seen.entry(things).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 24);
        assert!(
            seen.values().all(|count| (850..1150).contains(count)),
            "{seen:?}"
        );
    }
}
