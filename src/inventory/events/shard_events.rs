//! All events of one shard.

use std::collections::{BTreeMap, HashMap};

use ahash::RandomState;

use crate::inventory::{Id, Illegal, Micros, Page};

use super::answer::{EventAnswer, EventTotals};
use super::bounds::EventBounds;
use super::change::EventChange;
use super::creation::Opening;
use super::ends::Ended;
use super::event::{Event, Shared, Turn, illegal};
use super::kept::revive;
use super::operation::{EventKind, EventOperation, EventRefusal, NewEvent};
use super::timetable::Timetable;

/// Checkouts and events that one call of [`Events::expire`] looks after.
const EXPIRED_AT_ONCE: usize = 256;

/// The events of one shard.
#[derive(Debug)]
pub struct Events {
    pub(super) shared: Shared,
    pub(super) all: Vec<Event>,
    pub(super) index: BTreeMap<Id, u32>,
    /// The event that is being told, part by part. A decision tells all parts
    /// of one in one go, so what another change follows is void.
    opening: Option<(Id, Opening)>,
    totals: EventTotals,
    agenda: Timetable,
    /// The latest time that was told; never goes back.
    pub(super) now: Micros,
    /// Changes were replayed since anything was decided.
    restored: bool,
}

impl Events {
    /// No events. `hash_seed` keys the hash tables, and shows in no answer.
    pub fn new(bounds: EventBounds, hash_seed: u64) -> Self {
        let hasher = RandomState::with_seeds(
            hash_seed,
            0x9e37_79b9_7f4a_7c15,
            hash_seed.rotate_left(32),
            0xd1b5_4a32_d192_ed03,
        );
        Self {
            shared: Shared {
                bounds,
                references: HashMap::with_hasher(hasher.clone()),
                hasher,
                seats: 0,
                checkouts: 0,
                payments: 0,
                ended: Ended::default(),
            },
            all: Vec::new(),
            index: BTreeMap::new(),
            opening: None,
            totals: EventTotals::default(),
            agenda: Timetable::default(),
            now: 0,
            restored: false,
        }
    }

    /// Decides an operation at a time, in microseconds since 1970. Every change
    /// is given to `record`, in order, before this returns; also those that
    /// time has brought about.
    pub fn operate(
        &mut self,
        now: Micros,
        operation: EventOperation,
        record: &mut dyn FnMut(EventChange),
    ) -> EventAnswer {
        self.wake(now);
        let answer = match operation {
            EventOperation::Create(new) => self.create(*new, record),
            EventOperation::List(page) => {
                let view = |event: &mut Event, _| event.view();
                Ok(EventAnswer::Events(self.page(page, view, record)))
            }
            EventOperation::Figures(page) => {
                let figures = |event: &mut Event, now| event.figures(now);
                Ok(EventAnswer::Figures(self.page(page, figures, record)))
            }
            EventOperation::ListOwed(most) => Ok(self.list_owed(most)),
            EventOperation::ListUnsettled { since, page } => {
                Ok(self.list_unsettled(since, page.after, page.limit))
            }
            EventOperation::ListEnds { after, most } => {
                Ok(self.go_on_with_ends(after, most, record))
            }
            EventOperation::FindBooking(reference) => {
                let missing = EventRefusal::NotFound(EventKind::Booking);
                let found = self.shared.references.get(&reference).copied();
                let event = found.and_then(|(event, _)| self.index.get(&event).copied());
                let event = event.and_then(|event| self.all.get(event as usize));
                let booking = event.zip(found).and_then(|(it, (_, n))| it.view_booking(n));
                booking.map(EventAnswer::Booking).ok_or(missing)
            }
            of_event => self.of_event(of_event, record),
        };
        answer.unwrap_or_else(EventAnswer::Refused)
    }

    /// Does some of what time has brought about, and says whether more is due
    /// at once.
    pub fn expire(&mut self, now: Micros, record: &mut dyn FnMut(EventChange)) -> bool {
        self.wake(now);
        let mut left = EXPIRED_AT_ONCE;
        while left > 0 {
            let Some(index) = self.agenda.pop(self.now) else {
                break;
            };
            let done = self.turn(index, record, |event, turn| event.settle(left, turn));
            left = left.saturating_sub(done.max(1));
        }
        self.agenda.next().is_some_and(|next| next <= self.now)
    }

    /// When [`Self::expire`] should be called next; `None`: not before
    /// something else happens.
    pub fn next_deadline(&self) -> Option<Micros> {
        self.agenda.soonest()
    }

    /// Makes a change that was recorded, in this life or an earlier one.
    ///
    /// # Errors
    /// [`Illegal`] if it does not follow from the changes before. The state is
    /// then of no use.
    pub fn replay(&mut self, change: &EventChange) -> Result<(), Illegal> {
        self.restored = true;
        let id = change.event();
        match change {
            EventChange::Drafted(_) => {
                if self.index.contains_key(&id) {
                    return illegal(format!("event {id} is there already"));
                }
                let mut opening = Opening::default();
                opening.read(change);
                self.opening = Some((id, opening));
                Ok(())
            }
            EventChange::Planned { .. } => {
                let opening = self.opening.as_mut().filter(|(begun, _)| *begun == id);
                if opening.is_some_and(|(_, opening)| opening.read(change)) {
                    Ok(())
                } else {
                    illegal(format!("the plan of event {id} does not go on so"))
                }
            }
            EventChange::Created { .. } | EventChange::Kept { .. } => self.open(id, change),
            _ => {
                let Some(index) = self.index.get(&id).copied() else {
                    return illegal(format!("there is no event {id}"));
                };
                self.opening = None;
                let event = &mut self.all[index as usize];
                let before = event.totals();
                event.apply(change, &mut self.shared)?;
                self.totals = self.totals.plus(event.totals()).minus(before);
                self.plan(index);
                Ok(())
            }
        }
    }

    /// Tells the changes that make this state again in an empty shard.
    pub fn snapshot(&self, out: &mut dyn FnMut(EventChange)) {
        for event in &self.all {
            event.snapshot(out);
        }
        self.snapshot_ends(out);
        // Its other parts may stand in what comes behind the snapshot.
        if let Some((id, opening)) = &self.opening {
            opening.snapshot(*id, out);
        }
    }

    /// What there is.
    pub fn totals(&self) -> EventTotals {
        self.totals
    }

    pub(super) fn all(&self) -> &[Event] {
        &self.all
    }

    /// The event of this id.
    pub(super) fn find(&self, id: Id) -> Option<&Event> {
        let index = self.index.get(&id)?;
        self.all.get(*index as usize)
    }

    fn of_event(
        &mut self,
        operation: EventOperation,
        record: &mut dyn FnMut(EventChange),
    ) -> Result<EventAnswer, EventRefusal> {
        let Some(index) = operation.event().and_then(|id| self.index.get(&id)) else {
            return Err(EventRefusal::NotFound(EventKind::Event));
        };
        self.turn(*index, record, |event, turn| {
            event.settle(usize::MAX, turn);
            event.operate(operation, turn)
        })
    }

    fn create(
        &mut self,
        new: NewEvent,
        record: &mut dyn FnMut(EventChange),
    ) -> Result<EventAnswer, EventRefusal> {
        new.check(&self.shared.bounds)?;
        let id = new.id;
        let changes = new.changes(self.now);
        let (parts, last) = changes.split_at(changes.len() - 1);
        let mut opening = Opening::default();
        let is_whole = parts.iter().all(|part| opening.read(part));
        let event = is_whole
            .then(|| opening.end(&last[0]).ok())
            .flatten()
            .map(|(listing, knobs, seed)| Event::new(listing, seed, knobs, &self.shared));
        let Some(event) = event else {
            debug_assert!(false, "an event that was checked can be made");
            return Err(EventRefusal::Full(EventKind::Seat));
        };
        if let Some(index) = self.index.get(&id).copied() {
            let known = &self.all[index as usize];
            return if known.listing == event.listing {
                Ok(EventAnswer::Event(known.view()))
            } else {
                Err(EventRefusal::IdTaken)
            };
        }
        if self.all.len() >= self.shared.bounds.events {
            return Err(EventRefusal::Full(EventKind::Event));
        }
        let seats = event.listing.plan.seats();
        if self.shared.seats.saturating_add(seats) > self.shared.bounds.seats {
            return Err(EventRefusal::Full(EventKind::Seat));
        }
        changes.into_iter().for_each(record);
        let index = self.enter(event);
        Ok(EventAnswer::Event(self.all[index as usize].view()))
    }

    /// Brings an event to life that was told in parts.
    fn open(&mut self, id: Id, last: &EventChange) -> Result<(), Illegal> {
        let begun = self.opening.take().filter(|(begun, _)| *begun == id);
        let Some((_, opening)) = begun else {
            return illegal(format!("event {id} was not begun"));
        };
        let (listing, knobs, seed) = opening.end(last)?;
        let mut event = Event::new(listing, seed, knobs, &self.shared);
        revive(&mut event, last);
        self.enter(event);
        Ok(())
    }

    fn enter(&mut self, event: Event) -> u32 {
        let index = self.all.len() as u32;
        self.index.insert(event.listing.id, index);
        self.shared.seats += event.listing.plan.seats();
        self.totals = self.totals.plus(event.totals());
        self.all.push(event);
        self.plan(index);
        index
    }

    /// Has an event do something, and plans when to look after it again.
    pub(super) fn turn<T>(
        &mut self,
        index: u32,
        record: &mut dyn FnMut(EventChange),
        act: impl FnOnce(&mut Event, &mut Turn<'_>) -> T,
    ) -> T {
        let mut turn = Turn {
            now: self.now,
            shared: &mut self.shared,
            record,
        };
        let event = &mut self.all[index as usize];
        let before = event.totals();
        let done = act(event, &mut turn);
        self.totals = self.totals.plus(event.totals()).minus(before);
        self.plan(index);
        done
    }

    fn plan(&mut self, index: u32) {
        if let Some(at) = self.all[index as usize].next_deadline() {
            self.agenda.plan(index, at);
        }
    }

    fn page<T>(
        &mut self,
        page: Page,
        read: impl Fn(&mut Event, Micros) -> T,
        record: &mut dyn FnMut(EventChange),
    ) -> Vec<T> {
        use std::ops::Bound::{Excluded, Unbounded};
        let after = page.after.map_or(Unbounded, Excluded);
        let events = self.index.range((after, Unbounded)).take(page.limit);
        let events: Vec<u32> = events.map(|(_, index)| *index).collect();
        let now = self.now;
        let mut all = Vec::with_capacity(events.len());
        for index in events {
            all.push(self.turn(index, record, |event, turn| {
                event.settle(usize::MAX, turn);
                read(event, now)
            }));
        }
        all
    }

    fn list_owed(&self, most: usize) -> EventAnswer {
        let owed = self.all.iter().flat_map(|event| {
            let owed = event.payments.owed();
            let payments = owed.filter_map(|id| event.payments.get(id));
            payments.map(|payment| event.view_payment(payment))
        });
        EventAnswer::Owed(owed.take(most).collect())
    }

    /// Time goes on; after a restart everybody in a line was seen just now.
    fn wake(&mut self, now: Micros) {
        // Not before what a reader of the ends has seen in an earlier life.
        self.now = self.now.max(now).max(self.shared.ended.last);
        if std::mem::take(&mut self.restored) {
            self.opening = None;
            for event in &mut self.all {
                event.restart(self.now);
            }
        }
    }
}
