//! What payment providers say of their own accord: read from every byte as it
//! came, and answered with success only when what follows from it is durable.

use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use super::refusal;
use crate::api::{Door, Verdict};
use crate::http::catalogue::Code;
use crate::http::error::{Error, Errors, Problem, Source};
use crate::http::negotiate::JSON;
use crate::http::progress::Progress;
use crate::http::receive;
use crate::http::reply::Reply;
use crate::http::site::Site;
use crate::payment::{Count, Notice, Session, Settled, WebhookError, settle};

/// Where the provider puts its signature.
const SIGNATURE: &str = "Stripe-Signature";

/// That a webhook was heard.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Heard {
    received: bool,
}

/// Takes a payment provider's webhook. Any order, any number of times.
#[utoipa::path(
    post, path = "/webhooks/payments/{provider}", tag = "Checkout",
    request_body(content((serde_json::Value = "application/json"))),
    params(("provider" = String, Path), ("Stripe-Signature" = String, Header)),
    responses(
        (status = 200, body = Heard, content_type = "application/json",
            description = "What follows from it is durable."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "Not now: send it again."),
    ),
)]
pub(in crate::http) async fn receive<D: Door>(
    site: &Site<D>,
    progress: &Progress,
    parts: &Parts,
    body: &mut Incoming,
    name: &str,
) -> Result<Reply, Errors> {
    let body = receive::whole(body, site.settings.body_bytes).await?;
    progress.on_body();
    let till = &site.settings.till;
    let provider = till.provider().filter(|provider| provider.name() == name);
    let Some(provider) = provider else {
        return Err(refusal::plain(Code::NoSuchProvider));
    };
    let signature = parts.headers.get(SIGNATURE);
    let signature = signature.and_then(|value| value.to_str().ok());
    let now = site.api.door().now();
    match provider.read_webhook(signature.unwrap_or_default(), &body, now) {
        Ok(notice) => {
            let heard = match notice {
                Notice::Other => Ok(()),
                Notice::Session(session) => hear(site, &session).await,
            };
            till.count(match heard {
                Ok(()) => Count::WebhookIn,
                Err(_) => Count::WebhookPutOff,
            });
            heard.map(|()| {
                let body = Reply::json(&Heard { received: true });
                Reply::new(StatusCode::OK, JSON, body)
            })
        }
        Err(error) => {
            till.count(Count::WebhookRejected);
            Err(rejected(error))
        }
    }
}

async fn hear<D: Door>(site: &Site<D>, session: &Session) -> Result<(), Errors> {
    let (api, till) = (&site.api, &site.settings.till);
    let settled = settle(api, till, session).await;
    match settled.map_err(|failure| refusal::of_event(&failure))? {
        Settled::Nothing | Settled::Waiting | Settled::Done(_) => Ok(()),
        Settled::PayBack(refund) => {
            let paid = till.pay_back(refund, api.door().now()).await;
            paid.map_err(|_| refusal::plain(Code::PaymentUnavailable))?;
            if let Some(mark) = &session.mark {
                // There may be no such payment.
                let _ = api
                    .conclude_payment(mark.event, mark.payment, Verdict::Failed)
                    .await;
            }
            Ok(())
        }
    }
}

fn rejected(error: WebhookError) -> Errors {
    let error = match error {
        WebhookError::Unreadable => Error::new(Code::InvalidDocument, error.to_string()),
        _ => Error::new(Code::InvalidSignature, error.to_string()).at(Source::Header(SIGNATURE)),
    };
    error.into()
}
