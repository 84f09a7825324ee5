//! The states of an event's seats, beside its plan.

use std::fmt::Write as _;

use hyper::body::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::plan::tagged;
use super::refusal;
use crate::api::Door;
use crate::http::answer::Ask;
use crate::http::error::{Errors, Problem};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::inventory::Id;
use crate::inventory::events::SeatMap;

/// The states of all seats.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SeatMapDocument {
    /// Grows with every seat that changes.
    version: u64,
    /// One text for each row of the plan, one character for each seat: `.` free,
    /// `h` held, `s` sold.
    #[schema(example = json!(["..hs.", "....."]))]
    rows: Vec<String>,
}

/// Shows the states of all seats of an event.
#[utoipa::path(
    get, path = "/events/{id}/seats", tag = "Checkout",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = SeatMapDocument, content_type = "application/json"),
        (status = 304, description = "Nothing has changed since the ETag in If-None-Match."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn find<D: Door>(ask: &Ask<'_, D>, event: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let map = ask.site.api.seat_map(event).await;
    let map = map.map_err(|failure| refusal::of_event(&failure))?;
    let kept = ask.site.documents.maps.borrow().get(event, map.version);
    let document = kept.unwrap_or_else(|| {
        let document = Bytes::from(write(&map));
        let mut maps = ask.site.documents.maps.borrow_mut();
        maps.put(event, map.version, &document);
        document
    });
    let tag = format!("\"{}-{:x}\"", map.version, ask.site.settings.life);
    Ok(tagged(ask, &tag, "no-cache", document))
}

fn write(map: &SeatMap) -> Vec<u8> {
    let rows = map.listing.plan.rows().len();
    let mut text = String::with_capacity(64 + map.states.len() + 3 * rows);
    let _ = write!(text, r#"{{"version":{},"rows":["#, map.version);
    for (index, row) in map.rows().enumerate() {
        text.push_str(if index > 0 { ",\"" } else { "\"" });
        text.push_str(row);
        text.push('"');
    }
    text.push_str("]}");
    text.into_bytes()
}
