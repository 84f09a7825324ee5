//! Payments that take time: begin, come to an end in any order, be paid back.
//!
//! While one is under way its holds stay. Money that comes afterwards is
//! worth the same tickets if they can be had, else it is owed.

use crate::inventory::{Id, Illegal, Micros};

use super::answer::{EventAnswer, PaymentState, PaymentView};
use super::booking::{check_reference, check_texts};
use super::change::{EventChange, NewBooking};
use super::checkouts::{Stage, Whereabouts};
use super::event::{Event, Shared, Turn, illegal};
use super::operation::{Buyer, EventKind, EventRefusal, PaymentOutcome};
use super::payments::{MAX_PAYMENTS, Payment, RETRY_SECONDS};
use super::rate::SECOND;

/// The longest name of a provider, in bytes.
const MAX_PROVIDER_BYTES: usize = 64;

/// So much is kept of how a provider calls a payment.
const MAX_RECEIPT_CHARS: usize = 256;

impl Event {
    pub(super) fn begin_payment(
        &mut self,
        id: Id,
        payment: Id,
        (provider, buyer, seconds): (String, Buyer, u32),
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        if let Some(known) = self.payments.get(payment) {
            let is_same =
                known.checkout == id && known.provider == provider && known.buyer == buyer;
            return if is_same {
                Ok(EventAnswer::Payment(self.view_payment(known)))
            } else {
                Err(EventRefusal::IdTaken)
            };
        }
        let room = self.may_begin(id, (&provider, &buyer), turn.shared)?;
        self.begin(room, (id, payment), (provider, buyer, seconds), turn);
        self.payment(payment)
    }

    /// Begins a payment of which is known that it is paid, and books.
    pub(super) fn pay_at_once(
        &mut self,
        id: Id,
        payment: Id,
        (provider, buyer): (String, Buyer),
        (reference, receipt, most): (super::Reference, String, u64),
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        if let Some(Whereabouts::Completed(_)) = self.checkouts.find(id) {
            return self.look(id, turn.now);
        }
        if self.payments.get(payment).is_some() {
            return Err(EventRefusal::IdTaken);
        }
        let (_, checkout) = self.unpaid(id)?;
        let total = checkout.basket.total(&self.listing);
        if total > most {
            return Err(EventRefusal::Unpaid);
        }
        let room = self.may_begin(id, (&provider, &buyer), turn.shared)?;
        // Checked before anything is begun that could only be owed then.
        check_reference(reference, turn.shared)?;
        self.begin(room, (id, payment), (provider, buyer, u32::MAX), turn);
        let receipt = if total == 0 { "" } else { &receipt };
        self.paid(payment, reference, receipt, turn)?;
        self.look(id, turn.now)
    }

    /// Whether a payment may begin, and which one has to be forgotten for it.
    fn may_begin(
        &mut self,
        id: Id,
        (provider, buyer): (&str, &Buyer),
        shared: &Shared,
    ) -> Result<Option<Id>, EventRefusal> {
        check_texts(buyer, "")?;
        if provider.is_empty() || provider.len() > MAX_PROVIDER_BYTES {
            return Err(EventRefusal::Invalid {
                field: "payment.provider".into(),
                problem: format!("must have 1 to {MAX_PROVIDER_BYTES} bytes"),
            });
        }
        let (_, checkout) = self.unpaid(id)?;
        if checkout.basket.is_empty() {
            return Err(EventRefusal::NothingHeld);
        }
        if checkout.payments >= MAX_PAYMENTS {
            return Err(EventRefusal::TooManyPayments);
        }
        if shared.payments < shared.bounds.payments {
            return Ok(None);
        }
        match self.payments.oldest_moneyless() {
            None => Err(EventRefusal::Full(EventKind::Payment)),
            oldest => Ok(oldest),
        }
    }

    fn begin(
        &mut self,
        forgotten: Option<Id>,
        (id, payment): (Id, Id),
        (provider, buyer, seconds): (String, Buyer, u32),
        turn: &mut Turn<'_>,
    ) {
        if let Some(payment) = forgotten {
            let event = self.listing.id;
            self.commit(EventChange::PaymentForgotten { event, payment }, turn);
        }
        let seconds = seconds.clamp(1, turn.shared.bounds.payment_seconds.max(1));
        let change = EventChange::PaymentBegun {
            event: self.listing.id,
            at: turn.now,
            checkout: id,
            payment,
            provider,
            buyer,
            until: turn.now + u64::from(seconds) * SECOND,
        };
        self.commit(change, turn);
    }

    pub(super) fn settle_payment(
        &mut self,
        payment: Id,
        outcome: PaymentOutcome,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        let missing = EventRefusal::NotFound(EventKind::Payment);
        let known = self.payments.get(payment).ok_or(missing)?;
        match (outcome, known.state) {
            (PaymentOutcome::Failed, PaymentState::Open) => {
                let change = EventChange::PaymentEnded {
                    event: self.listing.id,
                    at: turn.now,
                    payment,
                    expired: false,
                    deadline: self.retry_until(known.checkout, turn.now),
                };
                self.commit(change, turn);
            }
            (
                PaymentOutcome::Paid { reference, receipt },
                PaymentState::Open | PaymentState::Failed | PaymentState::Expired,
            ) => self.paid(payment, reference, &receipt, turn)?,
            // It was said before, or money has come and that counts.
            _ => {}
        }
        self.payment(payment)
    }

    /// Money has come: book what it is for, or owe it.
    fn paid(
        &mut self,
        payment: Id,
        reference: super::Reference,
        receipt: &str,
        turn: &mut Turn<'_>,
    ) -> Result<(), EventRefusal> {
        let missing = EventRefusal::NotFound(EventKind::Payment);
        let known = self.payments.get(payment).ok_or(missing)?;
        // Money is not turned away for a long name.
        let receipt: String = receipt.chars().take(MAX_RECEIPT_CHARS).collect();
        let held = match self.checkouts.find(known.checkout) {
            Some(Whereabouts::Completed(_)) => None,
            Some(Whereabouts::Live(handle)) => {
                let checkout = self.checkouts.get(handle);
                let is_its = |it: &&super::checkouts::Checkout| {
                    it.basket == known.basket && it.paying.is_none_or(|it| it.0 == payment)
                };
                checkout.filter(is_its).map(|_| false)
            }
            Some(Whereabouts::Ended(_)) | None => {
                self.check_free(&known.basket).is_ok().then_some(true)
            }
        };
        if let Some(late) = held {
            match check_reference(reference, turn.shared) {
                Ok(()) => {
                    let booking = NewBooking {
                        reference,
                        checkout: known.checkout,
                        buyer: known.buyer.clone(),
                        payment: Some(payment),
                        receipt,
                        lots: known.basket.lots(&self.listing),
                    };
                    return self.book(booking, late, turn);
                }
                // Another one will do: nothing is decided yet.
                Err(EventRefusal::ReferenceTaken) => return Err(EventRefusal::ReferenceTaken),
                Err(_) => {}
            }
        }
        let change = EventChange::Owed {
            event: self.listing.id,
            at: turn.now,
            payment,
            receipt,
        };
        self.commit(change, turn);
        Ok(())
    }

    pub(super) fn mark_refunded(
        &mut self,
        payment: Id,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        let missing = EventRefusal::NotFound(EventKind::Payment);
        match self.payments.get(payment).ok_or(missing)?.state {
            PaymentState::Refunded => {}
            PaymentState::Owed => {
                let change = EventChange::Refunded {
                    event: self.listing.id,
                    at: turn.now,
                    payment,
                };
                self.commit(change, turn);
            }
            _ => return Err(EventRefusal::NotOwed),
        }
        self.payment(payment)
    }

    pub(super) fn payment(&self, id: Id) -> Result<EventAnswer, EventRefusal> {
        let payment = self.payments.get(id);
        payment
            .map(|payment| EventAnswer::Payment(self.view_payment(payment)))
            .ok_or(EventRefusal::NotFound(EventKind::Payment))
    }

    pub(super) fn view_payment(&self, payment: &Payment) -> PaymentView {
        PaymentView {
            id: payment.id,
            event: self.listing.id,
            checkout: payment.checkout,
            provider: payment.provider.clone(),
            amount: payment.basket.total(&self.listing),
            currency: self.listing.currency.clone(),
            until: payment.until,
            receipt: payment.receipt.clone(),
            state: payment.state,
        }
    }

    /// When a checkout ends whose payment has failed.
    fn retry_until(&self, id: Id, now: Micros) -> Micros {
        let checkout = self
            .checkouts
            .live(id)
            .and_then(|it| self.checkouts.get(it));
        match checkout.map(|it| it.stage) {
            Some(Stage::Admitted { deadline }) => deadline.max(now + RETRY_SECONDS * SECOND),
            _ => now,
        }
    }

    pub(super) fn apply_payment_begun(
        &mut self,
        id: Id,
        payment: Id,
        (provider, buyer, until): (&str, &Buyer, Micros),
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        let Ok((handle, checkout)) = self.unpaid(id) else {
            return illegal(format!("checkout {id} cannot be paid"));
        };
        if checkout.basket.is_empty() || self.payments.get(payment).is_some() {
            return illegal(format!("payment {payment} is there, or for nothing"));
        }
        let basket = checkout.basket.clone();
        self.payments.insert(Payment {
            id: payment,
            checkout: id,
            provider: provider.to_owned(),
            buyer: buyer.clone(),
            until,
            receipt: String::new(),
            basket,
            state: PaymentState::Open,
        });
        shared.payments += 1;
        if let Some(checkout) = self.checkouts.get_mut(handle) {
            checkout.paying = Some((payment, until));
            checkout.payments += 1;
        }
        self.checkouts.plan(handle, self.listing.absence_seconds);
        Ok(())
    }

    pub(super) fn apply_payment_forgotten(
        &mut self,
        payment: Id,
        shared: &mut Shared,
    ) -> Result<(), Illegal> {
        if !self.payments.forget(payment) {
            return illegal(format!("payment {payment} may not be forgotten"));
        }
        shared.payments -= 1;
        Ok(())
    }

    pub(super) fn apply_payment_ended(
        &mut self,
        payment: Id,
        expired: bool,
        until: Micros,
    ) -> Result<(), Illegal> {
        let known = self.payments.get(payment);
        let Some(open) = known.filter(|it| it.state == PaymentState::Open) else {
            return illegal(format!("payment {payment} is not under way"));
        };
        let handle = self.checkouts.live(open.checkout);
        let Some(checkout) = handle.and_then(|handle| self.checkouts.get_mut(handle)) else {
            return illegal(format!("payment {payment} has no checkout"));
        };
        checkout.paying = None;
        checkout.stage = Stage::Admitted { deadline: until };
        if let Some(handle) = handle {
            self.checkouts.plan(handle, self.listing.absence_seconds);
        }
        let state = if expired {
            PaymentState::Expired
        } else {
            PaymentState::Failed
        };
        self.payments.set(payment, state);
        Ok(())
    }

    pub(super) fn apply_owed(&mut self, payment: Id, receipt: &str) -> Result<(), Illegal> {
        let known = self.payments.get(payment);
        let state = known.map(|it| it.state);
        if !matches!(
            state,
            Some(PaymentState::Open | PaymentState::Failed | PaymentState::Expired)
        ) {
            return illegal(format!("payment {payment} cannot be owed"));
        }
        if let Some(handle) = known.and_then(|it| self.checkouts.live(it.checkout)) {
            if let Some(checkout) = self.checkouts.get_mut(handle) {
                checkout.paying = checkout.paying.filter(|it| it.0 != payment);
            }
            self.checkouts.plan(handle, self.listing.absence_seconds);
        }
        self.payments.set(payment, PaymentState::Owed);
        self.payments.set_receipt(payment, receipt);
        Ok(())
    }

    pub(super) fn apply_refunded(&mut self, payment: Id) -> Result<(), Illegal> {
        match self.payments.get(payment).map(|it| it.state) {
            Some(PaymentState::Owed) => {
                self.payments.set(payment, PaymentState::Refunded);
                Ok(())
            }
            _ => illegal(format!("payment {payment} is not owed")),
        }
    }
}
