//! Tickets: each free, held by one member, or purchased by one.
//!
//! A hold that has ended counts as free from that moment on, whether it was
//! swept away already or not.

use std::collections::BTreeSet;

use ahash::RandomState;
use hashbrown::HashTable;

use super::ordered::{Row, Spot};
use super::section::{Section, TicketRow};
use crate::inventory::id::{Id, locator, nth, section_locator};
use crate::inventory::operation::{
    Kind, Micros, Places, Refusal, Step, Ticket, TicketFilter, TicketState,
};
use crate::limits::MAX_TICKETS_AT_ONCE;

/// The tickets of one shard. They are never deleted.
#[derive(Debug)]
pub(super) struct Tickets {
    pub(super) sections: Vec<Section>,
    /// The first and last ticket of each section.
    pub(super) spans: Vec<(Id, Id)>,
    /// Numbers of sections, by the hash of the locator that a section and its
    /// tickets share.
    by_locator: HashTable<u32>,
    /// Whose tickets are whose: member, ticket.
    pub(super) by_member: BTreeSet<(Id, Id)>,
    /// When which holds end by themselves.
    ends: BTreeSet<(Micros, Id)>,
    hasher: RandomState,
    /// By state.
    counts: [usize; 3],
}

/// Where a ticket is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    section: usize,
    spot: Spot,
}

/// Sections that may share a locator. Two of them do so seldom by chance; what
/// looks for one of many would take long.
const SHARE_A_LOCATOR: usize = 16;

impl Tickets {
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            sections: Vec::new(),
            spans: Vec::new(),
            by_locator: HashTable::new(),
            by_member: BTreeSet::new(),
            ends: BTreeSet::new(),
            hasher,
            counts: [0; 3],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.counts.iter().sum()
    }

    /// How many are in this state, holds that have ended and were not swept
    /// among the held ones.
    pub(super) fn count(&self, state: TicketState) -> usize {
        self.counts[state as usize]
    }

    /// Whether these tickets can be made: `Ok(false)` if they were, just so.
    pub(super) fn may_create(
        &self,
        first: Id,
        places: &Places,
        most: usize,
    ) -> Result<bool, Refusal> {
        let count = places.count();
        let section = self.section(&places.section);
        if locator(first) != section_locator(&places.section) || nth(first, 0) != first {
            return Err(Refusal::IdTaken);
        }
        if self.find(first).is_some() {
            let stands = |(number, place): (u64, (u32, u32))| {
                let row = section.and_then(|section| section.rows.get(nth(first, number)));
                row.is_some_and(|row| row.place() == place)
            };
            if (0..).zip(each(places)).all(stands) {
                return Ok(false);
            }
            return Err(Refusal::IdTaken);
        }
        let room = most.saturating_sub(self.len()) as u64;
        if count > room.min(MAX_TICKETS_AT_ONCE) {
            return Err(Refusal::Full(Kind::Ticket));
        }
        if let Some(section) = section {
            let taken = each(places).find(|&place| section.has(place, &self.hasher));
            if let Some((row, seat)) = taken {
                return Err(Refusal::Duplicate { row, seat });
            }
        } else if self.beside(first).count() >= SHARE_A_LOCATOR {
            return Err(Refusal::Full(Kind::Ticket));
        }
        if (0..count).any(|number| self.find(nth(first, number)).is_some()) {
            return Err(Refusal::IdTaken);
        }
        Ok(true)
    }

    /// Makes tickets that may be made.
    pub(super) fn create(&mut self, first: Id, places: &Places) {
        for (number, (row, seat)) in (0..).zip(each(places)) {
            let ticket = TicketRow::new(nth(first, number), row, seat);
            self.put(&places.section, ticket);
        }
    }

    /// Puts a ticket there. Says whether id and place were free and it belongs
    /// there.
    pub(super) fn put(&mut self, section: &str, ticket: TicketRow) -> bool {
        let id = ticket.id();
        if locator(id) != section_locator(section) || self.find(id).is_some() {
            return false;
        }
        let number = self.section_number(section);
        let number = number.unwrap_or_else(|| self.add_section(section, id));
        let (state, member, until) = (ticket.state(), ticket.member(), ticket.until());
        if !self.sections[number].insert(ticket, &self.hasher) {
            return false;
        }
        let span = &mut self.spans[number];
        *span = (span.0.min(id), span.1.max(id));
        self.counts[state as usize] += 1;
        self.index(id, member, until);
        true
    }

    /// Where a ticket is.
    pub(super) fn find(&self, id: Id) -> Option<Place> {
        let mut numbers = self.numbers_beside(id);
        numbers.find_map(|section| {
            let spot = self.sections[section].rows.find(id)?;
            Some(Place { section, spot })
        })
    }

    /// A ticket, as it is at `now`.
    pub(super) fn show(&self, place: Place, now: Micros) -> Ticket {
        let section = &self.sections[place.section];
        section.show(section.rows.at(place.spot), now)
    }

    /// Whether a member may do this with a ticket at `now`.
    pub(super) fn may(
        &self,
        now: Micros,
        place: Place,
        member: Id,
        step: Step,
    ) -> Result<(), Refusal> {
        let row = self.row(place);
        match (row.state_at(now), step) {
            (TicketState::Free, Step::Hold { .. }) => Ok(()),
            (TicketState::Free, Step::Free | Step::Purchase) => Err(Refusal::NotHeld),
            (TicketState::Held, Step::Hold { .. }) => Err(Refusal::Held),
            (TicketState::Held, Step::Free | Step::Purchase) if row.member() == Some(member) => {
                Ok(())
            }
            (TicketState::Held, Step::Free | Step::Purchase) => Err(Refusal::NotHolder),
            (TicketState::Purchased, _) => Err(Refusal::Purchased),
        }
    }

    /// Whose hold of a ticket has ended by `now`, unswept.
    pub(super) fn ended(&self, now: Micros, place: Place) -> Option<Id> {
        let row = self.row(place);
        let ended = row.state() == TicketState::Held && row.state_at(now) == TicketState::Free;
        row.member().filter(|_| ended)
    }

    /// How many tickets a member holds, and how many it has purchased.
    pub(super) fn count_of(&self, member: Id) -> (usize, usize) {
        let all = (member, Id::nil())..=(member, Id::max());
        let states = self
            .by_member
            .range(all)
            .filter_map(|(_, id)| self.seek(*id))
            .map(|(_, row)| row.state());
        states.fold((0, 0), |(held, purchased), state| match state {
            TicketState::Purchased => (held, purchased + 1),
            _ => (held + 1, purchased),
        })
    }

    /// The hold that ends first: when, and of which ticket.
    pub(super) fn next_end(&self) -> Option<(Micros, Id)> {
        self.ends.first().copied()
    }

    /// Frees a ticket.
    pub(super) fn free(&mut self, place: Place) {
        self.set(place, TicketRow::free);
    }

    /// Has a member hold a ticket.
    pub(super) fn hold(&mut self, place: Place, member: Id, until: Option<Micros>) {
        self.set(place, |row| row.hold(member, until));
    }

    /// Has a member own a ticket.
    pub(super) fn purchase(&mut self, place: Place, member: Id) {
        self.set(place, |row| row.purchase(member));
    }

    /// The tickets that `filter` names in some order, as they are at `now`;
    /// see [`super::listing`] for pages of them.
    pub(super) fn matches(
        &self,
        filter: &TicketFilter,
        number: usize,
        row: &TicketRow,
        now: Micros,
    ) -> Option<Ticket> {
        let section = &self.sections[number];
        let ticket = section.show(row, now);
        let fits = filter.state.is_none_or(|state| state == ticket.state)
            && filter.member.is_none_or(|id| ticket.member == Some(id))
            && filter
                .section
                .as_ref()
                .is_none_or(|it| *it == ticket.section);
        fits.then_some(ticket)
    }

    /// The number of the section and the row of a ticket.
    pub(super) fn seek(&self, id: Id) -> Option<(usize, &TicketRow)> {
        let place = self.find(id)?;
        Some((place.section, self.row(place)))
    }

    /// The number of the section with this name.
    pub(super) fn section_number(&self, name: &str) -> Option<usize> {
        let locator = section_locator(name);
        let hash = self.hasher.hash_one(locator);
        let is_it = |number: &u32| *self.sections[*number as usize].name == *name;
        self.by_locator
            .find(hash, is_it)
            .map(|&number| number as usize)
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.section_number(name)
            .map(|number| &self.sections[number])
    }

    fn row(&self, place: Place) -> &TicketRow {
        self.sections[place.section].rows.at(place.spot)
    }

    fn set(&mut self, place: Place, change: impl FnOnce(&mut TicketRow)) {
        let section = &mut self.sections[place.section];
        let row = section.rows.at_mut(place.spot);
        let id = row.id();
        let before = (row.state(), row.member(), row.until());
        change(row);
        let after = (row.state(), row.member(), row.until());
        section.recount(before.0, after.0);
        self.counts[before.0 as usize] -= 1;
        self.counts[after.0 as usize] += 1;
        if let Some(member) = before.1 {
            self.by_member.remove(&(member, id));
        }
        if let Some(until) = before.2 {
            self.ends.remove(&(until, id));
        }
        self.index(id, after.1, after.2);
    }

    fn index(&mut self, id: Id, member: Option<Id>, until: Option<Micros>) {
        if let Some(member) = member {
            self.by_member.insert((member, id));
        }
        if let Some(until) = until {
            self.ends.insert((until, id));
        }
    }

    fn add_section(&mut self, name: &str, first: Id) -> usize {
        let number = self.sections.len();
        self.sections.push(Section::new(name));
        self.spans.push((first, first));
        let Self { spans, hasher, .. } = self;
        let hash = |number: &u32| hasher.hash_one(locator(spans[*number as usize].0));
        let number_32 = number as u32;
        self.by_locator
            .insert_unique(hash(&number_32), number_32, hash);
        number
    }

    fn beside(&self, id: Id) -> impl Iterator<Item = &Section> {
        self.numbers_beside(id).map(|number| &self.sections[number])
    }

    /// The sections that have this id's locator.
    fn numbers_beside(&self, id: Id) -> impl Iterator<Item = usize> {
        let hash = self.hasher.hash_one(locator(id));
        let numbers = self.by_locator.iter_hash(hash);
        numbers
            .map(|&number| number as usize)
            .filter(move |&number| locator(self.spans[number].0) == locator(id))
    }
}

/// The places of a range, row by row.
fn each(places: &Places) -> impl Iterator<Item = (u32, u32)> {
    let seats = places.seats;
    (places.rows.0..=places.rows.1)
        .flat_map(move |row| (seats.0..=seats.1).map(move |seat| (row, seat)))
}
