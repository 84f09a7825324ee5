//! Memory that direct I/O accepts.

use std::ops::{Deref, DerefMut};

use super::frame::BLOCK;

/// A block-aligned piece of heap that never moves, as `O_DIRECT` wants it.
pub(super) struct AlignedBuffer {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl AlignedBuffer {
    /// `len` zeros. The kernel gives their memory only when they are written.
    pub(super) fn new(len: usize) -> Self {
        let bytes = vec![0; len + BLOCK];
        let start = bytes.as_ptr().align_offset(BLOCK);
        Self { bytes, start, len }
    }
}

impl Deref for AlignedBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

impl DerefMut for AlignedBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_aligned_and_stays_where_it_is() {
        let mut buffer = AlignedBuffer::new(3 * BLOCK);
        assert_eq!(buffer.len(), 3 * BLOCK);
        let before = buffer.as_ptr() as usize;
        assert_eq!(before % BLOCK, 0);
        buffer.fill(7);
        let moved = Box::new(buffer);
        assert_eq!(moved.as_ptr() as usize, before);
    }
}
