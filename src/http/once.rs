//! Doing something once for each idempotency key.

use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};

use super::answer::Ask;
use super::catalogue::Code;
use super::error::{Error, Errors, Source};
use super::failure;
use super::key::Key;
use super::negotiate::{JSON, JSON_API, Media, PROBLEM};
use super::reply::Reply;
use super::{checkout, members, options};
use crate::api::{Closed, Door, Failure, Target};
use crate::inventory::{Answer, Claim, Id, Kind, Operation, Refusal, StoredReply};
use crate::limits::MAX_STORED_REPLY_BYTES;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What an effect is to work with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// The id for what is made.
    pub(super) id: Id,
    /// The same request was begun before, and nobody knows how far it came:
    /// the server has stopped since.
    pub(super) is_resumed: bool,
}

/// Has `effect` happen, once if the request has a key: the same request with
/// the same key gets the same reply, and makes nothing again. `proposed` is
/// the id for what is made.
pub(super) async fn once<D: Door>(
    ask: &Ask<'_, D>,
    proposed: Id,
    effect: impl AsyncFnOnce(Turn) -> Result<Reply, Errors>,
) -> Result<Reply, Errors> {
    match ask.key {
        None => {
            let (id, is_resumed) = (proposed, false);
            effect(Turn { id, is_resumed }).await
        }
        Some(key) => Box::pin(keyed(ask, key, proposed, effect)).await,
    }
}

async fn keyed<D: Door>(
    ask: &Ask<'_, D>,
    key: Key,
    proposed: Id,
    effect: impl AsyncFnOnce(Turn) -> Result<Reply, Errors>,
) -> Result<Reply, Errors> {
    let claim = Operation::Claim {
        key: key.hash,
        fingerprint: key.fingerprint,
        id: proposed,
    };
    let place = Source::Header("Idempotency-Key");
    let id = match call(ask, key, claim)
        .await
        .map_err(|closed| failure::told(&closed.into()))?
    {
        Answer::Claim(Claim::Proceed(id)) => id,
        Answer::Claim(Claim::InFlight) => {
            let code = Code::KeyInFlight;
            return Err(Error::new(code, code.advice()).at(place).into());
        }
        Answer::Claim(Claim::Mismatch) => {
            let code = Code::KeyReused;
            return Err(Error::new(code, code.advice()).at(place).into());
        }
        Answer::Claim(Claim::Settled(reply)) => return replay(ask, reply).await,
        Answer::Refused(refusal) => return Err(failure::told(&refusal.into())),
        other => {
            debug_assert!(false, "a shard has answered {other:?} about a key");
            return Err(failure::told(&Refusal::Full(Kind::Key).into()));
        }
    };
    let is_resumed = id != proposed;
    let reply = match effect(Turn { id, is_resumed }).await {
        Ok(reply) => reply,
        Err(errors) if is_decided(errors.code()) => errors.into_reply(ask.media),
        Err(errors) => {
            // Whether it was done is not known only when the server stops.
            if errors.code() != Code::Stopping {
                let _ = call(ask, key, Operation::Abandon { key: key.hash }).await;
            }
            return Err(errors);
        }
    };
    let stored = stored(&reply);
    let settle = Operation::Settle {
        key: key.hash,
        reply: stored,
    };
    // If it cannot be remembered, it was done all the same; asking again finds
    // it by its id.
    let _ = call(ask, key, settle).await;
    Ok(reply)
}

async fn call<D: Door>(ask: &Ask<'_, D>, key: Key, operation: Operation) -> Result<Answer, Closed> {
    let to = Target::Locator((key.hash >> 96) as u32);
    ask.site.api.door().call(to, operation).await
}

/// Whether an error is the rules' answer, and so would be another time. What
/// failed for another reason may be tried again with the same key.
fn is_decided(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidPurchaseQuantity
            | Code::NotFound
            | Code::RelatedNotFound
            | Code::TicketExists
            | Code::TicketHeld
            | Code::TicketPurchased
            | Code::TicketNotHeld
            | Code::NotHolder
    )
}

fn stored(reply: &Reply) -> StoredReply {
    let is_small = reply.body.len() <= MAX_STORED_REPLY_BYTES;
    StoredReply {
        status: reply.status.as_u16(),
        json_api: reply.kind == JSON_API,
        location: reply.location.clone(),
        // What is too large is made again from what was created.
        body: if is_small || reply.location.is_empty() {
            reply.body.clone()
        } else {
            Vec::new()
        },
    }
}

async fn replay<D: Door>(ask: &Ask<'_, D>, stored: StoredReply) -> Result<Reply, Errors> {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    let media = if stored.json_api {
        Media::JsonApi
    } else {
        Media::Json
    };
    let mut reply = if stored.body.is_empty() {
        created_before(ask, media, &stored.location).await?
    } else {
        let kind = match media {
            Media::JsonApi => JSON_API,
            Media::Json if status.is_success() => JSON,
            Media::Json => PROBLEM,
        };
        Reply::new(status, kind, stored.body)
    };
    reply.location = stored.location;
    reply
        .fields
        .push((REPLAYED, HeaderValue::from_static("true")));
    Ok(reply)
}

/// The document of something large, as it was when it was created; of an event
/// as it is now.
async fn created_before<D: Door>(
    ask: &Ask<'_, D>,
    media: Media,
    location: &str,
) -> Result<Reply, Errors> {
    let (list, id) = location.rsplit_once('/').unwrap_or_default();
    let id = super::field::id(id).ok_or_else(Ask::<D>::not_found)?;
    let told = |failure: Failure| failure::told(&failure);
    let api = &ask.site.api;
    if list == "/ticket_options" {
        let mut option = api.option(id).await.map_err(told)?;
        option.available = option.allocation;
        let document = options::document(option);
        return Ok(Reply::document(StatusCode::CREATED, media, &document));
    }
    if list == "/events" {
        return checkout::events::created(ask, id).await;
    }
    let document = members::document(api.member(id).await.map_err(told)?);
    Ok(Reply::document(StatusCode::CREATED, media, &document))
}

impl Reply {
    /// Whether it is an earlier reply.
    pub(super) fn is_replayed(&self) -> bool {
        self.fields.iter().any(|(name, _)| *name == REPLAYED)
    }
}
