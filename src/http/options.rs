//! Ticket options.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Ask;
use super::body::{self, Body, Identity, NoRelationships};
use super::catalogue::Code;
use super::error::{ErrorDocument, Errors};
use super::failure;
use super::field::{Field, Integer, Text};
use super::once::once;
use super::query::Query;
use super::reply::Reply;
use super::show::{Address, Many, One, SelfLink};
use crate::api::Door;
use crate::inventory::{Id, TicketOption};

const KIND: &str = "ticket_options";

/// What a new ticket option is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewOption)]
pub(super) struct Attributes<'a> {
    /// What it is called; not empty.
    #[serde(borrow, default)]
    #[schema(value_type = String, min_length = 1, max_length = 4096, example = "Main floor")]
    name: Field<Text<'a>>,
    /// More about it.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 4096)]
    description: Field<Text<'a>>,
    /// How many may be purchased in all.
    #[serde(default)]
    #[schema(value_type = u64, example = 100)]
    allocation: Field<Integer>,
}

/// A ticket option.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptionResource {
    #[schema(value_type = String, example = "ticket_options")]
    r#type: &'static str,
    pub(super) id: Uuid,
    attributes: OptionAttributes,
    links: SelfLink,
}

/// Attributes of a ticket option.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptionAttributes {
    /// What it is called.
    name: String,
    /// More about it; may be empty.
    description: String,
    /// How many there were to purchase.
    allocation: u64,
    /// How many are left.
    available: u64,
}

impl From<TicketOption> for OptionResource {
    fn from(option: TicketOption) -> Self {
        Self {
            r#type: KIND,
            id: option.id,
            attributes: OptionAttributes {
                name: option.name,
                description: option.description,
                allocation: option.allocation,
                available: option.available,
            },
            links: SelfLink {
                this: Address(KIND, option.id),
            },
        }
    }
}

/// The document of one.
pub(super) fn document(option: TicketOption) -> One<OptionResource> {
    One {
        data: option.into(),
    }
}

/// Creates a ticket option.
#[utoipa::path(
    post, path = "/ticket_options", tag = "Ticket options",
    request_body(content(
        (super::openapi::New<Attributes> = "application/vnd.api+json"),
        (Attributes = "application/json"),
    )),
    params(super::openapi::IdempotencyKey),
    security((), ("token" = [])),
    responses(
        (status = 201, body = One<OptionResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn create<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let body: Body<Attributes<'_>, NoRelationships> =
        body::read(&ask.body, ask.sent, KIND, Identity::New)?;
    let mut reader = body.reader;
    let name = reader.name("name", body.attributes.name);
    let description = reader.description("description", body.attributes.description);
    let allocation = reader.integer(
        "allocation",
        Code::InvalidAttribute,
        body.attributes.allocation,
        (0, u64::MAX),
    );
    reader.check()?;
    let api = &ask.site.api;
    once(ask, api.new_id(), async |turn| {
        let option = api.create_option_as(turn.id, &name, &description, allocation);
        let option = option.await.map_err(|failure| reader.told(&failure))?;
        Ok(ask.created(option.id, &document(option)))
    })
    .await
}

/// Shows a ticket option.
#[utoipa::path(
    get, path = "/ticket_options/{id}", tag = "Ticket options",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = One<OptionResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn find<D: Door>(ask: &Ask<'_, D>, id: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let option = ask.site.api.option(id).await;
    let option = option.map_err(|failure| failure::told(&failure))?;
    Ok(ask.found(&document(option)))
}

/// Lists ticket options, oldest first.
#[utoipa::path(
    get, path = "/ticket_options", tag = "Ticket options",
    params(super::openapi::PageParameters),
    responses(
        (status = 200, body = Many<OptionResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn list<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    let query = Query::parse(ask.query, &["page[size]", "page[after]"])?;
    let page = query.page()?;
    let options = ask.site.api.options(page).await;
    let options = options.map_err(|failure| failure::told(&failure))?;
    let data: Vec<OptionResource> = options.into_iter().map(Into::into).collect();
    Ok(
        ask.found(&Many::page("/ticket_options", &query, page, data, |one| {
            one.id
        })),
    )
}
