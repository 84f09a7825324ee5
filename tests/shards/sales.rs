//! What is purchased, held and asked for once, over all lives of the server:
//! what somebody was told stays true, and nothing is sold twice or oversold.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use ringside::inventory::{
    Answer, Claim, Id, Micros, Operation, Places, Purchase, Refusal, Step, StoredReply,
    TicketState, id,
};
use ringside::route::{Router, ShardId};
use ringside::shard;

use super::server::Server;
use super::tally::Tally;

const OPTIONS: u32 = 4;
const ALLOCATION: u64 = 8;
const SECTIONS: [&str; 3] = ["Stalls", "Circle", "Balcony"];
const KEYS: u128 = 24;
/// Requests count as under way for less.
const BETWEEN_LIVES: Micros = 100_000_000;

#[derive(Default)]
pub(crate) struct Sales {
    pub(crate) now: Micros,
    number: u64,
    purchases: Vec<Operation>,
    known: Known,
    /// Answers that may not leave yet: of which shard, behind which frame.
    waiting: Vec<(usize, u64, Operation, Answer)>,
}

/// What was told.
#[derive(Default)]
struct Known {
    options: BTreeSet<Id>,
    purchases: BTreeMap<Id, Purchase>,
    /// At least so much was sold of each option.
    sold: BTreeMap<Id, u64>,
    sections: BTreeSet<usize>,
    owners: BTreeMap<Id, Id>,
    claims: BTreeMap<u128, Id>,
    settled: BTreeSet<u128>,
}

fn option(number: u32) -> Id {
    id::make(1_000, 1, number)
}

fn member(rng: &mut Rng) -> Id {
    Id::from_u128(rng.u128(1..4))
}

fn tickets(section: usize) -> (Id, Places) {
    let section = SECTIONS[section].to_owned();
    let first = id::make(1_000, 1, id::section_locator(&section));
    let places = Places {
        section,
        rows: (1, 1),
        seats: (1, 3),
    };
    (first, places)
}

fn key(number: u128) -> u128 {
    ((number * 0x9e37_79b9) & 0xffff_ffff) << 96 | number
}

/// Some are written in parts.
fn reply(key: u128) -> StoredReply {
    let len = if key.is_multiple_of(3) { 5_000 } else { 50 };
    StoredReply {
        status: 201,
        json_api: true,
        location: format!("/{key}"),
        body: (0..len).map(|at| (key as usize + at) as u8).collect(),
    }
}

/// Has the shard that owns it decide an operation. Says which it is.
fn ask(server: &mut Server, now: Micros, operation: Operation) -> (usize, Answer) {
    let locator = match &operation {
        Operation::CreateOption { id, .. }
        | Operation::FindOption(id)
        | Operation::FindPurchase(id)
        | Operation::FindTicket(id)
        | Operation::Purchase { option: id, .. }
        | Operation::CreateTickets { first: id, .. }
        | Operation::MoveTicket { ticket: id, .. } => id::locator(*id),
        Operation::Claim { key, .. } | Operation::Settle { key, .. } => (key >> 96) as u32,
        other => panic!("{other:?} is not asked here"),
    };
    let router = Router::new(server.members.len() as u16, ShardId(0));
    let owner = shard::owner(&router, &locator.to_be_bytes());
    let shard = &mut server.members[owner].shard;
    (owner, shard.operate(now, operation))
}

impl Sales {
    /// Has a shard decide something.
    pub(crate) fn act(&mut self, server: &mut Server, rng: &mut Rng) {
        self.now += rng.u64(..2_000);
        let operation = self.choose(rng);
        if rng.u8(..4) == 0 {
            let me = rng.usize(..server.members.len());
            server.members[me].shard.expire(self.now);
        }
        let (owner, answer) = ask(server, self.now, operation.clone());
        let observed = server.members[owner].shard.observed();
        self.waiting.push((owner, observed, operation, answer));
    }

    fn choose(&mut self, rng: &mut Rng) -> Operation {
        self.number += 1;
        let chosen = option(rng.u32(..OPTIONS));
        let (first, places) = tickets(rng.usize(..SECTIONS.len()));
        let ticket = id::nth(first, rng.u64(..places.count()));
        let key = key(rng.u128(..KEYS));
        let turn = |step, rng: &mut Rng| Operation::MoveTicket {
            ticket,
            member: member(rng),
            step,
        };
        match rng.u32(..20) {
            0..2 => Operation::CreateOption {
                id: chosen,
                name: "Gala".to_owned(),
                description: "x".repeat(600),
                allocation: ALLOCATION,
            },
            2..6 => {
                let purchase = Operation::Purchase {
                    id: id::make(self.now / 1000, self.number, id::locator(chosen)),
                    option: chosen,
                    user: member(rng),
                    quantity: rng.u64(1..4),
                };
                self.purchases.push(purchase.clone());
                purchase
            }
            // Again, as after a lost answer.
            6 if !self.purchases.is_empty() => {
                self.purchases[rng.usize(..self.purchases.len())].clone()
            }
            6 | 7 => Operation::FindOption(chosen),
            8 => Operation::CreateTickets { first, places },
            9..12 => {
                let until = rng.bool().then(|| self.now + rng.u64(..20_000));
                turn(Step::Hold { until }, rng)
            }
            12 if rng.bool() => turn(Step::Free, rng),
            12..15 => turn(Step::Purchase, rng),
            15 => Operation::FindTicket(ticket),
            16..18 => Operation::Claim {
                key,
                fingerprint: key,
                id: Id::from_u128(self.number.into()),
            },
            _ => Operation::Settle {
                key,
                reply: reply(key),
            },
        }
    }

    /// Tells what may be told; with a broken gate what may not, too.
    pub(crate) fn hear(&mut self, server: &Server, broken: bool, tally: &mut Tally) {
        let Self { known, waiting, .. } = self;
        waiting.retain(|(shard, observed, operation, answer)| {
            let durable = server.members[*shard].shard.is_durable(*observed);
            if !durable {
                tally.count("answers waited");
            }
            if durable || broken {
                known.hear(operation, answer, tally);
            }
            !durable && !broken
        });
    }

    /// Compares what a start has found with what was told, and goes on from it.
    pub(crate) fn settle(&mut self, server: &mut Server, tally: &mut Tally) {
        self.waiting.clear();
        self.now += BETWEEN_LIVES;
        let sold = self.settle_purchases(server, tally);
        for chosen in (0..OPTIONS).map(option) {
            let sold = sold.get(&chosen).copied().unwrap_or_default();
            match ask(server, self.now, Operation::FindOption(chosen)).1 {
                Answer::Option(found) => {
                    assert!(sold <= ALLOCATION, "{sold} of {ALLOCATION} are sold");
                    assert_eq!(found.available, ALLOCATION - sold);
                    let told = self.known.sold.get(&chosen).copied().unwrap_or_default();
                    assert!(sold >= told, "{sold} are sold, {told} were told");
                }
                lost => {
                    assert!(!self.known.options.contains(&chosen), "{lost:?}");
                    assert_eq!(sold, 0);
                }
            }
        }
        self.settle_tickets(server);
        self.settle_keys(server);
    }

    fn settle_purchases(&mut self, server: &mut Server, tally: &mut Tally) -> BTreeMap<Id, u64> {
        let mut sold = BTreeMap::<Id, u64>::new();
        for purchase in &self.purchases {
            let Operation::Purchase { id, .. } = purchase else {
                continue;
            };
            let known = self.known.purchases.get(id);
            match ask(server, self.now, Operation::FindPurchase(*id)).1 {
                Answer::Purchase(found) => {
                    assert!(known.is_none_or(|known| *known == found), "{found:?}");
                    tally.add("purchases nobody was told of", known.is_none().into());
                    *sold.entry(found.option).or_default() += found.quantity;
                    self.known.purchases.insert(*id, found);
                }
                lost => assert_eq!(known, None, "{lost:?}"),
            }
        }
        sold
    }

    fn settle_tickets(&mut self, server: &mut Server) {
        for section in &self.known.sections {
            let (first, places) = tickets(*section);
            for number in 0..places.count() {
                let ticket = id::nth(first, number);
                let found = match ask(server, self.now, Operation::FindTicket(ticket)).1 {
                    Answer::Ticket(found) => found,
                    lost => panic!("{ticket} is lost: {lost:?}"),
                };
                let sold = found.state == TicketState::Purchased;
                let owner = found.member.filter(|_| sold);
                let told = self.known.owners.get(&ticket).copied();
                assert!(told.is_none() || told == owner, "{found:?}, not {told:?}'s");
                self.known.owners.extend(owner.map(|owner| (ticket, owner)));
            }
        }
    }

    fn settle_keys(&mut self, server: &mut Server) {
        for (&key, &known) in &self.known.claims {
            let claim = Operation::Claim {
                key,
                fingerprint: key,
                id: Id::nil(),
            };
            match ask(server, self.now, claim).1 {
                Answer::Claim(Claim::Settled(found)) => {
                    assert_eq!(found, reply(key));
                    self.known.settled.insert(key);
                }
                Answer::Claim(Claim::Proceed(found)) => {
                    assert_eq!(found, known, "the same id after a crash");
                    assert!(!self.known.settled.contains(&key), "a reply is lost");
                }
                lost => panic!("a claim is lost: {lost:?}"),
            }
        }
    }
}

impl Known {
    fn hear(&mut self, operation: &Operation, answer: &Answer, tally: &mut Tally) {
        match (operation, answer) {
            (_, Answer::Option(option)) => {
                self.options.insert(option.id);
                self.sold_so_far(option.id, option.available);
            }
            (_, Answer::Purchase(purchase)) => {
                tally.count("purchases told");
                let before = self.purchases.insert(purchase.id, *purchase);
                assert!(before.is_none_or(|before| before == *purchase));
            }
            (
                Operation::Purchase { option, .. },
                Answer::Refused(Refusal::NotEnough { available }),
            ) => {
                tally.count("purchases of too many");
                self.sold_so_far(*option, *available);
            }
            (Operation::CreateTickets { places, .. }, Answer::Created(_)) => {
                let section = SECTIONS.iter().position(|name| *name == places.section);
                self.sections.extend(section);
            }
            (Operation::MoveTicket { member, step, .. }, Answer::Ticket(ticket))
                if *step == Step::Purchase =>
            {
                tally.count("tickets told");
                let before = self.owners.insert(ticket.id, *member);
                assert_eq!(before, None, "{} was sold twice", ticket.id);
            }
            (Operation::Claim { key, .. }, Answer::Claim(Claim::Proceed(id))) => {
                let before = self.claims.insert(*key, *id);
                assert!(before.is_none_or(|before| before == *id));
                assert!(!self.settled.contains(key));
            }
            (Operation::Claim { key, .. }, Answer::Claim(Claim::Settled(found))) => {
                assert_eq!(*found, reply(*key));
            }
            (Operation::Settle { key, .. }, Answer::Done) => {
                tally.count("replies kept");
                self.settled.insert(*key);
            }
            (_, Answer::Refused(Refusal::DiskLow)) => tally.count("operations on a full disk"),
            _ => {}
        }
    }

    fn sold_so_far(&mut self, option: Id, available: u64) {
        let sold = self.sold.entry(option).or_default();
        *sold = (*sold).max(ALLOCATION - available);
    }
}
