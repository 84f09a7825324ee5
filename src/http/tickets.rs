//! Tickets: making and finding them.

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Ask;
use super::body::{self, Body, Identity, NoRelationships, Reader};
use super::catalogue::Code;
use super::error::{ErrorDocument, Errors};
use super::failure;
use super::field::{Field, Integer, Name, Range, Text};
use super::once::once;
use super::query::{Query, wrong};
use super::reply::Reply;
use super::show::{Address, Many, One, SelfLink, Time, ToOne};
use crate::api::Door;
use crate::inventory::{Id, Places, Ticket, TicketFilter, TicketState, id};

pub(super) const KIND: &str = "tickets";

/// The place of a new ticket (`row`, `seat`), or of a rectangle of them
/// (`rows`, `seats`).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewTickets)]
pub(super) struct Attributes<'a> {
    /// The section's name; not empty.
    #[serde(borrow, default)]
    #[schema(value_type = String, min_length = 1, max_length = 4096, example = "A")]
    section: Field<Name<'a>>,
    /// The row, from 1.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, example = 1)]
    row: Field<Integer>,
    /// The seat, from 1.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, example = 1)]
    seat: Field<Integer>,
    /// First and last row.
    #[serde(default)]
    #[schema(value_type = Option<super::openapi::Span>)]
    rows: Field<Range>,
    /// First and last seat of each row.
    #[serde(default)]
    #[schema(value_type = Option<super::openapi::Span>)]
    seats: Field<Range>,
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketResource {
    #[schema(value_type = String, example = "tickets")]
    r#type: &'static str,
    pub(super) id: Uuid,
    attributes: TicketAttributes,
    relationships: TicketRelationships,
    links: SelfLink,
}

/// Attributes of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketAttributes {
    /// The section of its place.
    section: String,
    /// The row of its place.
    row: u32,
    /// The seat of its place.
    seat: u32,
    /// `free`, `held` or `purchased`.
    #[schema(value_type = String, example = "free")]
    state: TicketState,
    /// When its hold ends by itself; null: it does not.
    held_until: Option<Time>,
}

/// Who holds or has purchased it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketRelationships {
    member: ToOne,
}

impl From<Ticket> for TicketResource {
    fn from(ticket: Ticket) -> Self {
        Self {
            r#type: KIND,
            id: ticket.id,
            attributes: TicketAttributes {
                section: ticket.section,
                row: ticket.row,
                seat: ticket.seat,
                state: ticket.state,
                held_until: ticket.until.map(Time),
            },
            relationships: TicketRelationships {
                member: ToOne::optional("members", ticket.member),
            },
            links: SelfLink {
                this: Address(KIND, ticket.id),
            },
        }
    }
}

/// What was made of a range.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RangeDocument {
    meta: RangeMeta,
    links: RangeLinks,
}

/// How many tickets were made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RangeMeta {
    /// So many.
    created: u64,
    /// The id of the first.
    first: Uuid,
}

/// Where the tickets are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RangeLinks {
    /// All of the section.
    related: String,
}

/// Creates a ticket, or one for every place of a range: all, or none.
#[utoipa::path(
    post, path = "/tickets", tag = "Members and tickets",
    request_body(content(
        (super::openapi::New<Attributes> = "application/vnd.api+json"),
        (Attributes = "application/json"),
    )),
    params(super::openapi::IdempotencyKey),
    security((), ("token" = [])),
    responses(
        (status = 201, body = super::openapi::Tickets, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn create<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let body: Body<Attributes<'_>, NoRelationships> =
        body::read(&ask.body, ask.sent, KIND, Identity::New)?;
    let mut reader = body.reader;
    let Attributes {
        section,
        row,
        seat,
        rows,
        seats,
    } = body.attributes;
    let section = match section {
        Field::Given(Name(text)) => Field::Given(Text(text)),
        Field::Absent => Field::Absent,
        Field::Wrong => Field::Wrong,
    };
    let section = reader.name("section", section).into_owned();
    let is_range = !(rows.is_absent() && seats.is_absent());
    let rows = reader.span("row", row, "rows", &rows);
    let seats = reader.span("seat", seat, "seats", &seats);
    reader.check()?;
    let places = Places {
        section,
        rows,
        seats,
    };
    let api = &ask.site.api;
    let proposed = api.new_ids_at(id::section_locator(&places.section), places.count());
    once(ask, proposed, async |turn| {
        let first = api.create_tickets_as(turn.id, places.clone()).await;
        let first = first.map_err(|failure| reader.told(&failure))?;
        Ok(if is_range {
            let meta = RangeMeta {
                created: places.count(),
                first,
            };
            let links = RangeLinks {
                related: section_address(&places.section),
            };
            // Not one thing with an address: the link is where they are.
            let document = RangeDocument { meta, links };
            Reply::document(StatusCode::CREATED, ask.media, &document)
        } else {
            let ticket = Ticket {
                id: first,
                section: places.section.clone(),
                row: places.rows.0,
                seat: places.seats.0,
                state: TicketState::Free,
                member: None,
                until: None,
            };
            let data = TicketResource::from(ticket);
            ask.created(first, &One { data })
        })
    })
    .await
}

fn section_address(section: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("filter[section]", section);
    format!("/tickets?{}", query.finish())
}

impl Reader {
    /// One number, or a range of them under another name.
    fn span(
        &mut self,
        name: &str,
        one: Field<Integer>,
        range_name: &str,
        range: &Field<Range>,
    ) -> (u32, u32) {
        const BOUNDS: (u64, u64) = (1, u32::MAX as u64);
        let mut number =
            |name: &str, field| self.integer(name, Code::InvalidAttribute, field, BOUNDS) as u32;
        match range {
            Field::Given(range) if one.is_absent() => {
                let from = number(&format!("{range_name}/from"), range.from);
                let to = number(&format!("{range_name}/to"), range.to);
                if from > to {
                    let detail = format!("{range_name} must not end before it begins");
                    self.object_to(range_name, Code::InvalidAttribute, detail);
                }
                (from, to)
            }
            Field::Absent => {
                let number = number(name, one);
                (number, number)
            }
            Field::Given(_) | Field::Wrong => {
                let detail =
                    format!("give {name}, an integer, or {range_name}, an object with from and to");
                self.object_to(range_name, Code::InvalidAttribute, detail);
                (1, 1)
            }
        }
    }
}

/// Shows a ticket.
#[utoipa::path(
    get, path = "/tickets/{id}", tag = "Members and tickets",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = One<TicketResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn find<D: Door>(ask: &Ask<'_, D>, id: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let ticket = ask.site.api.ticket(id).await;
    let ticket = ticket.map_err(|failure| failure::told(&failure))?;
    let data = TicketResource::from(ticket);
    Ok(ask.found(&One { data }))
}

const LIST: &[&str] = &[
    "filter[section]",
    "filter[state]",
    "filter[member]",
    "page[size]",
    "page[after]",
];

/// Lists tickets, oldest first.
#[utoipa::path(
    get, path = "/tickets", tag = "Members and tickets",
    params(super::openapi::TicketFilters, super::openapi::PageParameters),
    responses(
        (status = 200, body = Many<TicketResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn list<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    let query = Query::parse(ask.query, LIST)?;
    let page = query.page()?;
    let state = match query.get("filter[state]") {
        None => None,
        Some("free") => Some(TicketState::Free),
        Some("held") => Some(TicketState::Held),
        Some("purchased") => Some(TicketState::Purchased),
        Some(_) => return Err(wrong("filter[state]", "must be free, held or purchased")),
    };
    let filter = TicketFilter {
        section: query.get("filter[section]").map(str::to_owned),
        state,
        member: query.id("filter[member]")?,
    };
    let tickets = ask.site.api.tickets(filter, page).await;
    let tickets = tickets.map_err(|failure| failure::told(&failure))?;
    let data: Vec<TicketResource> = tickets.into_iter().map(Into::into).collect();
    Ok(ask.found(&Many::page("/tickets", &query, page, data, |one| one.id)))
}
