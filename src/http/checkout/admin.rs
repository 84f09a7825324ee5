//! What the operator sees and does.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::events::{RoomShown, page, state};
use super::latency::Latency;
use super::reader::{Mistakes, Node};
use super::{creation, refusal};
use crate::api::Door;
use crate::http::answer::Ask;
use crate::http::catalogue::Code;
use crate::http::error::{Error, Errors, Problem, Source};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::http::show::Time;
use crate::http::site::Site;
use crate::inventory::Id;
use crate::inventory::events::{EventFigures, EventState, RoomAction};

/// Events, as their operator sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct FiguresDocument<'a> {
    server_time: Time,
    events: Vec<Figures<'a>>,
    /// The address of the next page, behind a full one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An event, as its operator sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Figures<'a> {
    id: Uuid,
    name: &'a str,
    date: &'a str,
    venue: &'a str,
    currency: &'a str,
    /// `upcoming`, `open`, `paused`, `draining` or `sold_out`.
    state: &'static str,
    /// Tickets, with general admission.
    sold: u64,
    held: u64,
    free: u64,
    /// People in the line.
    queue_length: u64,
    /// Checkouts inside.
    active: u64,
    bookings: u64,
    /// Tickets sold in each of the last 60 seconds, oldest first; the last is
    /// the second that has begun.
    sales_per_second: &'a [u32],
    /// Checkouts admitted in the last 60 seconds.
    admitted_last_minute: u64,
    latency: Latency,
    waiting_room: RoomShown,
}

impl<'a> Figures<'a> {
    fn new<D>(site: &Site<D>, figures: &'a EventFigures) -> Self {
        let listing = &*figures.listing;
        Self {
            id: listing.id,
            name: &listing.name,
            date: &listing.date,
            venue: &listing.venue,
            currency: &listing.currency,
            state: match figures.state {
                EventState::Open | EventState::Paused if figures.draining => "draining",
                other => state(other),
            },
            sold: figures.sold,
            held: figures.held,
            free: figures.free,
            queue_length: figures.queued,
            active: figures.active,
            bookings: figures.bookings,
            sales_per_second: &figures.sold_per_second,
            admitted_last_minute: figures.admitted_last_minute,
            latency: site.settings.latencies.of(listing.id),
            waiting_room: RoomShown::new(
                listing,
                (figures.rate, figures.max_active),
                (figures.paused, figures.draining),
            ),
        }
    }
}

/// Shows the operator all events.
#[utoipa::path(
    get, path = "/admin/events", tag = "Checkout",
    params(crate::http::openapi::PageParameters),
    security((), ("token" = [])),
    responses(
        (status = 200, body = FiguresDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn list<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    let (query, page) = page(ask.query)?;
    let api = &ask.site.api;
    let figures = api.event_figures(page).await;
    let figures = figures.map_err(|failure| refusal::of_event(&failure))?;
    let last = figures.last().filter(|_| figures.len() >= page.limit);
    let next = last.map(|last| query.next("/admin/events", page, last.listing.id));
    Ok(ask.found(&FiguresDocument {
        server_time: Time(api.door().now()),
        events: figures
            .iter()
            .map(|it| Figures::new(ask.site, it))
            .collect(),
        next,
    }))
}

/// What to change of a waiting room; what is left out stays.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only: it is read by hand")]
pub(in crate::http) struct RoomChange {
    /// `pause`: let nobody in. `resume`: work as usual. `drain`: let nobody new
    /// queue.
    action: Option<String>,
    /// Entrants per second, with up to three decimals; 0: no limit.
    admit_per_second: Option<f64>,
    /// Checkouts inside at once; 0: no limit.
    max_active: Option<u32>,
}

/// Changes the waiting room of an event.
#[utoipa::path(
    post, path = "/admin/events/{id}/waiting-room", tag = "Checkout",
    request_body(content((RoomChange = "application/json"))),
    params(("id" = Uuid, Path)),
    security((), ("token" = [])),
    responses(
        (status = 200, body = Figures, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn change<D: Door>(ask: &Ask<'_, D>, event: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let value = creation::parse(&ask.body)?;
    let root = Node::root(&value);
    let action = root.member("action");
    let action = match action.value().map(|action| action.as_str()) {
        None => None,
        Some(Some("pause")) => Some(RoomAction::Pause),
        Some(Some("resume")) => Some(RoomAction::Resume),
        Some(Some("drain")) => Some(RoomAction::Drain),
        Some(_) => {
            let error = Error::new(Code::UnknownAction, Code::UnknownAction.advice());
            return Err(error.at(Source::Pointer("/action".into())).into());
        }
    };
    let mut mistakes = Mistakes::new(Code::InvalidAttribute);
    let rate = creation::rate(&root.member("admit_per_second"), &mut mistakes);
    let max_active = creation::max_active(&root.member("max_active"), &mut mistakes);
    mistakes.check()?;
    let figures = ask.site.api.set_room(event, action, rate, max_active).await;
    let figures = figures.map_err(|failure| refusal::of_event(&failure))?;
    Ok(ask.found(&Figures::new(ask.site, &figures)))
}
