//! What stands where, counted up from baskets and bookings, and whether the
//! seat map agrees with them.

use crate::inventory::{Book, Id};

use super::answer::EventFigures;
use super::basket::Basket;
use super::event::Event;
use super::movement::Ware;
use super::seats::SeatState;
use super::shard_events::Events;

/// So many stand in a book: what it is of, which book, whose.
pub type Standing = (Ware, Book, Option<Id>, i128);

impl Events {
    /// What stands in every book of every event, by checkout of what is held
    /// or sold.
    pub fn each_balance(&self, each: &mut dyn FnMut(Standing)) {
        for event in self.all() {
            event.each_balance(each);
        }
    }

    /// As [`Self::each_balance`], of one event; nothing if it is not there.
    pub fn balances_of(&self, event: Id, each: &mut dyn FnMut(Standing)) {
        if let Some(event) = self.find(event) {
            event.each_balance(each);
        }
    }

    /// What one checkout holds or has booked.
    pub fn balances_of_checkout(&self, event: Id, checkout: Id, each: &mut dyn FnMut(Standing)) {
        if let Some(event) = self.find(event) {
            event.balances_of_checkout(checkout, each);
        }
    }

    /// The ids of all events, in the order in which they came to be.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.all().iter().map(|event| event.listing.id)
    }

    /// Every event, as its operator sees it.
    pub fn each_figures(&self, each: &mut dyn FnMut(EventFigures)) {
        for event in self.all() {
            each(event.figures(0));
        }
    }

    /// Whether every seat is in one basket or booking at most, the maps show
    /// what is in them, and nothing is sold that there is not.
    ///
    /// # Errors
    /// What is wrong, as a phrase.
    pub fn prove(&self) -> Result<(), String> {
        let mut totals = super::EventTotals::default();
        for event in self.all() {
            let proved = event.prove();
            proved.map_err(|what| format!("event {}: {what}", event.listing.id))?;
            totals = totals.plus(event.totals());
        }
        if totals == self.totals() {
            return Ok(());
        }
        Err(format!("{totals:?} do not add up to {:?}", self.totals()))
    }
}

impl Event {
    fn each_balance(&self, each: &mut dyn FnMut(Standing)) {
        let event = self.listing.id;
        let plan = &self.listing.plan;
        for (number, section) in plan.sections().iter().enumerate() {
            let (of, seats) = (self.section(number), plan.section_seats(number).len());
            let free: u32 = section
                .rows
                .clone()
                .map(|row| self.seats.free_in_row(row))
                .sum();
            each((of, Book::Issued, None, -(seats as i128)));
            each((of, Book::Available, None, free.into()));
        }
        for (number, option) in self.listing.general.iter().enumerate() {
            let option_id = option.id;
            let of = Ware::General {
                event,
                option: option_id,
            };
            each((of, Book::Issued, None, -i128::from(option.allocation)));
            each((of, Book::Available, None, self.general_free(number).into()));
        }
        for (_, checkout) in self.checkouts.iter() {
            self.basket_balances(&checkout.basket, Book::Held, checkout.id, each);
        }
        for booking in &self.bookings {
            self.basket_balances(&booking.basket, Book::Sold, booking.checkout, each);
        }
    }

    fn section(&self, section: usize) -> Ware {
        Ware::Section {
            event: self.listing.id,
            section: section as u16,
        }
    }

    fn balances_of_checkout(&self, id: Id, each: &mut dyn FnMut(Standing)) {
        use super::checkouts::Whereabouts;
        match self.checkouts.find(id) {
            Some(Whereabouts::Live(handle)) => {
                if let Some(checkout) = self.checkouts.get(handle) {
                    self.basket_balances(&checkout.basket, Book::Held, id, each);
                }
            }
            Some(Whereabouts::Completed(number)) => {
                if let Some(booking) = self.bookings.get(number as usize) {
                    self.basket_balances(&booking.basket, Book::Sold, id, each);
                }
            }
            Some(Whereabouts::Ended(_)) | None => {}
        }
    }

    fn basket_balances(
        &self,
        basket: &Basket,
        book: Book,
        checkout: Id,
        each: &mut dyn FnMut(Standing),
    ) {
        for lot in basket.lots(&self.listing) {
            let (of, quantity) = lot.ware(self.listing.id);
            each((of, book, Some(checkout), quantity.into()));
        }
    }

    fn prove(&self) -> Result<(), String> {
        let mut held = Basket::default();
        for (handle, checkout) in self.checkouts.iter() {
            let foreign = |seat: &&u32| !self.seats.is_held_by(**seat, handle);
            if let Some(seat) = checkout.basket.seats.iter().find(foreign) {
                return Err(format!(
                    "seat {seat} is not held by its checkout {}",
                    checkout.id
                ));
            }
            held.count(&checkout.basket);
        }
        let mut sold = Basket::default();
        for (number, booking) in self.bookings.iter().enumerate() {
            let foreign = |seat: &&u32| !self.seats.is_sold_by(**seat, number as u32);
            if let Some(seat) = booking.basket.seats.iter().find(foreign) {
                return Err(format!(
                    "seat {seat} is not sold by its booking {}",
                    booking.reference
                ));
            }
            sold.count(&booking.basket);
        }
        // A seat has one holder: as many in baskets as on the map are the same.
        let counted = [self.seats.free(), self.seats.held(), self.seats.sold()];
        let letters = [SeatState::Free, SeatState::Held, SeatState::Sold];
        let all = self.seats.letters(0..self.listing.plan.seats());
        let mut shown = [0; 3];
        for letter in all {
            let place = letters.iter().position(|it| *it as u8 == *letter);
            if let Some(place) = place {
                shown[place] += 1;
            }
        }
        let tickets = [held.seats.len(), sold.seats.len()];
        if counted.map(|it| it as usize) != shown || tickets != shown[1..] {
            return Err(format!(
                "its map shows {shown:?} seats (free, held, sold) and counts {counted:?}; in \
                 baskets and bookings are {tickets:?}"
            ));
        }
        for (number, option) in self.listing.general.iter().enumerate() {
            let taken = self.general[number];
            let expected = (held.quantity(number), sold.quantity(number));
            let over = u64::from(taken.held) + u64::from(taken.sold) > option.allocation.into();
            if over || (taken.held, taken.sold) != expected {
                return Err(format!(
                    "{taken:?} of {} of {} and {expected:?} in baskets and bookings",
                    option.allocation, option.id
                ));
            }
        }
        Ok(())
    }
}

impl Basket {
    /// Adds what is in another, in any order.
    fn count(&mut self, more: &Self) {
        self.seats.extend_from_slice(&more.seats);
        let general = Self {
            seats: Vec::new(),
            general: more.general.clone(),
        };
        let seats = std::mem::take(&mut self.seats);
        self.add(&general);
        self.seats = seats;
    }
}
