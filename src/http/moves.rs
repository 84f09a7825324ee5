//! What members do with tickets: hold, free, purchase.

use std::time::Duration;

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Ask;
use super::body::{self, Body, Identity, Reader};
use super::catalogue::Code;
use super::error::{ErrorDocument, Errors};
use super::field::{Field, Integer, Related};
use super::once::once;
use super::query::Query;
use super::reply::Reply;
use super::show::One;
use super::tickets::{KIND, TicketResource};
use crate::api::{Door, Failure, HoldFor};
use crate::inventory::{Id, Ticket, TicketState};
use crate::limits::LONGEST_HOLD_SECONDS;

/// How long to hold.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = Move)]
pub(super) struct Attributes<'a> {
    /// Of a hold: how many seconds it lasts at most.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 31_622_400, example = 600)]
    seconds: Field<Integer>,
    /// The member's id, instead of a relationship.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Uuid>)]
    member: Field<Related<'a>>,
}

/// Who does it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = MoveRelationships)]
pub(super) struct Relationships<'a> {
    #[serde(borrow, default)]
    #[schema(value_type = super::openapi::Linkage)]
    member: Field<Related<'a>>,
}

struct Mover {
    reader: Reader,
    member: Uuid,
    time: HoldFor,
}

fn mover<D: Door>(ask: &Ask<'_, D>, ticket: Id) -> Result<Mover, Errors> {
    Query::parse(ask.query, &[])?;
    let body: Body<Attributes<'_>, Relationships<'_>> =
        body::read(&ask.body, ask.sent, KIND, Identity::Known(ticket))?;
    let mut reader = body.reader;
    let member = match (&body.relationships.member, &body.attributes.member) {
        (Field::Absent, Field::Given(Related::Plain(_))) => {
            reader.plain_id("member", &body.attributes.member)
        }
        (related, _) => reader.related("member", related, &["members"]),
    };
    let time = match body.attributes.seconds {
        Field::Absent => match ask.site.settings.hold_time {
            Some(time) => HoldFor::Time(time),
            None => HoldFor::Ever,
        },
        seconds => {
            let bounds = (1, LONGEST_HOLD_SECONDS);
            let seconds = reader.integer("seconds", Code::InvalidAttribute, seconds, bounds);
            HoldFor::Time(Duration::from_secs(seconds))
        }
    };
    reader.check()?;
    Ok(Mover {
        reader,
        member,
        time,
    })
}

/// What a request wants a ticket to be.
#[derive(Clone, Copy)]
struct Goal {
    state: TicketState,
    is_owned: bool,
}

async fn step<D: Door>(
    ask: &Ask<'_, D>,
    ticket: Id,
    mover: &Mover,
    goal: Goal,
    act: impl AsyncFnOnce() -> Result<Ticket, Failure>,
) -> Result<Reply, Errors> {
    once(ask, ask.site.api.new_id(), async |turn| {
        let mut outcome = act().await;
        // The server stopped before it could remember its answer, and has done
        // it already.
        if turn.is_resumed
            && outcome.is_err()
            && let Ok(now) = ask.site.api.ticket(ticket).await
            && now.state == goal.state
            && (!goal.is_owned || now.member == Some(mover.member))
        {
            outcome = Ok(now);
        }
        let ticket = outcome.map_err(|failure| mover.reader.told(&failure))?;
        let data = TicketResource::from(ticket);
        Ok(ask.found(&One { data }))
    })
    .await
}

/// Has a member hold a free ticket.
#[utoipa::path(
    post, path = "/tickets/{id}/hold", tag = "Members and tickets",
    request_body(content(
        (super::openapi::NewRelated<Attributes, Relationships> = "application/vnd.api+json"),
        (Attributes = "application/json"),
    )),
    params(("id" = Uuid, Path), super::openapi::IdempotencyKey),
    responses(
        (status = 200, body = One<TicketResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn hold<D: Door>(ask: &Ask<'_, D>, ticket: Id) -> Result<Reply, Errors> {
    let mover = mover(ask, ticket)?;
    let (member, time) = (mover.member, mover.time);
    let goal = Goal {
        state: TicketState::Held,
        is_owned: true,
    };
    let act = async || ask.site.api.hold(ticket, member, time).await;
    step(ask, ticket, &mover, goal, act).await
}

/// Has a member free a ticket that it holds.
#[utoipa::path(
    post, path = "/tickets/{id}/free", tag = "Members and tickets",
    request_body(content(
        (super::openapi::NewRelated<Attributes, Relationships> = "application/vnd.api+json"),
        (Attributes = "application/json"),
    )),
    params(("id" = Uuid, Path), super::openapi::IdempotencyKey),
    responses(
        (status = 200, body = One<TicketResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn free<D: Door>(ask: &Ask<'_, D>, ticket: Id) -> Result<Reply, Errors> {
    let mover = mover(ask, ticket)?;
    let member = mover.member;
    let goal = Goal {
        state: TicketState::Free,
        is_owned: false,
    };
    let act = async || ask.site.api.free(ticket, member).await;
    step(ask, ticket, &mover, goal, act).await
}

/// Has a member purchase a ticket that it holds.
#[utoipa::path(
    post, path = "/tickets/{id}/purchase", tag = "Members and tickets",
    request_body(content(
        (super::openapi::NewRelated<Attributes, Relationships> = "application/vnd.api+json"),
        (Attributes = "application/json"),
    )),
    params(("id" = Uuid, Path), super::openapi::IdempotencyKey),
    responses(
        (status = 200, body = One<TicketResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn purchase<D: Door>(ask: &Ask<'_, D>, ticket: Id) -> Result<Reply, Errors> {
    let mover = mover(ask, ticket)?;
    let member = mover.member;
    let goal = Goal {
        state: TicketState::Purchased,
        is_owned: true,
    };
    let act = async || ask.site.api.purchase_ticket(ticket, member).await;
    step(ask, ticket, &mover, goal, act).await
}
