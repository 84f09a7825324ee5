//! Giving up a payment on another page: the buyer has come back without it.

use super::checkouts::answered;
use super::refusal;
use super::show::CheckoutDocument;
use crate::api::Door;
use crate::http::answer::Ask;
use crate::http::catalogue::Code;
use crate::http::error::{Errors, Problem};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::inventory::events::{CheckoutState, PaymentState};

/// Gives up a payment under way; the holds stay. If it was just paid, the
/// checkout is completed.
#[utoipa::path(
    delete, path = "/checkouts/{token}/payment", tag = "Checkout",
    params(("token" = String, Path)),
    responses(
        (status = 200, body = CheckoutDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn give_up<D: Door>(
    ask: &Ask<'_, D>,
    token: &str,
) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let pass = ask.site.settings.secret.admit(token)?;
    let (api, till) = (&ask.site.api, &ask.site.settings.till);
    let view = api.checkout(pass.event, pass.checkout).await;
    let view = view.map_err(|failure| refusal::of_checkout(&failure))?;
    if let CheckoutState::Paying { payment, .. } = view.state {
        let payment = api.payment(pass.event, payment).await;
        let payment = payment.map_err(|failure| refusal::of_checkout(&failure))?;
        let is_elsewhere = payment.provider == till.provider_name() && till.provider().is_some();
        if is_elsewhere && payment.state == PaymentState::Open {
            let ended = till.cancel(payment, api.door().now()).await;
            ended.map_err(|_| refusal::plain(Code::PaymentUnavailable))?;
        }
    }
    answered(&pass, api.checkout(pass.event, pass.checkout).await)
}
