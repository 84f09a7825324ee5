//! Gathers changes into frames and hands out one at a time: no I/O, no clock.

use std::collections::VecDeque;

use super::Sequence;
use super::buffer::AlignedBuffer;
use super::disk::File;
use super::frame::{self, BLOCK, FrameHeader, HEADER_BYTES};
use super::record::{MAX_RECORD_BYTES, Record};
use super::segment::PreparedSegment;
use crate::limits::{KEPT_FRAME_BUFFERS, MAX_FRAME_BYTES, MIN_SEGMENT_BYTES};

/// Where a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// Of the last frame.
    pub(super) sequence: Sequence,
    /// That frame's checksum.
    pub(super) chain: u32,
    /// Of the frames to come.
    pub(super) epoch: u64,
}

/// The end of one shard's stream of frames.
///
/// Changes are appended to the frame that is being filled. [`Writer::start`]
/// takes it out to be written, unless one is under way: then more changes
/// gather meanwhile, and the next frame is the larger. So a slow disk makes
/// large frames, and a quick one small ones, without any timer.
pub struct Writer {
    segment: PreparedSegment,
    /// Where the next frame goes.
    offset: u64,
    next: Option<PreparedSegment>,
    /// Left full, not yet asked for.
    retired: Option<Retired>,
    filling: Filling,
    /// Full frames that wait.
    waiting: VecDeque<Filling>,
    under_way: Option<UnderWay>,
    spare: Vec<AlignedBuffer>,
    frame_bytes: usize,
    pending_bytes: usize,
    /// Of the last frame that was started.
    at: Position,
    durable: Sequence,
}

/// A frame on its way to the disk.
#[derive(Clone, Copy)]
pub struct FrameWrite<'a> {
    /// The segment to write to.
    pub file: &'a dyn File,
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What to write: whole blocks, aligned, and they do not move before
    /// [`Writer::finished`].
    pub bytes: &'a [u8],
    /// The frame's number.
    pub sequence: Sequence,
}

/// A segment that will not be written to again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retired {
    pub(super) index: u64,
    /// Up to the end of the last frame.
    pub(super) bytes: u64,
}

struct Filling {
    buffer: AlignedBuffer,
    used: usize,
    records: u32,
    last: bool,
}

struct UnderWay {
    buffer: AlignedBuffer,
    offset: u64,
    len: usize,
    used: usize,
}

impl Writer {
    /// Goes on at `at` with a fresh segment.
    pub(super) fn new(at: Position, segment: PreparedSegment) -> Self {
        let room = (segment.bytes - BLOCK as u64).min(MAX_FRAME_BYTES as u64);
        let frame_bytes = room as usize / BLOCK * BLOCK;
        Self {
            segment,
            offset: BLOCK as u64,
            next: None,
            retired: None,
            filling: Filling::new(AlignedBuffer::new(frame_bytes)),
            waiting: VecDeque::new(),
            under_way: None,
            spare: Vec::new(),
            frame_bytes,
            pending_bytes: 0,
            at,
            durable: at.sequence,
        }
    }

    /// Adds a decided change.
    ///
    /// # Panics
    /// If its name is longer than [`super::MAX_NAME_BYTES`], or the change than
    /// [`crate::limits::MAX_CHANGE_BYTES`].
    pub fn append(&mut self, record: Record<'_>) {
        let len = record.encoded_len();
        if self.filling.used + len > self.frame_bytes {
            self.seal();
        }
        let filling = &mut self.filling;
        record.encode(&mut filling.buffer[filling.used..]);
        filling.used += len;
        filling.records += 1;
        self.pending_bytes += len;
    }

    /// The frame that holds the newest change. A reply that shows the state as
    /// it is now must wait until this frame is [`Writer::durable`].
    pub fn newest(&self) -> Sequence {
        let filling = u64::from(!self.filling.is_empty());
        self.at.sequence + self.waiting.len() as u64 + filling
    }

    /// Every frame up to this one is on stable storage.
    pub fn durable(&self) -> Sequence {
        self.durable
    }

    /// The next frame to write, unless one is under way, nothing waits, or
    /// there is no segment to write it to ([`Writer::needs_segment`]).
    ///
    /// `now_micros`: microseconds since the Unix epoch, for the header.
    pub fn start(&mut self, now_micros: u64) -> Option<FrameWrite<'_>> {
        if self.under_way.is_some() {
            return None;
        }
        let len = self.next_len()?;
        if self.offset + len as u64 > self.segment.bytes {
            self.rotate()?;
        }
        let frame = match self.waiting.pop_front() {
            Some(full) => full,
            None => self.take_filling(),
        };
        let Filling {
            mut buffer,
            used,
            records,
            last,
        } = frame;
        self.at.sequence += 1;
        let header = FrameHeader {
            previous: self.at.chain,
            records,
            last,
            epoch: self.at.epoch,
            sequence: self.at.sequence,
            time_micros: now_micros,
            ..FrameHeader::default()
        };
        self.at.chain = frame::seal(&mut buffer, used, &header);
        self.under_way = Some(UnderWay {
            buffer,
            offset: self.offset,
            len,
            used,
        });
        self.offset += len as u64;
        self.under_way()
    }

    /// The frame that was started and is not yet finished.
    pub fn under_way(&self) -> Option<FrameWrite<'_>> {
        self.under_way.as_ref().map(|frame| FrameWrite {
            file: &*self.segment.file,
            offset: frame.offset,
            bytes: &frame.buffer[..frame.len],
            sequence: self.at.sequence,
        })
    }

    /// The frame under way is on stable storage: written whole, and synced.
    pub fn finished(&mut self) {
        if let Some(frame) = self.under_way.take() {
            self.durable = self.at.sequence;
            self.pending_bytes -= frame.used - HEADER_BYTES;
            if self.spare.len() < KEPT_FRAME_BUFFERS {
                self.spare.push(frame.buffer);
            }
        }
    }

    /// Bytes of changes that are not on stable storage yet.
    pub fn pending_bytes(&self) -> usize {
        self.pending_bytes
    }

    /// Bytes that can still be written before another segment is needed, at
    /// least, after everything that waits.
    pub fn room(&self) -> u64 {
        let waiting: usize = self.waiting.iter().map(Filling::len).sum();
        let waiting = (waiting + self.filling.len()) as u64;
        let rest = self.segment.bytes - self.offset;
        let next = self
            .next
            .as_ref()
            .map_or(0, |next| next.bytes - BLOCK as u64);
        if waiting <= rest {
            rest - waiting + next
        } else {
            // What the end of this segment is too small for goes to the next.
            next.saturating_sub(waiting)
        }
    }

    /// Whether a frame waits for a segment.
    pub fn needs_segment(&self) -> bool {
        self.under_way.is_none()
            && self.next.is_none()
            && self
                .next_len()
                .is_some_and(|len| self.offset + len as u64 > self.segment.bytes)
    }

    /// Whether no segment lies ready for when this one is full.
    pub(super) fn wants_segment(&self) -> bool {
        self.next.is_none()
    }

    /// The segment to ask for.
    pub(super) fn next_index(&self) -> u64 {
        self.segment.index + 1
    }

    /// Takes the segment to use when this one is full.
    pub(super) fn take_segment(&mut self, segment: PreparedSegment) {
        self.next = Some(segment);
    }

    /// The segment that became full, once.
    pub(super) fn take_retired(&mut self) -> Option<Retired> {
        self.retired.take()
    }

    /// Adds the closing frame: nothing may be appended any more. The journal
    /// is closed when [`Writer::durable`] has reached [`Writer::newest`].
    pub fn close(&mut self) {
        if !self.filling.is_empty() {
            self.seal();
        }
        self.filling.last = true;
    }

    /// The length on disk of the frame that is next.
    fn next_len(&self) -> Option<usize> {
        let first = self.waiting.front().unwrap_or(&self.filling);
        (!first.is_empty()).then(|| first.len())
    }

    fn seal(&mut self) {
        let full = self.take_filling();
        self.waiting.push_back(full);
    }

    fn take_filling(&mut self) -> Filling {
        let spare = self.spare.pop();
        let buffer = spare.unwrap_or_else(|| AlignedBuffer::new(self.frame_bytes));
        std::mem::replace(&mut self.filling, Filling::new(buffer))
    }

    fn rotate(&mut self) -> Option<()> {
        let next = self.next.take()?;
        self.retired = Some(Retired {
            index: self.segment.index,
            bytes: self.offset,
        });
        self.segment = next;
        self.offset = BLOCK as u64;
        Some(())
    }
}

impl Filling {
    fn new(buffer: AlignedBuffer) -> Self {
        Self {
            buffer,
            used: HEADER_BYTES,
            records: 0,
            last: false,
        }
    }

    fn is_empty(&self) -> bool {
        self.records == 0 && !self.last
    }

    /// On disk.
    fn len(&self) -> usize {
        if self.is_empty() {
            0
        } else {
            frame::padded(self.used)
        }
    }
}

// The smallest segment has room for its header and any record.
const _: () = assert!(2 * BLOCK as u64 <= MIN_SEGMENT_BYTES);
const _: () = assert!((BLOCK + HEADER_BYTES + MAX_RECORD_BYTES) as u64 <= MIN_SEGMENT_BYTES);

#[cfg(test)]
mod tests;
