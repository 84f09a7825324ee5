//! The same questions to the events and to a model as plain as can be: every
//! answer is foretold.

use proptest::prelude::*;

use super::shop::*;
use crate::inventory::events::*;
use crate::inventory::{Id, Micros};

const SESSION: Micros = 50 * SECOND;
const ABSENCE: Micros = 120 * SECOND;
const MOST_INSIDE: usize = 2;
const MOST_TICKETS: u64 = 4;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Where {
    Queued { seen: Micros },
    Inside { until: Micros },
    Completed,
    Ended,
}

struct Person {
    id: Id,
    is: Where,
    standing: u32,
}

/// Lists, looked through from one end to the other.
struct Model {
    people: Vec<Person>,
    /// In the order of arrival; those inside and gone too.
    seats: Vec<Option<(usize, bool)>>,
    standing: u32,
}

impl Model {
    fn settle(&mut self, now: Micros) {
        for who in 0..self.people.len() {
            let is_over = match self.people[who].is {
                Where::Queued { seen } => seen + ABSENCE <= now,
                Where::Inside { until } => until <= now,
                Where::Completed | Where::Ended => false,
            };
            if is_over {
                self.end(who);
            }
        }
        for who in 0..self.people.len() {
            let is_inside = |it: &&Person| matches!(it.is, Where::Inside { .. });
            let inside = self.people.iter().filter(is_inside).count();
            if matches!(self.people[who].is, Where::Queued { .. }) && inside < MOST_INSIDE {
                self.people[who].is = Where::Inside {
                    until: now + SESSION,
                };
            }
        }
    }

    fn end(&mut self, who: usize) {
        for seat in &mut self.seats {
            if *seat == Some((who, false)) {
                *seat = None;
            }
        }
        self.standing += std::mem::take(&mut self.people[who].standing);
        self.people[who].is = Where::Ended;
    }

    fn tickets(&self, who: usize) -> u64 {
        let seats = self.seats.iter().filter(|it| **it == Some((who, false)));
        seats.count() as u64 + u64::from(self.people[who].standing)
    }

    fn may_act(&self, who: usize) -> Result<(), EventRefusal> {
        match self.people[who].is {
            Where::Queued { .. } => Err(EventRefusal::NotAdmitted),
            Where::Inside { .. } => Ok(()),
            Where::Completed | Where::Ended => Err(EventRefusal::CheckoutOver),
        }
    }

    fn hold(&mut self, who: usize, mut wanted: Vec<u32>) -> Result<(), EventRefusal> {
        self.may_act(who)?;
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|seat| self.seats[*seat as usize] != Some((who, false)));
        if self.tickets(who) + wanted.len() as u64 > MOST_TICKETS {
            return Err(EventRefusal::TooMany {
                max: MOST_TICKETS as u32,
            });
        }
        let taken = wanted
            .iter()
            .filter(|seat| self.seats[**seat as usize].is_some());
        let taken: Vec<u32> = taken.copied().collect();
        if !taken.is_empty() {
            return Err(EventRefusal::SeatsTaken(taken));
        }
        for seat in wanted {
            self.seats[seat as usize] = Some((who, false));
        }
        Ok(())
    }

    fn hold_standing(&mut self, who: usize, quantity: u32) -> Result<(), EventRefusal> {
        self.may_act(who)?;
        if self.tickets(who) + u64::from(quantity) > MOST_TICKETS {
            return Err(EventRefusal::TooMany {
                max: MOST_TICKETS as u32,
            });
        }
        if quantity > self.standing {
            let available = self.standing.into();
            return Err(EventRefusal::NotEnough { available });
        }
        self.standing -= quantity;
        self.people[who].standing += quantity;
        Ok(())
    }

    fn complete(&mut self, who: usize) -> Result<(), EventRefusal> {
        if self.people[who].is == Where::Completed {
            return Ok(());
        }
        self.may_act(who)?;
        if self.tickets(who) == 0 {
            return Err(EventRefusal::NothingHeld);
        }
        for seat in &mut self.seats {
            if *seat == Some((who, false)) {
                *seat = Some((who, true));
            }
        }
        self.people[who].is = Where::Completed;
        Ok(())
    }

    fn map(&self) -> String {
        let letter = |seat: &Option<(usize, bool)>| match seat {
            None => '.',
            Some((_, false)) => 'h',
            Some((_, true)) => 's',
        };
        let letters: String = self.seats.iter().map(letter).collect();
        [&letters[..4], &letters[4..8], &letters[8..]].join(" ")
    }

    /// Whether a view of somebody is as it must be.
    fn fits(&self, who: usize, view: &CheckoutView) -> bool {
        let before = &self.people[..who];
        let waiting = before
            .iter()
            .filter(|it| matches!(it.is, Where::Queued { .. }));
        let is_right = match (view.state, self.people[who].is) {
            (CheckoutState::Queued { ahead, .. }, Where::Queued { .. }) => {
                ahead == Some(waiting.count() as u64)
            }
            (CheckoutState::Admitted { expires_at, .. }, Where::Inside { until }) => {
                expires_at == until
            }
            (CheckoutState::Completed(_), Where::Completed)
            | (CheckoutState::Ended(_), Where::Ended) => true,
            _ => false,
        };
        let theirs = |seat: &&u32| self.seats[**seat as usize].is_some_and(|it| it.0 == who);
        let seats = self
            .seats
            .iter()
            .filter(|it| it.is_some_and(|it| it.0 == who))
            .count();
        let standing: u32 = view.general.iter().map(|it| it.1).sum();
        is_right
            && view.seats.iter().filter(theirs).count() == view.seats.len()
            && view.seats.len() == seats
            && standing == self.people[who].standing
    }
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Come,
    Look,
    Leave,
    Hold(Vec<u32>),
    Standing(u32),
    Complete,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let step = prop_oneof![
        2 => (1..90_u64).prop_map(Step::Pass),
        3 => Just(Step::Come),
        2 => Just(Step::Look),
        1 => Just(Step::Leave),
        6 => prop::collection::vec(0..11_u32, 1..4).prop_map(Step::Hold),
        3 => (1..4_u32).prop_map(Step::Standing),
        3 => Just(Step::Complete),
    ];
    (0..6_usize, step)
}

proptest! {
    #[test]
    fn every_answer_is_foretold(steps in prop::collection::vec(step(), 1..100)) {
        let mut new = concert();
        new.session_seconds = 50;
        new.room.max_active = MOST_INSIDE as u32;
        let mut shop = Shop::with(new);
        let mut model = Model { people: Vec::new(), seats: vec![None; 11], standing: 4 };
        for (who, step) in steps {
            if let Step::Pass(seconds) = step {
                shop.pass(seconds);
                continue;
            }
            model.settle(shop.now);
            if matches!(step, Step::Come) || model.people.is_empty() {
                let id = shop.come();
                let is = Where::Queued { seen: shop.now };
                model.people.push(Person { id, is, standing: 0 });
                model.settle(shop.now);
                continue;
            }
            let who = model.people.len() - 1 - who.min(model.people.len() - 1);
            let id = model.people[who].id;
            let (answer, expected) = match step {
                Step::Look => (EventAnswer::Checkout(shop.look(id)), Ok(())),
                Step::Leave => {
                    let answer = shop.leave(id);
                    if !matches!(model.people[who].is, Where::Completed) {
                        model.end(who);
                    }
                    (answer, Ok(()))
                }
                Step::Hold(seats) => {
                    (shop.hold_seats(id, &seats), model.hold(who, seats))
                }
                Step::Standing(quantity) => {
                    let wanted = Wanted::General { option: option(), quantity };
                    (shop.hold(id, wanted), model.hold_standing(who, quantity))
                }
                _ => (shop.complete(id), model.complete(who)),
            };
            let is_look = !matches!(answer, EventAnswer::Refused(_));
            if let (Where::Queued { seen }, true) = (&mut model.people[who].is, is_look) {
                *seen = shop.now;
            }
            model.settle(shop.now);
            match (&answer, expected) {
                (EventAnswer::Checkout(view), Ok(())) => {
                    prop_assert!(model.fits(who, view), "{:?}", view);
                }
                (EventAnswer::Refused(refusal), Err(expected)) => {
                    prop_assert_eq!(refusal, &expected);
                }
                (answer, expected) => prop_assert!(false, "{:?}, not {:?}", answer, expected),
            }
            prop_assert_eq!(shop.map(), model.map());
        }
    }
}
