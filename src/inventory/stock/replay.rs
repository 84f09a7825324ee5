//! Takes changes in that were decided in an earlier life, and believes none of
//! them.

use super::Stock;
use super::change::{Change, KeptState, KeptTicket};
use super::ledger::Movement;
use super::made::Made;
use super::ordered::Row;
use super::section::TicketRow;
use crate::inventory::id::{Id, locator};
use crate::inventory::operation::{
    Book, Micros, Purchase, Refusal, Step, TicketOption, TicketState,
};

/// Why a change does not follow from the state, as a phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Illegal(pub String);

impl Stock {
    /// Takes in a change as [`Stock::operate`] or [`Stock::expire`] gave it to
    /// be recorded. Bounds do not count: what was allowed then stays.
    ///
    /// # Errors
    /// [`Illegal`] if it does not follow from the state: more sold than there
    /// is, a ticket moved as it may not be.
    pub fn replay(&mut self, change: &Change) -> Result<(), Illegal> {
        match change {
            Change::OptionCreated {
                at,
                id,
                name,
                description,
                allocation,
            } => {
                let new = TicketOption {
                    id: *id,
                    name: name.clone(),
                    description: description.clone(),
                    allocation: *allocation,
                    available: *allocation,
                };
                let made = self.options.create(new, usize::MAX);
                is_new(made, "ticket option", *id)?;
                self.post(*at, *id, *allocation, Movement::OptionCreated);
                Ok(())
            }
            &Change::OptionPurchased {
                at,
                id,
                option,
                user,
                quantity,
            } => {
                let new = Purchase {
                    id,
                    option,
                    user,
                    quantity,
                    at,
                };
                let made = self.options.purchase(&new, usize::MAX);
                is_new(made, "purchase", id)?;
                let purchase = id;
                let movement = Movement::OptionPurchased { user, purchase };
                self.post(at, option, quantity, movement);
                Ok(())
            }
            Change::MemberCreated { id, name } => {
                let made = self.members.create(*id, name, usize::MAX);
                is_new(made, "member", *id)
            }
            Change::TicketsCreated { at, first, places } => {
                match self.tickets.may_create(*first, places, usize::MAX) {
                    Ok(true) => self.make_tickets(*at, *first, places),
                    Ok(false) => return Err(illegal("ticket", *first, "is made a second time")),
                    Err(refusal) => return Err(illegal("ticket", *first, refusal)),
                }
                Ok(())
            }
            &Change::TicketHeld {
                at,
                ticket,
                member,
                until,
            } => self.replay_step(change, at, ticket, member, Step::Hold { until }),
            &Change::TicketFreed { at, ticket, member } => {
                self.replay_step(change, at, ticket, member, Step::Free)
            }
            &Change::TicketPurchased { at, ticket, member } => {
                self.replay_step(change, at, ticket, member, Step::Purchase)
            }
            &Change::TicketExpired { at, ticket } => {
                let place = self.tickets.find(ticket);
                let place = place.ok_or_else(|| illegal("ticket", ticket, "is not there"))?;
                if self.tickets.ended(at, place).is_none() {
                    return Err(illegal(
                        "ticket",
                        ticket,
                        "expires without a hold that ends",
                    ));
                }
                self.turn_ticket(place, change);
                Ok(())
            }
            &Change::KeyClaimed {
                at,
                key,
                fingerprint,
                id,
            } => legal(
                self.keys.claim(at, key, fingerprint, id),
                "a key is claimed a second time",
            ),
            Change::ReplyPart { .. } | Change::KeySettled { .. } => legal(
                self.take_reply(change),
                "a reply to a key that waits for none, or a part of it is missing",
            ),
            Change::KeyAbandoned { key } => legal(
                self.keys.waits(*key) == Ok(true) && self.keys.forget(*key),
                "a key is abandoned that was not claimed",
            ),
            Change::KeptOption { .. }
            | Change::KeptPurchases { .. }
            | Change::KeptTickets { .. }
            | Change::KeptEntries(_)
            | Change::KeptNewest(_) => Err(Illegal(
                "what belongs into a snapshot stands among changes".to_owned(),
            )),
        }
    }

    fn replay_step(
        &mut self,
        change: &Change,
        at: Micros,
        ticket: Id,
        member: Id,
        step: Step,
    ) -> Result<(), Illegal> {
        let place = self.tickets.find(ticket);
        let place = place.ok_or_else(|| illegal("ticket", ticket, "is not there"))?;
        if self.tickets.ended(at, place).is_some() {
            return Err(illegal(
                "ticket",
                ticket,
                "moves although its hold has ended",
            ));
        }
        self.tickets
            .may(at, place, member, step)
            .map_err(|refusal| illegal("ticket", ticket, refusal))?;
        self.turn_ticket(place, change);
        Ok(())
    }

    /// Takes in a part of a snapshot; see [`Stock::snapshot`]. Parts of the
    /// snapshots of several shards may come one after another.
    ///
    /// # Errors
    /// [`Illegal`] if it contradicts what was restored before.
    pub fn restore(&mut self, kept: &Change) -> Result<(), Illegal> {
        match kept {
            Change::KeptOption {
                id,
                name,
                description,
                allocation,
                sold,
            } => {
                let available = allocation.checked_sub(*sold);
                let available =
                    available.ok_or_else(|| illegal("ticket option", *id, "is oversold"))?;
                let new = TicketOption {
                    id: *id,
                    name: name.clone(),
                    description: description.clone(),
                    allocation: *allocation,
                    available,
                };
                is_new(self.options.create(new, usize::MAX), "ticket option", *id)?;
                self.ledger.open(true, Book::Available, available);
                self.ledger.open(true, Book::Sold, *sold);
                Ok(())
            }
            Change::KeptPurchases { option, purchases } => {
                for kept in purchases {
                    let purchase = Purchase {
                        id: kept.id,
                        option: *option,
                        user: kept.user,
                        quantity: kept.quantity,
                        at: kept.at,
                    };
                    if !self.options.restore(&purchase) {
                        return Err(illegal("purchase", kept.id, "does not fit its option"));
                    }
                }
                Ok(())
            }
            Change::KeptTickets { section, tickets } => tickets
                .iter()
                .try_for_each(|kept| self.restore_ticket(section, kept)),
            Change::KeptEntries(entries) => {
                let first = entries.first().map(|entry| locator(entry.subject));
                for entry in entries {
                    if Some(locator(entry.subject)) != first {
                        return Err(Illegal("ledger entries of several locators".to_owned()));
                    }
                    self.ledger.restore(entry);
                }
                Ok(())
            }
            Change::KeptNewest(id) => {
                self.ledger.restore_last(*id);
                Ok(())
            }
            &Change::KeyClaimed {
                at,
                key,
                fingerprint,
                id,
            } => legal(
                self.keys.put(at, key, fingerprint, id),
                "a key stands in the snapshot twice",
            ),
            Change::MemberCreated { .. } | Change::ReplyPart { .. } | Change::KeySettled { .. } => {
                self.replay(kept)
            }
            _ => Err(Illegal(
                "a change stands in a snapshot, which holds what is".to_owned(),
            )),
        }
    }

    /// Says that the snapshot is complete.
    ///
    /// # Errors
    /// [`Illegal`] if it does not add up.
    pub fn restored(&mut self) -> Result<(), Illegal> {
        self.ledger.restored(self.bounds.ledger_entries);
        match self.options.unbalanced() {
            None => Ok(()),
            Some(option) => Err(illegal(
                "ticket option",
                option,
                "has other purchases than were sold",
            )),
        }
    }

    fn restore_ticket(&mut self, section: &str, kept: &KeptTicket) -> Result<(), Illegal> {
        let mut row = TicketRow::new(kept.id, kept.row, kept.seat);
        match kept.state {
            KeptState::Free => {}
            KeptState::Held { member, until } => row.hold(member, until),
            KeptState::Purchased { member } => row.purchase(member),
        }
        let book = match row.state() {
            TicketState::Free => Book::Available,
            TicketState::Held => Book::Held,
            TicketState::Purchased => Book::Sold,
        };
        let id = row.id();
        if !self.tickets.put(section, row) {
            return Err(illegal("ticket", id, "or its place is there already"));
        }
        self.ledger.open(false, book, 1);
        Ok(())
    }
}

fn is_new<T>(made: Result<Made<T>, Refusal>, what: &str, id: Id) -> Result<(), Illegal> {
    match made {
        Ok(Made::New(_)) => Ok(()),
        Ok(Made::Again(_)) => Err(illegal(what, id, "is made a second time")),
        Err(refusal) => Err(illegal(what, id, refusal)),
    }
}

fn illegal(what: &str, id: Id, why: impl std::fmt::Display) -> Illegal {
    Illegal(format!("{what} {id}: {why}"))
}

fn legal(is_legal: bool, otherwise: &str) -> Result<(), Illegal> {
    if is_legal {
        return Ok(());
    }
    Err(Illegal(otherwise.to_owned()))
}
