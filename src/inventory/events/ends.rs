//! How checkouts have ended, in the order of time: for those who are told.

use std::collections::VecDeque;

use crate::inventory::{Id, Micros};

use super::answer::{CheckoutEnd, EndReason, EventAnswer, HowEnded};
use super::basket::Basket;
use super::event::Event;
use super::shard_events::Events;

/// Where a reader of the ends is: behind the end of this checkout, at this
/// time.
pub type EndCursor = (Micros, Id);

/// The latest checkouts that have ended holding something, without a booking.
/// Bookings are not here: each event has all of its own.
#[derive(Debug, Default)]
pub(super) struct Ended {
    lost: VecDeque<Lost>,
    /// When a checkout has ended last, with a booking or without.
    pub(super) last: Micros,
}

#[derive(Debug)]
struct Lost {
    at: Micros,
    event: Id,
    checkout: Id,
    reason: EndReason,
    basket: Basket,
}

impl Ended {
    /// A checkout has ended without a booking; `most` are remembered.
    pub(super) fn lose(
        &mut self,
        (at, event): (Micros, Id),
        checkout: Id,
        reason: EndReason,
        basket: Basket,
        most: usize,
    ) {
        if basket.is_empty() || most == 0 {
            return;
        }
        self.last = self.last.max(at);
        while self.lost.len() >= most {
            self.lost.pop_front();
        }
        self.lost.push_back(Lost {
            at,
            event,
            checkout,
            reason,
            basket,
        });
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

impl Events {
    /// The ends behind a cursor, oldest first. Those of this very moment come
    /// later: there may be more of them, and a reader would pass them by.
    pub(super) fn list_ends(&self, after: EndCursor, most: usize) -> EventAnswer {
        let now = self.now;
        if self.shared.ended.last < after.0 {
            return EventAnswer::Ends(Vec::new());
        }
        let is_new = |at: Micros, checkout: Id| at < now && (at, checkout) > after;
        // Sorted by name only, so that no more are built than leave.
        let mut found: Vec<(EndCursor, Source)> = Vec::new();
        for (index, lost) in self.shared.ended.lost.iter().enumerate() {
            if is_new(lost.at, lost.checkout) {
                found.push(((lost.at, lost.checkout), Source::Lost(index)));
            }
        }
        for (event, it) in self.all.iter().enumerate() {
            for (number, booking) in it.bookings.iter().enumerate().rev() {
                if booking.at < after.0 {
                    break;
                }
                if is_new(booking.at, booking.checkout) {
                    let source = Source::Booking(event, number);
                    found.push(((booking.at, booking.checkout), source));
                }
            }
        }
        found.sort_unstable_by_key(|(cursor, _)| *cursor);
        found.truncate(most);
        let ends = found
            .into_iter()
            .filter_map(|(cursor, source)| self.end_of(cursor, &source));
        EventAnswer::Ends(ends.collect())
    }

    fn end_of(&self, cursor: EndCursor, source: &Source) -> Option<CheckoutEnd> {
        match *source {
            Source::Lost(index) => {
                let lost = self.shared.ended.lost.get(index)?;
                let event = self.all.get(*self.index.get(&lost.event)? as usize)?;
                let how = match lost.reason {
                    EndReason::Left => HowEnded::Released,
                    EndReason::Expired | EndReason::Absent => HowEnded::Expired,
                };
                Some(event.as_end(cursor, how, &lost.basket))
            }
            Source::Booking(event, number) => {
                let event = self.all.get(event)?;
                let booking = event.bookings.get(number)?;
                let how = HowEnded::Booked(booking.reference);
                Some(event.as_end(cursor, how, &booking.basket))
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
enum Source {
    Lost(usize),
    Booking(usize, usize),
}
