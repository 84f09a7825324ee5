//! Holding tickets and giving them back, all or nothing. Costs a step per
//! ticket, whatever the size of the event, but for the search for the best.

use crate::inventory::{Id, Illegal};

use super::answer::EventAnswer;
use super::basket::Basket;
use super::best::best;
use super::change::{EventChange, Lot};
use super::checkouts::Checkout;
use super::event::{Event, Turn, illegal};
use super::operation::{EventKind, EventRefusal, Unwanted, Wanted};
use super::seats::SeatState;

impl Event {
    pub(super) fn hold(
        &mut self,
        id: Id,
        wanted: Wanted,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        let (handle, held) = self.unpaid(id)?;
        let (held, max) = (held.basket.tickets(), self.listing.max_tickets);
        let fits = |more: u64| {
            if held.saturating_add(more) <= u64::from(max) {
                Ok(())
            } else {
                Err(EventRefusal::TooMany { max })
            }
        };
        let basket = match wanted {
            Wanted::Seats(seats) => {
                let basket = self.wanted_seats(handle, seats)?;
                fits(basket.tickets())?;
                self.all_free(&basket)?;
                basket
            }
            Wanted::Best { count, section } => {
                fits(count.into())?;
                self.best_seats(count, section.as_deref())?
            }
            Wanted::General { option, quantity } => {
                let option = self.option(option, quantity)?;
                fits(quantity.into())?;
                let available = self.general_free(option);
                if quantity > available {
                    let available = available.into();
                    return Err(EventRefusal::NotEnough { available });
                }
                Basket::of_general(option, quantity)
            }
        };
        if !basket.is_empty() {
            let change = EventChange::Held {
                event: self.listing.id,
                at: turn.now,
                checkout: id,
                lots: basket.lots(&self.listing),
            };
            self.commit(change, turn);
        }
        self.look(id, turn.now)
    }

    pub(super) fn release(
        &mut self,
        id: Id,
        unwanted: Unwanted,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        let (handle, checkout) = self.unpaid(id)?;
        let basket = match unwanted {
            Unwanted::Seats(seats) => {
                let basket = Basket::of_seats(seats);
                let mut seats = basket.seats.iter();
                if !seats.all(|seat| self.seats.is_held_by(*seat, handle)) {
                    return Err(EventRefusal::NotHeld);
                }
                basket
            }
            Unwanted::General { option, quantity } => {
                let option = self.option(option, quantity)?;
                if quantity > checkout.basket.quantity(option) {
                    return Err(EventRefusal::NotHeld);
                }
                Basket::of_general(option, quantity)
            }
            Unwanted::All => checkout.basket.clone(),
        };
        if !basket.is_empty() {
            let change = EventChange::Released {
                event: self.listing.id,
                at: turn.now,
                checkout: id,
                lots: basket.lots(&self.listing),
            };
            self.commit(change, turn);
        }
        self.look(id, turn.now)
    }

    /// A checkout that is inside, and pays for nothing at the moment.
    pub(super) fn unpaid(&self, id: Id) -> Result<(u32, &Checkout), EventRefusal> {
        let handle = self.inside(id)?;
        match self.checkouts.get(handle) {
            Some(checkout) if checkout.paying.is_none() => Ok((handle, checkout)),
            Some(_) => Err(EventRefusal::Paying),
            None => Err(EventRefusal::CheckoutOver),
        }
    }

    /// Those of the seats that the checkout does not hold yet.
    fn wanted_seats(&self, handle: u32, mut seats: Vec<u32>) -> Result<Basket, EventRefusal> {
        let count = self.listing.plan.seats();
        if let Some(unknown) = seats.iter().find(|seat| **seat as usize >= count) {
            return Err(EventRefusal::NoSuchSeat(*unknown));
        }
        if seats.is_empty() {
            return Err(EventRefusal::Invalid {
                field: "seats".into(),
                problem: "must name at least one seat".into(),
            });
        }
        seats.retain(|seat| !self.seats.is_held_by(*seat, handle));
        Ok(Basket::of_seats(seats))
    }

    fn all_free(&self, basket: &Basket) -> Result<(), EventRefusal> {
        let is_taken = |seat: &u32| self.seats.state(*seat) != Some(SeatState::Free);
        if !basket.seats.iter().any(is_taken) {
            return Ok(());
        }
        let taken = basket.seats.iter().copied();
        Err(EventRefusal::SeatsTaken(taken.filter(is_taken).collect()))
    }

    fn best_seats(&mut self, count: u32, section: Option<&str>) -> Result<Basket, EventRefusal> {
        let plan = &self.listing.plan;
        let sections = match section {
            None => 0..plan.sections().len(),
            Some(name) => {
                let place = plan.sections().iter().position(|it| it.name == name);
                let place = place.ok_or(EventRefusal::NotFound(EventKind::Section))?;
                place..place + 1
            }
        };
        if count == 0 {
            return Err(EventRefusal::Invalid {
                field: "best.count".into(),
                problem: "must be at least 1".into(),
            });
        }
        let chosen = best(plan, &mut self.seats, count, sections.clone());
        chosen.map(Basket::of_seats).ok_or_else(|| {
            let scope = plan.sections()[sections].iter();
            let rows = scope.flat_map(|section| section.rows.clone());
            let free = rows.map(|row| u64::from(self.seats.free_in_row(row)));
            EventRefusal::NotEnough {
                available: free.sum(),
            }
        })
    }

    fn option(&self, id: Id, quantity: u32) -> Result<usize, EventRefusal> {
        if quantity == 0 {
            return Err(EventRefusal::Invalid {
                field: "general.quantity".into(),
                problem: "must be at least 1".into(),
            });
        }
        let option = self.listing.general_of(id);
        option.ok_or(EventRefusal::NotFound(EventKind::Option))
    }

    pub(super) fn apply_held(&mut self, id: Id, lots: &[Lot]) -> Result<(), Illegal> {
        let basket = Basket::from_lots(lots, &self.listing)?;
        self.check_free(&basket)?;
        let Ok((handle, _)) = self.unpaid(id) else {
            return illegal(format!("checkout {id} may not hold anything"));
        };
        let max = u64::from(self.listing.max_tickets);
        let Some(checkout) = self.checkouts.get_mut(handle) else {
            return illegal(format!("checkout {id} is over"));
        };
        if checkout.basket.tickets() + basket.tickets() > max {
            return illegal(format!("checkout {id} may hold {max} tickets at most"));
        }
        checkout.basket.add(&basket);
        self.shift(&basket, SeatState::Free, SeatState::Held, handle);
        Ok(())
    }

    pub(super) fn apply_released(&mut self, id: Id, lots: &[Lot]) -> Result<(), Illegal> {
        let basket = Basket::from_lots(lots, &self.listing)?;
        let Ok((handle, checkout)) = self.unpaid(id) else {
            return illegal(format!("checkout {id} may not release anything"));
        };
        let holds_seats = (basket.seats.iter()).all(|seat| self.seats.is_held_by(*seat, handle));
        let mut general = basket.general.iter();
        let holds_general = general
            .all(|(option, quantity)| checkout.basket.quantity(usize::from(*option)) >= *quantity);
        if !holds_seats || !holds_general {
            return illegal(format!("checkout {id} does not hold that"));
        }
        if let Some(checkout) = self.checkouts.get_mut(handle) {
            checkout.basket.remove(&basket);
        }
        self.shift(&basket, SeatState::Held, SeatState::Free, 0);
        Ok(())
    }
}
