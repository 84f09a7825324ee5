//! A shard's line to the [`Keeper`](super::Keeper), and the journal that uses
//! it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Failure;
use super::record::Record;
use super::segment::PreparedSegment;
use super::writer::{FrameWrite, Retired, Writer};
use super::{Sequence, keeper::Task};

/// Asks the keeper for segments and tells it which are full, without waiting.
pub struct SegmentSource {
    pub(super) shard: usize,
    tasks: Sender<Task>,
    desk: Arc<Desk>,
    /// Of the segments to come.
    pub(super) epoch: u64,
    /// What was asked for last.
    asked: u64,
}

/// Where the keeper puts what a shard has asked for.
#[derive(Default)]
pub(super) struct Desk {
    ready: AtomicBool,
    segment: Mutex<Option<Result<PreparedSegment, Failure>>>,
    low: AtomicBool,
}

impl Desk {
    pub(super) fn put(&self, segment: Result<PreparedSegment, Failure>) {
        *self.segment.lock().unwrap_or_else(PoisonError::into_inner) = Some(segment);
        self.ready.store(true, Ordering::Release);
    }

    pub(super) fn set_low(&self, low: bool) {
        self.low.store(low, Ordering::Relaxed);
    }

    /// Whether what was asked for is there, or is known not to come soon.
    fn has_answered(&self) -> bool {
        self.ready.load(Ordering::Relaxed) || self.low.load(Ordering::Relaxed)
    }

    fn take(&self) -> Option<Result<PreparedSegment, Failure>> {
        if !self.ready.swap(false, Ordering::Acquire) {
            return None;
        }
        let mut segment = self.segment.lock().unwrap_or_else(PoisonError::into_inner);
        segment.take()
    }
}

impl SegmentSource {
    pub(super) fn new(shard: usize, tasks: Sender<Task>, desk: Arc<Desk>) -> Self {
        Self {
            shard,
            tasks,
            desk,
            epoch: 0,
            asked: 0,
        }
    }

    pub(super) fn send(&self, task: Task) {
        // A keeper that has gone was stopped, and so are we.
        let _ = self.tasks.send(task);
    }

    /// Asks for a segment, once.
    fn request(&mut self, index: u64) {
        if self.asked < index {
            self.asked = index;
            self.send(Task::Prepare {
                shard: self.shard,
                index,
                epoch: self.epoch,
            });
        }
    }

    fn retire(&self, retired: Retired) {
        self.send(Task::Retired {
            shard: self.shard,
            retired,
        });
    }
}

/// The journal of one shard while it serves: a [`Writer`] that gets its
/// segments from the [`Keeper`](super::Keeper).
///
/// The shard appends what it decides, and its loop writes one frame at a time:
///
/// 1. [`Journal::start`] gives the next frame, if there is one to write;
/// 2. the loop writes it whole, to stable storage;
/// 3. [`Journal::finished`] says so; replies that waited for frames up to
///    [`Journal::durable`] may leave.
///
/// After a failed or short write, and after a failed sync, nothing may be
/// answered and nothing tried again: stop the process.
pub struct Journal {
    writer: Writer,
    source: SegmentSource,
}

impl Journal {
    pub(super) fn new(writer: Writer, source: SegmentSource) -> Self {
        let mut journal = Self { writer, source };
        journal.source.request(journal.writer.next_index());
        journal
    }

    /// Adds a decided change. See [`Writer::append`].
    ///
    /// # Panics
    /// If its name is longer than [`super::MAX_NAME_BYTES`], or the change than
    /// [`crate::limits::MAX_CHANGE_BYTES`].
    pub fn append(&mut self, record: Record<'_>) {
        self.writer.append(record);
    }

    /// The frame that holds the newest change. See [`Writer::newest`].
    pub fn newest(&self) -> Sequence {
        self.writer.newest()
    }

    /// Every frame up to this one is on stable storage.
    pub fn durable(&self) -> Sequence {
        self.writer.durable()
    }

    /// The next frame to write; see [`Writer::start`]. `None` also when the
    /// frame waits for a segment ([`Journal::needs_segment`]): the keeper wakes
    /// the shard when there is one.
    ///
    /// # Errors
    /// [`Failure`] of the keeper: stop the process.
    pub fn start(&mut self, now_micros: u64) -> Result<Option<FrameWrite<'_>>, Failure> {
        if self.writer.wants_segment()
            && let Some(segment) = self.source.desk.take()
        {
            self.writer.take_segment(segment?);
        }
        if self.writer.start(now_micros).is_none() {
            return Ok(None);
        }
        if let Some(retired) = self.writer.take_retired() {
            self.source.retire(retired);
            self.source.request(self.writer.next_index());
        }
        Ok(self.writer.under_way())
    }

    /// The frame that was started and is not yet finished.
    pub fn under_way(&self) -> Option<FrameWrite<'_>> {
        self.writer.under_way()
    }

    /// The frame under way is on stable storage: written whole, and synced.
    pub fn finished(&mut self) {
        self.writer.finished();
    }

    /// Whether a frame waits for a segment.
    pub fn needs_segment(&self) -> bool {
        self.writer.needs_segment()
    }

    /// Bytes of changes that are not on stable storage yet.
    pub fn pending_bytes(&self) -> usize {
        self.writer.pending_bytes()
    }

    /// Bytes that can still be written, at least, before another segment is
    /// needed, after everything that waits. A frame takes whole blocks of
    /// [`super::BLOCK`] bytes.
    pub fn room(&self) -> u64 {
        self.writer.room()
    }

    /// Whether it is not known yet if there is a segment to come after this one.
    pub fn is_uncertain(&self) -> bool {
        self.writer.wants_segment() && !self.source.desk.has_answered()
    }

    /// Whether the disk is so full that the next segment cannot be made. It is
    /// tried again every second.
    pub fn disk_is_low(&self) -> bool {
        self.source.desk.low.load(Ordering::Relaxed)
    }

    /// Adds the closing frame. See [`Writer::close`].
    pub fn close(&mut self) {
        self.writer.close();
    }
}
