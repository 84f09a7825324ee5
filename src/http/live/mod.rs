//! `GET /events/{id}/live`: what changes about an event, as server-sent events,
//! while it changes.
//!
//! An answer begins as every other. When its head is out, the connection leaves
//! hyper: from then on it is a [`Seat`] and nothing else, fed with chunks that
//! all watchers of an event share (`log`). The [`Hub`] asks the shard of each
//! watched event what has changed, once per tick for all of them, and wakes
//! them a few at a time, so that no sale waits for many watchers.

mod channel;
mod follow;
mod frame;
mod hub;
mod log;
mod seat;
mod state;

use frame::Stamp;
use std::rc::Rc;

use hyper::http::request::Parts;
use hyper::{StatusCode, Version};

pub(super) use frame::END;
pub(super) use hub::Hub;
pub use hub::Watchers;
pub(super) use seat::{Opening, Seat};

use super::answer::Line;
use super::catalogue::Code;
use super::checkout::{no_such_event, of_event};
use super::error::{Error, Errors};
use super::field;
use super::query::Query;
use super::reply::Reply;
use super::site::Site;
use crate::api::Door;

const EVENT_STREAM: &str = "text/event-stream";

/// What changes about an event, while it changes: `seats` (which have another
/// state now), `reset` (read all of them again) and, with a checkout's token,
/// `checkout` and `queue` (its place in the line). The id of an event
/// stands for the map's version; whoever comes back with it as `Last-Event-ID` hears what it
/// has missed.
#[utoipa::path(get, path = "/events/{id}/live", tag = "Checkout",
    params(
        ("id" = uuid::Uuid, Path),
        ("checkout" = Option<String>, Query, description = "The token of a checkout of this event."),
        ("since" = Option<String>, Query, description = "The id of the last event that is known."),
        ("Last-Event-ID" = Option<String>, Header, description = "The same; browsers send it."),
    ),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 404, body = super::error::Problem, content_type = "application/problem+json"),
        (status = 503, body = super::error::Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn watch<D: Door>(
    site: &Site<D>,
    line: &Line,
    parts: &Parts,
    event: &str,
) -> Result<Reply, Errors> {
    let event = field::id(event).ok_or_else(no_such_event)?;
    // Older versions have no chunks.
    if parts.version != Version::HTTP_11 {
        return Err(Error::new(Code::HttpVersion, Code::HttpVersion.advice()).into());
    }
    let query = parts.uri.query().unwrap_or_default();
    let query = Query::parse(query, &["checkout", "since"])?;
    let follow = follow::asked_for(&site.settings.secret, event, query.get("checkout"))?;
    let Some(permit) = site.settings.watchers.enter() else {
        let most = site.settings.watchers.most();
        let detail = format!("{most} watch already (--max-watchers); ask for /seats instead");
        return Err(Error::new(Code::TooManyWatchers, detail).into());
    };
    let hub = &site.live;
    // What cannot be read is of another server, and so is as good as nothing.
    let last = parts.headers.get("last-event-id");
    let last = last.map(|last| last.to_str().unwrap_or_default());
    let since: Option<Stamp> = last.or(query.get("since")).and_then(|it| it.parse().ok());
    let start = hub.state().borrow_mut().start(event, since);
    let start = if let Some(start) = start {
        start
    } else {
        let known = since.filter(|since| since.life == site.settings.life);
        let known = known.map_or(u64::MAX, |since| since.version);
        let answer = site.api.seat_changes(event, known).await;
        let answer = answer.map_err(|failure| of_event(&failure))?;
        let now = site.api.door().now();
        hub.state().borrow_mut().start_with(event, &answer, now)
    };
    // Nothing has happened since: the channel is there.
    let seat = hub.enter(event, start, follow, permit);
    let seat = seat.ok_or_else(no_such_event)?;
    let opening = Opening::new(seat, Rc::clone(&line.progress));
    let mut reply = Reply::new(StatusCode::OK, EVENT_STREAM, Vec::new());
    reply.stream = Some(opening);
    Ok(reply)
}
