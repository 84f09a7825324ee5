//! Writes snapshots: a header, then frames like those of a segment, numbered
//! from 1, the last one marked.

use std::path::PathBuf;

use super::buffer::AlignedBuffer;
use super::disk::{Disk, File};
use super::error::OpenError;
use super::frame::{self, BLOCK, FrameHeader, HEADER_BYTES};
use super::header::{FileHeader, Kind};
use super::layout::{self, Place};
use super::record::Record;
use super::writer::Position;
use crate::limits::SNAPSHOT_FRAME_BYTES;

/// A snapshot that is being written.
pub(super) struct SnapshotWriter<'d> {
    disk: &'d dyn Disk,
    place: Place,
    index: u64,
    path: PathBuf,
    file: Box<dyn File>,
    buffer: AlignedBuffer,
    used: usize,
    /// In the frame that is being filled.
    records: u32,
    /// Of all frames before it.
    written: Written,
}

#[derive(Default)]
struct Written {
    records: u64,
    frames: u64,
    chain: u32,
    offset: u64,
}

/// A snapshot that is on stable storage under its name, as soon as its
/// directory is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SnapshotDone {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

impl<'d> SnapshotWriter<'d> {
    /// Begins the snapshot that is to contain all segments up to `index`.
    pub(super) fn create(disk: &'d dyn Disk, place: Place, index: u64) -> Result<Self, OpenError> {
        let path = layout::unfinished(&place.snapshot(index));
        let file = disk
            .create(&path)
            .map_err(|error| OpenError::io("make", &path, error))?;
        Ok(Self {
            disk,
            place,
            index,
            path,
            file,
            buffer: AlignedBuffer::new(SNAPSHOT_FRAME_BYTES),
            used: HEADER_BYTES,
            records: 0,
            written: Written {
                offset: BLOCK as u64,
                ..Written::default()
            },
        })
    }

    /// Adds a record.
    pub(super) fn push(&mut self, record: Record<'_>) -> Result<(), OpenError> {
        let len = record.encoded_len();
        if self.used + len > self.buffer.len() {
            self.write_frame(false)?;
        }
        record.encode(&mut self.buffer[self.used..]);
        self.used += len;
        self.records += 1;
        Ok(())
    }

    /// Completes the snapshot of the state at `at`, syncs it and gives it its
    /// name. The caller syncs the directory.
    pub(super) fn finish(mut self, at: Position) -> Result<SnapshotDone, OpenError> {
        self.write_frame(true)?;
        let header = FileHeader {
            generation: self.place.generation,
            shard: self.place.shard,
            index: self.index,
            epoch: at.epoch,
            kind: Kind::Snapshot {
                sequence: at.sequence,
                chain: at.chain,
                records: self.written.records,
                frames: self.written.frames,
            },
        };
        header.encode(&mut self.buffer);
        let block = &self.buffer[..BLOCK];
        self.file
            .write_at(block, 0)
            .map_err(|error| OpenError::io("write", &self.path, error))?;
        self.file
            .sync()
            .map_err(|error| OpenError::io("sync", &self.path, error))?;
        let name = self.place.snapshot(self.index);
        self.disk
            .rename(&self.path, &name)
            .map_err(|error| OpenError::io("name", &name, error))?;
        Ok(SnapshotDone {
            records: self.written.records,
            bytes: self.written.offset,
        })
    }

    fn write_frame(&mut self, last: bool) -> Result<(), OpenError> {
        let header = FrameHeader {
            previous: self.written.chain,
            records: self.records,
            last,
            sequence: self.written.frames + 1,
            ..FrameHeader::default()
        };
        let len = frame::padded(self.used);
        self.written.chain = frame::seal(&mut self.buffer, self.used, &header);
        self.file
            .write_at(&self.buffer[..len], self.written.offset)
            .map_err(|error| OpenError::io("write", &self.path, error))?;
        self.written.offset += len as u64;
        self.written.frames += 1;
        self.written.records += u64::from(self.records);
        self.records = 0;
        self.used = HEADER_BYTES;
        Ok(())
    }
}
