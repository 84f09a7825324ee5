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

use hyper::http::request::Parts;
use hyper::{StatusCode, Version};

pub(super) use frame::END;
pub(super) use hub::Hub;
pub use hub::Watchers;
pub(super) use seat::{Opening, Seat};

use super::answer::{Ask, Line};
use super::catalogue::Code;
use super::error::{Error, Errors};
use super::failure;
use super::field;
use super::reply::Reply;
use super::site::Site;
use crate::api::Door;

const EVENT_STREAM: &str = "text/event-stream";

/// What changes about an event, while it changes: `seats` (which have another
/// state now), `reset` (read all of them again) and, with a checkout's token,
/// `checkout` and `queue` (its place in the line). The id of an event is the
/// version of the map; whoever comes back with it as `Last-Event-ID` hears what it
/// has missed.
#[utoipa::path(get, path = "/events/{id}/live", tag = "Checkout",
    params(
        ("id" = uuid::Uuid, Path),
        ("checkout" = Option<String>, Query, description = "The token of a checkout of this event."),
        ("since" = Option<u64>, Query, description = "The version of the map that is known."),
        ("Last-Event-ID" = Option<u64>, Header, description = "The same; browsers send it."),
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
    let event = field::id(event).ok_or_else(Ask::<D>::not_found)?;
    // Older versions have no chunks.
    if parts.version != Version::HTTP_11 {
        return Err(Error::new(Code::HttpVersion, Code::HttpVersion.advice()).into());
    }
    let Some(permit) = site.settings.watchers.enter() else {
        let most = site.settings.watchers.most();
        let detail = format!("{most} watch already (--max-watchers); ask for /seats instead");
        return Err(Error::new(Code::TooManyWatchers, detail).into());
    };
    let follow = follow::asked_for(site, parts, event)?;
    let hub = &site.live;
    let since = known(parts);
    let start = hub.state().borrow_mut().start(event, since);
    let start = match start {
        Some(start) => start,
        None => {
            let answer = site
                .api
                .seat_changes(event, since.unwrap_or(u64::MAX))
                .await;
            let answer = answer.map_err(|failure| failure::told(&failure))?;
            let now = site.api.door().now();
            hub.state().borrow_mut().start_with(event, &answer, now)
        }
    };
    // Nothing has happened since: the channel is there.
    let seat = hub.enter(event, start, follow, permit);
    let seat = seat.ok_or_else(Ask::<D>::not_found)?;
    let opening = Opening::new(seat, std::rc::Rc::clone(&line.progress));
    let mut reply = Reply::new(StatusCode::OK, EVENT_STREAM, Vec::new());
    reply.stream = Some(opening);
    Ok(reply)
}

/// The version of the map that the client knows: of the last event it has seen,
/// or as it says in its first request.
fn known(parts: &Parts) -> Option<u64> {
    let last = parts.headers.get("last-event-id");
    if let Some(last) = last {
        return last.to_str().ok()?.parse().ok();
    }
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, since) = pairs.find(|(name, _)| name == "since")?;
    since.parse().ok()
}
