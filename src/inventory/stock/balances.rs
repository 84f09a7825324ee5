//! What stands on accounts, read off the state.

use std::collections::BTreeMap;

use super::Stock;
use super::ledger::Books;
use super::options::Sums;
use crate::inventory::account::{Account, Balance, Book, Subject};
use crate::inventory::events::Standing;
use crate::inventory::id::Id;
use crate::inventory::operation::{LedgerFilter, Ticket, TicketState};

impl Stock {
    /// What stands on the accounts that `filter` names: of an option, of a
    /// ticket, of an event, of a member's part in one of them or in all; else
    /// of all options, of all tickets and of all events. The sum is zero,
    /// unless a member is named; what that one has purchased of options is
    /// told by [`super::options::Options::sold_to`]. A hold counts until it is
    /// swept.
    pub(super) fn balances(&self, filter: LedgerFilter) -> Vec<Balance> {
        let named = [filter.option, filter.ticket, filter.event];
        if named.into_iter().flatten().count() > 1 {
            return Vec::new();
        }
        match filter {
            LedgerFilter {
                event: Some(event),
                member,
                ..
            } => self.of_event(event, member),
            LedgerFilter {
                ticket: Some(id),
                member,
                ..
            } => {
                let mut of_ticket = self.of_ticket(id);
                of_ticket.retain(|balance| member.is_none() || balance.account.member == member);
                of_ticket
            }
            LedgerFilter {
                option: Some(_),
                member: Some(_),
                ..
            } => Vec::new(),
            LedgerFilter {
                member: Some(member),
                ..
            } => self.of_member(member),
            LedgerFilter {
                option: Some(id), ..
            } => {
                let option = self.options.find(id);
                option.map_or(Vec::new(), |option| {
                    let sums = Sums {
                        allocated: option.allocation.into(),
                        available: option.available.into(),
                    };
                    of_options(Subject::Option(id), sums)
                })
            }
            _ => {
                let mut all = of_options(Subject::AllOptions, self.options.sums());
                let tickets = [TicketState::Free, TicketState::Held, TicketState::Purchased]
                    .map(|state| self.tickets.count(state) as i128);
                let issued = -tickets.iter().sum::<i128>();
                let books = [Book::Issued, Book::Available, Book::Held, Book::Sold];
                let stands = [issued, tickets[0], tickets[1], tickets[2]];
                all.extend(
                    books
                        .into_iter()
                        .zip(stands)
                        .map(|(book, quantity)| balance(book, Subject::AllTickets, None, quantity)),
                );
                all.extend(self.of_all_events());
                all
            }
        }
    }

    /// Every account of the state and what stands on it; an account may come
    /// several times, and counts as often.
    pub fn each_balance(&self, each: &mut dyn FnMut(Balance)) {
        for (option, purchases) in self.options.iter() {
            let of = Subject::Option(option.id);
            each(balance(
                Book::Issued,
                of,
                None,
                -i128::from(option.allocation),
            ));
            each(balance(Book::Available, of, None, option.available.into()));
            for purchase in purchases {
                let quantity = purchase.quantity.into();
                each(balance(Book::Sold, of, Some(purchase.user), quantity));
            }
        }
        for section in &self.tickets.sections {
            for row in section.rows.iter() {
                ticket_balances(&section.show(row, 0))
                    .into_iter()
                    .for_each(&mut *each);
            }
        }
        self.events
            .each_balance(&mut |(of, book, checkout, quantity)| {
                each(balance(book, of.into(), checkout, quantity));
            });
    }

    /// What the ledger says of all options, of all tickets and of all events,
    /// summed up entry by entry.
    pub fn ledger_books(&self) -> [Books; 3] {
        self.ledger.books()
    }

    /// How many ledger entries were made in this life of the state.
    pub fn entries_posted(&self) -> u64 {
        self.ledger.posted()
    }

    /// The newest ledger entries, `count` of them if so many are kept.
    pub fn newest_entries(&self, count: u64) -> impl Iterator<Item = &super::Entry> {
        self.ledger.newest(count)
    }

    /// An event's sections and options, by book; of a checkout, what is its.
    fn of_event(&self, event: Id, checkout: Option<Id>) -> Vec<Balance> {
        let mut sums = BTreeMap::new();
        let mut add = |(of, book, _, quantity): Standing| {
            *sums.entry((Subject::from(of), book)).or_default() += quantity;
        };
        match checkout {
            Some(checkout) => self.events.balances_of_checkout(event, checkout, &mut add),
            None => self.events.balances_of(event, &mut add),
        }
        let sums = sums.into_iter();
        sums.map(|((of, book), quantity)| balance(book, of, checkout, quantity))
            .collect()
    }

    fn of_all_events(&self) -> [Balance; 4] {
        let totals = self.events.totals();
        let [free, held, sold] = [totals.free, totals.held, totals.sold].map(i128::from);
        [
            (Book::Issued, -free - held - sold),
            (Book::Available, free),
            (Book::Held, held),
            (Book::Sold, sold),
        ]
        .map(|(book, quantity)| balance(book, Subject::AllEvents, None, quantity))
    }

    fn of_ticket(&self, id: Id) -> Vec<Balance> {
        let found = self.tickets.find(id);
        found.map_or(Vec::new(), |place| {
            ticket_balances(&self.tickets.show(place, 0)).into()
        })
    }

    fn of_member(&self, member: Id) -> Vec<Balance> {
        let mut all = Vec::new();
        let (held, purchased) = self.tickets.count_of(member);
        for (book, count) in [(Book::Held, held), (Book::Sold, purchased)] {
            let quantity = count as i128;
            all.push(balance(book, Subject::AllTickets, Some(member), quantity));
        }
        let mut sums = [0; 4];
        for event in self.events.ids() {
            let add = &mut |(_, book, _, quantity): Standing| sums[book as usize] += quantity;
            self.events.balances_of_checkout(event, member, add);
        }
        for book in [Book::Held, Book::Sold] {
            let quantity = sums[book as usize];
            all.push(balance(book, Subject::AllEvents, Some(member), quantity));
        }
        all.retain(|balance| balance.quantity != 0);
        all
    }
}

fn of_options(of: Subject, sums: Sums) -> Vec<Balance> {
    let (allocated, available) = (sums.allocated as i128, sums.available as i128);
    vec![
        balance(Book::Issued, of, None, -allocated),
        balance(Book::Available, of, None, available),
        balance(Book::Sold, of, None, allocated - available),
    ]
}

fn ticket_balances(ticket: &Ticket) -> [Balance; 2] {
    let of = Subject::Ticket(ticket.id);
    let book = match ticket.state {
        TicketState::Free => Book::Available,
        TicketState::Held => Book::Held,
        TicketState::Purchased => Book::Sold,
    };
    [
        balance(Book::Issued, of, None, -1),
        balance(book, of, ticket.member, 1),
    ]
}

fn balance(book: Book, of: Subject, member: Option<Id>, quantity: i128) -> Balance {
    Balance {
        account: Account { book, of, member },
        quantity,
    }
}
