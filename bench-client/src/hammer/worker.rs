//! One thread: draws an action, does it, and notes what was answered.

use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use super::{
    pools::Pools,
    tally::{Kind, Request, Tally},
    venue::{Answer, Clerk, Seen, Shown, Venue},
};
use crate::{
    check::{Act, Member, Outcome, State, Step},
    plan::action::{Action, Weights},
};

/// One in so many members and tickets is one that was never made.
const STRANGERS: u32 = 64;
/// So many of four tickets are drawn among those not purchased.
const OPEN: u32 = 3;
/// Seats of a row.
const ROW: u32 = 100;
/// How long a server is left alone that says it is busy.
const PAUSE: Duration = Duration::from_millis(5);

/// One thread's part of a run.
pub(super) struct Worker<'a, V: Venue + 'a> {
    venue: &'a V,
    clerk: V::Clerk<'a>,
    pools: &'a Pools<V::Id>,
    weights: Weights,
    rng: fastrand::Rng,
    /// Tickets that were not purchased when last looked at.
    open: Vec<u32>,
    /// So many tickets were put there.
    met: u32,
    tally: Tally,
}

impl<'a, V: Venue> Worker<'a, V> {
    pub(super) fn new(
        venue: &'a V,
        pools: &'a Pools<V::Id>,
        weights: Weights,
        rng: fastrand::Rng,
    ) -> Self {
        Self {
            venue,
            clerk: venue.clerk(),
            pools,
            weights,
            rng,
            open: Vec::new(),
            met: 0,
            tally: Tally::default(),
        }
    }

    /// Draws and does until there is an end.
    pub(super) fn run(mut self) -> Tally {
        while !self.pools.halt.load(Relaxed) {
            let action = self.weights.draw(&mut self.rng);
            if self.act(action) {
                self.tally.action(action);
            }
        }
        self.tally
    }

    /// Does an action; not, if there is nothing to do it with.
    fn act(&mut self, action: Action) -> bool {
        match action {
            Action::CreateMember => self.create_member(),
            Action::CreateTicket => self.create_ticket(),
            Action::Hold => self.steps(&[Step::Hold]),
            Action::Free => self.steps(&[Step::Free]),
            Action::Purchase => self.steps(&[Step::Purchase]),
            Action::HoldAndFree => self.steps(&[Step::Hold, Step::Free]),
            Action::HoldAndPurchase => self.steps(&[Step::Hold, Step::Purchase]),
            Action::Look => self.steps(&[Step::Look]),
        }
    }

    fn create_member(&mut self) -> bool {
        let Some(number) = self.pools.members.begin() else {
            return false;
        };
        // Of all threads only this one makes this member: it must be there.
        loop {
            let name = format!("Member {number}");
            let begun = Instant::now();
            let outcome = self.clerk.create_member(&name);
            let answer = self.answered(Request::CreateMember, begun, outcome);
            match answer {
                Some(Answer::Member(id)) => {
                    if !self.pools.members.add(id.clone(), |_| ()) {
                        self.pools.wrong(format!("two members got the id {id}"));
                    }
                }
                Some(Answer::Busy) if !self.pools.halt.load(Relaxed) => continue,
                Some(Answer::Busy) | None => {}
                Some(other) => self.strange("create member", &other),
            }
            return true;
        }
    }

    fn create_ticket(&mut self) -> bool {
        let number = self.pools.tickets.begin();
        let place = match (number, self.pools.tickets.len()) {
            (Some(number), _) => (number / ROW + 1, number % ROW + 1),
            (None, 0) => return false,
            // One that is there: must be refused.
            (None, made) => self.pools.place_of(self.rng.u32(0..made)),
        };
        loop {
            let begun = Instant::now();
            let outcome = self.clerk.create_ticket(&self.pools.section, place);
            let answer = self.answered(Request::CreateTicket, begun, outcome);
            match (answer, number) {
                (Some(Answer::Ticket(seen)), Some(_)) => self.add_ticket(&seen, place),
                (Some(Answer::Busy), _) if !self.pools.halt.load(Relaxed) => continue,
                (Some(Answer::Duplicate), None) | (Some(Answer::Busy) | None, _) => {}
                (Some(other), _) => {
                    let (row, seat) = place;
                    self.strange(&format!("create ticket of row {row}, seat {seat}"), &other);
                }
            }
            return true;
        }
    }

    fn add_ticket(&self, seen: &Seen<V::Id>, place: (u32, u32)) {
        let Seen { id, .. } = seen;
        if seen.place != place || seen.state != Shown::Free || seen.member.is_some() {
            let (row, seat) = place;
            self.pools.wrong(format!(
                "the new ticket of row {row}, seat {seat} is {}",
                say(seen)
            ));
        }
        let prepare = |number| self.pools.place(number, place);
        if !self.pools.tickets.add(id.clone(), prepare) {
            self.pools.wrong(format!("two tickets got the id {id}"));
        }
    }

    /// Does steps one after the other, with one member and one ticket.
    fn steps(&mut self, steps: &[Step]) -> bool {
        let members = self.pools.members.len();
        let Some(ticket) = self.draw_ticket().filter(|_| members > 0) else {
            return false;
        };
        let member = self.rng.u32(0..members);
        match self.rng.u32(0..2 * STRANGERS) {
            0 => {
                let ticket = self.pools.tickets.id(ticket);
                self.strangers(&ticket, &self.venue.stranger(), steps[0]);
            }
            1 => {
                let member = self.pools.members.id(member);
                self.strangers(&self.venue.stranger(), &member, steps[0]);
            }
            _ => {
                for &step in steps {
                    self.step(ticket, member, step);
                }
            }
        }
        true
    }

    fn draw_ticket(&mut self) -> Option<u32> {
        let made = self.pools.tickets.len();
        if made == 0 {
            return None;
        }
        self.open.extend(self.met..made);
        self.met = made;
        while self.rng.u32(0..4) < OPEN && !self.open.is_empty() {
            let place = self.rng.usize(0..self.open.len());
            let ticket = self.open[place];
            if !self.pools.is_purchased(ticket) {
                return Some(ticket);
            }
            self.open.swap_remove(place);
        }
        Some(self.rng.u32(0..made))
    }

    /// Does a step with a ticket or a member that was never made.
    fn strangers(&mut self, ticket: &V::Id, member: &V::Id, step: Step) {
        if step == Step::Look && self.pools.tickets.number(ticket).is_some() {
            return;
        }
        let begun = Instant::now();
        let outcome = self.clerk.step(ticket, member, step);
        match self.answered(Request::Step(step), begun, outcome) {
            Some(Answer::NotFound | Answer::Busy) | None => {}
            // Who does not exist holds nothing: that is as good a reason.
            Some(Answer::Refused(_)) if step != Step::Hold => {}
            Some(other) => {
                let what = format!(
                    "{step:?} of ticket {ticket} by member {member}, not both of \
                                    which were made"
                );
                self.strange(&what, &other);
            }
        }
    }

    fn step(&mut self, ticket: u32, member: Member, step: Step) {
        let (id, who) = (self.pools.tickets.id(ticket), self.pools.members.id(member));
        let begun = Instant::now();
        let asked = self.pools.stamp();
        let outcome = self.clerk.step(&id, &who, step);
        let answered = self.pools.stamp();
        let outcome = match self.answered(Request::Step(step), begun, outcome) {
            None => Some(Outcome::Unknown),
            Some(Answer::Refused(reason)) if step != Step::Look => Some(Outcome::Refused(reason)),
            Some(Answer::Ticket(seen)) => self.shown(ticket, &seen, member, step),
            Some(Answer::Busy) => None,
            Some(other) => {
                self.strange(&format!("{step:?} of ticket {id} by member {who}"), &other);
                None
            }
        };
        if let Some(outcome) = outcome {
            let act = Act {
                asked,
                answered,
                member,
                step,
                outcome,
            };
            self.pools.note(ticket, act);
            if (step, outcome) == (Step::Purchase, Outcome::Done) {
                self.pools.purchase(ticket);
            }
        }
    }

    /// What an answer that shows the ticket says, if it can be.
    fn shown(
        &self,
        ticket: u32,
        seen: &Seen<V::Id>,
        member: Member,
        step: Step,
    ) -> Option<Outcome> {
        let state = self.state(seen);
        let is_right = match (step, state) {
            (Step::Look, Some(_)) | (Step::Free, Some(State::Free)) => true,
            (Step::Hold, Some(State::Held(holder))) => holder == member,
            (Step::Purchase, Some(State::Purchased(owner))) => owner == member,
            _ => false,
        };
        let id = self.pools.tickets.id(ticket);
        if !is_right || seen.id != id || seen.place != self.pools.place_of(ticket) {
            let who = self.pools.members.id(member);
            let what = say(seen);
            self.pools.wrong(format!(
                "{step:?} of ticket {id} by member {who} was answered: {what}"
            ));
            return None;
        }
        Some(match (step, state) {
            (Step::Look, Some(state)) => Outcome::Saw(state),
            _ => Outcome::Done,
        })
    }

    fn state(&self, seen: &Seen<V::Id>) -> Option<State> {
        state(self.pools, seen)
    }

    /// Counts an answer; `None` if there is none.
    fn answered(
        &mut self,
        request: Request,
        begun: Instant,
        outcome: Result<Answer<V::Id>, String>,
    ) -> Option<Answer<V::Id>> {
        self.pools.requests.fetch_add(1, Relaxed);
        let answer = outcome.map_err(|why| self.pools.lose(why)).ok()?;
        let kind = match &answer {
            Answer::Member(_) | Answer::Ticket(_) => Kind::Done,
            Answer::Refused(reason) => Kind::Refused(*reason),
            Answer::Duplicate => Kind::Duplicate,
            Answer::NotFound => Kind::NotFound,
            Answer::Busy => Kind::Busy,
            Answer::Strange(_) => return Some(answer),
        };
        self.tally.answer(request, kind, begun.elapsed());
        if kind == Kind::Busy {
            std::thread::sleep(PAUSE);
        }
        Some(answer)
    }

    fn strange(&self, what: &str, answer: &Answer<V::Id>) {
        let said = match answer {
            Answer::Member(id) => format!("member {id}"),
            Answer::Ticket(seen) => say(seen),
            Answer::Refused(reason) => format!("refused, {reason:?}"),
            Answer::Duplicate => "there is such a ticket".to_owned(),
            Answer::NotFound => "not found".to_owned(),
            Answer::Busy => "busy".to_owned(),
            Answer::Strange(said) => said.clone(),
        };
        self.pools.wrong(format!("{what} was answered: {said}"));
    }
}

/// The model's state for one that was shown; `None` if there is none such.
pub(super) fn state<Id: Clone + Eq + std::hash::Hash>(
    pools: &Pools<Id>,
    seen: &Seen<Id>,
) -> Option<State> {
    match (seen.state, &seen.member) {
        (Shown::Free, None) => Some(State::Free),
        (Shown::Held, Some(member)) => pools.members.number(member).map(State::Held),
        (Shown::Purchased, Some(member)) => pools.members.number(member).map(State::Purchased),
        _ => None,
    }
}

/// A ticket as it was shown, in words.
pub(super) fn say<Id: std::fmt::Display>(seen: &Seen<Id>) -> String {
    let Seen {
        id,
        place: (row, seat),
        state,
        member,
    } = seen;
    let member = member
        .as_ref()
        .map_or_else(String::new, |id| format!(" by {id}"));
    format!("ticket {id}, row {row}, seat {seat}, {state:?}{member}")
}
