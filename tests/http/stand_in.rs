//! A way to no shards: a small model of what they own.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use ringside::api::{Closed, Door, Target};
use ringside::inventory::events::EventBounds;
use ringside::inventory::{
    Account, Answer, Balance, Book, Bounds, Claim, Id, Kind, LedgerEntry, LedgerFilter, Member,
    Micros, Operation, Page, Purchase, Reason, Refusal, Step, Stock, StoredReply, Subject, Ticket,
    TicketOption, TicketState, id,
};

/// Answers every operation from a model, at once or when it is told to.
#[derive(Clone, Debug, Default)]
pub struct StandIn(Rc<RefCell<House>>);

#[derive(Debug, Default)]
struct House {
    now: Micros,
    number: u64,
    options: BTreeMap<Id, TicketOption>,
    purchases: BTreeMap<Id, Purchase>,
    members: BTreeMap<Id, Member>,
    tickets: BTreeMap<Id, Ticket>,
    keys: HashMap<u128, Kept>,
    entries: Vec<LedgerEntry>,
    is_slow: bool,
    is_closed: bool,
    is_full: bool,
    waiting: Vec<Waker>,
    asked: Vec<String>,
    /// Events are decided by the real core.
    events: Option<Stock>,
}

#[derive(Debug)]
struct Kept {
    fingerprint: u128,
    id: Id,
    reply: Option<StoredReply>,
    in_flight: bool,
}

pub struct Call {
    house: Rc<RefCell<House>>,
    answer: Option<Result<Answer, Closed>>,
}

impl Future for Call {
    type Output = Result<Answer, Closed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.house.borrow().is_slow {
            let waker = context.waker().clone();
            self.house.borrow_mut().waiting.push(waker);
            return Poll::Pending;
        }
        Poll::Ready(self.answer.take().expect("polled once when ready"))
    }
}

impl Door for StandIn {
    type Call = Call;

    fn shards(&self) -> u16 {
        1
    }

    fn call(&self, _: Target, operation: Operation) -> Call {
        let mut house = self.0.borrow_mut();
        let answer = if house.is_closed {
            Err(Closed)
        } else {
            Ok(house.operate(operation))
        };
        Call {
            house: Rc::clone(&self.0),
            answer: Some(answer),
        }
    }

    fn now(&self) -> Micros {
        self.0.borrow().now
    }

    fn numbers(&self, count: u64) -> u64 {
        let mut house = self.0.borrow_mut();
        house.number += count;
        house.number - count
    }
}

impl StandIn {
    /// Lets answers wait, or all of them come.
    pub fn set_slow(&self, is_slow: bool) {
        let waiting = {
            let mut house = self.0.borrow_mut();
            house.is_slow = is_slow;
            std::mem::take(&mut house.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    pub fn close(&self) {
        self.0.borrow_mut().is_closed = true;
    }

    pub fn fill(&self) {
        self.0.borrow_mut().is_full = true;
    }

    /// Gives events less room than usual; before there are any.
    pub fn limit_events(&self, events: EventBounds) {
        let bounds = Bounds {
            events,
            ..Bounds::default()
        };
        self.0.borrow_mut().events = Some(Stock::new(bounds));
    }

    pub fn set_now(&self, now: Micros) {
        self.0.borrow_mut().now = now;
    }

    /// As after a crash: what was in flight is not, and its reply is lost.
    pub fn restart(&self, forgets_replies: bool) {
        for kept in self.0.borrow_mut().keys.values_mut() {
            kept.in_flight = false;
            if forgets_replies {
                kept.reply = None;
            }
        }
    }

    pub fn purchases(&self) -> usize {
        self.0.borrow().purchases.len()
    }

    pub fn tickets(&self) -> Vec<Ticket> {
        self.0.borrow().tickets.values().cloned().collect()
    }

    /// The kinds of operations asked for since last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut().asked)
    }
}

impl House {
    fn operate(&mut self, operation: Operation) -> Answer {
        let text = format!("{operation:?}");
        let end = text.find(|c: char| !c.is_alphanumeric());
        self.asked
            .push(text[..end.unwrap_or(text.len())].to_owned());
        match operation {
            Operation::ListLedger { filter, .. } | Operation::Balances(filter)
                if filter.event.is_some() =>
            {
                self.decide(operation)
            }
            Operation::Event(_) => self.decide(operation),
            Operation::CreateOption {
                id,
                name,
                description,
                allocation,
            } => {
                if self.is_full {
                    return Answer::Refused(Refusal::Full(Kind::Option));
                }
                let subject = Subject::Option(id);
                let option = TicketOption {
                    id,
                    name,
                    description,
                    allocation,
                    available: allocation,
                };
                self.post(
                    Reason::Created,
                    (Book::Issued, Book::Available),
                    subject,
                    allocation,
                    None,
                );
                self.options.insert(id, option.clone());
                Answer::Option(option)
            }
            Operation::FindOption(id) => found(&self.options, id, Answer::Option, Kind::Option),
            Operation::ListOptions(page) => Answer::Options(listed(&self.options, page, |_| true)),
            Operation::Purchase {
                id,
                option,
                user,
                quantity,
            } => self.purchase(id, option, user, quantity),
            Operation::FindPurchase(id) => {
                found(&self.purchases, id, Answer::Purchase, Kind::Purchase)
            }
            Operation::CreateMember { id, name } => {
                let member = Member { id, name };
                self.members.insert(id, member.clone());
                Answer::Member(member)
            }
            Operation::FindMember(id) => found(&self.members, id, Answer::Member, Kind::Member),
            Operation::CreateTickets { first, places } => {
                let rows = places.rows.0..=places.rows.1;
                let seats = rows
                    .flat_map(|row| (places.seats.0..=places.seats.1).map(move |seat| (row, seat)));
                let all: Vec<_> = seats.collect();
                let is_taken = |&&(row, seat): &&(u32, u32)| {
                    self.tickets.values().any(|ticket| {
                        (ticket.section.as_str(), ticket.row, ticket.seat)
                            == (places.section.as_str(), row, seat)
                    })
                };
                if let Some(&(row, seat)) = all.iter().find(is_taken) {
                    return Answer::Refused(Refusal::Duplicate { row, seat });
                }
                for (steps, &(row, seat)) in all.iter().enumerate() {
                    let ticket = Ticket {
                        id: id::nth(first, steps as u64),
                        section: places.section.clone(),
                        row,
                        seat,
                        state: TicketState::Free,
                        member: None,
                        until: None,
                    };
                    self.tickets.insert(ticket.id, ticket);
                }
                Answer::Created(all.len() as u64)
            }
            Operation::FindTicket(id) => found(&self.tickets, id, Answer::Ticket, Kind::Ticket),
            Operation::ListTickets { filter, page } => {
                Answer::Tickets(listed(&self.tickets, page, |ticket| {
                    filter
                        .section
                        .as_ref()
                        .is_none_or(|section| ticket.section == *section)
                        && filter.state.is_none_or(|state| ticket.state == state)
                        && filter
                            .member
                            .is_none_or(|member| ticket.member == Some(member))
                }))
            }
            Operation::MoveTicket {
                ticket,
                member,
                step,
            } => self.step(ticket, member, step),
            Operation::Claim {
                key,
                fingerprint,
                id,
            } => self.claim(key, fingerprint, id),
            Operation::Settle { key, reply } => {
                let kept = self.keys.get_mut(&key).unwrap();
                (kept.reply, kept.in_flight) = (Some(reply), false);
                Answer::Done
            }
            Operation::Abandon { key } => {
                self.keys.remove(&key);
                Answer::Done
            }
            Operation::ListLedger { filter, page } => {
                let entries = self
                    .entries
                    .iter()
                    .filter(|entry| fits(filter, &entry.credit));
                let entries = entries.filter(|entry| page.after.is_none_or(|id| entry.id > id));
                Answer::Ledger(entries.take(page.limit).cloned().collect())
            }
            Operation::SumPurchases {
                user,
                option,
                after,
                ..
            } => {
                // One purchase at a time.
                let behind = after.map_or(Id::nil(), |after| after.1);
                let mut rest = self.purchases.range(behind..).map(|it| it.1);
                let mut rest = rest.by_ref().filter(|it| it.id > behind);
                let next = rest.next();
                let fits = |it: &&Purchase| {
                    it.user == user && option.is_none_or(|option| option == it.option)
                };
                Answer::Purchased {
                    quantity: next.filter(fits).map_or(0, |it| it.quantity.into()),
                    next: next.map(|it| (it.option, it.id)),
                }
            }
            Operation::Balances(filter) => {
                let mut sums = BTreeMap::<Account, i128>::new();
                for entry in &self.entries {
                    *sums.entry(entry.debit).or_default() -= i128::from(entry.quantity);
                    *sums.entry(entry.credit).or_default() += i128::from(entry.quantity);
                }
                let sums = sums
                    .into_iter()
                    .filter(|(account, _)| fits(filter, account))
                    .filter(|(account, _)| {
                        filter.member.is_none() || !matches!(account.of, Subject::Option(_))
                    });
                let balance = |(account, quantity)| Balance { account, quantity };
                Answer::Balances(sums.map(balance).collect())
            }
        }
    }

    /// What the real core says.
    fn decide(&mut self, operation: Operation) -> Answer {
        let events = self
            .events
            .get_or_insert_with(|| Stock::new(Bounds::default()));
        events.operate(self.now, operation, &mut |_| {})
    }

    fn post(
        &mut self,
        reason: Reason,
        (from, to): (Book, Book),
        of: Subject,
        quantity: u64,
        purchase: Option<(Id, Id)>,
    ) {
        self.number += 1;
        let account = |book, member| Account { book, of, member };
        let member = purchase.map(|(_, user)| user);
        self.entries.push(LedgerEntry {
            id: id::make(0, self.number, 0),
            at: self.now,
            reason,
            debit: account(from, None),
            credit: account(to, member),
            quantity,
            purchase: purchase.map(|(id, _)| id),
        });
    }

    fn purchase(&mut self, id: Id, option: Id, user: Id, quantity: u64) -> Answer {
        if let Some(purchase) = self.purchases.get(&id) {
            return Answer::Purchase(*purchase);
        }
        let at = self.now;
        let Some(sold) = self.options.get_mut(&option) else {
            return Answer::Refused(Refusal::NotFound(Kind::Option));
        };
        if sold.available < quantity {
            let available = sold.available;
            return Answer::Refused(Refusal::NotEnough { available });
        }
        sold.available -= quantity;
        let purchase = Purchase {
            id,
            option,
            user,
            quantity,
            at,
        };
        self.purchases.insert(id, purchase);
        let books = (Book::Available, Book::Sold);
        self.post(
            Reason::Purchased,
            books,
            Subject::Option(option),
            quantity,
            Some((id, user)),
        );
        Answer::Purchase(purchase)
    }

    fn step(&mut self, ticket: Id, member: Id, step: Step) -> Answer {
        let now = self.now;
        let Some(ticket) = self.tickets.get_mut(&ticket) else {
            return Answer::Refused(Refusal::NotFound(Kind::Ticket));
        };
        if ticket.until.is_some_and(|until| until <= now) {
            (ticket.state, ticket.member, ticket.until) = (TicketState::Free, None, None);
        }
        let is_holder = ticket.member == Some(member);
        let refusal = match (step, ticket.state) {
            (_, TicketState::Purchased) => Some(Refusal::Purchased),
            (Step::Hold { .. }, TicketState::Held) => Some(Refusal::Held),
            (Step::Free | Step::Purchase, TicketState::Free) => Some(Refusal::NotHeld),
            (Step::Free | Step::Purchase, TicketState::Held) if !is_holder => {
                Some(Refusal::NotHolder)
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            return Answer::Refused(refusal);
        }
        (ticket.state, ticket.member, ticket.until) = match step {
            Step::Hold { until } => (TicketState::Held, Some(member), until),
            Step::Free => (TicketState::Free, None, None),
            Step::Purchase => (TicketState::Purchased, Some(member), None),
        };
        Answer::Ticket(ticket.clone())
    }

    fn claim(&mut self, key: u128, fingerprint: u128, id: Id) -> Answer {
        if self.is_full && !self.keys.contains_key(&key) {
            return Answer::Refused(Refusal::Full(Kind::Key));
        }
        let is_new = !self.keys.contains_key(&key);
        let kept = self.keys.entry(key).or_insert(Kept {
            fingerprint,
            id,
            reply: None,
            in_flight: false,
        });
        Answer::Claim(if kept.fingerprint != fingerprint {
            Claim::Mismatch
        } else if let Some(reply) = &kept.reply {
            Claim::Settled(reply.clone())
        } else if kept.in_flight && !is_new {
            Claim::InFlight
        } else {
            kept.in_flight = true;
            Claim::Proceed(kept.id)
        })
    }
}

fn found<T: Clone>(
    all: &BTreeMap<Id, T>,
    id: Id,
    answer: impl Fn(T) -> Answer,
    kind: Kind,
) -> Answer {
    let one = all.get(&id).cloned();
    one.map_or(Answer::Refused(Refusal::NotFound(kind)), answer)
}

fn listed<T: Clone>(all: &BTreeMap<Id, T>, page: Page, fits: impl Fn(&T) -> bool) -> Vec<T> {
    let behind = all
        .iter()
        .filter(|(id, _)| page.after.is_none_or(|after| **id > after));
    let fitting = behind.map(|(_, one)| one).filter(|one| fits(one));
    fitting.take(page.limit).cloned().collect()
}

fn fits(filter: LedgerFilter, account: &Account) -> bool {
    let (option, ticket) = match account.of {
        Subject::Option(id) => (Some(id), None),
        Subject::Ticket(id) => (None, Some(id)),
        _ => (None, None),
    };
    filter.option.is_none_or(|id| option == Some(id))
        && filter.ticket.is_none_or(|id| ticket == Some(id))
        && filter.member.is_none_or(|id| account.member == Some(id))
}
