//! Segments: the files that frames are written to, made ready in advance.

use super::disk::File;

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
