//! Events in the stock, and the same again from what was recorded: random
//! sales, replays through bytes, snapshots by way of other numbers of shards,
//! and a ledger that agrees after every step.
//!
//! `RINGSIDE_SIM_SEEDS=N` runs so many seeds, `RINGSIDE_SIM_SEED=S` that one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod buyers;
mod seeds;

use std::collections::BTreeMap;

use buyers::{Buyers, EVENTS, event};
use fastrand::Rng;
use ringside::inventory::events::{
    EventAnswer, EventBounds, EventChange, EventOperation, Lot, PaymentState,
};
use ringside::inventory::{
    Account, Answer, Book, Bounds, Change, LedgerEntry, LedgerFilter, Operation, Page, Stock,
};
use ringside::limits::MAX_CHANGE_BYTES;
use seeds::Seeds;

const SEEDS: u64 = 40;
const STEPS: usize = 300;

/// What a run has seen, by name: a run that sees nothing proves nothing.
type Seen = BTreeMap<String, u64>;

fn bounds(seed: u64) -> Bounds {
    let all = Bounds::default();
    match seed % 3 {
        0 => all,
        1 => Bounds {
            ledger_entries: 25,
            events: EventBounds {
                payments: 3,
                untold_ends: 1_000,
                ..all.events
            },
            ..all
        },
        _ => Bounds {
            ledger_entries: seed as usize % 90,
            events: EventBounds {
                events: 3,
                checkouts: 9,
                bookings: 3,
                payments: 4,
                remembered_changes: 5,
                untold_ends: 3,
                ..all.events
            },
            ..all
        },
    }
}

struct Life {
    rng: Rng,
    buyers: Buyers,
    bounds: Bounds,
    stock: Stock,
    /// Follows by what is recorded.
    twin: Stock,
    /// Not yet given to the twin.
    changes: Vec<Change>,
    /// What stands on every account, by the entries alone.
    accounts: BTreeMap<Account, i128>,
    posted: u64,
    /// Pays money back that was owed lately.
    owed: Option<EventOperation>,
    seen: Seen,
}

fn live(seed: u64) -> Seen {
    let bounds = bounds(seed);
    let mut life = Life {
        rng: Rng::with_seed(seed),
        buyers: Buyers::new(),
        bounds,
        stock: Stock::keyed(bounds, seed),
        twin: Stock::keyed(bounds, !seed),
        changes: Vec::new(),
        accounts: BTreeMap::new(),
        posted: 0,
        owed: None,
        seen: Seen::new(),
    };
    for _ in 0..STEPS {
        life.step();
    }
    life.follow();
    life.seen
}

impl Life {
    fn step(&mut self) {
        self.buyers.pass(&mut self.rng);
        let now = self.buyers.now;
        let (stock, changes) = (&mut self.stock, &mut self.changes);
        let mut record = |change: &Change| changes.push(change.clone());
        if self.rng.u8(..8) == 0 {
            while stock.expire(now, &mut record) {}
            assert!(stock.next_expiry().is_none_or(|next| next > now));
        }
        let refund = self.owed.take().filter(|_| self.rng.bool());
        let operation = refund.unwrap_or_else(|| self.buyers.choose(&mut self.rng));
        let operation = Operation::Event(Box::new(operation));
        let answer = match stock.operate(now, operation, &mut record) {
            Answer::Event(answer) => *answer,
            other => panic!("{other:?}"),
        };
        if let EventAnswer::Payment(view) = &answer
            && view.state == PaymentState::Owed
        {
            let (event, payment) = (view.event, view.id);
            self.owed = Some(EventOperation::MarkRefunded { event, payment });
        }
        *self.seen.entry(name(&answer)).or_default() += 1;
        self.stock.events().prove().unwrap();
        self.post();
        match self.rng.u32(..60) {
            0..2 => self.follow(),
            2 => self.another_life(),
            _ => {}
        }
    }

    /// Keeps accounts from the ledger's entries, and compares them with the
    /// state.
    fn post(&mut self) {
        let new = self.stock.entries_posted() - self.posted;
        self.posted += new;
        if new as usize <= self.bounds.ledger_entries {
            for entry in self.stock.newest_entries(new) {
                let LedgerEntry {
                    debit,
                    credit,
                    quantity,
                    ..
                } = entry.show();
                let quantity = i128::from(quantity);
                for (account, moved) in [(debit, -quantity), (credit, quantity)] {
                    let stands = self.accounts.entry(account).or_default();
                    *stands += moved;
                    assert!(*stands >= 0 || account.book == Book::Issued, "{account:?}");
                }
            }
        } else {
            // Some of them are folded: begin with what stands.
            self.accounts.clear();
            self.stock.each_balance(&mut |balance| {
                *self.accounts.entry(balance.account).or_default() += balance.quantity;
            });
        }
        let mut books = [0; 4];
        let mut rest = self.accounts.clone();
        self.stock.each_balance(&mut |balance| {
            books[balance.account.book as usize] += balance.quantity;
            *rest.entry(balance.account).or_default() -= balance.quantity;
        });
        assert!(rest.values().all(|left| *left == 0), "{rest:?}");
        assert_eq!(books.iter().sum::<i128>(), 0);
        assert_eq!(self.stock.ledger_books()[2].0, books);
    }

    /// The twin takes in what was recorded, and is the same then.
    fn follow(&mut self) {
        for change in self.changes.drain(..) {
            for wrong in halved(&change) {
                let taken = self.twin.replay(&wrong);
                assert!(taken.is_err(), "{wrong:?} instead of {change:?}");
                *self.seen.entry("halves".to_owned()).or_default() += 1;
            }
            self.twin.replay(&through_bytes(&change)).unwrap();
            if happens_once(&change) {
                assert!(self.twin.replay(&change).is_err(), "{change:?} twice");
            }
        }
        self.twin.events().prove().unwrap();
        assert_eq!(digest(&self.twin), digest(&self.stock));
        assert_eq!(self.twin.events().totals(), self.stock.events().totals());
        self.compare_ledgers();
        *self.seen.entry("replays".to_owned()).or_default() += 1;
    }

    fn compare_ledgers(&mut self) {
        let all = LedgerFilter::default();
        let whole = entries(&mut self.stock, all);
        assert_eq!(entries(&mut self.twin, all), whole);
        for event in (0..EVENTS).map(event) {
            let filter = LedgerFilter {
                event: Some(event),
                ..all
            };
            let of_event = |it: &&LedgerEntry| it.credit.of.event() == Some(event);
            let expected: Vec<LedgerEntry> = whole.iter().filter(of_event).cloned().collect();
            assert_eq!(entries(&mut self.stock, filter), expected);
        }
    }

    /// From a snapshot, by way of some number of shards.
    fn another_life(&mut self) {
        self.follow();
        let before = digest(&self.stock);
        let kept = before.iter().filter(|part| part.contains("EndKept"));
        *self.seen.entry("ends kept".to_owned()).or_default() += kept.count() as u64;
        let shards = self.rng.u32(1..5);
        let parts = restored(&[&self.stock], self.bounds, shards);
        let parts: Vec<&Stock> = parts.iter().collect();
        self.stock = restored(&parts, self.bounds, 1).remove(0);
        assert_eq!(digest(&self.stock), before, "by way of {shards} shards");
        self.posted = self.stock.entries_posted();
        self.accounts.clear();
        self.stock.each_balance(&mut |balance| {
            *self.accounts.entry(balance.account).or_default() += balance.quantity;
        });
        *self.seen.entry("lives".to_owned()).or_default() += 1;
    }
}

/// The answer without what it says, for counting.
fn name(answer: &EventAnswer) -> String {
    let text = match answer {
        EventAnswer::Refused(refusal) => format!("{refusal:?}"),
        EventAnswer::Payment(view) => format!("{:?}", view.state),
        EventAnswer::Checkout(view) => format!("{:?}", view.state),
        EventAnswer::Ends(_) => "Ends".to_owned(),
        other => format!("{other:?}"),
    };
    let is_of_reference = text.starts_with("Booked") || text.starts_with("Completed");
    let ends: &[char] = if is_of_reference {
        &['(']
    } else {
        &[' ', '{', '[']
    };
    text[..text.find(ends).unwrap_or(text.len())].to_owned()
}

/// The change with less in it than was decided.
fn halved(change: &Change) -> Vec<Change> {
    let Change::Event(EventChange::Booked {
        event,
        at,
        booking,
        late: false,
    }) = change
    else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for index in 0..booking.lots.len() {
        let mut less = booking.clone();
        match &mut less.lots[index] {
            Lot::Seats { seats, .. } if seats.len() > 1 => {
                seats.pop();
            }
            Lot::General { quantity, .. } if *quantity > 1 => *quantity -= 1,
            _ => {
                less.lots.remove(index);
            }
        }
        wrong.push(Change::Event(EventChange::Booked {
            event: *event,
            at: *at,
            booking: less,
            late: false,
        }));
    }
    wrong
}

fn happens_once(change: &Change) -> bool {
    matches!(
        change,
        Change::Event(
            EventChange::Created { .. }
                | EventChange::DoorsOpened { .. }
                | EventChange::Joined { .. }
                | EventChange::Admitted { .. }
                | EventChange::Extended { .. }
                | EventChange::Ended { .. }
                | EventChange::PaymentBegun { .. }
                | EventChange::PaymentEnded { .. }
                | EventChange::PaymentForgotten { .. }
                | EventChange::Owed { .. }
                | EventChange::Refunded { .. }
                | EventChange::Booked { .. }
        )
    )
}

fn through_bytes(change: &Change) -> Change {
    let mut out = [0; MAX_CHANGE_BYTES];
    let again = Change::decode(change.encode(&mut out).expect("every change fits"));
    assert_eq!(again.as_ref(), Ok(change));
    again.unwrap()
}

fn entries(stock: &mut Stock, filter: LedgerFilter) -> Vec<LedgerEntry> {
    let page = Page {
        after: None,
        limit: usize::MAX,
    };
    match stock.operate(0, Operation::ListLedger { filter, page }, &mut |_| {}) {
        Answer::Ledger(entries) => entries,
        other => panic!("{other:?}"),
    }
}

/// Stocks from the parts of others' snapshots that have their locators.
fn restored(from: &[&Stock], bounds: Bounds, shards: u32) -> Vec<Stock> {
    let mut to: Vec<Stock> = (0..shards)
        .map(|seed| Stock::keyed(bounds, seed.into()))
        .collect();
    for stock in from {
        let done: Result<(), _> = stock.snapshot(&mut |part| {
            let part = through_bytes(part);
            to[(part.locator() % shards) as usize].restore(&part)
        });
        done.unwrap();
    }
    for stock in &mut to {
        stock.restored().unwrap();
    }
    to
}

/// What a stock holds, comparable: those in a line in order, all else in any.
/// When somebody was seen last is in no journal.
fn digest(stock: &Stock) -> Vec<String> {
    let mut parts = Vec::new();
    let mut in_line = 0;
    let done: Result<(), ()> = stock.snapshot(&mut |part| {
        let mut part = part.clone();
        match &mut part {
            Change::Event(EventChange::CheckoutKept { at, deadline, .. }) => {
                *at = 0;
                if deadline.is_none() {
                    in_line += 1;
                    parts.push(format!("{in_line}: {part:?}"));
                } else {
                    parts.push(format!("{part:?}"));
                }
            }
            Change::Event(EventChange::Kept { .. }) => {
                in_line = 0;
                parts.push(format!("{part:?}"));
            }
            Change::KeptEntries(entries) => {
                parts.extend(entries.iter().map(|entry| format!("{entry:?}")));
            }
            part => parts.push(format!("{part:?}")),
        }
        Ok(())
    });
    done.unwrap();
    parts.sort_unstable();
    parts
}

#[test]
fn what_was_recorded_makes_the_same_events_again() {
    let seeds = Seeds::from_environment(SEEDS);
    let mut total = Seen::new();
    for seen in seeds.run("event_replay", live) {
        for (what, times) in seen {
            *total.entry(what).or_default() += times;
        }
    }
    println!("{} seeds: {total:?}", seeds.count());
    if seeds.count() >= SEEDS {
        for what in [
            "Event(EventView",
            "Queued",
            "Admitted",
            "Paying",
            "Completed",
            "Ended(Left)",
            "Ended(Expired)",
            "Booked",
            "Owed",
            "Refunded",
            "Failed",
            "SeatsTaken(",
            "NotEnough",
            "TooMany",
            "NotAdmitted",
            "NothingHeld",
            "Unpaid",
            "Full(Payment)",
            "Full(Checkout)",
            "Full(Booking)",
            "Full(Event)",
            "Ends",
            "ends kept",
            "halves",
            "replays",
            "lives",
        ] {
            let times = total.get(what).copied().unwrap_or_default();
            assert!(times > 3, "{what}: {times}");
        }
    }
}
