//! Copies a data directory while a server works in it.
//!
//! Snapshots and full segments never change again, so a second name for them
//! is a copy. Of the segment in use the whole frames are copied: what was
//! acknowledged when its copying began is among them.

use std::io;
use std::path::{Path, PathBuf};

use super::buffer::AlignedBuffer;
use super::contents::Contents;
use super::current::Current;
use super::disk::Disk;
use super::error::OpenError;
use super::frame::BLOCK;
use super::layout::{self, Place};
use super::open;
use super::reader::{Item, Reader};
use crate::limits::MAX_FRAME_BYTES;

/// How often a stream is tried that changes while it is copied.
const TRIES: u32 = 20;

/// Copies the data directory `data` to `copy`, which must be new or empty, and
/// on the same file system. Every shard's part holds what was acknowledged when
/// this was called, and perhaps more. Look at the copy with
/// [`super::Inspection`] before you rely on it.
///
/// # Errors
/// [`OpenError`]; the copy is of no use then. `data` is never changed.
pub fn backup(disk: &dyn Disk, data: &Path, copy: &Path) -> Result<(), OpenError> {
    let current = Current::read(disk, data)?.ok_or_else(|| OpenError::NoData(data.to_owned()))?;
    make(disk, copy)?;
    if let Some(found) = open::list(disk, copy)?.into_iter().next() {
        return Err(OpenError::Foreign {
            path: copy.to_owned(),
            found,
        });
    }
    let generation = layout::generation_directory(copy, current.generation);
    make(disk, &generation)?;
    for shard in 0..u32::from(current.shards) {
        let from = Place::new(data, current.generation, shard);
        let to = Place::new(copy, current.generation, shard);
        copy_stream(disk, &from, &to)?;
    }
    open::sync(disk, &generation)?;
    if Current::read(disk, data)? != Some(current) {
        return Err(OpenError::Setting(format!(
            "{} was opened for another number of shards meanwhile: remove {} and try again",
            data.display(),
            copy.display()
        )));
    }
    current.write(disk, copy)
}

fn copy_stream(disk: &dyn Disk, from: &Place, to: &Place) -> Result<(), OpenError> {
    let mut tries = 1;
    loop {
        make(disk, &to.directory)?;
        match try_copy(disk, from, to) {
            Ok(()) => return open::sync(disk, &to.directory),
            // A snapshot has replaced what was listed.
            Err(_) if tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
        disk.remove_directory(&to.directory)
            .map_err(|error| OpenError::io("delete", &to.directory, error))?;
    }
}

fn try_copy(disk: &dyn Disk, from: &Place, to: &Place) -> Result<(), OpenError> {
    let contents = Contents::list(disk, from, None)?;
    let link = |from: &Path, to: &Path| {
        disk.link(from, to)
            .map_err(|error| OpenError::io("link", from, error))
    };
    let name = |index| (from.segment(index), to.segment(index));
    // One may be in use, and one prepared; those before are full.
    let full = contents.segments.len().saturating_sub(2);
    let (full, live) = contents.segments.split_at(full);
    // Copied first: nothing that they need can be missing then.
    match *live {
        [] => {}
        [only] => drop(copy_frames(disk, name(only))?),
        [first, second, ..] => {
            // The second is written to only when the first is full.
            if copy_frames(disk, name(second))? {
                let (from, to) = name(first);
                link(&from, &to)?;
            } else {
                copy_frames(disk, name(first))?;
                let (_, empty) = name(second);
                disk.remove(&empty)
                    .map_err(|error| OpenError::io("delete", &empty, error))?;
            }
        }
    }
    for &index in full {
        let (from, to) = name(index);
        link(&from, &to)?;
    }
    link(
        &from.snapshot(contents.snapshot),
        &to.snapshot(contents.snapshot),
    )
}

/// Copies a segment's first block and its whole frames; says whether there are
/// frames.
fn copy_frames(disk: &dyn Disk, (from, to): (PathBuf, PathBuf)) -> Result<bool, OpenError> {
    let work = || -> io::Result<bool> {
        let source = disk.open(&from)?;
        let mut reader = Reader::new(&*source)?;
        while let Item::Frame(_) = reader.next()? {}
        let end = reader.at();
        let target = disk.create(&to)?;
        let mut buffer = AlignedBuffer::new(MAX_FRAME_BYTES);
        let mut at = 0;
        while at < end {
            let len = (end - at).min(MAX_FRAME_BYTES as u64) as usize;
            if source.read_at(&mut buffer[..len], at)? < len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            target.write_at(&buffer[..len], at)?;
            at += len as u64;
        }
        target.sync()?;
        Ok(end > BLOCK as u64)
    };
    work().map_err(|error| OpenError::io("copy", &from, error))
}

fn make(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    disk.make_directory(path)
        .map_err(|error| OpenError::io("make", path, error))
}
