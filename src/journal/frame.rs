//! Frames: what is written at once, checked and chained.
//!
//! A frame is a header, records, and zeros up to the next block. Little endian:
//!
//! | bytes | field |
//! |---|---|
//! | 0..4 | `RSFR` |
//! | 4..8 | CRC32C of all other bytes of the frame, padding included |
//! | 8..12 | the same of the frame before: the chain |
//! | 12..16 | length of the records |
//! | 16..20 | number of records |
//! | 20..22 | format version |
//! | 22..24 | flags |
//! | 24..32 | boot epoch |
//! | 32..40 | sequence |
//! | 40..48 | time, microseconds since the Unix epoch |

use crate::limits::MAX_FRAME_BYTES;

/// Frames begin and end at multiples of this, in bytes: no disk tears a frame
/// in a way that touches another, and direct I/O asks for it.
pub const BLOCK: usize = 4096;

/// The header's length, in bytes.
pub(super) const HEADER_BYTES: usize = 48;

/// The frame format that this version writes.
pub(super) const FRAME_VERSION: u16 = 1;

const MAGIC: [u8; 4] = *b"RSFR";

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) previous: u32,
    pub(super) records_len: u32,
    pub(super) records: u32,
    pub(super) version: u16,
    pub(super) last: bool,
    pub(super) epoch: u64,
    pub(super) sequence: u64,
    pub(super) time_micros: u64,
}

/// The only flag: nothing follows. The closing frame of a journal that was
/// stopped in order; the last frame of a snapshot.
const FLAG_LAST: u16 = 1;

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAFrame {
    /// They do not begin like one.
    NoHeader,
    /// They begin like one, but the file ends too early.
    CutOff,
    /// The checksum says that they have changed.
    Checksum,
    /// Whole, but of a format that is not known here.
    Version(u16),
}

/// The frame's length on disk, in bytes.
pub(super) fn padded(used: usize) -> usize {
    used.next_multiple_of(BLOCK)
}

/// Completes the frame whose records stand in `bytes[HEADER_BYTES..used]`:
/// writes header, padding and checksum. `records_len` and `version` of
/// `header` are filled in here. Gives the checksum, the next frame's
/// `previous`.
pub(super) fn seal(bytes: &mut [u8], used: usize, header: &FrameHeader) -> u32 {
    let whole = padded(used);
    bytes[used..whole].fill(0);
    let flags = if header.last { FLAG_LAST } else { 0 };
    bytes[0..4].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&header.previous.to_le_bytes());
    bytes[12..16].copy_from_slice(&((used - HEADER_BYTES) as u32).to_le_bytes());
    bytes[16..20].copy_from_slice(&header.records.to_le_bytes());
    bytes[20..22].copy_from_slice(&FRAME_VERSION.to_le_bytes());
    bytes[22..24].copy_from_slice(&flags.to_le_bytes());
    bytes[24..32].copy_from_slice(&header.epoch.to_le_bytes());
    bytes[32..40].copy_from_slice(&header.sequence.to_le_bytes());
    bytes[40..48].copy_from_slice(&header.time_micros.to_le_bytes());
    let crc = checksum(&bytes[..whole]);
    bytes[4..8].copy_from_slice(&crc.to_le_bytes());
    crc
}

/// How long the frame at the front of `bytes` says that it is. Needs
/// [`HEADER_BYTES`] bytes; its checksum is not looked at.
pub(super) fn stated_len(bytes: &[u8]) -> Result<usize, NotAFrame> {
    if bytes.len() < HEADER_BYTES || bytes[0..4] != MAGIC {
        return Err(NotAFrame::NoHeader);
    }
    let len = HEADER_BYTES + number::<4>(bytes, 12) as usize;
    if len > MAX_FRAME_BYTES {
        return Err(NotAFrame::NoHeader);
    }
    Ok(padded(len))
}

/// Checks the frame at the front of `bytes`: its header, its records, its
/// length on disk and its checksum.
pub(super) fn check(bytes: &[u8]) -> Result<Checked<'_>, NotAFrame> {
    let len = stated_len(bytes)?;
    let whole = bytes.get(..len).ok_or(NotAFrame::CutOff)?;
    if checksum(whole) != number::<4>(whole, 4) as u32 {
        return Err(NotAFrame::Checksum);
    }
    let version = number::<2>(whole, 20) as u16;
    let flags = number::<2>(whole, 22) as u16;
    if version != FRAME_VERSION || flags & !FLAG_LAST != 0 {
        return Err(NotAFrame::Version(version));
    }
    Ok(parts(whole))
}

/// The parts of a frame that was checked. `whole` is as long as it is.
pub(super) fn parts(whole: &[u8]) -> Checked<'_> {
    let flags = number::<2>(whole, 22) as u16;
    let header = FrameHeader {
        previous: number::<4>(whole, 8) as u32,
        records_len: number::<4>(whole, 12) as u32,
        records: number::<4>(whole, 16) as u32,
        version: number::<2>(whole, 20) as u16,
        last: flags & FLAG_LAST != 0,
        epoch: number::<8>(whole, 24),
        sequence: number::<8>(whole, 32),
        time_micros: number::<8>(whole, 40),
    };
    Checked {
        header,
        records: &whole[HEADER_BYTES..HEADER_BYTES + header.records_len as usize],
        crc: number::<4>(whole, 4) as u32,
    }
}

/// A frame that is whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked<'a> {
    pub(super) header: FrameHeader,
    /// The records' bytes.
    pub(super) records: &'a [u8],
    pub(super) crc: u32,
}

/// Of all bytes but those of the checksum itself.
fn checksum(frame: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..])
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number[..N].copy_from_slice(&bytes[at..at + N]);
    u64::from_le_bytes(number)
}

const _: () = assert!(MAX_FRAME_BYTES.is_multiple_of(BLOCK));

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(records: &[u8]) -> (Vec<u8>, FrameHeader, u32) {
        let used = HEADER_BYTES + records.len();
        let mut bytes = vec![0xee; padded(used) + BLOCK];
        bytes[HEADER_BYTES..used].copy_from_slice(records);
        let header = FrameHeader {
            previous: 0x1234_5678,
            records_len: records.len() as u32,
            records: 3,
            version: FRAME_VERSION,
            last: true,
            epoch: 5,
            sequence: 77,
            time_micros: 1_800_000_000_000_000,
        };
        let crc = seal(&mut bytes, used, &header);
        (bytes, header, crc)
    }

    #[test]
    fn what_is_sealed_is_read() {
        for len in [0, 1, BLOCK - HEADER_BYTES, BLOCK - HEADER_BYTES + 1, 10_000] {
            let records = vec![9; len];
            let (bytes, header, crc) = frame(&records);
            let read = check(&bytes).unwrap();
            assert_eq!(read.header, header);
            assert_eq!(read.records, records);
            assert_eq!(read.crc, crc);
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (bytes, ..) = frame(b"some records");
        let len = stated_len(&bytes).unwrap();
        for at in 0..len {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(check(&flipped[..len]).is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn a_frame_that_the_file_cuts_off_is_no_frame() {
        let (bytes, ..) = frame(&vec![1; 2 * BLOCK]);
        assert_eq!(check(&bytes[..BLOCK]).unwrap_err(), NotAFrame::CutOff);
        assert_eq!(check(&bytes[..10]).unwrap_err(), NotAFrame::NoHeader);
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        let (mut bytes, ..) = frame(b"x");
        bytes[20] = 9;
        assert_eq!(check(&bytes).unwrap_err(), NotAFrame::Checksum);
        let crc = checksum(&bytes[..BLOCK]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(check(&bytes).unwrap_err(), NotAFrame::Version(9));
    }
}
