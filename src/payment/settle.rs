//! From a provider's word to the shard that decides, and back.

use super::provider::{Refund, Session};
use super::settling::{Step, decide};
use super::tally::Count;
use super::till::Till;
use crate::api::{Api, Door, Failure, Verdict};
use crate::inventory::events::{EventRefusal, PaymentState, PaymentView};

/// What has come of a provider's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was not for this server, or there is nothing to do.
    Nothing,
    /// There is no money yet, but there may be.
    Waiting,
    /// The payment, as it is now; durable.
    Done(PaymentView),
    /// This money has to be paid back now, and only then the word may be taken
    /// as heard: nobody else remembers it.
    PayBack(Refund),
}

/// Tells the shard how far a session is.
///
/// # Errors
/// [`Failure`]: nothing was settled, tell it again.
pub async fn settle<D: Door>(
    api: &Api<D>,
    till: &Till,
    session: &Session,
) -> Result<Settled, Failure> {
    let Some(mark) = &session.mark else {
        return Ok(Settled::Nothing);
    };
    let known = match api.payment(mark.event, mark.payment).await {
        Ok(payment) => Some(payment),
        Err(Failure::Event(EventRefusal::NotFound(_))) => None,
        Err(failure) => return Err(failure),
    };
    let settings = till.settings();
    match decide(
        session,
        known.as_ref(),
        till.provider_name(),
        &settings.site,
    ) {
        Step::Nothing => Ok(Settled::Nothing),
        Step::Wait => Ok(Settled::Waiting),
        Step::PayBack(refund) => Ok(Settled::PayBack(refund)),
        Step::Fail => report(api, till, known, Verdict::Failed).await,
        Step::Book { receipt } => report(api, till, known, Verdict::Paid { receipt }).await,
    }
}

async fn report<D: Door>(
    api: &Api<D>,
    till: &Till,
    known: Option<PaymentView>,
    verdict: Verdict,
) -> Result<Settled, Failure> {
    let Some(known) = known else {
        return Ok(Settled::Nothing);
    };
    let now = api.conclude_payment(known.event, known.id, verdict).await?;
    if now.state == PaymentState::Owed {
        till.owes();
    }
    if now.state != known.state {
        till.count(match now.state {
            PaymentState::Booked(_) => Count::Paid,
            PaymentState::Owed => Count::Owed,
            _ => Count::Declined,
        });
    }
    Ok(Settled::Done(now))
}
