//! Decided changes, and their bytes.
//!
//! The bytes are [postcard](https://postcard.jamesmunns.com/wire-format)'s: the
//! variant's number, then its fields. They stand in journals, so variants are
//! only ever appended, and fields never changed.

use serde::{Deserialize, Serialize};

use super::ledger::Entry;
use crate::inventory::events::{EventChange, MAX_EVENT_CHANGE_BYTES};
use crate::inventory::id::{Id, locator, section_locator};
use crate::inventory::operation::{Micros, Places, StoredReply};

/// A decided change: what it is and when, absolute, so that replaying it needs
/// no clock and no chance. See [`super::Stock::replay`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A ticket option was made.
    OptionCreated {
        /// When.
        at: Micros,
        /// Its id.
        #[serde(with = "uuid::serde::compact")]
        id: Id,
        /// What it is called.
        name: String,
        /// More about it.
        description: String,
        /// How many may be purchased.
        allocation: u64,
    },
    /// A quantity was taken out of an option's allocation.
    OptionPurchased {
        /// When.
        at: Micros,
        /// The purchase's id.
        #[serde(with = "uuid::serde::compact")]
        id: Id,
        /// The option.
        #[serde(with = "uuid::serde::compact")]
        option: Id,
        /// Who has purchased.
        #[serde(with = "uuid::serde::compact")]
        user: Id,
        /// How many.
        quantity: u64,
    },
    /// A member was made. Snapshots have it too.
    MemberCreated {
        /// Its id.
        #[serde(with = "uuid::serde::compact")]
        id: Id,
        /// What it is called.
        name: String,
    },
    /// The tickets of a range were made.
    TicketsCreated {
        /// When.
        at: Micros,
        /// The first one's id.
        #[serde(with = "uuid::serde::compact")]
        first: Id,
        /// Which.
        places: Places,
    },
    /// A member holds a ticket.
    TicketHeld {
        /// When.
        at: Micros,
        /// The ticket.
        #[serde(with = "uuid::serde::compact")]
        ticket: Id,
        /// Who.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
        /// When the hold ends by itself.
        until: Option<Micros>,
    },
    /// Its holder has freed a ticket.
    TicketFreed {
        /// When.
        at: Micros,
        /// The ticket.
        #[serde(with = "uuid::serde::compact")]
        ticket: Id,
        /// Who.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
    },
    /// A hold has ended by itself.
    TicketExpired {
        /// When it was noticed.
        at: Micros,
        /// The ticket.
        #[serde(with = "uuid::serde::compact")]
        ticket: Id,
    },
    /// Its holder has purchased a ticket.
    TicketPurchased {
        /// When.
        at: Micros,
        /// The ticket.
        #[serde(with = "uuid::serde::compact")]
        ticket: Id,
        /// Who.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
    },
    /// An idempotency key was used for the first time. Snapshots have it too.
    KeyClaimed {
        /// When.
        at: Micros,
        /// The key.
        #[serde(with = "whole")]
        key: u128,
        /// The request.
        #[serde(with = "whole")]
        fingerprint: u128,
        /// Of what the request makes.
        #[serde(with = "uuid::serde::compact")]
        id: Id,
    },
    /// A part of the body of a reply that is longer than a change may be.
    /// Snapshots have it too.
    ReplyPart {
        /// The key.
        #[serde(with = "whole")]
        key: u128,
        /// Where in the body it begins.
        offset: u32,
        /// The part.
        bytes: Vec<u8>,
    },
    /// The reply to a key's request. Snapshots have it too.
    KeySettled {
        /// The key.
        #[serde(with = "whole")]
        key: u128,
        /// Where in the body `reply.body` begins; before it come the parts.
        offset: u32,
        /// What was replied.
        reply: StoredReply,
    },
    /// A claimed key is forgotten: nothing was done.
    KeyAbandoned {
        /// The key.
        #[serde(with = "whole")]
        key: u128,
    },
    /// In a snapshot: an option, before its purchases.
    KeptOption {
        /// Its id.
        #[serde(with = "uuid::serde::compact")]
        id: Id,
        /// What it is called.
        name: String,
        /// More about it.
        description: String,
        /// How many there were to purchase.
        allocation: u64,
        /// How many of them were purchased.
        sold: u64,
    },
    /// In a snapshot: purchases of one option.
    KeptPurchases {
        /// The option.
        #[serde(with = "uuid::serde::compact")]
        option: Id,
        /// Some of its purchases.
        purchases: Vec<KeptPurchase>,
    },
    /// In a snapshot: tickets of one section.
    KeptTickets {
        /// The section.
        section: String,
        /// Some of its tickets.
        tickets: Vec<KeptTicket>,
    },
    /// In a snapshot: ledger entries of one locator.
    KeptEntries(Vec<Entry>),
    /// In a snapshot: the id of the last ledger entry.
    KeptNewest(#[serde(with = "uuid::serde::compact")] Id),
    /// Of an event. Snapshots have it too.
    Event(EventChange),
}

const _: () = assert!(MAX_EVENT_CHANGE_BYTES + 8 <= crate::limits::MAX_CHANGE_BYTES);

/// A purchase in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPurchase {
    /// Its id.
    #[serde(with = "uuid::serde::compact")]
    pub id: Id,
    /// Who has purchased.
    #[serde(with = "uuid::serde::compact")]
    pub user: Id,
    /// How many.
    pub quantity: u64,
    /// When.
    pub at: Micros,
}

/// A ticket in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTicket {
    /// Its id.
    #[serde(with = "uuid::serde::compact")]
    pub id: Id,
    /// The row of its place.
    pub row: u32,
    /// The seat of its place.
    pub seat: u32,
    /// Its state.
    pub state: KeptState,
}

/// The state of a ticket in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeptState {
    /// Nobody's.
    Free,
    /// Held.
    Held {
        /// By whom.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
        /// When the hold ends by itself.
        until: Option<Micros>,
    },
    /// Purchased.
    Purchased {
        /// By whom.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
    },
}

/// Why bytes are no change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    /// Some are missing, too many, or say nothing that is known here.
    #[error("bytes that are no change; perhaps a newer Ringside has written them")]
    Unknown,
}

impl Change {
    /// Decides which shard the change belongs to.
    pub fn locator(&self) -> u32 {
        match self {
            Self::OptionCreated { id, .. }
            | Self::MemberCreated { id, .. }
            | Self::KeptOption { id, .. }
            | Self::KeptNewest(id) => locator(*id),
            Self::OptionPurchased { option, .. } | Self::KeptPurchases { option, .. } => {
                locator(*option)
            }
            Self::TicketsCreated { first, .. } => locator(*first),
            Self::TicketHeld { ticket, .. }
            | Self::TicketFreed { ticket, .. }
            | Self::TicketExpired { ticket, .. }
            | Self::TicketPurchased { ticket, .. } => locator(*ticket),
            Self::KeyClaimed { key, .. }
            | Self::ReplyPart { key, .. }
            | Self::KeySettled { key, .. }
            | Self::KeyAbandoned { key } => (key >> 96) as u32,
            Self::KeptTickets { section, .. } => section_locator(section),
            Self::Event(change) => locator(change.event()),
            Self::KeptEntries(entries) => entries.first().map_or(0, |entry| locator(entry.subject)),
        }
    }

    /// Writes the change to the front of `out`.
    ///
    /// # Errors
    /// When `out` is too short: [`crate::limits::MAX_CHANGE_BYTES`] are enough.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], postcard::Error> {
        postcard::to_slice(self, out).map(|written| &*written)
    }

    /// Reads a change.
    ///
    /// # Errors
    /// [`BadChange`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadChange> {
        match postcard::take_from_bytes(bytes) {
            Ok((change, [])) => Ok(change),
            _ => Err(BadChange::Unknown),
        }
    }
}

/// 128 bits as 16 bytes: a hash is no shorter as a number of variable length.
mod whole {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        number: &u128,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        number.to_be_bytes().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u128, D::Error> {
        <[u8; 16]>::deserialize(deserializer).map(u128::from_be_bytes)
    }
}

#[cfg(test)]
mod tests;
