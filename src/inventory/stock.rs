//! Ticket options, members and tickets of one shard: a deterministic state
//! machine.

use serde::{Deserialize, Serialize};

use super::{Answer, Kind, Micros, Operation, Refusal};

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

/// What one shard owns beside its seats.
#[derive(Debug)]
pub struct Stock {
    bounds: Bounds,
}

impl Stock {
    /// Nothing yet.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds }
    }

    /// Decides an operation. Every change is given to `record`, in order,
    /// before this returns.
    pub fn operate(
        &mut self,
        _now: Micros,
        _operation: Operation,
        _record: &mut dyn FnMut(&Change),
    ) -> Answer {
        let _ = self.bounds;
        Answer::Refused(Refusal::NotFound(Kind::Option))
    }
}
