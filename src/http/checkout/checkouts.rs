//! Checkouts: start one, look at it, give it more time, leave it.

use hyper::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::refusal;
use super::show::CheckoutDocument;
use super::token::Pass;
use crate::api::{Door, Failure};
use crate::http::answer::Ask;
use crate::http::body;
use crate::http::error::{Errors, Problem};
use crate::http::field::{Field, Text};
use crate::http::negotiate::JSON;
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::inventory::Id;
use crate::inventory::events::CheckoutView;

/// Who comes.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct NewCheckout<'a> {
    /// A token from earlier. If its checkout is of this event and has not
    /// ended, that one is answered; else it does not matter.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    token: Field<Text<'a>>,
}

/// Enters the waiting room of an event.
#[utoipa::path(
    post, path = "/events/{id}/checkouts", tag = "Checkout",
    request_body(content((NewCheckout = "application/json"))),
    params(("id" = Uuid, Path)),
    responses(
        (status = 201, body = CheckoutDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn start<D: Door>(ask: &Ask<'_, D>, event: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let earlier = if ask.body.is_empty() {
        None
    } else {
        match body::parse::<NewCheckout<'_>>(&ask.body)?.token {
            Field::Given(Text(token)) => ask.site.settings.secret.open(&token),
            Field::Absent | Field::Wrong => None,
        }
    };
    let earlier = earlier.filter(|pass| pass.event == event);
    let earlier = earlier.map(|pass| pass.checkout);
    let view = ask.site.api.start_checkout(event, earlier).await;
    let view = view.map_err(|failure| refusal::of_event(&failure))?;
    let pass = ask.site.settings.secret.pass(event, view.id);
    Ok(shown(StatusCode::CREATED, &view, &pass))
}

/// Shows a checkout, which keeps its place in the line.
#[utoipa::path(
    get, path = "/checkouts/{token}", tag = "Checkout",
    params(("token" = String, Path)),
    responses(
        (status = 200, body = CheckoutDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn find<D: Door>(ask: &Ask<'_, D>, token: &str) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let pass = ask.site.settings.secret.admit(token)?;
    let view = ask.site.api.checkout(pass.event, pass.checkout).await;
    let view = view.map_err(|failure| refusal::of_checkout(&failure))?;
    let view = super::payment::follow(&ask.site.api, &pass, view).await;
    answered(&pass, view)
}

/// Gives a checkout up: its place, or all that it holds.
#[utoipa::path(
    delete, path = "/checkouts/{token}", tag = "Checkout",
    params(("token" = String, Path)),
    responses(
        (status = 204, description = "It is over."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn leave<D: Door>(
    ask: &Ask<'_, D>,
    token: &str,
) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let pass = ask.site.settings.secret.admit(token)?;
    let view = ask.site.api.leave_checkout(pass.event, pass.checkout).await;
    view.map_err(|failure| refusal::of_checkout(&failure))?;
    Ok(Reply::new(StatusCode::NO_CONTENT, "", Vec::new()))
}

/// Gives a checkout its time once more; possible once.
#[utoipa::path(
    post, path = "/checkouts/{token}/extend", tag = "Checkout",
    params(("token" = String, Path)),
    responses(
        (status = 200, body = CheckoutDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn extend<D: Door>(
    ask: &Ask<'_, D>,
    token: &str,
) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let pass = ask.site.settings.secret.admit(token)?;
    let view = ask.site.api.extend_checkout(pass.event, pass.checkout);
    answered(&pass, view.await)
}

/// A checkout after something was done to it, or why not.
pub(super) fn answered(pass: &Pass, view: Result<CheckoutView, Failure>) -> Result<Reply, Errors> {
    let view = view.map_err(|failure| refusal::of_checkout(&failure))?;
    Ok(shown(StatusCode::OK, &view, pass))
}

fn shown(status: StatusCode, view: &CheckoutView, pass: &Pass) -> Reply {
    let document = CheckoutDocument::new(view, &pass.token);
    Reply::new(status, JSON, Reply::json(&document))
}
