//! Members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Ask;
use super::body::{self, Body, Identity, NoRelationships};
use super::error::{ErrorDocument, Errors};
use super::failure;
use super::field::{Field, Text};
use super::once::once;
use super::query::Query;
use super::reply::Reply;
use super::show::{Address, One, SelfLink, ToMany};
use super::tickets::TicketResource;
use crate::api::Door;
use crate::inventory::{Id, Member, Page, TicketFilter};
use crate::limits::MAX_PAGE;

const KIND: &str = "members";

/// Who a new member is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewMember)]
pub(super) struct Attributes<'a> {
    /// What it is called; not empty.
    #[serde(borrow, default)]
    #[schema(value_type = String, min_length = 1, max_length = 4096, example = "Ada")]
    name: Field<Text<'a>>,
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberResource {
    #[schema(value_type = String, example = "members")]
    r#type: &'static str,
    id: Uuid,
    attributes: MemberAttributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    relationships: Option<MemberRelationships>,
    links: SelfLink,
}

/// Attributes of a member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberAttributes {
    /// What it is called.
    name: String,
}

/// What a member holds or has purchased.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberRelationships {
    /// At most a thousand; the related link has all, in pages.
    tickets: ToMany,
}

/// A member and its tickets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberDocument {
    data: MemberResource,
    included: Vec<TicketResource>,
}

impl From<Member> for MemberResource {
    fn from(member: Member) -> Self {
        Self {
            r#type: KIND,
            id: member.id,
            attributes: MemberAttributes { name: member.name },
            relationships: None,
            links: SelfLink {
                this: Address(KIND, member.id),
            },
        }
    }
}

/// The document of a new one, which has no tickets.
pub(super) fn document(member: Member) -> One<MemberResource> {
    One {
        data: member.into(),
    }
}

/// Creates a member.
#[utoipa::path(
    post, path = "/members", tag = "Members and tickets",
    request_body(content(
        (super::openapi::New<Attributes> = "application/vnd.api+json"),
        (Attributes = "application/json"),
    )),
    params(super::openapi::IdempotencyKey),
    responses(
        (status = 201, body = One<MemberResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn create<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let body: Body<Attributes<'_>, NoRelationships> =
        body::read(&ask.body, ask.sent, KIND, Identity::New)?;
    let mut reader = body.reader;
    let name = reader.name("name", body.attributes.name);
    reader.check()?;
    let api = &ask.site.api;
    once(ask, api.new_id(), async |turn| {
        let member = api.create_member_as(turn.id, &name).await;
        let member = member.map_err(|failure| reader.told(&failure))?;
        Ok(ask.created(member.id, &document(member)))
    })
    .await
}

/// Shows a member and its tickets.
#[utoipa::path(
    get, path = "/members/{id}", tag = "Members and tickets",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = MemberDocument, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn find<D: Door>(ask: &Ask<'_, D>, id: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let api = &ask.site.api;
    let told = |failure| failure::told(&failure);
    let mut data = MemberResource::from(api.member(id).await.map_err(told)?);
    let filter = TicketFilter {
        member: Some(id),
        ..TicketFilter::default()
    };
    let page = Page {
        after: None,
        limit: MAX_PAGE,
    };
    let tickets = api.tickets(filter, page).await.map_err(told)?;
    let included: Vec<TicketResource> = tickets.into_iter().map(Into::into).collect();
    let ids = included.iter().map(|ticket| ticket.id);
    let related = format!("/tickets?filter%5Bmember%5D={id}");
    data.relationships = Some(MemberRelationships {
        tickets: ToMany::new("tickets", ids, related),
    });
    Ok(ask.found(&MemberDocument { data, included }))
}
