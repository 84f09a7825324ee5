//! Decided changes, as bytes: what a journal is made of.

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
pub(super) const MAX_RECORD_BYTES: usize = 2 + MAX_NAME_BYTES;

const SEAT_RESERVED: u8 = 1;
const SEAT_SOLD: u8 = 2;

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
    pub fn key(&self) -> &'a [u8] {
        match *self {
            Self::Seat { name, .. } => name,
        }
    }

    /// How many bytes [`Record::encode`] writes.
    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Seat { name, .. } => 2 + name.len(),
        }
    }

    /// Writes the record to the front of `out` and says how long it is.
    ///
    /// # Panics
    /// If `out` is too short or the name longer than [`MAX_NAME_BYTES`].
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
        }
    }

    /// The first record of `bytes`, and what follows it. `bytes` is not empty.
    pub(super) fn decode(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), BadRecord> {
        let (&kind, rest) = bytes.split_first().ok_or(BadRecord::CutOff)?;
        let state = match kind {
            SEAT_RESERVED => SeatState::Reserved,
            SEAT_SOLD => SeatState::Sold,
            unknown => return Err(BadRecord::UnknownKind(unknown)),
        };
        let (&len, rest) = rest.split_first().ok_or(BadRecord::CutOff)?;
        let (name, rest) = rest
            .split_at_checked(usize::from(len))
            .ok_or(BadRecord::CutOff)?;
        Ok((Self::Seat { state, name }, rest))
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
    }

    #[test]
    fn unknown_kinds_and_cut_records_are_told_apart() {
        assert_eq!(
            Record::decode(&[77, 0]).unwrap_err(),
            BadRecord::UnknownKind(77)
        );
        for cut in [&[1][..], &[1, 3, b'A']] {
            assert_eq!(Record::decode(cut).unwrap_err(), BadRecord::CutOff);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            written in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..=MAX_NAME_BYTES)), 0..20),
        ) {
            let records: Vec<Record<'_>> = written
                .iter()
                .map(|(sold, name)| Record::Seat {
                    state: if *sold { SeatState::Sold } else { SeatState::Reserved },
                    name,
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
