//! What users of events, tickets, members and ticket options can do: one set
//! of methods, whoever asks. HTTP and the library both call it.
//!
//! [`Api`] puts together what needs several shards or steps; each step goes
//! through a [`Door`] to the shard that decides it.

mod bookings;
mod checkouts;
mod door;
mod events;
mod failure;
mod ledger;
mod members;
mod options;
mod payments;
mod tickets;

pub use bookings::{NewPayment, PaidAtOnce};
pub use door::{Closed, Door, Target};
pub use failure::Failure;
pub use payments::Verdict;
pub use tickets::HoldFor;

use crate::inventory::{Answer, Id, Kind, Operation, Page, Refusal, id};
use crate::limits::{MAX_PAGE, MAX_TEXT_BYTES};
use crate::route::ShardId;

/// Everything that can be done, through one kind of [`Door`].
#[derive(Clone, Debug)]
pub struct Api<D> {
    door: D,
}

impl<D: Door> Api<D> {
    /// What can be done through this door.
    pub fn new(door: D) -> Self {
        Self { door }
    }

    /// The way to the shards.
    pub fn door(&self) -> &D {
        &self.door
    }

    /// A new id that belongs nowhere in particular.
    pub fn new_id(&self) -> Id {
        let number = self.door.numbers(1);
        id::make(self.door.now() / 1000, number, id::spread(number))
    }

    /// The first of `count` new ids (see [`id::nth`]) for what must live
    /// beside what has `locator`.
    pub fn new_ids_at(&self, locator: u32, count: u64) -> Id {
        id::make(self.door.now() / 1000, self.door.numbers(count), locator)
    }

    /// Asks the shard that owns an id.
    async fn ask(&self, owner: Id, operation: Operation) -> Result<Answer, Failure> {
        let to = Target::Locator(id::locator(owner));
        Ok(self.door.call(to, operation).await?)
    }

    /// Asks all shards, and puts their parts of a page together.
    async fn gather<T>(
        &self,
        page: Page,
        operation: impl Fn(Page) -> Operation,
        part: impl Fn(Answer) -> Option<Vec<T>>,
        id: impl Fn(&T) -> Id,
    ) -> Result<Vec<T>, Failure> {
        let limit = page.limit.min(MAX_PAGE);
        let page = Page { limit, ..page };
        let calls: Vec<D::Call> = (0..self.door.shards())
            .map(|shard| {
                self.door
                    .call(Target::Shard(ShardId(shard)), operation(page))
            })
            .collect();
        let mut all = Vec::new();
        for call in calls {
            all.extend(part(call.await?).unwrap_or_default());
        }
        all.sort_unstable_by_key(&id);
        all.truncate(limit);
        Ok(all)
    }
}

/// What a shard did not do, or what it should not have answered.
fn refused<T>(answer: &Answer, kind: Kind) -> Result<T, Failure> {
    match answer {
        Answer::Refused(refusal) => Err((*refusal).into()),
        other => {
            debug_assert!(false, "a shard has answered {other:?} about a {kind}");
            Err(Refusal::NotFound(kind).into())
        }
    }
}

/// Checks a text that people wrote.
fn text(field: &'static str, text: &str, may_be_empty: bool) -> Result<(), Failure> {
    if text.trim().is_empty() && !may_be_empty {
        return Err(Failure::invalid(field, "must not be empty"));
    }
    if text.len() > MAX_TEXT_BYTES {
        let problem = format!("must not be longer than {MAX_TEXT_BYTES} bytes");
        return Err(Failure::invalid(field, problem));
    }
    Ok(())
}
