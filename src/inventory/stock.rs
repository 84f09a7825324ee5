//! Ticket options, members and tickets of one shard: a deterministic state
//! machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, Id, Kind, Member, Micros, Operation, Refusal, Step, Ticket, TicketState};

/// A decided change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {}

/// Why a change does not follow from the state, as a phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Illegal(pub String);

/// What one shard may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Ticket options.
    pub options: usize,
    /// Purchases.
    pub purchases: usize,
    /// Members.
    pub members: usize,
    /// Tickets.
    pub tickets: usize,
    /// Idempotency keys.
    pub keys: usize,
    /// Ledger entries that can be listed; of older ones the sums stay.
    pub ledger_entries: usize,
}

/// What one shard owns beside its seats. Members only, and one ticket whose
/// hold expires: enough to try the way to it.
#[derive(Debug)]
pub struct Stock {
    bounds: Bounds,
    members: BTreeMap<Id, String>,
    holds: BTreeMap<Id, Micros>,
}

impl Stock {
    /// Nothing yet.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            members: BTreeMap::new(),
            holds: BTreeMap::new(),
        }
    }

    /// Decides an operation. Every change is given to `record`, in order,
    /// before this returns.
    pub fn operate(
        &mut self,
        _now: Micros,
        operation: Operation,
        _record: &mut dyn FnMut(&Change),
    ) -> Answer {
        match operation {
            Operation::CreateMember { id, name } if self.members.len() < self.bounds.members => {
                self.members.insert(id, name.clone());
                Answer::Member(Member { id, name })
            }
            Operation::FindMember(id) => match self.members.get(&id) {
                Some(name) => Answer::Member(Member {
                    id,
                    name: name.clone(),
                }),
                None => Answer::Refused(Refusal::NotFound(Kind::Member)),
            },
            Operation::MoveTicket {
                ticket,
                member,
                step: Step::Hold { until: Some(until) },
            } => {
                self.holds.insert(ticket, until);
                Answer::Ticket(Ticket {
                    id: ticket,
                    section: String::new(),
                    row: 1,
                    seat: 1,
                    state: TicketState::Held,
                    member: Some(member),
                    until: Some(until),
                })
            }
            _ => Answer::Refused(Refusal::NotFound(Kind::Option)),
        }
    }

    /// Ends holds whose time is over, some at a time. `true`: more are due.
    pub fn expire(&mut self, now: Micros, _record: &mut dyn FnMut(&Change)) -> bool {
        let due = self.holds.iter().find(|(_, until)| **until <= now);
        if let Some(id) = due.map(|(id, _)| *id) {
            self.holds.remove(&id);
        }
        self.next_expiry().is_some_and(|next| next <= now)
    }

    /// When the next hold ends by itself.
    pub fn next_expiry(&self) -> Option<Micros> {
        self.holds.values().min().copied()
    }
}
