//! The words of the ledger: accounts, entries, balances. See `docs/ledger.md`.

use serde::{Deserialize, Serialize};

use super::events::Ware;
use super::id::Id;
use super::operation::Micros;

/// One movement between two accounts. See `docs/ledger.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its id; entries of a shard sort by it in the order they were made.
    pub id: Id,
    /// When.
    pub at: Micros,
    /// Why.
    pub reason: Reason,
    /// Where the quantity comes from.
    pub debit: Account,
    /// Where it goes.
    pub credit: Account,
    /// How many.
    pub quantity: u64,
    /// The purchase behind it, if it was one.
    pub purchase: Option<Id>,
}

/// Why something moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Inventory was made.
    Created,
    /// A member holds it.
    Held,
    /// The holder has freed it.
    Freed,
    /// The hold ended by itself.
    Expired,
    /// It was purchased.
    Purchased,
}

/// An account of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// Which of the four.
    pub book: Book,
    /// Of what.
    pub of: Subject,
    /// Whose: of the holder or owner; of an event's tickets, the checkout.
    pub member: Option<Id>,
}

/// The four accounts that each subject has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Book {
    /// Where inventory comes from: minus what was ever made.
    Issued,
    /// What may be sold.
    Available,
    /// What somebody holds.
    Held,
    /// What was sold.
    Sold,
}

/// What an account is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A ticket option.
    Option(Id),
    /// A ticket.
    Ticket(Id),
    /// All ticket options together.
    AllOptions,
    /// All tickets together.
    AllTickets,
    /// The seats of an event's section.
    Section {
        /// The event.
        event: Id,
        /// The section's place in the plan.
        section: u16,
    },
    /// General admission to an event.
    General {
        /// The event.
        event: Id,
        /// The option.
        option: Id,
    },
    /// Everything of all events together.
    AllEvents,
}

impl Subject {
    /// The event that it is of, if it is of one.
    pub fn event(self) -> Option<Id> {
        match self {
            Self::Section { event, .. } | Self::General { event, .. } => Some(event),
            _ => None,
        }
    }
}

impl From<Ware> for Subject {
    fn from(ware: Ware) -> Self {
        match ware {
            Ware::Section { event, section } => Self::Section { event, section },
            Ware::General { event, option } => Self::General { event, option },
        }
    }
}

/// What stands on an account: credits minus debits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub account: Account,
    /// What stands on it.
    pub quantity: i128,
}
