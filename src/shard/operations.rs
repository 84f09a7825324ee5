//! What a shard does to its stock: ticket options, members, tickets.

use super::Shard;
use crate::inventory::{Answer, Micros, Operation, Refusal, Step, StockTotals};

impl Shard {
    /// Decides an operation whose locator is owned here, and records what it
    /// changes. The answer may leave when [`Shard::observed`], asked now, is
    /// durable. `now`: microseconds since the Unix epoch.
    pub fn operate(&mut self, now: Micros, operation: Operation) -> Answer {
        let Some(gate) = &mut self.gate else {
            return self.stock.operate(now, operation, &mut |_| {});
        };
        if takes_room(&operation) && gate.is_reserved() {
            return Answer::Refused(Refusal::DiskLow);
        }
        let record = &mut |change: &_| gate.record_change(change);
        self.stock.operate(now, operation, record)
    }

    /// Frees tickets whose holds have ended, some at a time. Says whether more
    /// are left to be freed now. Until they are freed they count as free
    /// already, so this may be called late.
    pub fn expire(&mut self, now: Micros) -> bool {
        let Some(gate) = &mut self.gate else {
            return self.stock.expire(now, &mut |_| {});
        };
        if gate.is_full() || gate.is_reserved() {
            return false;
        }
        let record = &mut |change: &_| gate.record_change(change);
        self.stock.expire(now, record)
    }

    /// When [`Shard::expire`] has something to do next, if ever.
    pub fn next_expiry(&self) -> Option<Micros> {
        self.stock.next_expiry()
    }

    /// How much stock there is.
    pub fn stock(&self) -> StockTotals {
        self.stock.totals()
    }
}

/// Whether an operation begins something new. When the disk is nearly full,
/// what room is left is kept for what finishes something: whoever holds a
/// ticket may still purchase or free it.
fn takes_room(operation: &Operation) -> bool {
    match operation {
        Operation::CreateOption { .. }
        | Operation::Purchase { .. }
        | Operation::CreateMember { .. }
        | Operation::CreateTickets { .. }
        | Operation::Claim { .. } => true,
        Operation::Event(operation) => operation.takes_room(),
        Operation::MoveTicket { step, .. } => matches!(step, Step::Hold { .. }),
        Operation::FindOption(_)
        | Operation::ListOptions(_)
        | Operation::FindPurchase(_)
        | Operation::FindMember(_)
        | Operation::FindTicket(_)
        | Operation::ListTickets { .. }
        | Operation::Settle { .. }
        | Operation::Abandon { .. }
        | Operation::ListLedger { .. }
        | Operation::Balances(_)
        | Operation::SumPurchases { .. } => false,
    }
}
