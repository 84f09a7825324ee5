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
    /// What this change moves. Of the changes of a snapshot: nothing, as it
    /// was moved before.
    pub fn movements(&self) -> Vec<Movement> {
        match self {
            Self::Created {
                event,
                at,
                seats,
                general,
            } => created(*event, *at, seats, general),
            Self::Held {
                event,
                at,
                checkout,
                lots,
            } => Move::of(*event, *at, *checkout, Reason::Held).of_lots(
                Book::Available,
                Book::Held,
                lots,
            ),
            Self::Released {
                event,
                at,
                checkout,
                lots,
            } => Move::of(*event, *at, *checkout, Reason::Freed).of_lots(
                Book::Held,
                Book::Available,
                lots,
            ),
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
                Move::of(*event, *at, *checkout, reason).of_lots(Book::Held, Book::Available, lots)
            }
            Self::Booked {
                event,
                at,
                booking,
                late,
            } => {
                let from = if *late { Book::Available } else { Book::Held };
                Move::of(*event, *at, booking.checkout, Reason::Purchased).of_lots(
                    from,
                    Book::Sold,
                    &booking.lots,
                )
            }
            _ => Vec::new(),
        }
    }
}

fn created(event: Id, at: Micros, seats: &[u32], general: &[(Id, u32)]) -> Vec<Movement> {
    let sections = seats
        .iter()
        .zip(0..)
        .map(|(count, section)| (Ware::Section { event, section }, *count));
    let options = general.iter().map(|(option, count)| {
        (
            Ware::General {
                event,
                option: *option,
            },
            *count,
        )
    });
    sections
        .chain(options)
        .map(|(of, count)| Movement {
            at,
            reason: Reason::Created,
            from: Book::Issued,
            to: Book::Available,
            of,
            quantity: count.into(),
            checkout: None,
        })
        .collect()
}

struct Move {
    event: Id,
    at: Micros,
    checkout: Id,
    reason: Reason,
}

impl Move {
    fn of(event: Id, at: Micros, checkout: Id, reason: Reason) -> Self {
        Self {
            event,
            at,
            checkout,
            reason,
        }
    }

    fn of_lots(self, from: Book, to: Book, lots: &[Lot]) -> Vec<Movement> {
        let event = self.event;
        lots.iter()
            .map(|lot| {
                let (of, quantity) = match lot {
                    Lot::Seats { section, seats } => {
                        let section = *section;
                        (Ware::Section { event, section }, seats.len() as u64)
                    }
                    Lot::General { option, quantity } => {
                        let option = *option;
                        (Ware::General { event, option }, u64::from(*quantity))
                    }
                };
                Movement {
                    at: self.at,
                    reason: self.reason,
                    from,
                    to,
                    of,
                    quantity,
                    checkout: Some(self.checkout),
                }
            })
            .collect()
    }
}
