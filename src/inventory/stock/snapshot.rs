//! Hands out what there is, in parts that each fit a record.

use super::Stock;
use super::change::{Change, KeptPurchase, KeptState, KeptTicket};
use super::ordered::Row;
use crate::inventory::id::locator;
use crate::inventory::operation::TicketState;

/// Purchases, tickets or ledger entries in one part.
pub(super) const ROWS: usize = 64;

impl Stock {
    /// Hands out parts from which [`Stock::restore`] builds this state, until
    /// the first error.
    ///
    /// # Errors
    /// The first of `out`.
    pub fn snapshot<E>(&self, out: &mut dyn FnMut(&Change) -> Result<(), E>) -> Result<(), E> {
        self.keep_options(out)?;
        for member in self.members.iter() {
            out(&Change::MemberCreated {
                id: member.id,
                name: member.name,
            })?;
        }
        self.keep_tickets(out)?;
        self.keep_keys(out)?;
        self.keep_events(out)?;
        self.keep_ledger(out)
    }

    fn keep_options<E>(&self, out: &mut dyn FnMut(&Change) -> Result<(), E>) -> Result<(), E> {
        for (option, purchases) in self.options.iter() {
            out(&Change::KeptOption {
                id: option.id,
                name: option.name,
                description: option.description,
                allocation: option.allocation,
                sold: option.allocation - option.available,
            })?;
            let mut rows = purchases.map(|purchase| KeptPurchase {
                id: purchase.id,
                user: purchase.user,
                quantity: purchase.quantity,
                at: purchase.at,
            });
            each_part(&mut rows, &mut |purchases| {
                let option = option.id;
                out(&Change::KeptPurchases { option, purchases })
            })?;
        }
        Ok(())
    }

    fn keep_tickets<E>(&self, out: &mut dyn FnMut(&Change) -> Result<(), E>) -> Result<(), E> {
        for section in &self.tickets.sections {
            let mut rows = section.rows.iter().map(|row| {
                let (place, member) = (row.place(), row.member().unwrap_or_default());
                let until = row.until();
                KeptTicket {
                    id: row.id(),
                    row: place.0,
                    seat: place.1,
                    state: match row.state() {
                        TicketState::Free => KeptState::Free,
                        TicketState::Held => KeptState::Held { member, until },
                        TicketState::Purchased => KeptState::Purchased { member },
                    },
                }
            });
            each_part(&mut rows, &mut |tickets| {
                let section = section.name.as_ref().to_owned();
                out(&Change::KeptTickets { section, tickets })
            })?;
        }
        Ok(())
    }

    fn keep_keys<E>(&self, out: &mut dyn FnMut(&Change) -> Result<(), E>) -> Result<(), E> {
        for kept in self.keys.iter() {
            let key = kept.key;
            out(&Change::KeyClaimed {
                at: kept.at,
                key,
                fingerprint: kept.fingerprint,
                id: kept.id,
            })?;
            super::reply::kept(&kept, out)?;
        }
        Ok(())
    }

    fn keep_events<E>(&self, out: &mut dyn FnMut(&Change) -> Result<(), E>) -> Result<(), E> {
        let mut told = Ok(());
        self.events.snapshot(&mut |kept| {
            if told.is_ok() {
                told = out(&Change::Event(kept));
            }
        });
        told
    }

    fn keep_ledger<E>(&self, out: &mut dyn FnMut(&Change) -> Result<(), E>) -> Result<(), E> {
        let mut part = Vec::new();
        for entry in self.ledger.iter() {
            let foreign = part
                .last()
                .is_some_and(|last: &super::Entry| locator(last.subject) != locator(entry.subject));
            if foreign || part.len() == ROWS {
                out(&Change::KeptEntries(std::mem::take(&mut part)))?;
            }
            part.push(entry.clone());
        }
        if !part.is_empty() {
            out(&Change::KeptEntries(part))?;
        }
        match self.ledger.last() {
            Some(last) => out(&Change::KeptNewest(last)),
            None => Ok(()),
        }
    }
}

fn each_part<T, E>(
    rows: &mut dyn Iterator<Item = T>,
    out: &mut dyn FnMut(Vec<T>) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        let part: Vec<T> = rows.take(ROWS).collect();
        if part.is_empty() {
            return Ok(());
        }
        out(part)?;
    }
}
