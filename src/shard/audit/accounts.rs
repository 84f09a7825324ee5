//! The accounts of the ledger, kept once more: apart from the state, from the
//! entries alone.

use std::collections::HashMap;

use crate::inventory::{Account, Book, Stock, Subject};
use crate::journal::Illegal;

/// What stands on each account. Empty ones are not kept.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    sums: HashMap<Account, i128>,
    /// Entries of the stock that were posted here.
    posted: u64,
}

impl Accounts {
    /// Begins with what stands on the accounts of a state without entries.
    pub(super) fn open(&mut self, stock: &Stock) {
        stock.each_balance(&mut |balance| {
            self.add(balance.account, balance.quantity);
        });
        self.posted = stock.entries_posted();
    }

    /// Posts what the stock's ledger has made since the last time.
    pub(super) fn post(&mut self, stock: &Stock) -> Result<(), Illegal> {
        let new = stock.entries_posted() - self.posted;
        self.posted += new;
        let mut posted = 0;
        for entry in stock.newest_entries(new) {
            let entry = entry.show();
            let quantity = i128::from(entry.quantity);
            for (account, quantity) in [(entry.debit, -quantity), (entry.credit, quantity)] {
                let stands = self.add(account, quantity);
                if stands < 0 && account.book != Book::Issued {
                    return Err(Illegal(format!("{account:?} is overdrawn by {}", -stands)));
                }
            }
            posted += 1;
        }
        if posted == new {
            return Ok(());
        }
        let what = format!("a change has posted {new} ledger entries, more than one may");
        Err(Illegal(what))
    }

    /// Whether the accounts are balanced, and say what the state says.
    pub(super) fn check(mut self, stock: &Stock) -> Result<(), String> {
        let sum: i128 = self.sums.values().sum();
        if sum != 0 {
            return Err(format!("the accounts sum up to {sum} and not to zero"));
        }
        let mut books = [[0; 4]; 3];
        stock.each_balance(&mut |balance| {
            let kind = match balance.account.of {
                Subject::Option(_) | Subject::AllOptions => 0,
                Subject::Ticket(_) | Subject::AllTickets => 1,
                Subject::Section { .. } | Subject::General { .. } | Subject::AllEvents => 2,
            };
            books[kind][balance.account.book as usize] += balance.quantity;
            self.add(balance.account, -balance.quantity);
        });
        if let Some((account, quantity)) = self.sums.iter().next() {
            return Err(format!(
                "the ledger has {quantity} more on {account:?} than the state"
            ));
        }
        let ledger = stock.ledger_books().map(|books| books.0);
        if ledger != books {
            return Err(format!(
                "the ledger's sums of options, tickets and events are {ledger:?}, those of the \
                 state {books:?}"
            ));
        }
        Ok(())
    }

    fn add(&mut self, account: Account, quantity: i128) -> i128 {
        let stands = self.sums.entry(account).or_default();
        *stands += quantity;
        let stands = *stands;
        if stands == 0 {
            self.sums.remove(&account);
        }
        stands
    }
}
