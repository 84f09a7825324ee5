//! Completing a checkout: pay, and all that it holds is one booking.

use hyper::StatusCode;
use serde::de::MapAccess;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::checkouts::answered;
use super::latency::Step;
use super::payment::{self, Card, Method, Paid};
use super::refusal;
use super::show::CheckoutDocument;
use super::token::Pass;
use crate::api::{Door, Failure};
use crate::http::answer::Ask;
use crate::http::body;
use crate::http::catalogue::Code;
use crate::http::error::{Error, Errors, Problem, Source};
use crate::http::field::{Field, Text, Value};
use crate::http::negotiate::JSON;
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::inventory::events::{Buyer, CheckoutState, EventKind, EventRefusal};

/// Who books, and how it is paid.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct Completion<'a> {
    /// May be left out if nothing is to be paid.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Payment>)]
    payment: Field<Payment<'a>>,
    /// Who books.
    #[serde(borrow, default)]
    #[schema(value_type = String, min_length = 1, max_length = 512, example = "Ada Lovelace")]
    name: Field<Text<'a>>,
    /// Where to send the confirmation.
    #[serde(borrow, default)]
    #[schema(value_type = String, max_length = 512, example = "ada@example.org")]
    email: Field<Text<'a>>,
}

/// How it is paid.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct Payment<'a> {
    /// The event's `payment`: `test`, a provider in the server that moves no
    /// money, or `hosted`, one with a page of its own.
    #[serde(borrow, default)]
    #[schema(value_type = String, example = "test")]
    provider: Field<Text<'a>>,
    /// Of the test provider: `ok`, `declined`, or `slow`, which pays after three
    /// seconds.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, example = "ok")]
    card: Field<Text<'a>>,
}

impl<'de: 'a, 'a> Value<'de> for Payment<'a> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// Where the buyer has to go to pay.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Elsewhere {
    redirect: String,
}

/// Turns all that a checkout holds into one booking. Doing it again shows the
/// booking.
#[utoipa::path(
    post, path = "/checkouts/{token}/complete", tag = "Checkout",
    request_body(content((Completion = "application/json"))),
    params(("token" = String, Path)),
    responses(
        (status = 200, body = CheckoutDocument, content_type = "application/json",
            description = "Completed, with its booking; or still paying."),
        (status = 202, body = Elsewhere, content_type = "application/json",
            description = "The buyer pays elsewhere and comes back."),
        (status = 402, body = Problem, content_type = "application/problem+json",
            description = "`payment_declined`: the holds stay."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn complete<D: Door>(
    ask: &Ask<'_, D>,
    token: &str,
) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let pass = ask.site.settings.secret.admit(token)?;
    ask.progress.on_step(pass.event, Step::Complete);
    let completion: Completion<'_> = body::parse(&ask.body)?;
    let till = &ask.site.settings.till;
    let method = method(&completion.payment, till.provider_name())?;
    let buyer = buyer(completion)?;
    let api = &ask.site.api;
    match payment::pay((api, till), &pass, method, buyer).await {
        Ok(Paid::Booked(view)) => answered(&pass, Ok(*view)),
        Ok(Paid::Settled) => answered(&pass, api.checkout(pass.event, pass.checkout).await),
        Ok(Paid::Unavailable) => Err(refusal::plain(Code::PaymentUnavailable)),
        Ok(Paid::Declined) => Err(refusal::plain(Code::PaymentDeclined)),
        Ok(Paid::Redirect(redirect)) => {
            let body = Reply::json(&Elsewhere { redirect });
            Ok(Reply::new(StatusCode::ACCEPTED, JSON, body))
        }
        Err(Failure::Event(EventRefusal::CheckoutOver)) => completed(ask, &pass).await,
        Err(failure) => Err(refusal::of_checkout(&failure)),
    }
}

/// It seems to be over: that is well if it is because it was completed. If it
/// goes on, there was no room for its booking.
async fn completed<D: Door>(ask: &Ask<'_, D>, pass: &Pass) -> Result<Reply, Errors> {
    let view = ask.site.api.checkout(pass.event, pass.checkout).await;
    match view {
        Ok(view) if matches!(view.state, CheckoutState::Completed(_)) => answered(pass, Ok(view)),
        Ok(view) if matches!(view.state, CheckoutState::Admitted { .. }) => {
            let full = EventRefusal::Full(EventKind::Booking);
            Err(refusal::of_checkout(&full.into()))
        }
        _ => Err(refusal::plain(Code::CheckoutOver)),
    }
}

fn method(payment: &Field<Payment<'_>>, provider: &str) -> Result<Option<Method>, Errors> {
    let payment = match payment {
        Field::Absent => return Ok(None),
        Field::Given(payment) => payment,
        Field::Wrong => {
            let problem = "payment must be an object with a provider";
            return Err(invalid(Code::InvalidPayment, "/payment", problem));
        }
    };
    let is_here = matches!(&payment.provider, Field::Given(Text(name)) if name == provider);
    if !is_here || !matches!(provider, "test" | "hosted") {
        let problem = match provider {
            "test" => "provider must be one that this server has: test",
            "hosted" => "provider must be one that this server has: hosted",
            _ => "this server takes no payments: only what costs nothing can be booked",
        };
        return Err(invalid(Code::InvalidPayment, "/payment/provider", problem));
    }
    if provider == "hosted" {
        return Ok(Some(Method::Hosted));
    }
    let card = match &payment.card {
        Field::Given(Text(card)) => match &**card {
            "ok" => Some(Card::Ok),
            "declined" => Some(Card::Declined),
            "slow" => Some(Card::Slow),
            _ => None,
        },
        _ => None,
    };
    let card = card.ok_or_else(|| {
        let problem = "card must be one of the test provider's: ok, declined, slow";
        invalid(Code::InvalidPayment, "/payment/card", problem)
    })?;
    Ok(Some(Method::Test(card)))
}

fn buyer(completion: Completion<'_>) -> Result<Buyer, Errors> {
    let text = |field, place, problem| match field {
        Field::Given(Text(text)) => Ok(std::borrow::Cow::into_owned(text)),
        Field::Absent | Field::Wrong => Err(invalid(Code::InvalidBuyer, place, problem)),
    };
    let name = text(
        completion.name,
        "/name",
        "name is missing: it must be a text",
    )?;
    let email = text(
        completion.email,
        "/email",
        "email is missing: it must be a text",
    )?;
    if name.trim().is_empty() {
        return Err(invalid(
            Code::InvalidBuyer,
            "/name",
            "name must not be empty",
        ));
    }
    let is_address = email.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !email.contains(char::is_whitespace)
    });
    if !is_address {
        let problem = "email must be an address such as ada@example.org";
        return Err(invalid(Code::InvalidBuyer, "/email", problem));
    }
    Ok(Buyer { name, email })
}

fn invalid(code: Code, place: &'static str, problem: &'static str) -> Errors {
    let error = Error::new(code, problem);
    error.at(Source::Pointer(place.into())).into()
}
