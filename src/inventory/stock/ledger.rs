//! The ledger: every movement as a double entry, in order. See
//! `docs/ledger.md`.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::inventory::account::{Account, Book, LedgerEntry, Reason, Subject};
use crate::inventory::events::{self, EventChange, Ware};
use crate::inventory::id::{self, Id, locator};
use crate::inventory::operation::{LedgerFilter, Micros, Page};

/// A movement, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// See [`LedgerEntry::id`].
    #[serde(with = "uuid::serde::compact")]
    pub id: Id,
    /// When.
    pub at: Micros,
    /// How many.
    pub quantity: u64,
    /// The ticket option, ticket or event.
    #[serde(with = "uuid::serde::compact")]
    pub subject: Id,
    /// What it was.
    pub movement: Movement,
}

const _: () = assert!(size_of::<Entry>() <= 88);

/// The kinds of movements. Part of the data format: only appended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Movement {
    /// Issued to available.
    OptionCreated,
    /// Available to sold.
    OptionPurchased {
        /// Who has purchased.
        #[serde(with = "uuid::serde::compact")]
        user: Id,
        /// The purchase.
        #[serde(with = "uuid::serde::compact")]
        purchase: Id,
    },
    /// Issued to available.
    TicketCreated,
    /// Available to held.
    TicketHeld {
        /// Who holds it.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
    },
    /// Held to available.
    TicketFreed {
        /// Who held it.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
    },
    /// Held to available, by itself.
    TicketExpired {
        /// Who held it.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
    },
    /// Held to sold.
    TicketPurchased {
        /// Who has purchased it.
        #[serde(with = "uuid::serde::compact")]
        member: Id,
    },
    /// Seats of an event.
    EventSeats {
        /// The place of their section in the plan.
        section: u16,
        /// What became of them.
        turn: EventTurn,
        /// The checkout that holds or held them; nil: none.
        #[serde(with = "uuid::serde::compact")]
        checkout: Id,
    },
    /// General admission to an event.
    EventGeneral {
        /// The option.
        #[serde(with = "uuid::serde::compact")]
        option: Id,
        /// What became of it.
        turn: EventTurn,
        /// The checkout that holds or held it; nil: none.
        #[serde(with = "uuid::serde::compact")]
        checkout: Id,
    },
}

/// What becomes of an event's tickets. Part of the data format: only appended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventTurn {
    /// Issued to available.
    Created,
    /// Available to held.
    Held,
    /// Held to available.
    Freed,
    /// Held to available, by itself.
    Expired,
    /// Held to sold.
    Purchased,
    /// Available to sold: the money came when the holds had ended.
    PurchasedLate,
}

impl EventTurn {
    fn reason(self) -> Reason {
        match self {
            Self::Created => Reason::Created,
            Self::Held => Reason::Held,
            Self::Freed => Reason::Freed,
            Self::Expired => Reason::Expired,
            Self::Purchased | Self::PurchasedLate => Reason::Purchased,
        }
    }

    fn of(moved: &events::Movement) -> Self {
        match (moved.reason, moved.from) {
            (Reason::Created, _) => Self::Created,
            (Reason::Held, _) => Self::Held,
            (Reason::Freed, _) => Self::Freed,
            (Reason::Expired, _) => Self::Expired,
            (Reason::Purchased, Book::Held) => Self::Purchased,
            (Reason::Purchased, _) => Self::PurchasedLate,
        }
    }
}

/// What a movement is of; each has sums of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Options,
    Tickets,
    Events,
}

impl Movement {
    /// The event of a movement there, and how it is kept.
    pub(super) fn of_event(moved: &events::Movement) -> (Id, Self) {
        let turn = EventTurn::of(moved);
        let checkout = moved.checkout.unwrap_or_default();
        match moved.of {
            Ware::Section { event, section } => (
                event,
                Self::EventSeats {
                    section,
                    turn,
                    checkout,
                },
            ),
            Ware::General { event, option } => (
                event,
                Self::EventGeneral {
                    option,
                    turn,
                    checkout,
                },
            ),
        }
    }

    fn reason(self) -> Reason {
        match self {
            Self::EventSeats { turn, .. } | Self::EventGeneral { turn, .. } => turn.reason(),
            Self::OptionCreated | Self::TicketCreated => Reason::Created,
            Self::OptionPurchased { .. } | Self::TicketPurchased { .. } => Reason::Purchased,
            Self::TicketHeld { .. } => Reason::Held,
            Self::TicketFreed { .. } => Reason::Freed,
            Self::TicketExpired { .. } => Reason::Expired,
        }
    }

    /// From which book to which.
    fn books(self) -> (Book, Book) {
        let late = EventTurn::PurchasedLate;
        match self {
            Self::EventSeats { turn, .. } | Self::EventGeneral { turn, .. } if turn == late => {
                return (Book::Available, Book::Sold);
            }
            _ => {}
        }
        match self.reason() {
            Reason::Created => (Book::Issued, Book::Available),
            Reason::Held => (Book::Available, Book::Held),
            Reason::Freed | Reason::Expired => (Book::Held, Book::Available),
            Reason::Purchased if self.kind() == Kind::Options => (Book::Available, Book::Sold),
            Reason::Purchased => (Book::Held, Book::Sold),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::OptionCreated | Self::OptionPurchased { .. } => Kind::Options,
            Self::EventSeats { .. } | Self::EventGeneral { .. } => Kind::Events,
            _ => Kind::Tickets,
        }
    }

    fn member(self) -> Option<Id> {
        match self {
            Self::OptionCreated | Self::TicketCreated => None,
            Self::OptionPurchased { user: member, .. }
            | Self::TicketHeld { member }
            | Self::TicketFreed { member }
            | Self::TicketExpired { member }
            | Self::TicketPurchased { member } => Some(member),
            Self::EventSeats { checkout, .. } | Self::EventGeneral { checkout, .. } => {
                Some(checkout).filter(|checkout| !checkout.is_nil())
            }
        }
    }
}

impl Entry {
    /// The entry as it is told.
    pub fn show(&self) -> LedgerEntry {
        let (debit, credit) = self.movement.books();
        let event = self.subject;
        let of = match self.movement {
            Movement::EventSeats { section, .. } => Subject::Section { event, section },
            Movement::EventGeneral { option, .. } => Subject::General { event, option },
            other if other.kind() == Kind::Options => Subject::Option(self.subject),
            _ => Subject::Ticket(self.subject),
        };
        let account = |book| Account {
            book,
            of,
            member: match book {
                Book::Issued | Book::Available => None,
                Book::Held | Book::Sold => self.movement.member(),
            },
        };
        LedgerEntry {
            id: self.id,
            at: self.at,
            reason: self.movement.reason(),
            debit: account(debit),
            credit: account(credit),
            quantity: self.quantity,
            purchase: match self.movement {
                Movement::OptionPurchased { purchase, .. } => Some(purchase),
                _ => None,
            },
        }
    }
}

/// What stands on the accounts of all options, of all tickets or of all events,
/// by book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books(pub [i128; 4]);

impl Books {
    /// What stands in one book.
    pub fn of(self, book: Book) -> i128 {
        self.0[book as usize]
    }

    pub(super) fn post(&mut self, (debit, credit): (Book, Book), quantity: i128) {
        self.0[debit as usize] -= quantity;
        self.0[credit as usize] += quantity;
    }
}

/// The entries of one shard, the newest of them, and the sums over all.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: VecDeque<Entry>,
    /// The ends of the ids of each entry's subject and member: few bytes to
    /// look through for the entries of one.
    tags: VecDeque<(u32, u32)>,
    /// Of the last entry that was made: milliseconds and number.
    last: (u64, u64),
    posted: u64,
    books: [Books; 3],
}

/// A tag that stands for no member, and perhaps for one.
const NOBODY: u32 = 0;

impl Ledger {
    /// The sums of all options, of all tickets and of all events.
    pub(super) fn books(&self) -> [Books; 3] {
        self.books
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many entries were posted since this ledger was made.
    pub(super) fn posted(&self) -> u64 {
        self.posted
    }

    /// Posts a movement. Of more than `most` entries the oldest go; the sums
    /// stay.
    pub(super) fn post(
        &mut self,
        at: Micros,
        subject: Id,
        quantity: u64,
        movement: Movement,
        most: usize,
    ) {
        let books = &mut self.books[movement.kind() as usize];
        books.post(movement.books(), i128::from(quantity));
        self.posted += 1;
        // Ids never go back, even when the clock does.
        let millis = (at / 1000).max(self.last.0);
        let number = if millis == self.last.0 {
            self.last.1 + 1
        } else {
            0
        };
        self.last = (millis, number);
        if most == 0 {
            return;
        }
        self.fold(most - 1);
        self.push(Entry {
            id: id::make(millis, number, locator(subject)),
            at,
            quantity,
            subject,
            movement,
        });
    }

    /// Posts what a change of an event moves.
    pub(super) fn post_moved(&mut self, change: &EventChange, most: usize) {
        change.movements(&mut |moved| {
            let (event, movement) = Movement::of_event(&moved);
            self.post(moved.at, event, moved.quantity, movement, most);
        });
    }

    /// Takes in what a snapshot says of an option or ticket: `quantity` came to
    /// `book`.
    pub(super) fn open(&mut self, kind: Kind, book: Book, quantity: u64) {
        self.books[kind as usize].post((Book::Issued, book), i128::from(quantity));
    }

    /// Begins the sums of all events.
    pub(super) fn open_events(&mut self, books: Books) {
        self.books[Kind::Events as usize] = books;
    }

    /// Takes in an entry of a snapshot.
    pub(super) fn restore(&mut self, entry: &Entry) {
        self.restore_last(entry.id);
        self.push(entry.clone());
    }

    /// Takes in the id of the last entry that was made.
    pub(super) fn restore_last(&mut self, last: Id) {
        self.last = self.last.max(id::parts(last));
    }

    /// Brings the entries of a snapshot into their order.
    pub(super) fn restored(&mut self, most: usize) {
        let entries = self.entries.make_contiguous();
        if !entries.is_sorted_by_key(|entry| entry.id) {
            entries.sort_unstable_by_key(|entry| entry.id);
            self.tags = self.entries.iter().map(tags).collect();
        }
        self.fold(most);
    }

    /// The entries that `filter` names, oldest first.
    pub(super) fn list(&self, filter: LedgerFilter, page: Page) -> Vec<LedgerEntry> {
        let start = page.after.map_or(0, |after| {
            self.entries.partition_point(|entry| entry.id <= after)
        });
        let subject = filter.option.or(filter.ticket).or(filter.event);
        let subject = subject.map(locator);
        let member = filter.member.map(locator);
        let tags = self.tags.range(start..).enumerate();
        tags.filter(|(_, tags)| {
            subject.is_none_or(|it| it == tags.0) && member.is_none_or(|it| it == tags.1)
        })
        .map(|(number, _)| self.entries[start + number].show())
        .filter(|entry| {
            let (of, member) = (entry.credit.of, entry.debit.member.or(entry.credit.member));
            filter.option.is_none_or(|id| of == Subject::Option(id))
                && filter.ticket.is_none_or(|id| of == Subject::Ticket(id))
                && filter.event.is_none_or(|id| of.event() == Some(id))
                && filter.member.is_none_or(|id| member == Some(id))
        })
        .take(page.limit)
        .collect()
    }

    /// The newest entries, `count` of them if so many are kept.
    pub(super) fn newest(&self, count: u64) -> impl Iterator<Item = &Entry> {
        let skipped = self.entries.len().saturating_sub(count as usize);
        self.entries.range(skipped..)
    }

    /// The entries that are kept, oldest first, for a snapshot.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The id of the last entry that was made, if any was.
    pub(super) fn last(&self) -> Option<Id> {
        let (millis, number) = self.last;
        (self.last != (0, 0)).then(|| id::make(millis, number, 0))
    }

    fn push(&mut self, entry: Entry) {
        self.tags.push_back(tags(&entry));
        self.entries.push_back(entry);
    }

    fn fold(&mut self, most: usize) {
        let over = self.entries.len().saturating_sub(most);
        self.entries.drain(..over);
        self.tags.drain(..over);
    }
}

fn tags(entry: &Entry) -> (u32, u32) {
    let member = entry.movement.member().map_or(NOBODY, locator);
    (locator(entry.subject), member)
}
