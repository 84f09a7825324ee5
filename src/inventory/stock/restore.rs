//! Takes in the parts of a snapshot.

use super::Stock;
use super::change::{Change, KeptState, KeptTicket};
use super::ledger::{Books, Kind as Of};
use super::ordered::Row;
use super::replay::{Illegal, illegal, is_new, legal};
use super::section::TicketRow;
use crate::inventory::account::Book;
use crate::inventory::id::locator;
use crate::inventory::operation::{Purchase, TicketOption, TicketState};

impl Stock {
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
                let made = self.options.create(new, usize::MAX);
                is_new(&made, "ticket option", *id)?;
                self.ledger.open(Of::Options, Book::Available, available);
                self.ledger.open(Of::Options, Book::Sold, *sold);
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
            Change::Event(kept) => self.events.replay(kept),
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
        let mut events = Books::default();
        self.events.each_balance(&mut |(_, book, _, quantity)| {
            events.0[book as usize] += quantity;
        });
        self.ledger.open_events(events);
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
        self.ledger.open(Of::Tickets, book, 1);
        Ok(())
    }
}
