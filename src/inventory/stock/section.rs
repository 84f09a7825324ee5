//! One section: its tickets, and which places have one.

use ahash::RandomState;
use hashbrown::HashTable;

use super::ordered::{Ordered, Row};
use crate::inventory::id::Id;
use crate::inventory::operation::{Micros, Ticket, TicketState};

/// A section. All its tickets have one locator.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: Box<str>,
    pub(super) rows: Ordered<TicketRow>,
    /// Row and seat of each ticket.
    places: HashTable<(u32, u32)>,
    /// By state.
    counts: [u32; 3],
}

/// A ticket in 48 bytes.
#[derive(Debug)]
pub(super) struct TicketRow {
    id: Id,
    /// Nil when it is free.
    member: Id,
    /// The state in the lowest bits; above them, when the hold ends, or 0.
    state: u64,
    row: u32,
    seat: u32,
}

const _: () = assert!(size_of::<TicketRow>() == 48);

const STATE_BITS: u32 = 2;
const STATE_MASK: u64 = (1 << STATE_BITS) - 1;

/// The last moment at which a hold may end by itself.
pub(super) const LAST_END: Micros = (1 << (64 - STATE_BITS)) - 1;

impl Row for TicketRow {
    fn id(&self) -> Id {
        self.id
    }
}

impl TicketRow {
    /// A free ticket.
    pub(super) fn new(id: Id, row: u32, seat: u32) -> Self {
        Self {
            id,
            member: Id::nil(),
            state: TicketState::Free as u64,
            row,
            seat,
        }
    }

    pub(super) fn free(&mut self) {
        self.member = Id::nil();
        self.state = TicketState::Free as u64;
    }

    /// `until` is between 1 and [`LAST_END`].
    pub(super) fn hold(&mut self, member: Id, until: Option<Micros>) {
        self.member = member;
        self.state = until.unwrap_or(0) << STATE_BITS | TicketState::Held as u64;
    }

    pub(super) fn purchase(&mut self, member: Id) {
        self.member = member;
        self.state = TicketState::Purchased as u64;
    }

    pub(super) fn place(&self) -> (u32, u32) {
        (self.row, self.seat)
    }

    /// As it was set last.
    pub(super) fn state(&self) -> TicketState {
        match self.state & STATE_MASK {
            0 => TicketState::Free,
            1 => TicketState::Held,
            _ => TicketState::Purchased,
        }
    }

    /// As it is at `now`.
    pub(super) fn state_at(&self, now: Micros) -> TicketState {
        match self.until() {
            Some(until) if until <= now => TicketState::Free,
            _ => self.state(),
        }
    }

    pub(super) fn member(&self) -> Option<Id> {
        (self.state() != TicketState::Free).then_some(self.member)
    }

    pub(super) fn until(&self) -> Option<Micros> {
        let until = self.state >> STATE_BITS;
        (until > 0).then_some(until)
    }
}

impl Section {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            rows: Ordered::default(),
            places: HashTable::new(),
            counts: [0; 3],
        }
    }

    pub(super) fn has(&self, place: (u32, u32), hasher: &RandomState) -> bool {
        let hash = hasher.hash_one(place);
        self.places.find(hash, |other| *other == place).is_some()
    }

    /// Puts a ticket there whose id is new. Says whether its place was free.
    pub(super) fn insert(&mut self, ticket: TicketRow, hasher: &RandomState) -> bool {
        let place = ticket.place();
        if self.has(place, hasher) {
            return false;
        }
        let hash = hasher.hash_one(place);
        self.places
            .insert_unique(hash, place, |place| hasher.hash_one(place));
        self.counts[ticket.state() as usize] += 1;
        self.rows.insert(ticket)
    }

    pub(super) fn recount(&mut self, before: TicketState, after: TicketState) {
        self.counts[before as usize] -= 1;
        self.counts[after as usize] += 1;
    }

    /// Whether it can have a ticket in this state, ended holds being free.
    pub(super) fn may_have(&self, state: TicketState) -> bool {
        let count = |state| self.counts[state as usize];
        match state {
            TicketState::Free => count(TicketState::Free) + count(TicketState::Held) > 0,
            other => count(other) > 0,
        }
    }

    /// A ticket of this section, as it is at `now`.
    pub(super) fn show(&self, row: &TicketRow, now: Micros) -> Ticket {
        let state = row.state_at(now);
        let free = state == TicketState::Free;
        Ticket {
            id: row.id,
            section: self.name.as_ref().to_owned(),
            row: row.row,
            seat: row.seat,
            state,
            member: row.member().filter(|_| !free),
            until: row.until().filter(|_| !free),
        }
    }
}
