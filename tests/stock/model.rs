//! The stock's specification, as plainly as it can be said: everything in
//! ordered maps, every question answered by looking at all of it.

use std::collections::BTreeMap;

use ringside::inventory::{
    Account, Answer, Balance, Book, Bounds, Claim, IN_FLIGHT, Id, KEY_LIFE, Kind, LedgerFilter,
    Member, Micros, Operation, Page, Places, Purchase, Reason, Refusal, Step, StoredReply, Subject,
    Ticket, TicketFilter, TicketOption, TicketState, id,
};

/// A ledger entry without its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) at: Micros,
    pub(crate) reason: Reason,
    pub(crate) debit: Account,
    pub(crate) credit: Account,
    pub(crate) quantity: u64,
    pub(crate) purchase: Option<Id>,
}

struct Key {
    fingerprint: u128,
    id: Id,
    at: Micros,
    begun: Micros,
    reply: Option<StoredReply>,
}

pub(crate) struct Model {
    bounds: Bounds,
    options: BTreeMap<Id, TicketOption>,
    purchases: BTreeMap<Id, Purchase>,
    members: BTreeMap<Id, Member>,
    tickets: BTreeMap<Id, Ticket>,
    keys: BTreeMap<u128, Key>,
    pub(crate) ledger: Vec<Posted>,
}

type Decided = Result<Answer, Refusal>;

impl Model {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            options: BTreeMap::new(),
            purchases: BTreeMap::new(),
            members: BTreeMap::new(),
            tickets: BTreeMap::new(),
            keys: BTreeMap::new(),
            ledger: Vec::new(),
        }
    }

    pub(crate) fn operate(&mut self, now: Micros, operation: &Operation) -> Answer {
        self.decide(now, operation).unwrap_or_else(Answer::Refused)
    }

    /// The process has ended: nothing is under way any more.
    pub(crate) fn restart(&mut self) {
        for key in self.keys.values_mut() {
            key.begun = 0;
        }
    }

    /// What is free because its hold has ended. Says which tickets those are.
    pub(crate) fn expire(&mut self, now: Micros) -> Vec<Id> {
        let mut over: Vec<(Micros, Id)> = self
            .tickets
            .values()
            .filter_map(|ticket| Some((ticket.until.filter(|until| *until <= now)?, ticket.id)))
            .collect();
        over.sort();
        let over: Vec<Id> = over.into_iter().map(|(_, id)| id).collect();
        for id in &over {
            self.end_hold(now, *id);
        }
        over
    }

    fn decide(&mut self, now: Micros, operation: &Operation) -> Decided {
        let found = |answer: Option<Answer>, kind| answer.ok_or(Refusal::NotFound(kind));
        match operation.clone() {
            Operation::CreateOption {
                id,
                name,
                description,
                allocation,
            } => self.create_option(
                now,
                TicketOption {
                    id,
                    name,
                    description,
                    allocation,
                    available: allocation,
                },
            ),
            Operation::FindOption(id) => found(
                self.options.get(&id).cloned().map(Answer::Option),
                Kind::Option,
            ),
            Operation::ListOptions(page) => {
                Ok(Answer::Options(pick(&self.options, page, |_| true)))
            }
            Operation::Purchase {
                id,
                option,
                user,
                quantity,
            } => self.purchase(Purchase {
                id,
                option,
                user,
                quantity,
                at: now,
            }),
            Operation::FindPurchase(id) => {
                let purchase = self.purchases.get(&id).copied();
                found(purchase.map(Answer::Purchase), Kind::Purchase)
            }
            Operation::CreateMember { id, name } => self.create_member(Member { id, name }),
            Operation::FindMember(id) => found(
                self.members.get(&id).cloned().map(Answer::Member),
                Kind::Member,
            ),
            Operation::CreateTickets { first, places } => self.create_tickets(now, first, &places),
            Operation::FindTicket(id) => {
                let ticket = self.tickets.get(&id).map(|ticket| as_of(ticket, now));
                found(ticket.map(Answer::Ticket), Kind::Ticket)
            }
            Operation::ListTickets { filter, page } => {
                Ok(Answer::Tickets(self.list_tickets(now, &filter, page)))
            }
            Operation::MoveTicket {
                ticket,
                member,
                step,
            } => self.move_ticket(now, ticket, member, step),
            Operation::Claim {
                key,
                fingerprint,
                id,
            } => self.claim(now, key, fingerprint, id),
            Operation::Settle { key, reply } => {
                let known = self.keys.get_mut(&key);
                let known = known.ok_or(Refusal::NotFound(Kind::Key))?;
                known.reply.get_or_insert(reply);
                Ok(Answer::Done)
            }
            Operation::Abandon { key } => {
                let waits = self.keys.get(&key).is_some_and(|key| key.reply.is_none());
                if !waits {
                    return Err(Refusal::NotFound(Kind::Key));
                }
                self.keys.remove(&key);
                Ok(Answer::Done)
            }
            Operation::ListLedger { .. } => panic!("see Model::ledger"),
            Operation::Balances(filter) => {
                let mut balances = self.balances(filter);
                let is_apart = |it: &Balance| {
                    let of_option =
                        matches!(it.account.of, Subject::Option(_) | Subject::AllOptions);
                    filter.member.is_some() && of_option
                };
                balances.retain(|it| !is_apart(it));
                Ok(Answer::Balances(balances))
            }
            Operation::SumPurchases { user, option, .. } => Ok(Answer::Purchased {
                quantity: self.purchased(user, option),
                next: None,
            }),
            Operation::Event(_) => unreachable!("events have a model of their own"),
        }
    }

    fn create_option(&mut self, at: Micros, new: TicketOption) -> Decided {
        if let Some(known) = self.options.get(&new.id) {
            let content = |option: &TicketOption| {
                let TicketOption {
                    name, description, ..
                } = option.clone();
                (name, description, option.allocation)
            };
            if content(known) != content(&new) {
                return Err(Refusal::IdTaken);
            }
            return Ok(Answer::Option(known.clone()));
        }
        if self.options.len() >= self.bounds.options {
            return Err(Refusal::Full(Kind::Option));
        }
        let of = Subject::Option(new.id);
        self.post(at, Reason::Created, of, None, new.allocation, None);
        self.options.insert(new.id, new.clone());
        Ok(Answer::Option(new))
    }

    fn purchase(&mut self, new: Purchase) -> Decided {
        let option = self.options.get_mut(&new.option);
        let option = option.ok_or(Refusal::NotFound(Kind::Option))?;
        if let Some(known) = self.purchases.get(&new.id) {
            if *known
                != (Purchase {
                    at: known.at,
                    ..new
                })
            {
                return Err(Refusal::IdTaken);
            }
            return Ok(Answer::Purchase(*known));
        }
        if id::locator(new.id) != id::locator(new.option) {
            return Err(Refusal::IdTaken);
        }
        if new.quantity == 0 || new.quantity > option.available {
            let available = option.available;
            return Err(Refusal::NotEnough { available });
        }
        if self.purchases.len() >= self.bounds.purchases {
            return Err(Refusal::Full(Kind::Purchase));
        }
        option.available -= new.quantity;
        self.purchases.insert(new.id, new);
        let (of, user) = (Subject::Option(new.option), Some(new.user));
        self.post(
            new.at,
            Reason::Purchased,
            of,
            user,
            new.quantity,
            Some(new.id),
        );
        Ok(Answer::Purchase(new))
    }

    fn create_member(&mut self, new: Member) -> Decided {
        match self.members.get(&new.id) {
            Some(known) if *known != new => Err(Refusal::IdTaken),
            None if self.members.len() >= self.bounds.members => Err(Refusal::Full(Kind::Member)),
            _ => {
                self.members.insert(new.id, new.clone());
                Ok(Answer::Member(new))
            }
        }
    }

    fn create_tickets(&mut self, at: Micros, first: Id, places: &Places) -> Decided {
        let rows = places.rows.0..=places.rows.1;
        let all: Vec<Ticket> = rows
            .flat_map(|row| (places.seats.0..=places.seats.1).map(move |seat| (row, seat)))
            .zip(0..)
            .map(|((row, seat), number)| Ticket {
                id: id::nth(first, number),
                section: places.section.clone(),
                row,
                seat,
                state: TicketState::Free,
                member: None,
                until: None,
            })
            .collect();
        let place = |ticket: &Ticket| (ticket.section.clone(), ticket.row, ticket.seat);
        if id::locator(first) != id::section_locator(&places.section) {
            return Err(Refusal::IdTaken);
        }
        if self.tickets.contains_key(&first) {
            let is_there = |new: &Ticket| {
                let known = self.tickets.get(&new.id);
                known.is_some_and(|known| place(known) == place(new))
            };
            if all.iter().all(is_there) {
                return Ok(Answer::Created(all.len() as u64));
            }
            return Err(Refusal::IdTaken);
        }
        if self.tickets.len() + all.len() > self.bounds.tickets {
            return Err(Refusal::Full(Kind::Ticket));
        }
        for new in &all {
            if self
                .tickets
                .values()
                .any(|known| place(known) == place(new))
            {
                return Err(Refusal::Duplicate {
                    row: new.row,
                    seat: new.seat,
                });
            }
        }
        if all.iter().any(|new| self.tickets.contains_key(&new.id)) {
            return Err(Refusal::IdTaken);
        }
        let count = all.len() as u64;
        for new in all {
            self.post(at, Reason::Created, Subject::Ticket(new.id), None, 1, None);
            self.tickets.insert(new.id, new);
        }
        Ok(Answer::Created(count))
    }

    fn move_ticket(&mut self, now: Micros, ticket: Id, member: Id, step: Step) -> Decided {
        let known = self.tickets.get(&ticket);
        let known = known.ok_or(Refusal::NotFound(Kind::Ticket))?;
        let known = as_of(known, now);
        match (known.state, step) {
            (TicketState::Purchased, _) => return Err(Refusal::Purchased),
            (TicketState::Held, Step::Hold { .. }) => return Err(Refusal::Held),
            (TicketState::Held, _) if known.member != Some(member) => {
                return Err(Refusal::NotHolder);
            }
            (TicketState::Free, Step::Free | Step::Purchase) => return Err(Refusal::NotHeld),
            _ => {}
        }
        self.end_hold(now, ticket);
        let (state, reason, until) = match step {
            Step::Hold { until } => (TicketState::Held, Reason::Held, until),
            Step::Free => (TicketState::Free, Reason::Freed, None),
            Step::Purchase => (TicketState::Purchased, Reason::Purchased, None),
        };
        self.post(now, reason, Subject::Ticket(ticket), Some(member), 1, None);
        let known = self.tickets.get_mut(&ticket).unwrap();
        known.state = state;
        known.member = (state != TicketState::Free).then_some(member);
        known.until = until.map(|until| until.clamp(1, u64::MAX >> 2));
        Ok(Answer::Ticket(as_of(known, now)))
    }

    fn end_hold(&mut self, now: Micros, ticket: Id) {
        let known = self.tickets.get_mut(&ticket).unwrap();
        if as_of(known, now) == *known {
            return;
        }
        let member = known.member;
        *known = as_of(known, now);
        self.post(
            now,
            Reason::Expired,
            Subject::Ticket(ticket),
            member,
            1,
            None,
        );
    }

    fn list_tickets(&self, now: Micros, filter: &TicketFilter, page: Page) -> Vec<Ticket> {
        let tickets = self.tickets.values();
        let now_tickets: BTreeMap<Id, Ticket> = tickets
            .map(|ticket| (ticket.id, as_of(ticket, now)))
            .collect();
        pick(&now_tickets, page, |ticket| {
            filter.state.is_none_or(|state| state == ticket.state)
                && filter.member.is_none_or(|id| Some(id) == ticket.member)
                && filter
                    .section
                    .as_ref()
                    .is_none_or(|it| *it == ticket.section)
        })
    }

    fn claim(&mut self, now: Micros, key: u128, fingerprint: u128, id: Id) -> Decided {
        let over = |known: &Key| known.at + KEY_LIFE <= now;
        if let Some(known) = self.keys.get_mut(&key).filter(|known| !over(known)) {
            let claim = if known.fingerprint != fingerprint {
                Claim::Mismatch
            } else if let Some(reply) = &known.reply {
                Claim::Settled(reply.clone())
            } else if now.saturating_sub(known.begun) < IN_FLIGHT && known.begun > 0 {
                Claim::InFlight
            } else {
                known.begun = now;
                Claim::Proceed(known.id)
            };
            return Ok(Answer::Claim(claim));
        }
        let known: Vec<(Micros, u128)> = {
            let mut known: Vec<_> = self.keys.iter().map(|(key, it)| (it.at, *key)).collect();
            known.sort_unstable();
            known
        };
        let mut forgotten: Vec<u128> = known
            .iter()
            .take(4)
            .filter(|(at, _)| at + KEY_LIFE <= now)
            .map(|(_, key)| *key)
            .collect();
        if self.keys.contains_key(&key) && !forgotten.contains(&key) {
            forgotten.push(key);
        }
        if self.keys.len() - forgotten.len() >= self.bounds.keys {
            return Err(Refusal::Full(Kind::Key));
        }
        for key in &forgotten {
            self.keys.remove(key);
        }
        let claimed = Key {
            fingerprint,
            id,
            at: now,
            begun: now,
            reply: None,
        };
        self.keys.insert(key, claimed);
        Ok(Answer::Claim(Claim::Proceed(id)))
    }

    /// How many a user has purchased of an option, or of all.
    pub(crate) fn purchased(&self, user: Id, option: Option<Id>) -> u128 {
        let of_user =
            |it: &&Purchase| it.user == user && option.is_none_or(|option| option == it.option);
        let purchases = self.purchases.values().filter(of_user);
        purchases.map(|it| u128::from(it.quantity)).sum()
    }

    fn balances(&self, filter: LedgerFilter) -> Vec<Balance> {
        let mut sums = BTreeMap::<Account, i128>::new();
        for posted in &self.ledger {
            for (account, quantity) in [
                (posted.debit, -i128::from(posted.quantity)),
                (posted.credit, i128::from(posted.quantity)),
            ] {
                let named = match account.of {
                    Subject::Option(id) => filter.option == Some(id),
                    Subject::Ticket(id) => filter.ticket == Some(id),
                    _ => false,
                };
                let mut account = account;
                if filter.option.is_none() && filter.ticket.is_none() {
                    account.of = match account.of {
                        Subject::Option(_) => Subject::AllOptions,
                        _ => Subject::AllTickets,
                    };
                } else if !named {
                    continue;
                }
                if filter.member.is_none() && filter.ticket.is_none() {
                    account.member = None;
                } else if filter.member.is_some() && account.member != filter.member {
                    continue;
                }
                *sums.entry(account).or_default() += quantity;
            }
        }
        let sums = sums.into_iter().filter(|(_, quantity)| *quantity != 0);
        sums.map(|(account, quantity)| Balance { account, quantity })
            .collect()
    }

    fn post(
        &mut self,
        at: Micros,
        reason: Reason,
        of: Subject,
        member: Option<Id>,
        quantity: u64,
        purchase: Option<Id>,
    ) {
        let of_option = matches!(of, Subject::Option(_));
        let (debit, credit) = match reason {
            Reason::Created => (Book::Issued, Book::Available),
            Reason::Held => (Book::Available, Book::Held),
            Reason::Freed | Reason::Expired => (Book::Held, Book::Available),
            Reason::Purchased if of_option => (Book::Available, Book::Sold),
            Reason::Purchased => (Book::Held, Book::Sold),
        };
        let account = |book| Account {
            book,
            of,
            member: member.filter(|_| book == Book::Held || book == Book::Sold),
        };
        self.ledger.push(Posted {
            at,
            reason,
            debit: account(debit),
            credit: account(credit),
            quantity,
            purchase,
        });
    }
}

/// A ticket whose hold has ended is free.
fn as_of(ticket: &Ticket, now: Micros) -> Ticket {
    let mut ticket = ticket.clone();
    if ticket.until.is_some_and(|until| until <= now) {
        (ticket.state, ticket.member, ticket.until) = (TicketState::Free, None, None);
    }
    ticket
}

fn pick<T: Clone>(all: &BTreeMap<Id, T>, page: Page, wanted: impl Fn(&T) -> bool) -> Vec<T> {
    let behind = all
        .iter()
        .filter(|(id, _)| page.after.is_none_or(|after| **id > after));
    let wanted = behind.filter(|(_, it)| wanted(it));
    wanted.map(|(_, it)| it.clone()).take(page.limit).collect()
}
