//! Events: make one, look at one, list them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{creation, plan, refusal};
use crate::api::Door;
use crate::http::answer::Ask;
use crate::http::error::{Errors, Problem};
use crate::http::once::once;
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::http::show::Time;
use crate::inventory::events::{EventState, EventView, Listing, Order, Rate};
use crate::inventory::{Id, Page};
use crate::limits::MAX_PAGE;

/// An event, as it stands in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct EventSummary<'a> {
    id: Uuid,
    name: &'a str,
    date: &'a str,
    venue: &'a str,
    currency: &'a str,
    /// `upcoming`, `open`, `paused` or `sold_out`.
    state: &'static str,
    /// Tickets that are free.
    available: u64,
    /// Tickets that there are.
    capacity: u64,
    /// The lowest price, in minor units.
    from_price: Option<u64>,
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct EventDocument<'a> {
    #[serde(flatten)]
    summary: EventSummary<'a>,
    description: &'a str,
    general: Vec<OptionShown<'a>>,
    waiting_room: RoomShown,
    /// How long a buyer has.
    session_seconds: u32,
    /// Tickets that one checkout may hold.
    max_tickets: u32,
    /// People in the line.
    queue_length: u64,
    /// Who is asked for money: `test`.
    payment: &'static str,
    /// For the address of the plan: `?v=`.
    plan_version: &'static str,
}

/// General admission.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct OptionShown<'a> {
    id: Uuid,
    name: &'a str,
    /// In minor units.
    price: u64,
    /// How many are free.
    available: u32,
}

/// The waiting room.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RoomShown {
    /// Entrants per second; 0: no limit.
    admit_per_second: f64,
    /// Checkouts inside at once; 0: no limit.
    max_active: u32,
    /// When the doors open.
    opens_at: Option<Time>,
    /// `fifo` or `shuffle`.
    order: &'static str,
    /// Nobody is let in at the moment.
    paused: bool,
    /// Nobody new may queue.
    draining: bool,
    /// A place that nobody looked at for so long is given up.
    absence_seconds: u32,
}

/// Events.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct EventsDocument<'a> {
    events: Vec<EventSummary<'a>>,
    /// The address of the next page, behind a full one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl RoomShown {
    pub(super) fn new(
        listing: &Listing,
        (rate, max_active): (Rate, u32),
        (paused, draining): (bool, bool),
    ) -> Self {
        Self {
            admit_per_second: rate.as_per_second(),
            max_active,
            opens_at: listing.opens_at.map(Time),
            order: match listing.order {
                Order::Fifo => "fifo",
                Order::Shuffle => "shuffle",
            },
            paused,
            draining,
            absence_seconds: listing.absence_seconds,
        }
    }
}

/// What an event's state is called.
pub(super) fn state(state: EventState) -> &'static str {
    match state {
        EventState::Upcoming => "upcoming",
        EventState::Open => "open",
        EventState::Paused => "paused",
        EventState::SoldOut => "sold_out",
    }
}

impl<'a> From<&'a EventView> for EventSummary<'a> {
    fn from(view: &'a EventView) -> Self {
        let listing = &*view.listing;
        Self {
            id: listing.id,
            name: &listing.name,
            date: &listing.date,
            venue: &listing.venue,
            currency: &listing.currency,
            state: state(view.state),
            available: view.available,
            capacity: listing.capacity(),
            from_price: listing.from_price(),
        }
    }
}

impl<'a> EventDocument<'a> {
    fn new(view: &'a EventView, provider: &'static str) -> Self {
        let listing = &*view.listing;
        let options = listing.general.iter().zip(&view.general_available);
        Self {
            summary: view.into(),
            description: &listing.description,
            general: options
                .map(|(option, available)| OptionShown {
                    id: option.id,
                    name: &option.name,
                    price: option.price,
                    available: *available,
                })
                .collect(),
            waiting_room: RoomShown::new(
                listing,
                (view.rate, view.max_active),
                (view.paused, view.draining),
            ),
            session_seconds: listing.session_seconds,
            max_tickets: listing.max_tickets,
            queue_length: view.queue_length,
            payment: provider,
            plan_version: plan::VERSION,
        }
    }
}

/// Creates an event.
#[utoipa::path(
    post, path = "/events", tag = "Checkout",
    request_body(content((super::creation::Described = "application/json"))),
    params(crate::http::openapi::IdempotencyKey),
    security((), ("token" = [])),
    responses(
        (status = 201, body = EventDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn create<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let mut new = creation::read(&ask.body)?;
    let api = &ask.site.api;
    let proposed = api.new_event_ids(creation::ids(&new));
    once(ask, proposed, async |turn| {
        let seed = ask.site.settings.secret.shuffle_seed(turn.id);
        creation::give_ids(&mut new, turn.id, seed);
        let view = api.create_event(new).await;
        let view = view.map_err(|failure| refusal::of_creation(&failure))?;
        Ok(ask.created(
            turn.id,
            &EventDocument::new(&view, ask.site.settings.till.provider_name()),
        ))
    })
    .await
}

/// Shows an event.
#[utoipa::path(
    get, path = "/events/{id}", tag = "Checkout",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = EventDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn find<D: Door>(ask: &Ask<'_, D>, event: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let view = ask.site.api.event(event).await;
    let view = view.map_err(|failure| refusal::of_event(&failure))?;
    Ok(ask.found(&EventDocument::new(
        &view,
        ask.site.settings.till.provider_name(),
    )))
}

/// Answers again for an event that was made before.
pub(in crate::http) async fn created<D: Door>(
    ask: &Ask<'_, D>,
    event: Id,
) -> Result<Reply, Errors> {
    let view = ask.site.api.event(event).await;
    let view = view.map_err(|failure| refusal::of_event(&failure))?;
    Ok(ask.created(
        event,
        &EventDocument::new(&view, ask.site.settings.till.provider_name()),
    ))
}

/// Lists events, oldest first.
#[utoipa::path(
    get, path = "/events", tag = "Checkout",
    params(crate::http::openapi::PageParameters),
    responses(
        (status = 200, body = EventsDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn list<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    let (query, page) = page(ask.query)?;
    let views = ask.site.api.events(page).await;
    let views = views.map_err(|failure| refusal::of_event(&failure))?;
    let last = views.last().filter(|_| views.len() >= page.limit);
    let next = last.map(|last| query.next("/events", page, last.listing.id));
    let events = views.iter().map(EventSummary::from).collect();
    Ok(ask.found(&EventsDocument { events, next }))
}

/// Which part of a list of events is asked for: without a word, as many as go.
pub(super) fn page(query: &str) -> Result<(Query<'_>, Page), Errors> {
    let query = Query::parse(query, &["page[size]", "page[after]"])?;
    let mut page = query.page()?;
    if query.get("page[size]").is_none() {
        page.limit = MAX_PAGE;
    }
    Ok((query, page))
}
