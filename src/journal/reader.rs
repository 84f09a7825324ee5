//! Reads a file frame by frame, and looks at what is left behind the last.

use std::io;

use super::buffer::AlignedBuffer;
use super::disk::File;
use super::frame::{self, BLOCK, Checked, HEADER_BYTES, NotAFrame};
use crate::limits::MAX_FRAME_BYTES;

/// Read at once, in bytes.
const READ_BYTES: usize = 2 * MAX_FRAME_BYTES;

const ZEROS: [u8; BLOCK] = [0; BLOCK];

/// A file that is read from the front to the end.
pub(super) struct Reader<'f> {
    file: &'f dyn File,
    len: u64,
    buffer: AlignedBuffer,
    /// Where in the file the buffer begins, and how much of it is filled.
    start: u64,
    filled: usize,
    /// Where the next frame begins.
    at: u64,
    /// Bytes read since they were last asked for.
    read: u64,
}

/// What comes next in a file.
pub(super) enum Item<'a> {
    Frame(Checked<'a>),
    /// Zeros as far as the block goes, or the file's end.
    End,
    Bad(NotAFrame),
}

/// What is in the rest of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// The end of the last block that is not zero.
    pub(super) until: Option<u64>,
    /// The first whole frame.
    pub(super) frame: Option<u64>,
}

impl<'f> Reader<'f> {
    /// Reads from the first frame's place on.
    pub(super) fn new(file: &'f dyn File) -> io::Result<Self> {
        let len = file.len()?;
        let room = (len as usize)
            .clamp(BLOCK, READ_BYTES)
            .next_multiple_of(BLOCK);
        Ok(Self {
            file,
            len,
            buffer: AlignedBuffer::new(room),
            start: 0,
            filled: 0,
            at: BLOCK as u64,
            read: 0,
        })
    }

    /// The file's length when it was opened.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The first block, where the file's header is; shorter if the file is.
    pub(super) fn header(&mut self) -> io::Result<&[u8]> {
        self.fill(0, BLOCK)
    }

    /// Where the item begins that [`Reader::next`] gives next.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Goes on at another place.
    pub(super) fn skip_to(&mut self, at: u64) {
        self.at = at;
    }

    /// Bytes read from the file since this was last asked.
    pub(super) fn take_read(&mut self) -> u64 {
        std::mem::take(&mut self.read)
    }

    /// The next frame, or why there is none; then it stays where it is.
    pub(super) fn next(&mut self) -> io::Result<Item<'_>> {
        let at = self.at;
        let block = self.fill(at, BLOCK)?;
        if block == &ZEROS[..block.len()] {
            return Ok(Item::End);
        }
        let len = match frame::stated_len(block.get(..HEADER_BYTES).unwrap_or(&[])) {
            Ok(len) => len,
            Err(why) => return Ok(Item::Bad(why)),
        };
        if let Err(why) = frame::check(self.fill(at, len)?) {
            return Ok(Item::Bad(why));
        }
        self.at += len as u64;
        Ok(Item::Frame(frame::parts(self.held(at, len))))
    }

    /// Looks at everything from `from` on.
    pub(super) fn rest(&mut self, from: u64) -> io::Result<Rest> {
        let mut rest = Rest::default();
        let mut at = from;
        while at < self.len {
            let block = self.fill(at, BLOCK)?;
            if block != &ZEROS[..block.len()] {
                rest.until = Some(at + block.len() as u64);
                if rest.frame.is_none()
                    && let Ok(len) = frame::stated_len(block)
                    && matches!(
                        frame::check(self.fill(at, len)?),
                        Ok(_) | Err(NotAFrame::Version(_))
                    )
                {
                    rest.frame = Some(at);
                }
            }
            at += BLOCK as u64;
        }
        Ok(rest)
    }

    /// `len` bytes from `at` on, fewer at the file's end.
    fn fill(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        let wanted = (at + len as u64).min(self.len);
        if at < self.start || wanted > self.start + self.filled as u64 {
            self.start = at;
            let room = self.buffer.len();
            self.filled = self.file.read_at(&mut self.buffer[..room], at)?;
            self.read += self.filled as u64;
        }
        Ok(self.held(at, len))
    }

    fn held(&self, at: u64, len: usize) -> &[u8] {
        let from = ((at - self.start) as usize).min(self.filled);
        let to = (from + len).min(self.filled);
        &self.buffer[from..to]
    }
}
