//! What buyers and operators see of an event.

use std::sync::Arc;

use crate::inventory::{Id, Micros};

use super::answer::{
    CheckoutState, CheckoutView, EventFigures, EventState, EventTotals, EventView, SeatMap,
};
use super::basket::Basket;
use super::checkouts::{Checkout, Stage, Whereabouts};
use super::event::Event;
use super::operation::Order;

impl Event {
    pub(super) fn view(&self) -> EventView {
        let general_available: Vec<u32> = (0..self.general.len())
            .map(|option| self.general_free(option))
            .collect();
        let general: u64 = general_available.iter().map(|it| u64::from(*it)).sum();
        EventView {
            listing: Arc::clone(&self.listing),
            state: self.state(),
            available: general + u64::from(self.seats.free()),
            general_available,
            queue_length: self.room.line.len() as u64,
            rate: self.room.knobs.rate,
            max_active: self.room.knobs.max_active,
            paused: self.room.knobs.paused,
            draining: self.room.knobs.draining,
        }
    }

    pub(super) fn figures(&self, now: Micros) -> EventFigures {
        let [free, held, sold] = self.tickets();
        EventFigures {
            listing: Arc::clone(&self.listing),
            state: self.state(),
            free,
            held,
            sold,
            queued: self.room.line.len() as u64,
            active: self.room.active.into(),
            bookings: self.bookings.len() as u64,
            sold_per_second: self.sales.by_second(now),
            admitted_last_minute: self.room.admissions.total(now),
            rate: self.room.knobs.rate,
            max_active: self.room.knobs.max_active,
            paused: self.room.knobs.paused,
            draining: self.room.knobs.draining,
        }
    }

    pub(super) fn totals(&self) -> EventTotals {
        let [free, held, sold] = self.tickets();
        EventTotals {
            events: 1,
            free,
            held,
            sold,
            queued: self.room.line.len() as u64,
            active: self.room.active.into(),
            bookings: self.bookings.len() as u64,
            paying: self.payments.open() as u64,
            owed: self.payments.owed().len() as u64,
        }
    }

    /// Free, held and sold tickets.
    pub(super) fn tickets(&self) -> [u64; 3] {
        let held: u64 = self.general.iter().map(|it| u64::from(it.held)).sum();
        let sold: u64 = self.general.iter().map(|it| u64::from(it.sold)).sum();
        let (held, sold) = (
            held + u64::from(self.seats.held()),
            sold + u64::from(self.seats.sold()),
        );
        [self.listing.capacity() - held - sold, held, sold]
    }

    pub(super) fn seat_map(&mut self) -> SeatMap {
        SeatMap {
            version: self.seats.version(),
            listing: Arc::clone(&self.listing),
            states: self.seats.shared(),
        }
    }

    /// A checkout as it is; `None`: it ended so long ago that nothing is known.
    pub(super) fn view_checkout(&self, id: Id, now: Micros) -> Option<CheckoutView> {
        let nothing = Basket::default();
        let (state, basket) = match self.checkouts.find(id)? {
            Whereabouts::Live(handle) => {
                let checkout = self.checkouts.get(handle)?;
                (self.stage(checkout, now), &checkout.basket)
            }
            Whereabouts::Completed(number) => {
                let booking = self.bookings.get(number as usize)?;
                (CheckoutState::Completed(booking.reference), &booking.basket)
            }
            Whereabouts::Ended(reason) => (CheckoutState::Ended(reason), &nothing),
        };
        Some(CheckoutView {
            id,
            listing: Arc::clone(&self.listing),
            state,
            now,
            total: basket.total(&self.listing),
            seats: basket.seats.clone(),
            general: basket.general.clone(),
        })
    }

    fn stage(&self, checkout: &Checkout, now: Micros) -> CheckoutState {
        let may_extend = !checkout.extended;
        match (checkout.stage, checkout.paying) {
            (Stage::Queued { place }, _) => {
                let is_drawn = self.room.doors_open || self.listing.order == Order::Fifo;
                let ahead = is_drawn.then(|| self.room.line.ahead(place));
                // Before the lots are drawn, half of the others are before.
                let likely = ahead.unwrap_or(self.room.line.len() as u64 / 2);
                let opens_at = self.listing.opens_at;
                CheckoutState::Queued {
                    ahead,
                    wait_seconds: self.room.expected_wait(now, likely, opens_at),
                }
            }
            (Stage::Admitted { .. }, Some((payment, expires_at))) => CheckoutState::Paying {
                payment,
                expires_at,
                may_extend,
            },
            (Stage::Admitted { deadline }, None) => CheckoutState::Admitted {
                expires_at: deadline,
                may_extend,
            },
        }
    }

    fn state(&self) -> EventState {
        let [free, held, _] = self.tickets();
        if free + held == 0 {
            EventState::SoldOut
        } else if !self.room.doors_open {
            EventState::Upcoming
        } else if self.room.knobs.paused {
            EventState::Paused
        } else {
            EventState::Open
        }
    }
}
