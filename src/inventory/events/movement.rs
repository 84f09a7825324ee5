//! What a change moves between the books of the ledger.

use crate::inventory::{Book, Id, Micros, Reason};

use super::answer::EndReason;
use super::change::{EventChange, Lot};

/// Some tickets go from one book to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// When.
    pub at: Micros,
    /// Why.
    pub reason: Reason,
    /// Where they come from.
    pub from: Book,
    /// Where they go.
    pub to: Book,
    /// What they are.
    pub of: Ware,
    /// How many; at least 1.
    pub quantity: u64,
    /// The checkout that holds, held or has booked them.
    pub checkout: Option<Id>,
}

/// What tickets are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ware {
    /// Seats of a section.
    Section {
        /// The event.
        event: Id,
        /// The section's place in the plan.
        section: u16,
    },
    /// A general admission option.
    General {
        /// The event.
        event: Id,
        /// The option.
        option: Id,
    },
}

impl EventChange {
    /// Tells what this change moves. Of the changes of a snapshot: nothing, as
    /// it was moved before.
    pub fn movements(&self, each: &mut dyn FnMut(Movement)) {
        match self {
            Self::Created {
                event,
                at,
                seats,
                general,
            } => created(*event, *at, seats, general, each),
            Self::Held {
                event,
                at,
                checkout,
                lots,
            } => {
                let books = (Book::Available, Book::Held);
                moved((*event, *at, *checkout), Reason::Held, books, lots, each);
            }
            Self::Released {
                event,
                at,
                checkout,
                lots,
            } => {
                let books = (Book::Held, Book::Available);
                moved((*event, *at, *checkout), Reason::Freed, books, lots, each);
            }
            Self::Ended {
                event,
                at,
                checkout,
                reason,
                lots,
            } => {
                let reason = match reason {
                    EndReason::Left => Reason::Freed,
                    EndReason::Expired | EndReason::Absent => Reason::Expired,
                };
                let books = (Book::Held, Book::Available);
                moved((*event, *at, *checkout), reason, books, lots, each);
            }
            Self::Booked {
                event,
                at,
                booking,
                late,
            } => {
                let from = if *late { Book::Available } else { Book::Held };
                let (books, who) = ((from, Book::Sold), (*event, *at, booking.checkout));
                moved(who, Reason::Purchased, books, &booking.lots, each);
            }
            _ => {}
        }
    }
}

fn created(
    event: Id,
    at: Micros,
    seats: &[u32],
    general: &[(Id, u32)],
    each: &mut dyn FnMut(Movement),
) {
    let sections = seats
        .iter()
        .zip(0..)
        .map(|(count, section)| (Ware::Section { event, section }, *count));
    let options = general
        .iter()
        .map(|&(option, count)| (Ware::General { event, option }, count));
    for (of, count) in sections.chain(options) {
        each(Movement {
            at,
            reason: Reason::Created,
            from: Book::Issued,
            to: Book::Available,
            of,
            quantity: count.into(),
            checkout: None,
        });
    }
}

fn moved(
    (event, at, checkout): (Id, Micros, Id),
    reason: Reason,
    (from, to): (Book, Book),
    lots: &[Lot],
    each: &mut dyn FnMut(Movement),
) {
    for lot in lots {
        let (of, quantity) = lot.ware(event);
        each(Movement {
            at,
            reason,
            from,
            to,
            of,
            quantity,
            checkout: Some(checkout),
        });
    }
}

impl Lot {
    /// What it is of, and how many.
    pub(super) fn ware(&self, event: Id) -> (Ware, u64) {
        match *self {
            Self::Seats { section, ref seats } => {
                (Ware::Section { event, section }, seats.len() as u64)
            }
            Self::General { option, quantity } => {
                (Ware::General { event, option }, u64::from(quantity))
            }
        }
    }
}
