//! Decides operations.

use super::Stock;
use super::change::Change;
use super::ledger::Movement;
use super::made::Made;
use super::reply;
use super::section::LAST_END;
use super::tickets::Place;
use crate::inventory::id::{Id, nth};
use crate::inventory::operation::{
    Answer, Claim, Kind, Micros, Operation, Places, Purchase, Refusal, Step, StoredReply,
    TicketOption,
};
use crate::limits::{MAX_STORED_REPLY_BYTES, MAX_TEXT_BYTES};

/// Takes a decided change.
type Record<'r> = dyn FnMut(&Change) + 'r;

/// Holds that are ended in one step, at most.
const SWEPT_AT_ONCE: usize = 256;

impl Stock {
    /// Decides an operation. Every change is given to `record`, in order,
    /// before this returns; what is refused changes nothing. `now` ends holds
    /// and keys.
    pub fn operate(
        &mut self,
        now: Micros,
        operation: Operation,
        record: &mut dyn FnMut(&Change),
    ) -> Answer {
        self.decide(now, operation, record)
            .unwrap_or_else(Answer::Refused)
    }

    /// Does what time has brought about, some at a time: frees tickets whose
    /// holds have ended, looks after events. Says whether more is left.
    pub fn expire(&mut self, now: Micros, record: &mut dyn FnMut(&Change)) -> bool {
        let Self {
            events,
            ledger,
            bounds,
            ..
        } = self;
        let more = events.expire(now, &mut |change| {
            ledger.post_moved(&change, bounds.ledger_entries);
            record(&Change::Event(change));
        });
        self.expire_holds(now, record) || more
    }

    fn expire_holds(&mut self, now: Micros, record: &mut Record<'_>) -> bool {
        for _ in 0..SWEPT_AT_ONCE {
            let next = self.tickets.next_end().filter(|(until, _)| *until <= now);
            let Some(place) = next.and_then(|(_, ticket)| self.tickets.find(ticket)) else {
                return false;
            };
            self.end_hold(now, place, record);
        }
        let next = self.tickets.next_end();
        next.is_some_and(|(until, _)| until <= now)
    }

    fn decide(
        &mut self,
        now: Micros,
        operation: Operation,
        record: &mut Record<'_>,
    ) -> Result<Answer, Refusal> {
        match operation {
            Operation::Purchase {
                id,
                option,
                user,
                quantity,
            } => {
                let at = now;
                let new = Purchase {
                    id,
                    option,
                    user,
                    quantity,
                    at,
                };
                self.purchase(new, record).map(Answer::Purchase)
            }
            Operation::FindOption(id) => found(self.options.find(id), Answer::Option, Kind::Option),
            Operation::ListOptions(page) => Ok(Answer::Options(self.options.list(page))),
            Operation::FindPurchase(id) => {
                let purchase = self.options.find_purchase(id);
                found(purchase, Answer::Purchase, Kind::Purchase)
            }
            Operation::FindMember(id) => found(self.members.find(id), Answer::Member, Kind::Member),
            Operation::FindTicket(id) => {
                let place = self.tickets.find(id);
                let ticket = place.map(|place| self.tickets.show(place, now));
                found(ticket, Answer::Ticket, Kind::Ticket)
            }
            Operation::ListTickets { filter, page } => {
                Ok(Answer::Tickets(self.tickets.list(&filter, page, now)))
            }
            Operation::ListLedger { filter, page } => {
                Ok(Answer::Ledger(self.ledger.list(filter, page)))
            }
            Operation::Balances(filter) => Ok(Answer::Balances(self.balances(filter))),
            Operation::SumPurchases {
                user,
                option,
                after,
                most,
            } => {
                let (quantity, next) = self.options.sold_to(user, option, after, most);
                Ok(Answer::Purchased { quantity, next })
            }
            Operation::CreateOption {
                id,
                name,
                description,
                allocation,
            } => {
                let new = TicketOption {
                    id,
                    name,
                    description,
                    allocation,
                    available: allocation,
                };
                self.create_option(now, new, record).map(Answer::Option)
            }
            Operation::CreateMember { id, name } => self.create_member(id, name, record),
            Operation::CreateTickets { first, places } => {
                self.create_tickets(now, first, places, record)
            }
            Operation::MoveTicket {
                ticket,
                member,
                step,
            } => self.move_ticket(now, ticket, member, step, record),
            Operation::Claim {
                key,
                fingerprint,
                id,
            } => self.claim(now, key, fingerprint, id, record),
            Operation::Settle { key, reply } => self.settle(key, &reply, record),
            Operation::Abandon { key } => self.abandon(key, record),
            Operation::Event(operation) => {
                let Self {
                    events,
                    ledger,
                    bounds,
                    ..
                } = self;
                let answer = events.operate(now, *operation, &mut |change| {
                    ledger.post_moved(&change, bounds.ledger_entries);
                    record(&Change::Event(change));
                });
                Ok(Answer::Event(Box::new(answer)))
            }
        }
    }

    fn purchase(&mut self, new: Purchase, record: &mut Record<'_>) -> Result<Purchase, Refusal> {
        match self.options.purchase(&new, self.bounds.purchases)? {
            Made::Again(known) => Ok(known),
            Made::New(new) => {
                let Purchase {
                    id,
                    option,
                    user,
                    quantity,
                    at,
                } = new;
                let purchase = id;
                self.post(
                    at,
                    option,
                    quantity,
                    Movement::OptionPurchased { user, purchase },
                );
                record(&Change::OptionPurchased {
                    at,
                    id,
                    option,
                    user,
                    quantity,
                });
                Ok(new)
            }
        }
    }

    fn create_option(
        &mut self,
        at: Micros,
        new: TicketOption,
        record: &mut Record<'_>,
    ) -> Result<TicketOption, Refusal> {
        short(&new.name, Kind::Option)?;
        short(&new.description, Kind::Option)?;
        match self.options.create(new, self.bounds.options)? {
            Made::Again(known) => Ok(known),
            Made::New(new) => {
                self.post(at, new.id, new.allocation, Movement::OptionCreated);
                record(&Change::OptionCreated {
                    at,
                    id: new.id,
                    name: new.name.clone(),
                    description: new.description.clone(),
                    allocation: new.allocation,
                });
                Ok(new)
            }
        }
    }

    fn create_member(
        &mut self,
        id: Id,
        name: String,
        record: &mut Record<'_>,
    ) -> Result<Answer, Refusal> {
        short(&name, Kind::Member)?;
        let made = self.members.create(id, &name, self.bounds.members)?;
        match made {
            Made::Again(member) => Ok(Answer::Member(member)),
            Made::New(member) => {
                record(&Change::MemberCreated { id, name });
                Ok(Answer::Member(member))
            }
        }
    }

    fn create_tickets(
        &mut self,
        at: Micros,
        first: Id,
        places: Places,
        record: &mut Record<'_>,
    ) -> Result<Answer, Refusal> {
        short(&places.section, Kind::Ticket)?;
        let count = places.count();
        let most = self.bounds.tickets;
        if count > 0 && self.tickets.may_create(first, &places, most)? {
            self.make_tickets(at, first, &places);
            record(&Change::TicketsCreated { at, first, places });
        }
        Ok(Answer::Created(count))
    }

    fn move_ticket(
        &mut self,
        now: Micros,
        ticket: Id,
        member: Id,
        step: Step,
        record: &mut Record<'_>,
    ) -> Result<Answer, Refusal> {
        let place = self.tickets.find(ticket);
        let place = place.ok_or(Refusal::NotFound(Kind::Ticket))?;
        self.tickets.may(now, place, member, step)?;
        self.end_hold(now, place, record);
        let at = now;
        let change = match step {
            Step::Hold { until } => Change::TicketHeld {
                at,
                ticket,
                member,
                until: until.map(|until| until.clamp(1, LAST_END)),
            },
            Step::Free => Change::TicketFreed { at, ticket, member },
            Step::Purchase => Change::TicketPurchased { at, ticket, member },
        };
        self.turn_ticket(place, &change);
        record(&change);
        Ok(Answer::Ticket(self.tickets.show(place, now)))
    }

    /// Frees a ticket whose hold has ended.
    fn end_hold(&mut self, at: Micros, place: Place, record: &mut Record<'_>) {
        if self.tickets.ended(at, place).is_none() {
            return;
        }
        let ticket = self.tickets.show(place, at).id;
        let change = Change::TicketExpired { at, ticket };
        self.turn_ticket(place, &change);
        record(&change);
    }

    fn claim(
        &mut self,
        now: Micros,
        key: u128,
        fingerprint: u128,
        id: Id,
        record: &mut Record<'_>,
    ) -> Result<Answer, Refusal> {
        if let Some(known) = self.keys.look(now, key, fingerprint) {
            return Ok(Answer::Claim(known));
        }
        if !self.keys.has_room(now, key, self.bounds.keys) {
            return Err(Refusal::Full(Kind::Key));
        }
        self.keys.claim(now, key, fingerprint, id);
        self.keys.begin(now, key);
        record(&Change::KeyClaimed {
            at: now,
            key,
            fingerprint,
            id,
        });
        Ok(Answer::Claim(Claim::Proceed(id)))
    }

    fn settle(
        &mut self,
        key: u128,
        reply: &StoredReply,
        record: &mut Record<'_>,
    ) -> Result<Answer, Refusal> {
        if !self.keys.waits(key)? {
            return Ok(Answer::Done);
        }
        if reply.body.len() > MAX_STORED_REPLY_BYTES || reply.location.len() > MAX_TEXT_BYTES {
            return Err(Refusal::Full(Kind::Key));
        }
        reply::changes(key, reply, &mut |change| {
            let taken = self.take_reply(change);
            debug_assert!(taken, "the parts of a reply follow each other");
            record(change);
            Ok(())
        })?;
        Ok(Answer::Done)
    }

    fn abandon(&mut self, key: u128, record: &mut Record<'_>) -> Result<Answer, Refusal> {
        if !self.keys.waits(key)? {
            return Err(Refusal::NotFound(Kind::Key));
        }
        self.keys.forget(key);
        record(&Change::KeyAbandoned { key });
        Ok(Answer::Done)
    }

    /// Makes tickets that may be made, and posts them.
    pub(super) fn make_tickets(&mut self, at: Micros, first: Id, places: &Places) {
        self.tickets.create(first, places);
        for number in 0..places.count() {
            let ticket = nth(first, number);
            self.post(at, ticket, 1, Movement::TicketCreated);
        }
    }

    /// Makes a change to a ticket that was checked, and posts it.
    pub(super) fn turn_ticket(&mut self, place: Place, change: &Change) {
        let (at, ticket, movement) = match *change {
            Change::TicketHeld {
                at,
                ticket,
                member,
                until,
            } => {
                self.tickets.hold(place, member, until);
                (at, ticket, Movement::TicketHeld { member })
            }
            Change::TicketFreed { at, ticket, member } => {
                self.tickets.free(place);
                (at, ticket, Movement::TicketFreed { member })
            }
            Change::TicketExpired { at, ticket } => {
                let Some(member) = self.tickets.ended(at, place) else {
                    return;
                };
                self.tickets.free(place);
                (at, ticket, Movement::TicketExpired { member })
            }
            Change::TicketPurchased { at, ticket, member } => {
                self.tickets.purchase(place, member);
                (at, ticket, Movement::TicketPurchased { member })
            }
            _ => return,
        };
        self.post(at, ticket, 1, movement);
    }

    /// Takes a reply or a part of one. Says whether it follows what is there.
    pub(super) fn take_reply(&mut self, change: &Change) -> bool {
        match change {
            Change::ReplyPart { key, offset, bytes } => {
                self.keys.waits(*key) == Ok(true) && self.keys.add_part(*key, *offset, bytes)
            }
            Change::KeySettled { key, offset, reply } => {
                self.keys.waits(*key) == Ok(true) && self.keys.settle(*key, *offset, reply)
            }
            _ => false,
        }
    }
}

fn found<T>(
    found: Option<T>,
    answer: impl FnOnce(T) -> Answer,
    kind: Kind,
) -> Result<Answer, Refusal> {
    found.map(answer).ok_or(Refusal::NotFound(kind))
}

/// Whether a text fits a change. Whoever lets people write has checked it.
fn short(text: &str, kind: Kind) -> Result<(), Refusal> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(Refusal::Full(kind));
    }
    Ok(())
}
