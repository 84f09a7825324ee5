//! Decided changes, as bytes: what a journal is made of.

use std::ops::Deref;

use crate::limits::MAX_CHANGE_BYTES;

/// A decided change: absolute, so that replaying it needs no clock, no chance
/// and no rule that may change later.
///
/// As bytes: one byte says the kind, then comes the kind's own body. Kinds that
/// this version does not know were written by a newer Ringside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record<'a> {
    /// A seat is in another state now. Body: the length of the name in one
    /// byte, the name.
    Seat {
        /// The new state.
        state: SeatState,
        /// The seat's name, at most [`MAX_NAME_BYTES`].
        name: &'a [u8],
    },
    /// Something that is no seat has changed; how, the state knows. Body: the
    /// locator, big endian; the length of the change in two bytes, little
    /// endian; the change.
    Change {
        /// Decides which shard owns it.
        locator: u32,
        /// The change, at most [`MAX_CHANGE_BYTES`].
        body: &'a [u8],
    },
}

/// What a record is about, as bytes: decides which shard owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// A seat's name.
    Name(&'a [u8]),
    /// A locator, big endian.
    Locator([u8; 4]),
}

impl Deref for Key<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Name(name) => name,
            Self::Locator(locator) => locator,
        }
    }
}

/// The states of a seat that are recorded; a free seat has no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeatState {
    /// Reserved and not yet sold.
    Reserved,
    /// Sold.
    Sold,
}

/// The longest name that a record holds, in bytes.
pub const MAX_NAME_BYTES: usize = crate::limits::MAX_SEAT_BYTES;

/// The longest record, in bytes.
pub(super) const MAX_RECORD_BYTES: usize = CHANGE_HEADER_BYTES + MAX_CHANGE_BYTES;

/// Kind, locator and length.
const CHANGE_HEADER_BYTES: usize = 7;

const SEAT_RESERVED: u8 = 1;
const SEAT_SOLD: u8 = 2;
const CHANGE: u8 = 3;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// The kind is not known here.
    #[error("a record of kind {0}, which a newer Ringside has written")]
    UnknownKind(u8),
    /// The bytes end within the record.
    #[error("a record that is cut off")]
    CutOff,
}

impl<'a> Record<'a> {
    /// What the record is about: decides which shard owns it.
    pub fn key(&self) -> Key<'a> {
        match *self {
            Self::Seat { name, .. } => Key::Name(name),
            Self::Change { locator, .. } => Key::Locator(locator.to_be_bytes()),
        }
    }

    /// How many bytes [`Record::encode`] writes.
    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Seat { name, .. } => 2 + name.len(),
            Self::Change { body, .. } => CHANGE_HEADER_BYTES + body.len(),
        }
    }

    /// Writes the record to the front of `out` and says how long it is.
    ///
    /// # Panics
    /// If `out` is too short, the name longer than [`MAX_NAME_BYTES`] or the
    /// change longer than [`MAX_CHANGE_BYTES`].
    pub(super) fn encode(&self, out: &mut [u8]) -> usize {
        match *self {
            Self::Seat { state, name } => {
                assert!(name.len() <= MAX_NAME_BYTES, "a name that no seat can have");
                out[0] = match state {
                    SeatState::Reserved => SEAT_RESERVED,
                    SeatState::Sold => SEAT_SOLD,
                };
                out[1] = name.len() as u8;
                out[2..2 + name.len()].copy_from_slice(name);
                2 + name.len()
            }
            Self::Change { locator, body } => {
                assert!(body.len() <= MAX_CHANGE_BYTES, "a change that is too long");
                let (header, rest) = out.split_at_mut(CHANGE_HEADER_BYTES);
                header[0] = CHANGE;
                header[1..5].copy_from_slice(&locator.to_be_bytes());
                header[5..].copy_from_slice(&(body.len() as u16).to_le_bytes());
                rest[..body.len()].copy_from_slice(body);
                CHANGE_HEADER_BYTES + body.len()
            }
        }
    }

    /// The first record of `bytes`, and what follows it. `bytes` is not empty.
    pub(super) fn decode(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), BadRecord> {
        let (&kind, rest) = bytes.split_first().ok_or(BadRecord::CutOff)?;
        let state = match kind {
            SEAT_RESERVED => SeatState::Reserved,
            SEAT_SOLD => SeatState::Sold,
            CHANGE => return Self::decode_change(rest),
            unknown => return Err(BadRecord::UnknownKind(unknown)),
        };
        let (&len, rest) = rest.split_first().ok_or(BadRecord::CutOff)?;
        let (name, rest) = rest
            .split_at_checked(usize::from(len))
            .ok_or(BadRecord::CutOff)?;
        Ok((Self::Seat { state, name }, rest))
    }

    fn decode_change(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), BadRecord> {
        let (locator, rest) = bytes.split_first_chunk().ok_or(BadRecord::CutOff)?;
        let (len, rest) = rest.split_first_chunk().ok_or(BadRecord::CutOff)?;
        let (body, rest) = rest
            .split_at_checked(usize::from(u16::from_le_bytes(*len)))
            .ok_or(BadRecord::CutOff)?;
        let locator = u32::from_be_bytes(*locator);
        Ok((Self::Change { locator, body }, rest))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_are_pinned() {
        let mut out = [0; 8];
        let record = Record::Seat {
            state: SeatState::Sold,
            name: b"A1",
        };
        let len = record.encode(&mut out);
        assert_eq!(&out[..len], [2, 2, b'A', b'1']);
        let mut out = [0; 16];
        let record = Record::Change {
            locator: 0x0102_0304,
            body: b"ab",
        };
        let len = record.encode(&mut out);
        assert_eq!(&out[..len], [3, 1, 2, 3, 4, 2, 0, b'a', b'b']);
        assert_eq!(&*record.key(), [1, 2, 3, 4]);
    }

    #[test]
    fn unknown_kinds_and_cut_records_are_told_apart() {
        assert_eq!(
            Record::decode(&[77, 0]).unwrap_err(),
            BadRecord::UnknownKind(77)
        );
        for cut in [
            &[1][..],
            &[1, 3, b'A'],
            &[3],
            &[3, 1, 2, 3],
            &[3, 1, 2, 3, 4, 5],
            &[3, 1, 2, 3, 4, 2, 0, 7],
        ] {
            assert_eq!(Record::decode(cut).unwrap_err(), BadRecord::CutOff);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            written in prop::collection::vec(
                (0..3u8, any::<u32>(), prop::collection::vec(any::<u8>(), 0..=MAX_NAME_BYTES)),
                0..20,
            ),
        ) {
            let records: Vec<Record<'_>> = written
                .iter()
                .map(|(kind, locator, bytes)| match kind {
                    0 => Record::Seat { state: SeatState::Reserved, name: bytes },
                    1 => Record::Seat { state: SeatState::Sold, name: bytes },
                    _ => Record::Change { locator: *locator, body: bytes },
                })
                .collect();
            let mut bytes = Vec::new();
            for record in &records {
                let mut out = [0; MAX_RECORD_BYTES];
                let len = record.encode(&mut out);
                prop_assert_eq!(len, record.encoded_len());
                bytes.extend_from_slice(&out[..len]);
            }
            let mut rest = &bytes[..];
            let mut read = Vec::new();
            while !rest.is_empty() {
                let (record, after) = Record::decode(rest).unwrap();
                read.push(record);
                rest = after;
            }
            prop_assert_eq!(read, records);
        }
    }
}
