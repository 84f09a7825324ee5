//! How checkouts have ended, in the order of time: for those who are told.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::inventory::{Id, Illegal, Micros};

use super::answer::{CheckoutEnd, CheckoutEnds, EndReason, EventAnswer, HowEnded};
use super::basket::Basket;
use super::booking::Booking;
use super::change::{EventChange, Lot};
use super::event::{Event, Shared, illegal};
use super::shard_events::Events;

/// Where a reader of the ends is: behind the end of this checkout, at this
/// time.
pub type EndCursor = (Micros, Id);

/// The checkouts that have ended holding something, without a booking, until
/// somebody was told. Bookings are not here: each event has all of its own.
#[derive(Debug, Default)]
pub(super) struct Ended {
    untold: BTreeMap<EndCursor, Lost>,
    /// Dropped since somebody asked, because there were too many.
    dropped: u64,
    /// When a checkout has ended last, with a booking or without.
    pub(super) last: Micros,
}

#[derive(Debug)]
pub(super) struct Lost {
    pub(super) event: Id,
    pub(super) reason: EndReason,
    pub(super) basket: Basket,
}

impl Ended {
    /// A checkout has ended without a booking; `most` are remembered.
    pub(super) fn lose(&mut self, end: EndCursor, lost: Lost, most: usize) {
        if lost.basket.is_empty() || most == 0 {
            return;
        }
        self.last = self.last.max(end.0);
        while self.untold.len() >= most {
            self.untold.pop_first();
            self.dropped += 1;
        }
        self.untold.insert(end, lost);
    }

    /// Up to there everything of an event was told.
    pub(super) fn tell(&mut self, event: Id, through: EndCursor) {
        let told: Vec<EndCursor> = self
            .untold
            .range(..=through)
            .filter(|(_, lost)| lost.event == event)
            .map(|(end, _)| *end)
            .collect();
        for end in told {
            self.untold.remove(&end);
        }
    }

    /// The events of which something is remembered up to there.
    fn events_through(&self, through: EndCursor) -> BTreeSet<Id> {
        let told = self.untold.range(..=through);
        told.map(|(_, lost)| lost.event).collect()
    }
}

impl Event {
    fn as_end(&self, (at, checkout): EndCursor, how: HowEnded, basket: &Basket) -> CheckoutEnd {
        CheckoutEnd {
            at,
            checkout,
            how,
            seats: basket.seats.clone(),
            general: basket.general.clone(),
            total: basket.total(&self.listing),
            listing: self.listing.clone(),
        }
    }
}

impl Event {
    pub(super) fn apply_end_kept(
        &self,
        end: EndCursor,
        reason: EndReason,
        lots: &[Lot],
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        let basket = Basket::from_lots(lots, &self.listing)?;
        if shared.ended.untold.contains_key(&end) {
            return illegal(format!("the end of checkout {} is there already", end.1));
        }
        let (event, most) = (self.listing.id, shared.bounds.untold_ends);
        let lost = Lost {
            event,
            reason,
            basket,
        };
        shared.ended.lose(end, lost, most);
        Ok(())
    }
}

impl Events {
    /// Tells the ends of a snapshot.
    pub(super) fn snapshot_ends(&self, out: &mut dyn FnMut(EventChange)) {
        for (&(at, checkout), lost) in &self.shared.ended.untold {
            if let Some(event) = self.find(lost.event) {
                out(EventChange::EndKept {
                    event: lost.event,
                    at,
                    checkout,
                    reason: lost.reason,
                    lots: lost.basket.lots(&event.listing),
                });
            }
        }
    }

    /// Forgets what was told, and lists what comes behind it.
    pub(super) fn go_on_with_ends(
        &mut self,
        after: EndCursor,
        most: usize,
        record: &mut dyn FnMut(EventChange),
    ) -> EventAnswer {
        let (at, checkout) = after;
        for event in self.shared.ended.events_through(after) {
            let told = EventChange::EndsTold {
                event,
                at,
                checkout,
            };
            if let Some(index) = self.index.get(&event).copied() {
                self.turn(index, record, |event, turn| event.commit(told, turn));
            }
        }
        let dropped = std::mem::take(&mut self.shared.ended.dropped);
        EventAnswer::Ends(CheckoutEnds {
            ends: self.list_ends(after, most),
            before: self.now,
            dropped,
        })
    }

    /// The ends behind a cursor, oldest first. Those of this very moment come
    /// later: there may be more of them, and a reader would pass them by.
    fn list_ends(&self, after: EndCursor, most: usize) -> Vec<CheckoutEnd> {
        let now = self.now;
        if self.shared.ended.last < after.0 || most == 0 {
            return Vec::new();
        }
        // Sorted by name only, so that no more are built than leave.
        let behind = (Bound::Excluded(after), Bound::Excluded((now, Id::nil())));
        let is_empty = after >= (now, Id::nil());
        let untold = (!is_empty).then(|| self.shared.ended.untold.range(behind));
        let untold = untold.into_iter().flatten().take(most.saturating_add(1));
        let mut found: Vec<(EndCursor, Source<'_>)> = untold
            .map(|(end, lost)| (*end, Source::Lost(lost)))
            .collect();
        for event in &self.all {
            for booking in event.bookings.iter().rev() {
                if booking.at < after.0 {
                    break;
                }
                let end = (booking.at, booking.checkout);
                if booking.at < now && end > after {
                    found.push((end, Source::Booking(event, booking)));
                }
            }
        }
        found.sort_by_key(|(end, _)| *end);
        // A checkout may expire and be booked late in one moment: a cursor
        // cannot stand between the two.
        let is_same = |at: usize| found.get(at).map(|it| it.0) == found.get(at - 1).map(|it| it.0);
        let most = if most < found.len() && is_same(most) {
            most + 1
        } else {
            most
        };
        found.truncate(most);
        let ends = found.into_iter();
        ends.filter_map(|(end, source)| self.end_of(end, &source))
            .collect()
    }

    fn end_of(&self, end: EndCursor, source: &Source<'_>) -> Option<CheckoutEnd> {
        match source {
            Source::Lost(lost) => {
                let how = match lost.reason {
                    EndReason::Left => HowEnded::Released,
                    EndReason::Expired | EndReason::Absent => HowEnded::Expired,
                };
                Some(self.find(lost.event)?.as_end(end, how, &lost.basket))
            }
            Source::Booking(event, booking) => {
                let how = HowEnded::Booked(booking.reference);
                Some(event.as_end(end, how, &booking.basket))
            }
        }
    }

    /// Payments that the provider may know more of: under way, or ended by
    /// themselves since a time. In the order of their ids.
    pub(super) fn list_unsettled(
        &self,
        since: Micros,
        after: Option<Id>,
        most: usize,
    ) -> EventAnswer {
        let mut found: Vec<(Id, usize)> = Vec::new();
        for (event, it) in self.all.iter().enumerate() {
            let ids = it.payments.unsettled(since);
            let ids = ids.filter(|id| after.is_none_or(|after| *id > after));
            found.extend(ids.map(|id| (id, event)));
        }
        found.sort_unstable();
        found.truncate(most);
        let views = found.into_iter().filter_map(|(id, event)| {
            let event = &self.all[event];
            event.payments.get(id).map(|it| event.view_payment(it))
        });
        EventAnswer::Payments(views.collect())
    }
}

/// What an end is read from.
enum Source<'a> {
    Lost(&'a Lost),
    Booking(&'a Event, &'a Booking),
}
