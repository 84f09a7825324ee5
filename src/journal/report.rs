//! What is told about a stream, and on the way.

use std::path::PathBuf;

/// How far a longer work has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub done: u64,
    /// Bytes to read in all.
    pub of: u64,
}

/// What was found in one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records of the snapshot.
    pub snapshot_records: u64,
    /// Frames after the snapshot.
    pub frames: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Whether the stream ends with a closing frame: the server was stopped in
    /// order.
    pub closed: bool,
    /// What a crash has left of a last frame: to be cut off, or already.
    pub cut: Option<Cut>,
}

/// A torn tail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// In which file.
    pub path: PathBuf,
    /// From where on.
    pub offset: u64,
    /// How many bytes, up to the end of the last block that is not zero.
    pub bytes: u64,
}
