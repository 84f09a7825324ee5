//! One shard: the seats, stock and pairs of users it owns, and its part in the
//! mesh.
//!
//! A shard is driven by its core's network loop (see [`crate::net`]): commands
//! of its own connections come in through [`Shard::seat`], batches of the
//! other shards through [`Shard::serve`]. It does no I/O itself.

mod audit;
mod budget;
mod counters;
mod gate;
mod kinds;
mod operations;
mod reading;
mod recovery;

pub use audit::{Audit, AuditError, Ledger, Sale, audit, owner};
pub use budget::SeatBudget;
pub use counters::{
    Counters, HttpCounters, OperationTable, Readings, RequestTable, SeatTable, SharedCounters,
};
pub use gate::{Gate, Held};
pub use kinds::{HttpMethod, OperationKind, OperationOutcome};
pub use reading::{Histogram, Reading, Table};

use std::sync::Arc;

use crate::inventory::{Bounds, Inventory, Outcome, Seats, Stock, Verb, Whereabouts};
use crate::journal::{Record, SeatState, Sequence};
use crate::matching::{Batch as LikeBatch, Tables};
use crate::mesh::{Batch, Outbox, Slot};
use crate::route::{Owner, Router, ShardId};

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// The seat is owned here: this is the outcome.
    Done(Outcome),
    /// On its way to the owning shard; the outcome comes back to the slot.
    Waiting,
    /// The owning shard has all it can take: stop, and ask again after the
    /// next answer came back. Nothing was changed.
    NoCredit,
}

/// What [`Shard::look_ahead`] has found out about a seat.
#[derive(Clone, Copy, Debug)]
pub struct SeatKey {
    owner: Owner,
    at: Whereabouts,
}

impl Default for SeatKey {
    fn default() -> Self {
        Self {
            owner: Owner::Local,
            at: Whereabouts::default(),
        }
    }
}

/// The seats of one core and the way to all others.
pub struct Shard {
    router: Router,
    seats: Seats,
    stock: Box<Stock>,
    budget: Arc<SeatBudget>,
    outbox: Outbox,
    tables: Tables,
    counters: Counters,
    /// With a data directory.
    gate: Option<Gate>,
}

impl Shard {
    /// A shard in memory, without seats and stock. `hash_seed`: see
    /// [`Seats::new`].
    pub fn new(router: Router, budget: Arc<SeatBudget>, hash_seed: u64, bounds: Bounds) -> Self {
        Self {
            gate: None,
            outbox: Outbox::new(router.shards()),
            seats: Seats::new(0, hash_seed),
            stock: Box::new(Stock::keyed(bounds, hash_seed)),
            tables: Tables::new(hash_seed),
            router,
            budget,
            counters: Counters::default(),
        }
    }

    /// A durable shard that goes on with what was recovered.
    #[must_use]
    pub fn with_journal(mut self, inventory: Inventory, gate: Gate) -> Self {
        self.seats = inventory.seats;
        *self.stock = inventory.stock;
        self.gate = Some(gate);
        self
    }

    /// Finds out who owns a seat and where it is, and has what is known of it
    /// fetched from memory: a command for it comes soon.
    #[inline]
    pub fn look_ahead(&self, name: &[u8]) -> SeatKey {
        let owner = self.router.seat(name);
        let mut at = Whereabouts::default();
        if owner == Owner::Local {
            at = self.seats.whereabouts(name);
            self.seats.fetch(at);
        }
        SeatKey { owner, at }
    }

    /// Runs a command of one of this shard's own connections.
    pub fn seat(&mut self, verb: Verb, name: &[u8], slot: Slot) -> Dispatch {
        self.seat_at(verb, name, self.look_ahead(name), slot)
    }

    /// Runs a command of one of this shard's own connections, for a seat that
    /// was [looked ahead](Shard::look_ahead) for.
    #[inline]
    pub fn seat_at(&mut self, verb: Verb, name: &[u8], key: SeatKey, slot: Slot) -> Dispatch {
        match key.owner {
            Owner::Local if self.gate.as_ref().is_some_and(Gate::is_full) => Dispatch::NoCredit,
            Owner::Local => Dispatch::Done(self.apply(verb, name, key.at)),
            Owner::Remote(owner) if self.outbox.push(owner, verb, name, slot) => Dispatch::Waiting,
            Owner::Remote(_) => Dispatch::NoCredit,
        }
    }

    /// Runs another shard's commands on the seats owned here. `Some`: the
    /// batch may go home; else it waits in the [`Gate`].
    pub fn serve(&mut self, from: ShardId, mut batch: Batch) -> Option<Batch> {
        batch.answer(
            self,
            |shard, name| {
                let at = shard.seats.whereabouts(name);
                shard.seats.fetch(at);
                at
            },
            Self::apply,
        );
        match self.hold(Held::Seats(from, batch)) {
            Some(Held::Seats(_, batch)) => Some(batch),
            _ => None,
        }
    }

    /// Runs a command for a seat owned here.
    pub fn command(&mut self, verb: Verb, name: &[u8]) -> Outcome {
        self.apply(verb, name, self.seats.whereabouts(name))
    }

    /// Has something wait until all that was decided so far is durable.
    /// `Some`: it need not wait.
    pub fn hold(&mut self, held: Held) -> Option<Held> {
        match &mut self.gate {
            Some(gate) if !gate.is_durable(gate.observed()) => {
                gate.hold(held);
                None
            }
            _ => Some(held),
        }
    }

    /// Whether so much waits for the disk that nothing more may be changed.
    pub fn is_full(&self) -> bool {
        self.gate.as_ref().is_some_and(Gate::is_full)
    }

    /// Whether those may go on that were told to wait until it is known if the
    /// disk has room; once. The keeper wakes the shard when it is.
    pub fn may_go_on(&self) -> bool {
        self.gate.as_ref().is_some_and(Gate::is_certain_again)
    }

    /// The frame that a reply must wait for which is made now; 0 in memory.
    pub fn observed(&self) -> Sequence {
        self.gate.as_ref().map_or(0, Gate::observed)
    }

    /// Whether a reply that has observed `frame` may leave.
    pub fn is_durable(&self, frame: Sequence) -> bool {
        self.gate.as_ref().is_none_or(|gate| gate.is_durable(frame))
    }

    /// The gate of a durable shard.
    pub fn gate(&mut self) -> Option<&mut Gate> {
        self.gate.as_mut()
    }

    /// Matches another shard's likes between users whose pair is owned here.
    pub fn serve_likes(&mut self, batch: &mut LikeBatch) {
        self.tables.serve(batch);
    }

    /// The batches towards the other shards.
    pub fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// The counters that this shard's loop keeps.
    pub fn counters(&mut self) -> &mut Counters {
        &mut self.counters
    }

    /// A reading of all counters, those of the parts included.
    pub fn read_counters(&self) -> Counters {
        let by_state = self.seats.by_state();
        let stock = self.stock.totals();
        let gate = self.gate.as_ref();
        Counters {
            commands: self.counters.seats.sum(),
            journal_pending_bytes: gate.map_or(0, Gate::pending_bytes) as u64,
            gate_held: gate.map_or(0, Gate::held) as u64,
            commands_forwarded: self.outbox.commands_sent(),
            seats_reserved: by_state.reserved,
            seats_sold: by_state.sold,
            seats_refused_full: self.seats.refused_full(),
            journal_disk_low: self.gate.as_ref().is_some_and(Gate::disk_is_low).into(),
            options: stock.options,
            purchases: stock.purchases,
            members: stock.members,
            tickets_free: stock.tickets_free,
            tickets_held: stock.tickets_held,
            tickets_purchased: stock.tickets_purchased,
            idempotency_keys: stock.keys,
            ledger_entries: stock.ledger_entries,
            events: stock.events.events,
            event_tickets_free: stock.events.free,
            event_tickets_held: stock.events.held,
            event_tickets_sold: stock.events.sold,
            checkouts_queued: stock.events.queued,
            checkouts_active: stock.events.active,
            bookings: stock.events.bookings,
            payments_open: stock.events.paying,
            payments_owed: stock.events.owed,
            ..self.counters.clone()
        }
    }

    #[inline]
    fn apply(&mut self, verb: Verb, name: &[u8], at: Whereabouts) -> Outcome {
        let outcome = self.decide(verb, name, at);
        self.counters.seats.add(verb as usize, outcome as usize);
        outcome
    }

    #[inline]
    fn decide(&mut self, verb: Verb, name: &[u8], at: Whereabouts) -> Outcome {
        if verb == Verb::Reserve && self.seats.spare() == 0 {
            self.seats.allow(self.budget.lease());
        }
        let Some(gate) = &mut self.gate else {
            return self.seats.apply_at(verb, name, at);
        };
        if verb == Verb::Reserve && gate.is_reserved() {
            self.counters.seats_refused_disk += 1;
            return Outcome::Fail;
        }
        let outcome = self.seats.apply_at(verb, name, at);
        if outcome == Outcome::Ok {
            let state = match verb {
                Verb::Reserve => SeatState::Reserved,
                Verb::Buy | Verb::Query => SeatState::Sold,
            };
            gate.record(Record::Seat { state, name });
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: Slot = Slot {
        connection: 0,
        index: 0,
    };

    fn shards(count: u16, max_seats: u64) -> Vec<Shard> {
        let budget = Arc::new(SeatBudget::new(max_seats, count));
        (0..count)
            .map(|me| Router::new(count, ShardId(me)))
            .map(|router| Shard::new(router, Arc::clone(&budget), 1, Bounds::default()))
            .collect()
    }

    #[test]
    fn a_remote_command_is_answered_by_its_owner() {
        let mut shards = shards(2, 100);
        let name = ["A1", "A2", "A3", "A4", "A5", "A6"]
            .into_iter()
            .find(|name| Router::new(2, ShardId(0)).seat(name.as_bytes()) != Owner::Local)
            .expect("one of them lives on shard 1");
        let dispatch = shards[0].seat(Verb::Reserve, name.as_bytes(), SLOT);
        assert_eq!(dispatch, Dispatch::Waiting);

        let (to, batch) = shards[0].outbox().next().expect("one batch");
        assert_eq!(to, ShardId(1));
        let batch = shards[1]
            .serve(ShardId(0), batch)
            .expect("nothing to wait for");
        assert_eq!(batch.outcomes().collect::<Vec<_>>(), [(SLOT, Outcome::Ok)]);
        assert_eq!(
            shards[1].seat(Verb::Query, name.as_bytes(), SLOT),
            Dispatch::Done(Outcome::Reserved)
        );
    }

    #[test]
    fn the_seat_bound_holds_over_all_shards_exactly() {
        for count in [1, 3] {
            let mut shards = shards(count, 50);
            let mut sold = 0;
            for n in 0..500 {
                let name = format!("S{n}");
                for shard in &mut shards {
                    if shard.router.seat(name.as_bytes()) == Owner::Local
                        && shard.seat(Verb::Reserve, name.as_bytes(), SLOT)
                            == Dispatch::Done(Outcome::Ok)
                    {
                        sold += 1;
                    }
                }
            }
            assert_eq!(sold, 50, "{count} shards");
            let refused: u64 = shards
                .iter()
                .map(|shard| shard.read_counters().seats_refused_full)
                .sum();
            assert_eq!(refused, 450);
        }
    }
}
