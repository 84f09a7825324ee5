//! Payments of events: what providers and those who call them need.

use super::events::{event_answer, unexpected};
use super::{Api, Door, Failure, Target};
use crate::inventory::events::{
    CheckoutEnds, EndCursor, EventAnswer, EventOperation, EventRefusal, PaymentOutcome,
    PaymentView, Reference,
};
use crate::inventory::{Id, Micros, Operation, Page};
use crate::route::ShardId;

/// How often another reference is drawn if one is taken.
const DRAWS: u32 = 16;

/// What became of a payment, as far as its provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The money is there.
    Paid {
        /// How the provider calls it, for a refund.
        receipt: String,
    },
    /// No money will come.
    Failed,
}

impl<D: Door> Api<D> {
    /// A booking reference, drawn at random.
    pub fn draw_reference(&self) -> Reference {
        // SplitMix64: neighbours must not look like neighbours.
        let mut number = self.door.numbers(1) ^ self.door.now();
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Reference::from_number(number ^ (number >> 31))
    }

    /// Says what became of a payment, however often and in whatever order.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn conclude_payment(
        &self,
        event: Id,
        payment: Id,
        verdict: Verdict,
    ) -> Result<PaymentView, Failure> {
        let mut draws = 0;
        loop {
            let outcome = match &verdict {
                Verdict::Failed => PaymentOutcome::Failed,
                Verdict::Paid { receipt } => PaymentOutcome::Paid {
                    reference: self.draw_reference(),
                    receipt: receipt.clone(),
                },
            };
            draws += 1;
            match self.settle_payment(event, payment, outcome).await {
                Err(Failure::Event(EventRefusal::ReferenceTaken)) if draws < DRAWS => {}
                other => return other,
            }
        }
    }

    /// Says that what a payment owed was paid back.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn mark_refunded(&self, event: Id, payment: Id) -> Result<PaymentView, Failure> {
        self.ask_payment(EventOperation::MarkRefunded { event, payment })
            .await
    }

    /// What a payment is for, in words: the name of its event.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn payment_purpose(&self, event: Id) -> Result<String, Failure> {
        match self.ask_event(EventOperation::Find(event)).await? {
            EventAnswer::Event(view) => Ok(view.listing.name.clone()),
            other => Err(unexpected(&other)),
        }
    }

    /// One shard's payments that are to be paid back, oldest first.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn owed(&self, shard: ShardId, most: usize) -> Result<Vec<PaymentView>, Failure> {
        match self
            .ask_shard(shard, EventOperation::ListOwed(most))
            .await?
        {
            EventAnswer::Owed(owed) => Ok(owed),
            other => Err(unexpected(&other)),
        }
    }

    /// One shard's payments that a provider may know more of: under way, or
    /// ended by themselves since a time.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn unsettled(
        &self,
        shard: ShardId,
        since: Micros,
        page: Page,
    ) -> Result<Vec<PaymentView>, Failure> {
        let operation = EventOperation::ListUnsettled { since, page };
        match self.ask_shard(shard, operation).await? {
            EventAnswer::Payments(payments) => Ok(payments),
            other => Err(unexpected(&other)),
        }
    }

    /// How one shard's checkouts have ended behind a cursor; what is up to
    /// there was told, and is not kept for that any more.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn ends(
        &self,
        shard: ShardId,
        after: EndCursor,
        most: usize,
    ) -> Result<CheckoutEnds, Failure> {
        let operation = EventOperation::ListEnds { after, most };
        match self.ask_shard(shard, operation).await? {
            EventAnswer::Ends(ends) => Ok(ends),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask_shard(
        &self,
        shard: ShardId,
        operation: EventOperation,
    ) -> Result<EventAnswer, Failure> {
        let operation = Operation::Event(Box::new(operation));
        event_answer(self.door.call(Target::Shard(shard), operation).await?)
    }
}
