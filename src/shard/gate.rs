//! The gate of a durable shard: a reply leaves when all that it observed is on
//! stable storage.
//!
//! Every change goes into the frame being filled. Whatever is answered from
//! then on has seen the change, reads and failures too, so it waits for that
//! frame. Replies to the shard's own clients wait with their connection (see
//! [`crate::net`]); answers to other shards wait here.

use std::cell::Cell;
use std::collections::VecDeque;

use crate::inventory::Change;
use crate::journal::{Journal, Record, Sequence};
use crate::limits::{JOURNAL_PENDING_BYTES, MAX_CHANGE_BYTES};
use crate::mesh::{Answers, Batch};
use crate::route::ShardId;

/// What must not leave before all that it has observed is durable.
pub enum Held {
    /// An answered batch of another shard.
    Seats(ShardId, Batch),
    /// The answers to another shard's operations.
    Answers(ShardId, Answers),
    /// What tells somebody outside of the shards.
    Outside(Box<dyn FnOnce()>),
}

/// What a durable shard has beside its seats.
pub struct Gate {
    journal: Journal,
    /// Whether replies wait at all.
    waits: bool,
    /// Bytes of the journal that are kept for the sale of held seats when the
    /// disk is full.
    reserve: u64,
    /// Somebody was told to wait until it is known whether the disk has room.
    uncertain: Cell<bool>,
    /// What waits to leave, oldest first.
    held: VecDeque<(Sequence, Held)>,
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
            uncertain: Cell::new(false),
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

    /// Whether so much waits for the disk that no more may be changed, or so
    /// little of the last segment is left that it must be known first whether
    /// there is another.
    pub(super) fn is_full(&self) -> bool {
        if self.journal.pending_bytes() >= JOURNAL_PENDING_BYTES {
            return true;
        }
        let uncertain = self.is_uncertain();
        if uncertain {
            self.uncertain.set(true);
        }
        uncertain
    }

    fn is_uncertain(&self) -> bool {
        self.journal.is_uncertain() && self.journal.room() < self.reserve
    }

    /// Whether it is known by now what somebody was told to wait for; once.
    pub(super) fn is_certain_again(&self) -> bool {
        self.uncertain.get() && !self.is_uncertain() && self.uncertain.replace(false)
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

    /// Keeps something until it may leave.
    pub(super) fn hold(&mut self, held: Held) {
        self.held.push_back((self.observed(), held));
    }

    /// How much is kept.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Bytes of changes that wait for the disk.
    pub(super) fn pending_bytes(&self) -> usize {
        self.journal.pending_bytes()
    }

    /// The next thing that may leave.
    pub fn release(&mut self) -> Option<Held> {
        let (frame, _) = self.held.front()?;
        if !self.is_durable(*frame) {
            return None;
        }
        self.held.pop_front().map(|(_, held)| held)
    }

    /// The journal, whose frames the network loop carries to disk.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }
}
