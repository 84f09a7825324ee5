//! A stock beside its model.

mod asker;
mod model;

use std::collections::BTreeMap;

use ringside::inventory::{
    Account, Answer, Book, Bounds, Change, Id, Illegal, LedgerEntry, LedgerFilter, Operation, Page,
    Stock, Subject, id,
};
use ringside::limits::MAX_CHANGE_BYTES;

pub(crate) use asker::Asker;
pub(crate) use model::{Model, Posted};

/// What a stock holds, comparable.
pub(crate) fn digest(stock: &Stock) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    let done: Result<(), ()> = stock.snapshot(&mut |part| {
        parts.push(bytes(part));
        Ok(())
    });
    done.unwrap();
    parts.sort_unstable();
    parts
}

pub(crate) fn bytes(change: &Change) -> Vec<u8> {
    let mut out = [0; MAX_CHANGE_BYTES];
    let bytes = change.encode(&mut out).expect("every change fits").to_vec();
    assert_eq!(Change::decode(&bytes).as_ref(), Ok(change));
    bytes
}

/// Stocks from the parts of others' snapshots that have their locators.
pub(crate) fn restore(from: &[&Stock], bounds: Bounds, shards: u32) -> Result<Vec<Stock>, Illegal> {
    let mut to: Vec<Stock> = (0..shards)
        .map(|seed| Stock::keyed(bounds, seed.into()))
        .collect();
    for stock in from {
        stock.snapshot(&mut |part| to[(part.locator() % shards) as usize].restore(part))?;
    }
    to.iter_mut().try_for_each(Stock::restored)?;
    Ok(to)
}

/// Checks that the ledger's sums are zero and those of the state.
pub(crate) fn check_sums(stock: &Stock) {
    let mut books = [[0; 4]; 3];
    stock.each_balance(&mut |balance| {
        let kind = match balance.account.of {
            Subject::Option(_) | Subject::AllOptions => 0,
            Subject::Ticket(_) | Subject::AllTickets => 1,
            Subject::Section { .. } | Subject::General { .. } | Subject::AllEvents => 2,
        };
        books[kind][balance.account.book as usize] += balance.quantity;
    });
    let ledger = stock.ledger_books().map(|books| books.0);
    assert_eq!(ledger, books, "the ledger and the state");
    assert_eq!(books.map(|books| books.iter().sum::<i128>()), [0; 3]);
}

/// Checks every account and every entry of the ledger.
pub(crate) fn check_ledger(stock: &mut Stock, model: &Model, bounds: Bounds) {
    let mut accounts = BTreeMap::<Account, i128>::new();
    for posted in &model.ledger {
        let quantity = i128::from(posted.quantity);
        *accounts.entry(posted.debit).or_default() -= quantity;
        *accounts.entry(posted.credit).or_default() += quantity;
        for account in [posted.debit, posted.credit] {
            assert!(account.book == Book::Issued || accounts[&account] >= 0);
        }
    }
    stock.each_balance(&mut |balance| {
        *accounts.entry(balance.account).or_default() -= balance.quantity;
    });
    assert!(accounts.values().all(|&sum| sum == 0), "{accounts:?}");
    let kept = model.ledger.len().saturating_sub(bounds.ledger_entries);
    let listed = entries(stock, LedgerFilter::default(), None, usize::MAX);
    assert!(listed.is_sorted_by(|one, next| one.id < next.id));
    assert_eq!(posted(&listed), model.ledger[kept..]);
}

/// What a user has purchased, looked up part by part.
pub(crate) fn check_purchased(
    stock: &mut Stock,
    model: &Model,
    (user, option): (Id, Option<Id>),
    most: usize,
) {
    let (mut sum, mut after, mut parts) = (0, None, 0);
    loop {
        let part = Operation::SumPurchases {
            user,
            option,
            after,
            most,
        };
        match stock.operate(0, part, &mut |_| {}) {
            Answer::Purchased { quantity, next } => {
                sum += quantity;
                after = next;
            }
            other => panic!("{other:?}"),
        }
        parts += 1;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(sum, model.purchased(user, option));
    let totals = stock.totals();
    let steps = (totals.options + totals.purchases) as usize;
    assert!(parts <= steps / most + 2, "{parts} parts of {steps} steps");
}

/// A page of a filtered ledger, compared with all of it.
pub(crate) fn check_page(stock: &mut Stock, filter: LedgerFilter, after: usize, limit: usize) {
    let all = entries(stock, LedgerFilter::default(), None, usize::MAX);
    let after = all.get(after).map(|entry| entry.id);
    let page = entries(stock, filter, after, limit);
    let named = |entry: &&LedgerEntry| {
        let (of, member) = (entry.debit.of, entry.debit.member.or(entry.credit.member));
        filter.option.is_none_or(|id| of == Subject::Option(id))
            && filter.ticket.is_none_or(|id| of == Subject::Ticket(id))
            && filter.member.is_none_or(|id| member == Some(id))
    };
    let behind = all
        .iter()
        .filter(|entry| after.is_none_or(|after| entry.id > after));
    let expected: Vec<LedgerEntry> = behind.filter(named).take(limit).cloned().collect();
    assert_eq!(page, expected);
    for entry in page {
        let subject = match entry.debit.of {
            ringside::inventory::Subject::Option(id) | ringside::inventory::Subject::Ticket(id) => {
                id
            }
            other => panic!("{other:?} moves nothing"),
        };
        assert_eq!(id::locator(entry.id), id::locator(subject));
    }
}

fn entries(
    stock: &mut Stock,
    filter: LedgerFilter,
    after: Option<Id>,
    limit: usize,
) -> Vec<LedgerEntry> {
    let page = Page { after, limit };
    match stock.operate(0, Operation::ListLedger { filter, page }, &mut |_| {}) {
        Answer::Ledger(entries) => entries,
        other => panic!("{other:?}"),
    }
}

fn posted(entries: &[LedgerEntry]) -> Vec<Posted> {
    let posted = |entry: &LedgerEntry| Posted {
        at: entry.at,
        reason: entry.reason,
        debit: entry.debit,
        credit: entry.credit,
        quantity: entry.quantity,
        purchase: entry.purchase,
    };
    entries.iter().map(posted).collect()
}
