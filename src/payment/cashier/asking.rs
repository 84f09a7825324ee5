//! Asking the provider about payments of which nothing was heard.

use pollster::block_on;

use super::Worker;
use crate::api::{Door, Failure, Verdict};
use crate::inventory::events::{EventRefusal, PaymentState, PaymentView};
use crate::payment::provider::{CallError, Provider, Session};
use crate::payment::settle::{Settled, settle};
use crate::payment::tally::Count;
use crate::payment::watch::Watched;

/// Whether to ask about a payment again.
pub(super) enum Next {
    AskAgain,
    Forget,
}

impl<D: Door> Worker<D> {
    /// Asks about a payment of which nothing was heard.
    pub(super) fn look(&self, mut known: Watched) {
        let Some(provider) = self.till.provider() else {
            return;
        };
        let payment = match block_on(self.api.payment(known.event, known.payment)) {
            Ok(payment) => payment,
            Err(Failure::Event(EventRefusal::NotFound(_)) | Failure::Closed(_)) => {
                return;
            }
            Err(_) => return self.watch_on(known, self.api.door().now()),
        };
        self.till.count(Count::LookedUp);
        known.until = payment.until;
        let next = match payment.state {
            PaymentState::Booked(_) | PaymentState::Refunded => return,
            PaymentState::Owed => return self.till.owes(),
            PaymentState::Open => self.ask(provider, &payment, &mut known),
            PaymentState::Failed | PaymentState::Expired => {
                self.close(provider, &payment, &mut known)
            }
        };
        match next {
            Ok(Next::Forget) => {}
            Ok(Next::AskAgain) => self.watch_on(known, self.api.door().now()),
            Err(error) => {
                tracing::warn!(payment = %payment.id, %error, "cannot ask about a payment");
                self.watch_on(known, self.api.door().now());
            }
        }
    }

    /// Asks how far a session is.
    fn ask(
        &self,
        provider: &dyn Provider,
        payment: &PaymentView,
        known: &mut Watched,
    ) -> Result<Next, CallError> {
        if !self.learn(provider, payment, known)? {
            let failed = self
                .api
                .conclude_payment(payment.event, payment.id, Verdict::Failed);
            return Ok(if block_on(failed).is_ok() {
                Next::Forget
            } else {
                Next::AskAgain
            });
        }
        let session = provider.find(&known.session)?;
        self.hear(provider, &session)
    }

    /// Closes the session of a payment that is over.
    pub(super) fn close(
        &self,
        provider: &dyn Provider,
        payment: &PaymentView,
        known: &mut Watched,
    ) -> Result<Next, CallError> {
        if !self.learn(provider, payment, known)? {
            return Ok(Next::Forget);
        }
        match provider.close(&known.session) {
            Ok(session) => self.hear(provider, &session),
            Err(CallError::Refused(_)) => {
                let session = provider.find(&known.session)?;
                self.hear(provider, &session)
            }
            Err(away) => Err(away),
        }
    }

    /// Learns how the provider calls a payment's session; says whether there
    /// can be one.
    fn learn(
        &self,
        provider: &dyn Provider,
        payment: &PaymentView,
        known: &mut Watched,
    ) -> Result<bool, CallError> {
        if !known.session.is_empty() {
            return Ok(true);
        }
        let Ok(purpose) = block_on(self.api.payment_purpose(payment.event)) else {
            return Err(CallError::Away("the server is stopping".to_owned()));
        };
        // The same order answers the session that there is. If there is none,
        // nobody will ever see the new one.
        match provider.open(&self.till.order(payment, purpose)) {
            Ok(session) => {
                known.session = session.id;
                Ok(true)
            }
            Err(CallError::Refused(text)) => {
                tracing::info!(payment = %payment.id, text, "there is no session for a payment");
                Ok(false)
            }
            Err(away) => Err(away),
        }
    }

    fn hear(&self, provider: &dyn Provider, session: &Session) -> Result<Next, CallError> {
        match block_on(settle(&self.api, &self.till, session)) {
            Ok(Settled::Waiting) | Err(_) => Ok(Next::AskAgain),
            Ok(Settled::Nothing | Settled::Done(_)) => Ok(Next::Forget),
            Ok(Settled::PayBack(refund)) => {
                let paid = provider.refund(&refund);
                self.note_refund(&refund, &paid);
                paid.map(|()| Next::Forget)
            }
        }
    }
}
