//! How often each request got each answer, and how long that took.

use std::time::Duration;

use crate::{
    check::{Reason, Step},
    plan::action::Action,
    record::Spread,
};

/// Requests, in the order of the table.
pub(crate) const REQUESTS: [&str; 6] = [
    "create member",
    "create ticket",
    "hold",
    "free",
    "purchase",
    "look",
];

/// Answers, in the order of the table.
pub(crate) const ANSWERS: [&str; 9] = [
    "done",
    "held",
    "purchased",
    "not held",
    "not holder",
    "refused",
    "duplicate",
    "not found",
    "busy",
];

/// A request's place in [`REQUESTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    CreateMember,
    CreateTicket,
    Step(Step),
}

impl Request {
    fn place(self) -> usize {
        match self {
            Self::CreateMember => 0,
            Self::CreateTicket => 1,
            Self::Step(Step::Hold) => 2,
            Self::Step(Step::Free) => 3,
            Self::Step(Step::Purchase) => 4,
            Self::Step(Step::Look) => 5,
        }
    }
}

/// An answer's place in [`ANSWERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Done,
    Refused(Option<Reason>),
    Duplicate,
    NotFound,
    Busy,
}

impl Kind {
    fn place(self) -> usize {
        match self {
            Self::Done => 0,
            Self::Refused(Some(Reason::Held)) => 1,
            Self::Refused(Some(Reason::Purchased)) => 2,
            Self::Refused(Some(Reason::NotHeld)) => 3,
            Self::Refused(Some(Reason::NotHolder)) => 4,
            Self::Refused(None) => 5,
            Self::Duplicate => 6,
            Self::NotFound => 7,
            Self::Busy => 8,
        }
    }
}

/// The counts and latencies of one thread, or of all.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    actions: [u64; Action::ALL.len()],
    spreads: [[Option<Box<Spread>>; ANSWERS.len()]; REQUESTS.len()],
}

impl Tally {
    pub(super) fn action(&mut self, action: Action) {
        self.actions[action as usize] += 1;
    }

    pub(super) fn answer(&mut self, request: Request, kind: Kind, took: Duration) {
        self.spreads[request.place()][kind.place()]
            .get_or_insert_with(|| Box::new(Spread::new()))
            .record(took);
    }

    /// Adds those of another thread.
    pub(super) fn add(&mut self, other: Self) {
        for (count, more) in self.actions.iter_mut().zip(other.actions) {
            *count += more;
        }
        let own = self.spreads.iter_mut().flatten();
        for (own, other) in own.zip(other.spreads.into_iter().flatten()) {
            match (own, other) {
                (Some(own), Some(other)) => own.add(&other),
                (own @ None, other) => *own = other,
                (Some(_), None) => {}
            }
        }
    }

    /// How often each action was drawn and could be done.
    pub(crate) fn actions(&self) -> impl Iterator<Item = (Action, u64)> {
        Action::ALL.into_iter().zip(self.actions)
    }

    /// All that occurred: request, answer, latencies.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str, &Spread)> {
        REQUESTS
            .into_iter()
            .zip(&self.spreads)
            .flat_map(|(request, spreads)| {
                let spreads = ANSWERS.into_iter().zip(spreads);
                spreads
                    .filter_map(move |(answer, spread)| Some((request, answer, spread.as_deref()?)))
            })
    }

    /// The latencies of all requests together.
    pub(crate) fn all(&self) -> Spread {
        let mut all = Spread::new();
        for (_, _, spread) in self.rows() {
            all.add(spread);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_kept_apart_and_added_up() {
        let mut one = Tally::default();
        let took = Duration::from_micros(5);
        let hold = Request::Step(Step::Hold);
        one.answer(hold, Kind::Done, took);
        let mut other = Tally::default();
        other.answer(hold, Kind::Done, took);
        other.answer(hold, Kind::Refused(Some(Reason::Held)), took);
        other.action(Action::HoldAndFree);
        one.add(other);
        let rows: Vec<_> = one
            .rows()
            .map(|(request, answer, spread)| (request, answer, spread.count()))
            .collect();
        assert_eq!(rows, [("hold", "done", 2), ("hold", "held", 1)]);
        assert_eq!(one.all().count(), 3);
        assert_eq!(one.actions().map(|(_, count)| count).sum::<u64>(), 1);
    }
}
