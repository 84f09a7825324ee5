//! The gate of a durable shard: a reply leaves when all that it observed is on
//! stable storage.
//!
//! Every change goes into the frame being filled. Whatever is answered from
//! then on has seen the change, reads and failures too, so it waits for that
//! frame. Replies to the shard's own clients wait with their connection (see
//! [`crate::net`]); answers to other shards wait here.

use std::collections::VecDeque;

use crate::inventory::Change;
use crate::journal::{Journal, Record, Sequence};
use crate::limits::{JOURNAL_PENDING_BYTES, MAX_CHANGE_BYTES};
use crate::mesh::Batch;
use crate::route::ShardId;

/// What a durable shard has beside its seats.
pub struct Gate {
    journal: Journal,
    /// Whether replies wait at all.
    waits: bool,
    /// Bytes of the journal that are kept for the sale of held seats when the
    /// disk is full.
    reserve: u64,
    /// Answered batches of other shards that wait to go home, oldest first.
    held: VecDeque<(Sequence, ShardId, Batch)>,
    /// Where changes become bytes.
    bytes: Box<[u8]>,
}

impl Gate {
    /// A gate before `journal`. `waits`: replies wait for the disk. `reserve`:
    /// bytes of the journal that are kept for the sale of held seats, once the
    /// disk has no room for more.
    pub fn new(journal: Journal, waits: bool, reserve: u64) -> Self {
        Self {
            journal,
            waits,
            reserve,
            held: VecDeque::new(),
            bytes: vec![0; MAX_CHANGE_BYTES].into(),
        }
    }

    /// Puts a decided change on its way to the disk.
    pub(super) fn record(&mut self, record: Record<'_>) {
        self.journal.append(record);
    }

    /// Puts a decided change of the stock on its way to the disk.
    pub(super) fn record_change(&mut self, change: &Change) {
        let body = change.encode(&mut self.bytes);
        // A server that goes on without it would promise what it cannot keep.
        let body = body.expect("the stock makes no change that is longer");
        self.journal.append(Record::Change {
            locator: change.locator(),
            body,
        });
    }

    /// The frame that a reply must wait for which is made now.
    pub(super) fn observed(&self) -> Sequence {
        if self.waits { self.journal.newest() } else { 0 }
    }

    /// Whether a reply that has observed `frame` may leave.
    pub(super) fn is_durable(&self, frame: Sequence) -> bool {
        frame <= self.journal.durable()
    }

    /// Whether so much waits for the disk that no more may be changed.
    pub(super) fn is_full(&self) -> bool {
        self.journal.pending_bytes() >= JOURNAL_PENDING_BYTES
    }

    /// Whether the disk is too full for another segment.
    pub(super) fn disk_is_low(&self) -> bool {
        self.journal.disk_is_low()
    }

    /// Whether the disk is so full that what is left is kept for seats that
    /// are held already.
    pub(super) fn is_reserved(&self) -> bool {
        self.journal.disk_is_low() && self.journal.room() < self.reserve
    }

    /// Keeps an answered batch of another shard until it may go home.
    pub(super) fn hold(&mut self, from: ShardId, batch: Batch) {
        self.held.push_back((self.observed(), from, batch));
    }

    /// The next held batch that may go home.
    pub fn release(&mut self) -> Option<(ShardId, Batch)> {
        let (frame, ..) = self.held.front()?;
        if !self.is_durable(*frame) {
            return None;
        }
        self.held.pop_front().map(|(_, to, batch)| (to, batch))
    }

    /// The journal, whose frames the network loop carries to disk.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }
}
