//! The vocabulary of everything but the seat protocol: what is asked of one
//! shard, and what it answers.
//!
//! An [`Operation`] is decided by the shard that owns its locator, in one
//! step. What needs several shards is put together above (see [`crate::api`]).

use serde::{Deserialize, Serialize};

use super::account::{Balance, LedgerEntry};
use super::events::{EventAnswer, EventOperation};
use super::id::Id;

/// A moment, in microseconds since 1970 (UTC).
pub type Micros = u64;

/// What is asked of a shard.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Make a ticket option. Doing it again with the same content changes
    /// nothing and answers the same.
    CreateOption {
        /// Its id.
        id: Id,
        /// What it is called; not empty.
        name: String,
        /// More about it; may be empty.
        description: String,
        /// How many may be purchased in all.
        allocation: u64,
    },
    /// Look at a ticket option.
    FindOption(Id),
    /// The shard's ticket options, oldest first.
    ListOptions(Page),
    /// Take a quantity out of a ticket option's allocation, all or nothing.
    /// Doing it again with the same content changes nothing and answers the same.
    Purchase {
        /// The purchase's id; has the option's locator.
        id: Id,
        /// What is purchased.
        option: Id,
        /// Who purchases.
        user: Id,
        /// How many; at least 1.
        quantity: u64,
    },
    /// Look at a purchase.
    FindPurchase(Id),
    /// Make a member. Doing it again with the same content changes nothing
    /// and answers the same.
    CreateMember {
        /// Its id.
        id: Id,
        /// What it is called; not empty.
        name: String,
    },
    /// Look at a member.
    FindMember(Id),
    /// Make the tickets of a range of places: all, or none if one of them is
    /// there already. Doing it again with the same first id changes nothing
    /// and answers the same.
    CreateTickets {
        /// The id of the first; the next number each for the others, row by row.
        first: Id,
        /// Which.
        places: Places,
    },
    /// Look at a ticket.
    FindTicket(Id),
    /// The shard's tickets, oldest first.
    ListTickets {
        /// Which.
        filter: TicketFilter,
        /// How many, from where.
        page: Page,
    },
    /// Have a member do something with a ticket.
    MoveTicket {
        /// The ticket.
        ticket: Id,
        /// Who. That the member exists was checked; members are never deleted.
        member: Id,
        /// What.
        step: Step,
    },
    /// Begin what must happen once for a key: remembers the request.
    Claim {
        /// Key and client, hashed. Its upper 32 bits are its locator.
        key: u128,
        /// The request, hashed.
        fingerprint: u128,
        /// The id that whatever is made will have, so that doing it again
        /// after a crash is doing it once.
        id: Id,
    },
    /// Remember the reply to a claimed request.
    Settle {
        /// The key of the claim.
        key: u128,
        /// What was replied.
        reply: StoredReply,
    },
    /// Forget a claim: nothing was changed, the key may be used again.
    Abandon {
        /// The key of the claim.
        key: u128,
    },
    /// The shard's ledger entries, oldest first.
    ListLedger {
        /// Which.
        filter: LedgerFilter,
        /// How many, from where.
        page: Page,
    },
    /// What stands on accounts: of what `filter` names, else of all ticket
    /// options, of all tickets and of all events of the shard. What a member
    /// has purchased of ticket options is left out: [`Self::SumPurchases`]
    /// tells that.
    Balances(LedgerFilter),
    /// How many a user has purchased of a ticket option, or of all: the sum
    /// over some of the purchases, so that no question takes long.
    SumPurchases {
        /// Who.
        user: Id,
        /// Of which option; `None`: of all.
        option: Option<Id>,
        /// Behind which option's purchase to go on; `None`: the first.
        after: Option<(Id, Id)>,
        /// At how many to look.
        most: usize,
    },
    /// Something about events and their sale.
    Event(Box<EventOperation>),
}

/// Part of a list. Lists are ordered by id, which is by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Begin behind this id.
    pub after: Option<Id>,
    /// At most so many.
    pub limit: usize,
}

/// A rectangle of places in one section; bounds included, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// The section's name; not empty.
    pub section: String,
    /// First and last row.
    pub rows: (u32, u32),
    /// First and last seat of each row.
    pub seats: (u32, u32),
}

impl Places {
    /// How many places there are.
    pub fn count(&self) -> u64 {
        let span = |(first, last): (u32, u32)| (u64::from(last) + 1).saturating_sub(first.into());
        span(self.rows).saturating_mul(span(self.seats))
    }
}

/// What a member does with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hold a free one, until that moment if one is given.
    Hold {
        /// When the hold ends by itself.
        until: Option<Micros>,
    },
    /// Free one that the member holds.
    Free,
    /// Purchase one that the member holds.
    Purchase,
}

/// Which tickets a list has; all, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// Of this section.
    pub section: Option<String>,
    /// In this state.
    pub state: Option<TicketState>,
    /// Held or purchased by this member.
    pub member: Option<Id>,
}

/// Which ledger entries a list has; all, where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerFilter {
    /// Of this ticket option.
    pub option: Option<Id>,
    /// Of this ticket.
    pub ticket: Option<Id>,
    /// Of this event.
    pub event: Option<Id>,
    /// Of this member, user or checkout.
    pub member: Option<Id>,
}

/// What a shard answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The option, as it is now.
    Option(TicketOption),
    /// A page of options.
    Options(Vec<TicketOption>),
    /// The purchase.
    Purchase(Purchase),
    /// The member.
    Member(Member),
    /// The ticket, as it is now.
    Ticket(Ticket),
    /// A page of tickets.
    Tickets(Vec<Ticket>),
    /// So many tickets are there now that were asked for.
    Created(u64),
    /// What is known of a key.
    Claim(Claim),
    /// A page of ledger entries.
    Ledger(Vec<LedgerEntry>),
    /// What stands on accounts; sums to zero unless those of a member were
    /// asked for.
    Balances(Vec<Balance>),
    /// What a user has purchased, as far as was looked.
    Purchased {
        /// How many.
        quantity: u128,
        /// Behind which option's purchase to go on; `None`: that was all.
        next: Option<(Id, Id)>,
    },
    /// What came of an [`Operation::Event`]; refusals of it included.
    Event(Box<EventAnswer>),
    /// Done as asked.
    Done,
    /// Nothing was changed.
    Refused(Refusal),
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not there.
    #[error("there is no such {0}")]
    NotFound(Kind),
    /// Something else has this id, or it has not the locator that it must:
    /// draw another.
    #[error("something else has this id, or it cannot be used here: draw another")]
    IdTaken,
    /// The allocation has less left than was asked for.
    #[error("only {available} are left")]
    NotEnough {
        /// What is left.
        available: u64,
    },
    /// A ticket for this place is there already.
    #[error("there is a ticket for row {row}, seat {seat} of this section already")]
    Duplicate {
        /// The first such place.
        row: u32,
        /// The first such place.
        seat: u32,
    },
    /// The ticket is held, by this member or another.
    #[error("the ticket is held")]
    Held,
    /// The ticket was purchased, by this member or another.
    #[error("the ticket was purchased")]
    Purchased,
    /// The ticket is free; it must be held first.
    #[error("the ticket is free: hold it first")]
    NotHeld,
    /// Another member holds the ticket.
    #[error("another member holds the ticket")]
    NotHolder,
    /// The shard holds as much of this as it may.
    #[error("the server holds as many {0}s as it may")]
    Full(Kind),
    /// The disk is nearly full.
    #[error("the disk is nearly full")]
    DiskLow,
}

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A ticket option.
    Option,
    /// A purchase of a ticket option.
    Purchase,
    /// A member.
    Member,
    /// A ticket.
    Ticket,
    /// An idempotency key.
    Key,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Option => "ticket option",
            Self::Purchase => "purchase",
            Self::Member => "member",
            Self::Ticket => "ticket",
            Self::Key => "idempotency key",
        })
    }
}

/// A ticket option: an allocation to purchase from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketOption {
    /// Its id.
    pub id: Id,
    /// What it is called.
    pub name: String,
    /// More about it.
    pub description: String,
    /// How many there were to purchase.
    pub allocation: u64,
    /// How many are left.
    pub available: u64,
}

/// A purchase out of an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Its id.
    pub id: Id,
    /// What was purchased.
    pub option: Id,
    /// Who purchased.
    pub user: Id,
    /// How many.
    pub quantity: u64,
    /// When.
    pub at: Micros,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: Id,
    /// What it is called.
    pub name: String,
}

/// A ticket: the right to one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its id.
    pub id: Id,
    /// The section of its place.
    pub section: String,
    /// The row of its place.
    pub row: u32,
    /// The seat of its place.
    pub seat: u32,
    /// Its state.
    pub state: TicketState,
    /// Who holds or has purchased it.
    pub member: Option<Id>,
    /// When its hold ends by itself.
    pub until: Option<Micros>,
}

/// The states of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketState {
    /// Any member may hold it.
    Free,
    /// A member holds it.
    Held,
    /// A member has purchased it.
    Purchased,
}

/// What is known of an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Go on, and give what you make this id.
    Proceed(Id),
    /// Another request with this key is under way.
    InFlight,
    /// The key was used for another request.
    Mismatch,
    /// This was the reply.
    Settled(StoredReply),
}

/// A reply that is kept to be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReply {
    /// The HTTP status.
    pub status: u16,
    /// Whether it is a JSON:API document.
    pub json_api: bool,
    /// Where what was made can be found; may be empty.
    pub location: String,
    /// The body.
    pub body: Vec<u8>,
}
