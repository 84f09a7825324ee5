//! Identifiers: UUIDs that say when they were made and where they live.
//!
//! The layout is UUID version 7 (RFC 9562): milliseconds first, so that ids
//! sort by age. The last four bytes are the *locator*, which decides the
//! owning shard. Whatever must change together has one locator: a purchase
//! that of its ticket option, a ticket that of its section. So the number of
//! shards may change and no id with it.

use uuid::{Builder, Uuid};

/// An identifier of a member, ticket, ticket option, purchase or ledger entry.
pub type Id = Uuid;

/// How many bits of an id are left for a number that tells ids of one
/// millisecond and locator apart.
pub const NUMBER_BITS: u32 = 42;

/// Makes an id. Of `number` the lower [`NUMBER_BITS`] count; the caller gives
/// each id of one millisecond and locator another.
pub fn make(unix_millis: u64, number: u64, locator: u32) -> Id {
    let mut random = [0; 10];
    // 12 bits before the variant, 30 behind it.
    let (high, low) = ((number >> 30) as u16 & 0x0fff, number as u32 & 0x3fff_ffff);
    random[..2].copy_from_slice(&high.to_be_bytes());
    random[2..6].copy_from_slice(&low.to_be_bytes());
    random[6..].copy_from_slice(&locator.to_be_bytes());
    Builder::from_unix_timestamp_millis(unix_millis, &random).into_uuid()
}

/// The part of an id that decides which shard owns it.
pub fn locator(id: Id) -> u32 {
    let bytes = id.into_bytes();
    u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])
}

/// The locator of everything in a section. Part of the data format.
pub fn section_locator(section: &str) -> u32 {
    crc32c::crc32c(section.as_bytes())
}

/// A locator for something that belongs nowhere in particular: spreads
/// numbers that follow each other.
pub fn spread(number: u64) -> u32 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// Milliseconds and number of an id; see [`make`].
pub fn parts(id: Id) -> (u64, u64) {
    let value = id.as_u128();
    let high = ((value >> 64) as u64 & 0x0fff) << 30;
    let number = high | (value >> 32) as u64 & 0x3fff_ffff;
    ((value >> 80) as u64, number)
}

/// The id `steps` numbers after this one, as the ids of a range are given out.
pub fn nth(first: Id, steps: u64) -> Id {
    let (millis, number) = parts(first);
    make(millis, number.wrapping_add(steps), locator(first))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_a_uuid_of_version_7() {
        let id = make(0x0123_4567_89ab, 0x3ff_ffff_ffff, 0xdead_beef);
        assert_eq!(id.to_string(), "01234567-89ab-7fff-bfff-ffffdeadbeef");
        assert_eq!((id.get_version_num(), locator(id)), (7, 0xdead_beef));
    }

    #[test]
    fn locators_of_sections_are_pinned() {
        assert_eq!(section_locator("123456789"), 0xe306_9283);
    }

    proptest! {
        #[test]
        fn numbers_of_one_millisecond_sort_and_differ(
            millis in 0..1u64 << 48, number in 0..(1u64 << NUMBER_BITS) - 1, locator: u32,
        ) {
            let (one, next) = (make(millis, number, locator), make(millis, number + 1, locator));
            prop_assert!(one < next);
            prop_assert_eq!(nth(one, 1), next);
            prop_assert_eq!(parts(one), (millis, number));
            prop_assert_eq!(super::locator(next), locator);
        }
    }
}
