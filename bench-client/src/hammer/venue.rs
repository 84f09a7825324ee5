//! Where tickets are held and purchased, as the hammer sees it: by HTTP, or in
//! this process.

use std::{
    fmt::{Debug, Display},
    hash::Hash,
};

use crate::check::{Reason, Step};

/// Something to hammer.
pub(super) trait Venue: Sync {
    /// What it calls members and tickets.
    type Id: Clone + Debug + Display + Eq + Hash + Send + Sync;
    /// Somebody who does what one thread asks.
    type Clerk<'a>: Clerk<Id = Self::Id>
    where
        Self: 'a;

    /// One more clerk.
    fn clerk(&self) -> Self::Clerk<'_>;

    /// An id that nothing has.
    fn stranger(&self) -> Self::Id;
}

/// Does one thing after the other. An error says why there is no answer.
pub(super) trait Clerk {
    /// What it calls members and tickets.
    type Id;

    /// Makes a member.
    fn create_member(&mut self, name: &str) -> Result<Answer<Self::Id>, String>;

    /// Makes a ticket for a row and a seat of the section.
    fn create_ticket(
        &mut self,
        section: &str,
        place: (u32, u32),
    ) -> Result<Answer<Self::Id>, String>;

    /// Has a member do something with a ticket.
    fn step(
        &mut self,
        ticket: &Self::Id,
        member: &Self::Id,
        step: Step,
    ) -> Result<Answer<Self::Id>, String>;

    /// A page of the section's tickets, those behind `after`; none at the end.
    fn page(
        &mut self,
        section: &str,
        after: Option<&Self::Id>,
    ) -> Result<Vec<Seen<Self::Id>>, String>;

    /// The tickets that a member holds or has purchased, the first hundred at
    /// least.
    fn tickets_of(&mut self, member: &Self::Id) -> Result<Vec<Self::Id>, String>;
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer<Id> {
    /// A member was made.
    Member(Id),
    /// This is the ticket now.
    Ticket(Seen<Id>),
    /// The rules forbid it, for a reason if it is one of those known here.
    Refused(Option<Reason>),
    /// There is a ticket for this place.
    Duplicate,
    /// There is no such ticket or member.
    NotFound,
    /// Not now: nothing was done.
    Busy,
    /// What no server should say, in words.
    Strange(String),
}

/// A ticket as it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen<Id> {
    pub(super) id: Id,
    /// Row and seat.
    pub(super) place: (u32, u32),
    pub(super) state: Shown,
    pub(super) member: Option<Id>,
}

/// A ticket's state as it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Free,
    Held,
    Purchased,
}
