//! Takes changes in that were decided in an earlier life, and believes none of
//! them.

use super::Stock;
use super::change::Change;
use super::ledger::Movement;
use super::made::Made;
use crate::inventory::id::Id;
use crate::inventory::operation::{Purchase, Refusal, Step, TicketOption};

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
                is_new(&made, "ticket option", *id)?;
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
                is_new(&made, "purchase", id)?;
                let purchase = id;
                let movement = Movement::OptionPurchased { user, purchase };
                self.post(at, option, quantity, movement);
                Ok(())
            }
            Change::MemberCreated { id, name } => {
                let made = self.members.create(*id, name, usize::MAX);
                is_new(&made, "member", *id)
            }
            Change::TicketsCreated { at, first, places } => {
                match self.tickets.may_create(*first, places, usize::MAX) {
                    Ok(true) => self.make_tickets(*at, *first, places),
                    Ok(false) => return Err(illegal("ticket", *first, "is made a second time")),
                    Err(refusal) => return Err(illegal("ticket", *first, refusal)),
                }
                Ok(())
            }
            Change::TicketHeld { .. }
            | Change::TicketFreed { .. }
            | Change::TicketPurchased { .. }
            | Change::TicketExpired { .. } => self.replay_turn(change),
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
            Change::Event(change) => {
                self.events.replay(change)?;
                self.post_moved(change);
                Ok(())
            }
            Change::KeptOption { .. }
            | Change::KeptPurchases { .. }
            | Change::KeptTickets { .. }
            | Change::KeptEntries(_)
            | Change::KeptNewest(_) => Err(Illegal(
                "what belongs into a snapshot stands among changes".to_owned(),
            )),
        }
    }

    fn replay_turn(&mut self, change: &Change) -> Result<(), Illegal> {
        let (at, ticket, step) = match *change {
            Change::TicketHeld {
                at,
                ticket,
                member,
                until,
            } => (at, ticket, Some((member, Step::Hold { until }))),
            Change::TicketFreed { at, ticket, member } => (at, ticket, Some((member, Step::Free))),
            Change::TicketPurchased { at, ticket, member } => {
                (at, ticket, Some((member, Step::Purchase)))
            }
            Change::TicketExpired { at, ticket } => (at, ticket, None),
            _ => return Ok(()),
        };
        let place = self.tickets.find(ticket);
        let place = place.ok_or_else(|| illegal("ticket", ticket, "is not there"))?;
        match (step, self.tickets.ended(at, place)) {
            (None, Some(_)) => {}
            (None, None) => {
                return Err(illegal(
                    "ticket",
                    ticket,
                    "expires without a hold that ends",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(illegal(
                    "ticket",
                    ticket,
                    "moves although its hold has ended",
                ));
            }
            (Some((member, step)), None) => self
                .tickets
                .may(at, place, member, step)
                .map_err(|refusal| illegal("ticket", ticket, refusal))?,
        }
        self.turn_ticket(place, change);
        Ok(())
    }
}

pub(super) fn is_new<T>(
    made: &Result<Made<T>, Refusal>,
    what: &str,
    id: Id,
) -> Result<(), Illegal> {
    match made {
        Ok(Made::New(_)) => Ok(()),
        Ok(Made::Again(_)) => Err(illegal(what, id, "is made a second time")),
        Err(refusal) => Err(illegal(what, id, refusal)),
    }
}

pub(super) fn illegal(what: &str, id: Id, why: impl std::fmt::Display) -> Illegal {
    Illegal(format!("{what} {id}: {why}"))
}

pub(super) fn legal(is_legal: bool, otherwise: &str) -> Result<(), Illegal> {
    if is_legal {
        return Ok(());
    }
    Err(Illegal(otherwise.to_owned()))
}
