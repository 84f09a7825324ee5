//! Who is asked for money, and what is done with the answer.
//!
//! The order is the same for all providers: the payment is begun, which is
//! refused if the holds are gone; then the provider is asked; then the payment
//! is settled. Meanwhile the holds stay and cannot change. Where nobody has to
//! be asked, the event's shard does all of that in one step.

use super::token::Pass;
use crate::api::{Api, Door, Failure, PaidAtOnce};
use crate::inventory::events::{
    Buyer, CheckoutState, CheckoutView, EventRefusal, PaymentOutcome, PaymentState, PaymentView,
};
use crate::inventory::{Id, Micros, id};
use crate::payment::Till;

/// How payments of nothing are called: there is nobody to ask.
const FREE: &str = "free";

/// How long the slow test card takes, in microseconds.
const SLOW: Micros = 3_000_000;

/// References that are tried for a booking until one is not taken.
const TRIES: u64 = 8;

/// What a buyer can pay with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// The provider in this process: moves no money.
    Test(Card),
    /// A provider with a page of its own.
    Hosted,
}

/// The cards of the test provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    /// Pays at once.
    Ok,
    /// Is declined.
    Declined,
    /// Pays after some seconds.
    Slow,
}

/// What a provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Charge {
    /// The money is there; how the provider calls the payment.
    Paid(String),
    /// No money will come.
    Declined,
    /// The buyer has to go there.
    Redirect(String),
    /// It will be known later.
    Pending,
    /// It cannot be asked now.
    Unavailable,
}

impl Method {
    /// How the payment's record calls it.
    pub(super) fn provider(self) -> &'static str {
        match self {
            Self::Test(Card::Ok) => "test/ok",
            Self::Test(Card::Declined) => "test/declined",
            Self::Test(Card::Slow) => "test/slow",
            Self::Hosted => "hosted",
        }
    }

    /// Asks the provider for the money of a payment that was begun. Asking
    /// again for the same payment must not take it twice.
    async fn charge(self, payment: &PaymentView, till: &Till, now: Micros) -> Charge {
        let card = match self {
            Self::Test(card) => card,
            Self::Hosted => {
                let opened = till.open(payment.clone(), now).await;
                return opened.map_or(Charge::Unavailable, Charge::Redirect);
            }
        };
        till.on_test_payment();
        match card {
            Card::Ok => Charge::Paid(receipt(payment.id)),
            Card::Declined => Charge::Declined,
            Card::Slow => Charge::Pending,
        }
    }
}

fn receipt(payment: Id) -> String {
    format!("test-{payment}")
}

/// How it went.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Paid {
    /// It is over: the checkout, completed.
    Booked(Box<CheckoutView>),
    /// It is over, or goes on by itself: look at the checkout.
    Settled,
    /// The card was declined; the holds stay.
    Declined,
    /// The buyer has to go there.
    Redirect(String),
    /// The provider cannot be asked now; the holds stay.
    Unavailable,
}

/// Pays for what a checkout holds.
pub(super) async fn pay<D: Door>(
    (api, till): (&Api<D>, &Till),
    pass: &Pass,
    method: Option<Method>,
    buyer: Buyer,
) -> Result<Paid, Failure> {
    let method = match method {
        None | Some(Method::Test(Card::Ok)) => {
            let view = pay_at_once(api, pass, method, buyer).await?;
            if method.is_some() && view.total > 0 {
                till.on_test_payment();
            }
            return Ok(Paid::Booked(Box::new(view)));
        }
        Some(method) => method,
    };
    let begun = match begin(api, pass, method.provider(), buyer).await {
        Err(Failure::Event(EventRefusal::Paying)) if method == Method::Hosted => {
            again(api, pass).await?
        }
        begun => begun?,
    };
    let charge = if begun.amount == 0 {
        Charge::Paid(String::new())
    } else {
        method.charge(&begun, till, api.door().now()).await
    };
    let no_money = match charge {
        Charge::Paid(receipt) => match settle(api, pass, begun.id, receipt).await?.state {
            PaymentState::Booked(_) => return Ok(Paid::Settled),
            _ => return Err(EventRefusal::CheckoutOver.into()),
        },
        Charge::Redirect(address) => return Ok(Paid::Redirect(address)),
        Charge::Pending => return Ok(Paid::Settled),
        Charge::Unavailable => Paid::Unavailable,
        Charge::Declined => Paid::Declined,
    };
    let outcome = PaymentOutcome::Failed;
    api.settle_payment(pass.event, begun.id, outcome).await?;
    Ok(no_money)
}

/// Pays with what says yes at once: one step, so the holds are there or
/// nothing is begun.
async fn pay_at_once<D: Door>(
    api: &Api<D>,
    pass: &Pass,
    method: Option<Method>,
    buyer: Buyer,
) -> Result<CheckoutView, Failure> {
    let mut attempt = 0;
    loop {
        let id = api.new_ids_at(id::locator(pass.event), 1);
        let paid = PaidAtOnce {
            id,
            provider: method.map_or(FREE, Method::provider).to_owned(),
            buyer: buyer.clone(),
            most: if method.is_some() { u64::MAX } else { 0 },
            reference: pass.reference(attempt),
            receipt: receipt(id),
        };
        match api.pay_at_once(pass.event, pass.checkout, paid).await {
            Err(Failure::Event(EventRefusal::ReferenceTaken)) if attempt < TRIES => attempt += 1,
            settled => return settled,
        }
    }
}

/// The payment that is under way: a buyer who has come back is sent to the
/// same page again.
async fn again<D: Door>(api: &Api<D>, pass: &Pass) -> Result<PaymentView, Failure> {
    let view = api.checkout(pass.event, pass.checkout).await?;
    let CheckoutState::Paying { payment, .. } = view.state else {
        return Err(EventRefusal::Paying.into());
    };
    let payment = api.payment(pass.event, payment).await?;
    if payment.provider == Method::Hosted.provider() {
        Ok(payment)
    } else {
        Err(EventRefusal::Paying.into())
    }
}

async fn begin<D: Door>(
    api: &Api<D>,
    pass: &Pass,
    provider: &str,
    buyer: Buyer,
) -> Result<PaymentView, Failure> {
    let payment = crate::api::NewPayment {
        id: api.new_ids_at(id::locator(pass.event), 1),
        provider: provider.to_owned(),
        buyer,
        seconds: u32::MAX,
    };
    api.begin_payment(pass.event, pass.checkout, payment).await
}

/// Money has come: books, with a reference that no other booking has.
pub(super) async fn settle<D: Door>(
    api: &Api<D>,
    pass: &Pass,
    payment: Id,
    receipt: String,
) -> Result<PaymentView, Failure> {
    let mut attempt = 0;
    loop {
        let outcome = PaymentOutcome::Paid {
            reference: pass.reference(attempt),
            receipt: receipt.clone(),
        };
        match api.settle_payment(pass.event, payment, outcome).await {
            Err(Failure::Event(EventRefusal::ReferenceTaken)) if attempt < TRIES => attempt += 1,
            settled => return settled,
        }
    }
}

/// A checkout that was looked at, with what has become meanwhile of a payment
/// in this process: the slow test card pays when somebody looks after its time.
/// So does one whose answer a crash has swallowed.
pub(in crate::http) async fn follow<D: Door>(
    api: &Api<D>,
    pass: &Pass,
    view: CheckoutView,
) -> Result<CheckoutView, Failure> {
    let CheckoutState::Paying { payment, .. } = view.state else {
        return Ok(view);
    };
    let (begun, _) = id::parts(payment);
    if view.now < begun * 1000 + SLOW {
        return Ok(view);
    }
    match &*api.payment(pass.event, payment).await?.provider {
        FREE | "test/ok" | "test/slow" => {
            settle(api, pass, payment, receipt(payment)).await?;
        }
        "test/declined" => {
            let outcome = PaymentOutcome::Failed;
            api.settle_payment(pass.event, payment, outcome).await?;
        }
        _ => return Ok(view),
    }
    api.checkout(pass.event, pass.checkout).await
}
