//! Payments of events: what providers and those who call them need.

use super::{Api, Closed, Door, Target};
use crate::inventory::events::{
    CheckoutEnd, EndCursor, EventAnswer, EventKind, EventOperation, EventRefusal, PaymentOutcome,
    PaymentView, Reference,
};
use crate::inventory::{Answer, Id, Micros, Operation, Page, Refusal, id};
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

/// Why a payment was not begun, found or settled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentFailure {
    /// The rules forbid it, or a bound; nothing was changed.
    #[error(transparent)]
    Event(#[from] EventRefusal),
    /// The same, for all kinds of operations.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server is stopping: it may have been done or not.
    #[error(transparent)]
    Closed(#[from] Closed),
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

    /// A payment as it is now.
    ///
    /// # Errors
    /// [`PaymentFailure`].
    pub async fn find_payment(
        &self,
        event: Id,
        payment: Id,
    ) -> Result<PaymentView, PaymentFailure> {
        self.ask_payment(event, EventOperation::FindPayment { event, payment })
            .await
    }

    /// Says what became of a payment, however often and in whatever order.
    ///
    /// # Errors
    /// [`PaymentFailure`].
    pub async fn conclude_payment(
        &self,
        event: Id,
        payment: Id,
        verdict: Verdict,
    ) -> Result<PaymentView, PaymentFailure> {
        let mut draws = 0;
        loop {
            let outcome = match &verdict {
                Verdict::Failed => PaymentOutcome::Failed,
                Verdict::Paid { receipt } => PaymentOutcome::Paid {
                    reference: self.draw_reference(),
                    receipt: receipt.clone(),
                },
            };
            let operation = EventOperation::SettlePayment {
                event,
                payment,
                outcome,
            };
            draws += 1;
            match self.ask_payment(event, operation).await {
                Err(PaymentFailure::Event(EventRefusal::ReferenceTaken)) if draws < DRAWS => {}
                other => return other,
            }
        }
    }

    /// Says that what a payment owed was paid back.
    ///
    /// # Errors
    /// [`PaymentFailure`].
    pub async fn mark_refunded(
        &self,
        event: Id,
        payment: Id,
    ) -> Result<PaymentView, PaymentFailure> {
        self.ask_payment(event, EventOperation::MarkRefunded { event, payment })
            .await
    }

    /// What a payment is for, in words: the name of its event.
    ///
    /// # Errors
    /// [`PaymentFailure`].
    pub async fn payment_purpose(&self, event: Id) -> Result<String, PaymentFailure> {
        match self.ask_about(event, EventOperation::Find(event)).await? {
            EventAnswer::Event(view) => Ok(view.listing.name.clone()),
            other => Err(unexpected(other, EventKind::Event)),
        }
    }

    /// One shard's payments that are to be paid back, oldest first.
    ///
    /// # Errors
    /// [`PaymentFailure`].
    pub async fn owed(
        &self,
        shard: ShardId,
        most: usize,
    ) -> Result<Vec<PaymentView>, PaymentFailure> {
        match self
            .ask_shard(shard, EventOperation::ListOwed(most))
            .await?
        {
            EventAnswer::Owed(owed) => Ok(owed),
            other => Err(unexpected(other, EventKind::Payment)),
        }
    }

    /// One shard's payments that a provider may know more of: under way, or
    /// ended by themselves since a time.
    ///
    /// # Errors
    /// [`PaymentFailure`].
    pub async fn unsettled(
        &self,
        shard: ShardId,
        since: Micros,
        page: Page,
    ) -> Result<Vec<PaymentView>, PaymentFailure> {
        let operation = EventOperation::ListUnsettled { since, page };
        match self.ask_shard(shard, operation).await? {
            EventAnswer::Payments(payments) => Ok(payments),
            other => Err(unexpected(other, EventKind::Payment)),
        }
    }

    /// How one shard's checkouts have ended behind a cursor.
    ///
    /// # Errors
    /// [`PaymentFailure`].
    pub async fn ends(
        &self,
        shard: ShardId,
        after: EndCursor,
        most: usize,
    ) -> Result<Vec<CheckoutEnd>, PaymentFailure> {
        let operation = EventOperation::ListEnds { after, most };
        match self.ask_shard(shard, operation).await? {
            EventAnswer::Ends(ends) => Ok(ends),
            other => Err(unexpected(other, EventKind::Checkout)),
        }
    }

    async fn ask_payment(
        &self,
        event: Id,
        operation: EventOperation,
    ) -> Result<PaymentView, PaymentFailure> {
        match self.ask_about(event, operation).await? {
            EventAnswer::Payment(payment) => Ok(payment),
            other => Err(unexpected(other, EventKind::Payment)),
        }
    }

    async fn ask_about(
        &self,
        event: Id,
        operation: EventOperation,
    ) -> Result<EventAnswer, PaymentFailure> {
        let to = Target::Locator(id::locator(event));
        let operation = Operation::Event(Box::new(operation));
        read(self.door.call(to, operation).await?)
    }

    async fn ask_shard(
        &self,
        shard: ShardId,
        operation: EventOperation,
    ) -> Result<EventAnswer, PaymentFailure> {
        let operation = Operation::Event(Box::new(operation));
        read(self.door.call(Target::Shard(shard), operation).await?)
    }
}

fn read(answer: Answer) -> Result<EventAnswer, PaymentFailure> {
    match answer {
        Answer::Event(answer) => match *answer {
            EventAnswer::Refused(refusal) => Err(refusal.into()),
            answer => Ok(answer),
        },
        Answer::Refused(refusal) => Err(refusal.into()),
        other => {
            debug_assert!(false, "a shard has answered {other:?} about an event");
            Err(EventRefusal::NotFound(EventKind::Event).into())
        }
    }
}

fn unexpected(answer: EventAnswer, kind: EventKind) -> PaymentFailure {
    debug_assert!(false, "a shard has answered {answer:?} about a {kind}");
    EventRefusal::NotFound(kind).into()
}
