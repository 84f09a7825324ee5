//! What a driver does for operations: runs those for its own shard, whoever
//! asks, carries the others to their owners, and ends holds in time.

use std::time::Duration;

use super::driver::Driver;
use super::settings::DriverError;
use crate::inventory::{Answer, Micros, Operation};
use crate::limits::{EXPIRY_LOOK_AT_LEAST, EXPIRY_LOOK_AT_MOST, OPERATION_ROUNDS};
use crate::mesh::{Answers, Operations, Parcel};
use crate::net::inbox::{Ask, Call, Told};
use crate::route::ShardId;
use crate::shard::{Held, OperationKind, OperationOutcome};

/// The clock that ends holds.
#[derive(Debug, Default)]
pub(super) struct Expiry {
    /// When it will ring, if it is set.
    set: Option<Micros>,
    /// Holds are due.
    pub(super) due: bool,
}

impl Driver {
    /// Whether there is something to do that no completion will tell of. To be
    /// asked after the shard has said that it will rest, too.
    pub(super) fn has_news(&self) -> bool {
        if self.woken.any() {
            return true;
        }
        let asked = self.expiry.due
            || !self.asked.is_empty()
            || !self.calls.is_empty()
            || self.inbox().has_calls()
            || self.desk.has_local();
        // Else a frame that is written will tell.
        asked && !self.shard.is_full()
    }

    /// Runs what is asked of this shard and polls who waited for it, in turn,
    /// as far as one turn may go. `false`: there was nothing to do.
    pub(super) fn operate(&mut self) -> Result<bool, DriverError> {
        for round in 0..OPERATION_ROUNDS {
            if !self.has_news() {
                return Ok(round > 0);
            }
            self.run_asked()?;
            self.poll_woken();
        }
        Ok(true)
    }

    /// Runs everything that is asked of this shard now, until the journal has
    /// all that it may have waiting.
    fn run_asked(&mut self) -> Result<(), DriverError> {
        if self.calls.is_empty() && self.inbox().has_calls() {
            let mut calls = std::mem::take(&mut self.calls);
            self.inbox().take(&mut calls);
            self.calls = calls;
        }
        while !self.shard.is_full() {
            if let Some((from, operations)) = self.asked.pop_front() {
                self.run_batch(from, operations)?;
            } else if let Some((call, operation)) = self.desk.next_local() {
                let answer = self.run_operation(operation);
                self.desk.answer(call, answer);
            } else if let Some(call) = self.calls.pop_front() {
                self.run_call(call);
            } else if self.expiry.due {
                let now = self.now();
                self.expiry.due = self.shard.expire(now);
                self.shard.counters().expiry_sweeps += 1;
                break;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn run_batch(&mut self, from: ShardId, operations: Operations) -> Result<(), DriverError> {
        let answers: Answers = operations
            .into_iter()
            .map(|(call, operation)| (call, self.run_operation(operation)))
            .collect();
        match self.shard.hold(Held::Answers(from, answers)) {
            Some(held) => self.let_go_held(held),
            None => Ok(()),
        }
    }

    fn run_call(&mut self, call: Call) {
        let told = match call.ask {
            Ask::Operation(operation) => Told::Answer(self.run_operation(operation)),
            Ask::Seat(verb, name) => Told::Outcome(self.shard.command(verb, &name)),
        };
        // Whoever asked may have lost interest.
        let tell = call.tell;
        if self.shard.is_durable(self.shard.observed()) {
            let _ = tell.send(told);
        } else {
            self.shard.hold(Held::Outside(Box::new(move || {
                let _ = tell.send(told);
            })));
        }
    }

    fn run_operation(&mut self, operation: Operation) -> Answer {
        let kind = OperationKind::of(&operation);
        let now = self.now();
        let answer = self.shard.operate(now, operation);
        let outcome = OperationOutcome::of(&answer);
        let counters = self.shard.counters();
        counters.operations.add(kind as usize, outcome as usize);
        answer
    }

    /// Sends what has waited for the disk.
    pub(super) fn let_go_held(&mut self, held: Held) -> Result<(), DriverError> {
        match held {
            Held::Seats(to, batch) => self.send(to, Parcel::Answer(batch)),
            Held::Answers(to, answers) => self.send(to, Parcel::Answers(answers)),
            Held::Outside(tell) => {
                tell();
                Ok(())
            }
        }
    }

    /// Sends the operations of this turn to their owners.
    pub(super) fn send_operations(&mut self) -> Result<(), DriverError> {
        while let Some((to, operations)) = self.desk.next_batch() {
            self.send(to, Parcel::Operations(operations))?;
        }
        Ok(())
    }

    /// Sets the clock by which the next hold ends, before a rest.
    pub(super) fn set_expiry(&mut self) -> std::io::Result<()> {
        let Some(next) = self.shard.next_expiry() else {
            return Ok(());
        };
        // Set early enough already, or ringing.
        if self.expiry.due || self.expiry.set.is_some_and(|set| set <= next) {
            return Ok(());
        }
        let now = self.now();
        let wait = Duration::from_micros(next.saturating_sub(now))
            .clamp(EXPIRY_LOOK_AT_MOST, EXPIRY_LOOK_AT_LEAST);
        let rings = now.saturating_add(wait.as_micros() as u64);
        if self.expiry.set.is_some_and(|set| set <= rings) {
            return Ok(());
        }
        self.ring.set_expiry(wait, self.expiry.set.is_some())?;
        self.expiry.set = Some(rings);
        Ok(())
    }

    /// The clock rings: the next turns end what is due.
    pub(super) fn on_expiry(&mut self) {
        self.expiry.set = None;
        let now = self.now();
        self.expiry.due = self.shard.next_expiry().is_some_and(|next| next <= now);
    }

    /// Whether nothing that was asked here is unanswered.
    pub(super) fn has_answered_all(&self) -> bool {
        self.desk.is_idle()
            && self.asked.is_empty()
            && self.calls.is_empty()
            && !self.inbox().has_calls()
    }

    fn now(&self) -> Micros {
        use crate::api::Door;
        self.desk.now()
    }
}
