//! Payments, and the bookings that they lead to.

use super::events::{event_answer, unexpected};
use super::{Api, Door, Failure, Target};
use crate::inventory::events::{
    BookingView, Buyer, CheckoutView, EventAnswer, EventKind, EventOperation, EventRefusal,
    PaymentOutcome, PaymentView, Reference,
};
use crate::inventory::{Id, Operation, id};
use crate::route::ShardId;

/// A payment to begin.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// Its id, from [`Api::new_ids_at`] the event's locator.
    pub id: Id,
    /// Who is asked for it, for instance `hosted`.
    pub provider: String,
    /// Who books.
    pub buyer: Buyer,
    /// How long it may take, in seconds.
    pub seconds: u32,
}

/// A payment that is decided already.
#[derive(Clone, Debug)]
pub struct PaidAtOnce {
    /// Its id, from [`Api::new_ids_at`] the event's locator.
    pub id: Id,
    /// Who has said yes, for instance `test/ok`.
    pub provider: String,
    /// Who books.
    pub buyer: Buyer,
    /// What is paid at most, in minor units; 0: only what is free can be booked.
    pub most: u64,
    /// The booking's reference.
    pub reference: Reference,
    /// How the provider calls it.
    pub receipt: String,
}

impl<D: Door> Api<D> {
    /// Turns all that a checkout holds into a booking, for payments that were
    /// made already. Doing it again answers the same and changes nothing.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn complete_checkout(
        &self,
        event: Id,
        checkout: Id,
        reference: Reference,
        buyer: Buyer,
        receipt: String,
    ) -> Result<CheckoutView, Failure> {
        self.ask_checkout(EventOperation::Complete {
            event,
            checkout,
            reference,
            buyer,
            receipt,
        })
        .await
    }

    /// Begins to pay: from now to the payment's end the holds stay and cannot
    /// change. Refused if they are gone, so before anybody is asked for money.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn begin_payment(
        &self,
        event: Id,
        checkout: Id,
        payment: NewPayment,
    ) -> Result<PaymentView, Failure> {
        self.ask_payment(EventOperation::BeginPayment {
            event,
            checkout,
            payment: payment.id,
            provider: payment.provider,
            buyer: payment.buyer,
            seconds: payment.seconds,
        })
        .await
    }

    /// Begins a payment that is decided already, and books what it is for: one
    /// step instead of [two](Self::begin_payment). If it is refused, nothing
    /// was begun.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn pay_at_once(
        &self,
        event: Id,
        checkout: Id,
        paid: PaidAtOnce,
    ) -> Result<CheckoutView, Failure> {
        self.ask_checkout(EventOperation::PayAtOnce {
            event,
            checkout,
            payment: paid.id,
            provider: paid.provider,
            buyer: paid.buyer,
            most: paid.most,
            reference: paid.reference,
            receipt: paid.receipt,
        })
        .await
    }

    /// Says what became of a payment; see [`EventOperation::SettlePayment`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn settle_payment(
        &self,
        event: Id,
        payment: Id,
        outcome: PaymentOutcome,
    ) -> Result<PaymentView, Failure> {
        self.ask_payment(EventOperation::SettlePayment {
            event,
            payment,
            outcome,
        })
        .await
    }

    /// A payment as it is now.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn payment(&self, event: Id, payment: Id) -> Result<PaymentView, Failure> {
        self.ask_payment(EventOperation::FindPayment { event, payment })
            .await
    }

    /// A booking of an event.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn booking(&self, event: Id, reference: Reference) -> Result<BookingView, Failure> {
        let to = Target::Locator(id::locator(event));
        self.booking_at(to, reference).await
    }

    /// A booking of any event. References are unique on each shard; should
    /// several shards have one, the first is answered.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn find_booking(&self, reference: Reference) -> Result<BookingView, Failure> {
        let missing = EventRefusal::NotFound(EventKind::Booking);
        for shard in 0..self.door().shards() {
            let to = Target::Shard(ShardId(shard));
            match self.booking_at(to, reference).await {
                Err(Failure::Event(refusal)) if refusal == missing => {}
                found => return found,
            }
        }
        Err(missing.into())
    }

    async fn booking_at(&self, to: Target, reference: Reference) -> Result<BookingView, Failure> {
        let operation = EventOperation::FindBooking(reference);
        let operation = Operation::Event(Box::new(operation));
        match event_answer(self.door().call(to, operation).await?)? {
            EventAnswer::Booking(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) async fn ask_payment(
        &self,
        operation: EventOperation,
    ) -> Result<PaymentView, Failure> {
        match self.ask_event(operation).await? {
            EventAnswer::Payment(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }
}
