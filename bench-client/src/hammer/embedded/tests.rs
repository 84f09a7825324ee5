//! The hammer on the library's methods, over a door that has all in one map.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use clap::Parser;
use ringside::{
    api::{Closed, Target},
    inventory::{Answer as Shard, Kind, Member, Micros, Operation, Step as Move, id},
};

use super::*;
use crate::{
    cli::{Cli, Command},
    hammer::{HammerArgs, Verdict, hammer},
};

/// One shard, and what it does wrong, if anything: sells what another member
/// has purchased.
#[derive(Clone, Default)]
struct OneShard {
    sells_twice: bool,
    numbers: Arc<AtomicU64>,
    stock: Arc<Mutex<Stock>>,
}

#[derive(Default)]
struct Stock {
    members: BTreeMap<Id, Member>,
    tickets: BTreeMap<Id, Ticket>,
}

impl Door for OneShard {
    type Call = Ready<Result<Shard, Closed>>;

    fn shards(&self) -> u16 {
        1
    }

    fn call(&self, _to: Target, operation: Operation) -> Self::Call {
        ready(Ok(self.operate(operation)))
    }

    fn now(&self) -> Micros {
        1_750_000_000_000_000
    }

    fn numbers(&self, count: u64) -> u64 {
        self.numbers.fetch_add(count, Relaxed)
    }
}

impl OneShard {
    fn operate(&self, operation: Operation) -> Shard {
        let mut stock = self.stock.lock().unwrap();
        let Stock { members, tickets } = &mut *stock;
        match operation {
            Operation::CreateMember { id, name } => {
                members.insert(
                    id,
                    Member {
                        id,
                        name: name.clone(),
                    },
                );
                Shard::Member(Member { id, name })
            }
            Operation::FindMember(id) => match members.get(&id) {
                Some(member) => Shard::Member(member.clone()),
                None => Shard::Refused(Refusal::NotFound(Kind::Member)),
            },
            Operation::CreateTickets { first, places } => {
                let (row, seat) = (places.rows.0, places.seats.0);
                if tickets
                    .values()
                    .any(|ticket| (ticket.row, ticket.seat) == (row, seat))
                {
                    return Shard::Refused(Refusal::Duplicate { row, seat });
                }
                let ticket = Ticket {
                    id: id::nth(first, 0),
                    section: places.section,
                    row,
                    seat,
                    state: TicketState::Free,
                    member: None,
                    until: None,
                };
                tickets.insert(first, ticket);
                Shard::Created(1)
            }
            Operation::FindTicket(id) => match tickets.get(&id) {
                Some(ticket) => Shard::Ticket(ticket.clone()),
                None => Shard::Refused(Refusal::NotFound(Kind::Ticket)),
            },
            Operation::ListTickets { filter, page } => Shard::Tickets(
                tickets
                    .values()
                    .filter(|ticket| page.after.is_none_or(|after| ticket.id > after))
                    .filter(|ticket| filter.member.is_none() || filter.member == ticket.member)
                    .take(page.limit)
                    .cloned()
                    .collect(),
            ),
            Operation::MoveTicket {
                ticket,
                member,
                step,
            } => match tickets.get_mut(&ticket) {
                Some(ticket) => self.step(ticket, member, step),
                None => Shard::Refused(Refusal::NotFound(Kind::Ticket)),
            },
            other => panic!("the hammer does not ask for {other:?}"),
        }
    }

    fn step(&self, ticket: &mut Ticket, member: Id, step: Move) -> Shard {
        let is_own = ticket.member == Some(member);
        let (state, owner) = match (ticket.state, step) {
            (TicketState::Free, Move::Hold { .. }) => (TicketState::Held, Some(member)),
            (TicketState::Held, Move::Free) if is_own => (TicketState::Free, None),
            (TicketState::Held, Move::Purchase) if is_own => (TicketState::Purchased, Some(member)),
            (TicketState::Purchased, Move::Purchase) if self.sells_twice => {
                (TicketState::Purchased, Some(member))
            }
            (TicketState::Purchased, _) => return Shard::Refused(Refusal::Purchased),
            (TicketState::Free, _) => return Shard::Refused(Refusal::NotHeld),
            (TicketState::Held, Move::Hold { .. }) => return Shard::Refused(Refusal::Held),
            (TicketState::Held, _) => return Shard::Refused(Refusal::NotHolder),
        };
        ticket.state = state;
        ticket.member = owner;
        Shard::Ticket(ticket.clone())
    }
}

fn hammered(sells_twice: bool) -> Verdict {
    let words = "ringside-bench hammer --embedded --tickets=300 --members=5 --quiet";
    let Command::Hammer(args) = Cli::parse_from(words.split(' ')).command else {
        panic!("`hammer` was asked for");
    };
    let args: HammerArgs = args;
    let door = OneShard {
        sells_twice,
        ..OneShard::default()
    };
    let library = Library {
        api: Api::new(door),
    };
    hammer(&args, &library).unwrap().verdict
}

#[test]
fn every_ticket_is_purchased_once() {
    assert_eq!(hammered(false), Verdict::Passed);
}

#[test]
fn a_second_sale_is_found() {
    let verdict = hammered(true);
    assert!(
        matches!(&verdict, Verdict::Wrong(why) if why.contains("Purchase ")),
        "{verdict:?}"
    );
}
