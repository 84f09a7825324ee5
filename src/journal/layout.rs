//! Where things are in a data directory.
//!
//! ```text
//! LOCK                                   held while the directory is open
//! CURRENT                                names the generation; see `current`
//! gen-000001/shard-0000/0000000007.snapshot   the state after segment 7
//!                       0000000008.journal    segment 8
//!                       0000000009.journal    segment 9
//! ```
//!
//! Segments are numbered and not called after their first frame, because they
//! are made before anyone knows which frame that will be.

use std::path::{Path, PathBuf};

pub(super) const LOCK: &str = "LOCK";
pub(super) const CURRENT: &str = "CURRENT";
/// What `CURRENT` is called until it is whole.
pub(super) const NEXT_CURRENT: &str = "CURRENT.new";

/// The directory of one stream, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) directory: PathBuf,
    pub(super) generation: u64,
    pub(super) shard: u32,
}

/// A file in a stream's directory, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Segment(u64),
    /// Contains all segments up to this one.
    Snapshot(u64),
    /// Not finished, and never to be.
    Unfinished,
}

impl Place {
    pub(super) fn new(data: &Path, generation: u64, shard: u32) -> Self {
        Self {
            directory: generation_directory(data, generation).join(format!("shard-{shard:04}")),
            generation,
            shard,
        }
    }

    pub(super) fn segment(&self, index: u64) -> PathBuf {
        self.directory.join(format!("{index:010}.journal"))
    }

    pub(super) fn snapshot(&self, index: u64) -> PathBuf {
        self.directory.join(format!("{index:010}.snapshot"))
    }
}

/// What a file is called until it is whole.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

pub(super) fn generation_directory(data: &Path, generation: u64) -> PathBuf {
    data.join(format!("gen-{generation:06}"))
}

/// The generation that a directory of this name holds.
pub(super) fn parse_generation(name: &str) -> Option<u64> {
    number(name.strip_prefix("gen-")?, 6)
}

/// What a file of this name is. `None`: none of ours.
pub(super) fn parse(name: &str) -> Option<Name> {
    if let Some(rest) = name.strip_suffix(".tmp") {
        return parse(rest).map(|_| Name::Unfinished);
    }
    if let Some(digits) = name.strip_suffix(".journal") {
        return number(digits, 10).map(Name::Segment);
    }
    number(name.strip_suffix(".snapshot")?, 10).map(Name::Snapshot)
}

/// Digits as they are written: padded, and no longer than need be.
fn number(digits: &str, width: usize) -> Option<u64> {
    let number: u64 = digits.parse().ok()?;
    (format!("{number:0width$}") == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let place = Place::new(Path::new("/data"), 12, 3);
        let directory = "/data/gen-000012/shard-0003";
        assert_eq!(place.directory, Path::new(directory));
        for index in [0, 7, 9_999_999_999, 10_000_000_000] {
            for (path, name) in [
                (place.segment(index), Name::Segment(index)),
                (place.snapshot(index), Name::Snapshot(index)),
                (unfinished(&place.segment(index)), Name::Unfinished),
                (unfinished(&place.snapshot(index)), Name::Unfinished),
            ] {
                let text = path.file_name().unwrap().to_str().unwrap();
                assert_eq!(parse(text), Some(name), "{text}");
            }
        }
        assert_eq!(parse_generation("gen-000012"), Some(12));
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in [
            "1.journal",
            "+000000001.journal",
            "00000000001.journal",
            "0000000001.journal.gz",
            "0000000001",
            ".tmp",
            "notes.tmp",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
        for name in ["gen-1", "gen-0000012", "gen-", "gen-00001x"] {
            assert_eq!(parse_generation(name), None, "{name}");
        }
    }
}
