//! Bookings: what was sold to whom.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusal;
use super::show::{HeldGeneral, HeldSeat, held_general, held_seats};
use crate::api::{Door, Failure};
use crate::http::answer::Ask;
use crate::http::error::{Errors, Problem};
use crate::http::negotiate::JSON;
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::http::show::Time;
use crate::inventory::events::{BookingView, EventKind, EventRefusal, Listing, Reference};

/// A booking.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct BookingDocument<'a> {
    #[schema(example = "K7QX4MHT")]
    reference: &'a str,
    event: BookedEvent<'a>,
    seats: Vec<HeldSeat<'a>>,
    general: Vec<HeldGeneral<'a>>,
    /// What it cost, in minor units.
    total: u64,
    currency: &'a str,
    /// Who has booked.
    name: &'a str,
    booked_at: Time,
}

/// What was booked for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct BookedEvent<'a> {
    id: Uuid,
    name: &'a str,
    date: &'a str,
    venue: &'a str,
}

impl<'a> BookingDocument<'a> {
    fn new(view: &'a BookingView) -> Self {
        let listing: &Listing = &view.listing;
        Self {
            reference: view.reference.as_str(),
            event: BookedEvent {
                id: listing.id,
                name: &listing.name,
                date: &listing.date,
                venue: &listing.venue,
            },
            seats: held_seats(listing, &view.seats),
            general: held_general(listing, &view.general),
            total: view.total,
            currency: &listing.currency,
            name: &view.buyer.name,
            booked_at: Time(view.at),
        }
    }
}

/// Shows a booking to who has its checkout's token, or the server's.
#[utoipa::path(
    get, path = "/bookings/{reference}", tag = "Checkout",
    params(
        ("reference" = String, Path, description = "In either case, with spaces and hyphens as you like."),
        ("token" = Option<String>, Query, description = "The checkout's token."),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, body = BookingDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn find<D: Door>(
    ask: &Ask<'_, D>,
    reference: &str,
) -> Result<Reply, Errors> {
    let view = look(ask, reference).await?;
    let document = BookingDocument::new(&view);
    Ok(Reply::new(
        hyper::StatusCode::OK,
        JSON,
        Reply::json(&document),
    ))
}

/// The booking of this reference, if it is there for who asks.
pub(in crate::http) async fn look<D: Door>(
    ask: &Ask<'_, D>,
    reference: &str,
) -> Result<BookingView, Errors> {
    let query = Query::parse(ask.query, &["token"])?;
    let reference = reference.replace("%20", " ");
    let reference = Reference::parse(&reference).ok_or_else(refusal::no_such_booking)?;
    let api = &ask.site.api;
    let found = if let Some(token) = query.get("token") {
        let pass = ask.site.settings.secret.open(token);
        let pass = pass.ok_or_else(refusal::no_such_booking)?;
        let found = api.booking(pass.event, reference).await;
        found.map(|view| (view.checkout == pass.checkout).then_some(view))
    } else if ask.has_server_token() {
        api.find_booking(reference).await.map(Some)
    } else {
        Ok(None)
    };
    match found {
        Ok(Some(view)) => Ok(view),
        Ok(None)
        | Err(Failure::Event(EventRefusal::NotFound(EventKind::Event | EventKind::Booking))) => {
            Err(refusal::no_such_booking())
        }
        Err(failure) => Err(refusal::of_event(&failure)),
    }
}
