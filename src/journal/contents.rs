//! What stands in a stream's directory.

use std::path::PathBuf;

use super::disk::Disk;
use super::error::OpenError;
use super::layout::{self, Name, Place};

/// The files of a stream that count, and those that do not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// The newest snapshot.
    pub(super) snapshot: u64,
    /// The segments after it, without a gap.
    pub(super) segments: Vec<u64>,
    /// What a crash has left: unfinished, or contained in the snapshot.
    pub(super) leftovers: Vec<PathBuf>,
}

impl Contents {
    /// Looks into a stream's directory. With `sealed`, at what was full by then
    /// only: the stream is in use, and what is unfinished is being worked at.
    pub(super) fn list(
        disk: &dyn Disk,
        place: &Place,
        sealed: Option<u64>,
    ) -> Result<Self, OpenError> {
        let directory = &place.directory;
        let through = sealed.unwrap_or(u64::MAX);
        let names = disk
            .list(directory)
            .map_err(|error| OpenError::io("list", directory, error))?;
        let (mut segments, mut snapshots, mut leftovers) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            match layout::parse(&name) {
                Some(Name::Segment(index)) if index <= through => segments.push(index),
                Some(Name::Snapshot(index)) if index <= through => snapshots.push(index),
                Some(Name::Unfinished) if sealed.is_none() => leftovers.push(directory.join(name)),
                _ => {}
            }
        }
        let Some(&snapshot) = snapshots.iter().max() else {
            return Err(OpenError::damaged(
                directory,
                0,
                "the snapshot is missing that every stream has",
            ));
        };
        let old = snapshots.iter().filter(|&&index| index < snapshot);
        leftovers.extend(old.map(|&index| place.snapshot(index)));
        let old = segments.iter().filter(|&&index| index <= snapshot);
        leftovers.extend(old.map(|&index| place.segment(index)));
        segments.retain(|&index| index > snapshot);
        segments.sort_unstable();
        leftovers.sort_unstable();
        for (expected, &index) in (snapshot + 1..).zip(&segments) {
            if index != expected {
                let missing = place.segment(expected);
                return Err(OpenError::damaged(
                    &missing,
                    0,
                    format!(
                        "this segment is missing, and later ones are there (the next is {index})"
                    ),
                ));
            }
        }
        Ok(Self {
            snapshot,
            segments,
            leftovers,
        })
    }
}
