//! The first block of every segment and snapshot: what the file is.
//!
//! Little endian:
//!
//! | bytes | field |
//! |---|---|
//! | 0..8 | `RINGSIDE` |
//! | 8..12 | CRC32C of all other bytes of the block |
//! | 12..14 | format version |
//! | 14 | 1 segment, 2 snapshot |
//! | 16..20 | shard |
//! | 20..24 | snapshot: the chain after the last frame that it contains |
//! | 24..32 | generation |
//! | 32..40 | index |
//! | 40..48 | boot epoch |
//! | 48..56 | segment: length of the file; snapshot: sequence of the last frame that it contains |
//! | 56..64 | snapshot: number of records |
//! | 64..72 | snapshot: number of frames |
//!
//! Every version keeps the first three fields where they are.

use super::frame::BLOCK;

/// The format of data directories that this version writes.
pub const FORMAT_VERSION: u16 = 1;

const MAGIC: [u8; 8] = *b"RINGSIDE";
const SEGMENT: u8 = 1;
const SNAPSHOT: u8 = 2;

/// What a file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileHeader {
    pub(super) generation: u64,
    pub(super) shard: u32,
    pub(super) index: u64,
    pub(super) epoch: u64,
    pub(super) kind: Kind,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Segment {
        /// The file's length when it was made.
        bytes: u64,
    },
    /// The state after a frame.
    Snapshot {
        /// The frame's sequence.
        sequence: u64,
        /// The frame's checksum.
        chain: u32,
        records: u64,
        frames: u64,
    },
}

/// Why a block is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAHeader {
    Foreign,
    Checksum,
    Version(u16),
}

impl FileHeader {
    /// Writes the header block to the front of `block`.
    pub(super) fn encode(&self, block: &mut [u8]) {
        let block = &mut block[..BLOCK];
        block.fill(0);
        block[0..8].copy_from_slice(&MAGIC);
        block[12..14].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        block[16..20].copy_from_slice(&self.shard.to_le_bytes());
        block[24..32].copy_from_slice(&self.generation.to_le_bytes());
        block[32..40].copy_from_slice(&self.index.to_le_bytes());
        block[40..48].copy_from_slice(&self.epoch.to_le_bytes());
        match self.kind {
            Kind::Segment { bytes } => {
                block[14] = SEGMENT;
                block[48..56].copy_from_slice(&bytes.to_le_bytes());
            }
            Kind::Snapshot {
                sequence,
                chain,
                records,
                frames,
            } => {
                block[14] = SNAPSHOT;
                block[20..24].copy_from_slice(&chain.to_le_bytes());
                block[48..56].copy_from_slice(&sequence.to_le_bytes());
                block[56..64].copy_from_slice(&records.to_le_bytes());
                block[64..72].copy_from_slice(&frames.to_le_bytes());
            }
        }
        let crc = checksum(block);
        block[8..12].copy_from_slice(&crc.to_le_bytes());
    }

    /// Reads the header block at the front of `block`.
    pub(super) fn decode(block: &[u8]) -> Result<Self, NotAHeader> {
        let block = block.get(..BLOCK).ok_or(NotAHeader::Foreign)?;
        if block[0..8] != MAGIC {
            return Err(NotAHeader::Foreign);
        }
        if four(block, 8) != checksum(block) {
            return Err(NotAHeader::Checksum);
        }
        let version = u16::from_le_bytes([block[12], block[13]]);
        if version != FORMAT_VERSION {
            return Err(NotAHeader::Version(version));
        }
        let kind = match block[14] {
            SEGMENT => Kind::Segment {
                bytes: eight(block, 48),
            },
            SNAPSHOT => Kind::Snapshot {
                sequence: eight(block, 48),
                chain: four(block, 20),
                records: eight(block, 56),
                frames: eight(block, 64),
            },
            _ => return Err(NotAHeader::Version(version)),
        };
        Ok(Self {
            generation: eight(block, 24),
            shard: four(block, 16),
            index: eight(block, 32),
            epoch: eight(block, 40),
            kind,
        })
    }
}

/// Of all bytes but those of the checksum itself.
fn checksum(block: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&block[..8]), &block[12..])
}

fn four(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: [FileHeader; 2] = [
        FileHeader {
            generation: 1,
            shard: 2,
            index: 3,
            epoch: 4,
            kind: Kind::Segment { bytes: 65_536 },
        },
        FileHeader {
            generation: u64::MAX,
            shard: 255,
            index: 7,
            epoch: 9,
            kind: Kind::Snapshot {
                sequence: 10,
                chain: 0xfeed,
                records: 12,
                frames: 1,
            },
        },
    ];

    #[test]
    fn what_is_written_is_read() {
        for header in HEADERS {
            let mut block = vec![0xee; BLOCK];
            header.encode(&mut block);
            assert_eq!(FileHeader::decode(&block), Ok(header));
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let mut block = vec![0; BLOCK];
        HEADERS[1].encode(&mut block);
        for at in 0..BLOCK * 8 {
            block[at / 8] ^= 1 << (at % 8);
            assert!(FileHeader::decode(&block).is_err(), "bit {at}");
            block[at / 8] ^= 1 << (at % 8);
        }
    }

    #[test]
    fn foreign_newer_and_damaged_are_told_apart() {
        let mut block = vec![0; BLOCK];
        assert_eq!(FileHeader::decode(&block), Err(NotAHeader::Foreign));
        assert_eq!(FileHeader::decode(&block[..9]), Err(NotAHeader::Foreign));
        HEADERS[0].encode(&mut block);
        block[12] = 2;
        assert_eq!(FileHeader::decode(&block), Err(NotAHeader::Checksum));
        let crc = checksum(&block);
        block[8..12].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(FileHeader::decode(&block), Err(NotAHeader::Version(2)));
    }
}
