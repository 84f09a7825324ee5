//! Events, their seats, and their sale by checkouts. Plain JSON; what goes
//! wrong is an RFC 9457 problem. `docs/checkout.md` is the reference.
//!
//! ```text
//!  events      POST, GET /events, GET /events/{id}       creation: the document
//!  plan, seats GET /events/{id}/plan, /seats             documents: kept, as sent
//!  checkouts   POST /events/{id}/checkouts, /checkouts/{token}, /extend
//!  holds       /checkouts/{token}/holds
//!  complete    /checkouts/{token}/complete               payment: who is asked for money
//!  give_up     DELETE /checkouts/{token}/payment
//!  webhook     POST /webhooks/payments/{provider}
//!  bookings    GET /bookings/{reference}; code: its QR code
//!  admin       /admin/events, /admin/events/{id}/waiting-room
//! ```

pub(super) mod admin;
pub(super) mod bookings;
pub(super) mod checkouts;
pub(super) mod code;
pub(super) mod complete;
mod creation;
mod documents;
pub(super) mod events;
pub(super) mod give_up;
pub(super) mod holds;
mod latency;
mod moment;
pub(super) mod payment;
pub(super) mod plan;
mod reader;
mod refusal;
pub(super) mod seats;
pub(super) mod show;
pub(super) mod token;
pub(super) mod webhook;

pub(super) use documents::Documents;
pub use latency::Latencies;
pub(super) use latency::{Part, Step};
pub(super) use refusal::{no_such_checkout, no_such_event, of_event};
pub(super) use show::CheckoutDocument;
pub(super) use token::Pass;
pub use token::TokenSecret;

use super::answer::Ask;
use super::error::Errors;
use super::field;
use super::reply::Reply;
use super::route::Route;
use crate::api::Door;
use crate::inventory::Id;

/// Answers a request for one of the routes of the sale.
pub(super) async fn answer<D: Door>(
    ask: &Ask<'_, D>,
    route: Route,
    parameter: &str,
) -> Result<Reply, Errors> {
    use hyper::Method;

    let is_post = *ask.method == Method::POST;
    let is_delete = *ask.method == Method::DELETE;
    match route {
        Route::Holds if is_delete => holds::release(ask, parameter).await,
        Route::Holds => holds::hold(ask, parameter).await,
        Route::Complete => complete::complete(ask, parameter).await,
        Route::GiveUpPayment => give_up::give_up(ask, parameter).await,
        Route::Checkouts => checkouts::start(ask, event(parameter)?).await,
        Route::Checkout if is_delete => checkouts::leave(ask, parameter).await,
        Route::Checkout => checkouts::find(ask, parameter).await,
        Route::Extend => checkouts::extend(ask, parameter).await,
        Route::SeatMap => seats::find(ask, event(parameter)?).await,
        Route::Plan => plan::find(ask, event(parameter)?).await,
        Route::Events if is_post => events::create(ask).await,
        Route::Events => events::list(ask).await,
        Route::Event => events::find(ask, event(parameter)?).await,
        Route::Booking => bookings::find(ask, parameter).await,
        Route::BookingCode => code::find(ask, parameter).await,
        Route::AdminEvents => admin::list(ask).await,
        Route::AdminRoom => admin::change(ask, event(parameter)?).await,
        _ => Err(Ask::<D>::not_found()),
    }
}

/// What is no id names no event.
fn event(text: &str) -> Result<Id, Errors> {
    field::id(text).ok_or_else(refusal::no_such_event)
}
