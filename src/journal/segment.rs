//! Segments: the files that frames are written to, made ready in advance.

use super::buffer::AlignedBuffer;
use super::disk::{Disk, File};
use super::error::OpenError;
use super::frame::BLOCK;
use super::header::{FileHeader, Kind};
use super::layout::{self, Place};

/// Zeros written at once, in bytes.
const ZERO_BYTES: u64 = 1024 * 1024;

/// A file that frames can be written to: preallocated and full of zeros, so
/// that a sync has nothing but the frame's own bytes to write; its header and
/// its name are on stable storage.
pub struct PreparedSegment {
    pub(super) file: Box<dyn File>,
    pub(super) index: u64,
    /// The file's length.
    pub(super) bytes: u64,
}

impl PreparedSegment {
    /// The file.
    pub fn file(&self) -> &dyn File {
        &*self.file
    }

    /// Its number in the stream.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The file's length in bytes; frames fill it from the second block on.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Makes segment `index` ready, `bytes` long, in place of one of that number
/// that may have been left.
pub(super) fn prepare(
    disk: &dyn Disk,
    place: &Place,
    index: u64,
    epoch: u64,
    bytes: u64,
) -> Result<PreparedSegment, OpenError> {
    let name = place.segment(index);
    let path = layout::unfinished(&name);
    let file = fill(disk, place, index, epoch, bytes).inspect_err(|_| {
        // What was not finished takes room that is perhaps short.
        let _ = disk.remove(&path);
    })?;
    disk.rename(&path, &name)
        .map_err(|error| OpenError::io("name", &name, error))?;
    disk.sync_directory(&place.directory)
        .map_err(|error| OpenError::io("sync", &place.directory, error))?;
    Ok(PreparedSegment { file, index, bytes })
}

fn fill(
    disk: &dyn Disk,
    place: &Place,
    index: u64,
    epoch: u64,
    bytes: u64,
) -> Result<Box<dyn File>, OpenError> {
    let path = layout::unfinished(&place.segment(index));
    let failed = |what| {
        let path = &path;
        move |error| OpenError::io(what, path, error)
    };
    let file = disk.create(&path).map_err(failed("make"))?;
    file.allocate(bytes).map_err(failed("allocate"))?;
    let mut buffer = AlignedBuffer::new(ZERO_BYTES.min(bytes) as usize);
    let mut offset = BLOCK as u64;
    while offset < bytes {
        let len = (bytes - offset).min(buffer.len() as u64);
        file.write_at(&buffer[..len as usize], offset)
            .map_err(failed("write"))?;
        offset += len;
    }
    let header = FileHeader {
        generation: place.generation,
        shard: place.shard,
        index,
        epoch,
        kind: Kind::Segment { bytes },
    };
    header.encode(&mut buffer);
    file.write_at(&buffer[..BLOCK], 0)
        .map_err(failed("write"))?;
    file.sync().map_err(failed("sync"))?;
    Ok(file)
}
