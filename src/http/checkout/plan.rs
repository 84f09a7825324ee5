//! The plan of an event: what its seats are called and cost. Never changes.

use std::fmt::Write as _;

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusal;
use crate::api::Door;
use crate::http::answer::Ask;
use crate::http::error::{Errors, Problem};
use crate::http::negotiate::JSON;
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::inventory::Id;
use crate::inventory::events::Listing;

/// Grows when plans are written in another way.
pub(super) const VERSION: &str = "1";

const TAG: &str = "\"plan-1\"";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The seats of an event. They are numbered from 0 through all rows in order:
/// the seat index.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct PlanDocument {
    sections: Vec<PlanSection>,
}

/// A section: rows at one price, front row first.
#[derive(Debug, Serialize, ToSchema)]
struct PlanSection {
    /// What it is called.
    name: String,
    /// What a seat costs, in minor units.
    price: u64,
    rows: Vec<PlanRow>,
}

/// A row.
#[derive(Debug, Serialize, ToSchema)]
struct PlanRow {
    /// What it is called.
    label: String,
    /// What its seats are called.
    seats: Vec<String>,
}

/// Shows the plan of an event.
#[utoipa::path(
    get, path = "/events/{id}/plan", tag = "Checkout",
    params(("id" = Uuid, Path), ("v" = Option<String>, Query, description = "The event's `plan_version`, so that the answer can be kept for ever.")),
    responses(
        (status = 200, body = PlanDocument, content_type = "application/json"),
        (status = 304, description = "It is the one with the ETag in If-None-Match."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn find<D: Door>(ask: &Ask<'_, D>, event: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &["v"])?;
    let kept = ask.site.documents.plans.borrow().get(event, 0);
    let document = if let Some(kept) = kept {
        kept
    } else {
        let view = ask.site.api.event(event).await;
        let view = view.map_err(|failure| refusal::of_event(&failure))?;
        let document = Bytes::from(write(&view.listing));
        let mut plans = ask.site.documents.plans.borrow_mut();
        plans.put(event, 0, &document);
        document
    };
    Ok(tagged(ask, TAG, FOR_EVER, document))
}

/// A document that clients may keep as long as its tag is the same.
pub(super) fn tagged<D>(
    ask: &Ask<'_, D>,
    tag: &str,
    control: &'static str,
    document: Bytes,
) -> Reply {
    let known = ask.headers.get_all(IF_NONE_MATCH).iter();
    let is_known = known.filter_map(|value| value.to_str().ok()).any(|value| {
        let mut tags = value.split(',').map(str::trim);
        tags.any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
    });
    let mut reply = if is_known {
        Reply::new(StatusCode::NOT_MODIFIED, "", Vec::new())
    } else {
        let mut reply = Reply::new(StatusCode::OK, JSON, Vec::new());
        reply.shared = Some(document);
        reply
    };
    reply
        .fields
        .push((CACHE_CONTROL, HeaderValue::from_static(control)));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        reply.fields.push((ETAG, tag));
    }
    reply
}

/// The document, written straight: it may have millions of seats.
fn write(listing: &Listing) -> Vec<u8> {
    let plan = &listing.plan;
    let mut text = String::with_capacity(64 + plan.seats() * 6);
    text.push_str(r#"{"sections":["#);
    for (index, section) in plan.sections().iter().enumerate() {
        comma(&mut text, index);
        text.push_str(r#"{"name":"#);
        quote(&mut text, &section.name);
        let _ = write!(text, r#","price":{},"rows":["#, section.price);
        for (index, row) in plan.rows()[section.rows.clone()].iter().enumerate() {
            comma(&mut text, index);
            text.push_str(r#"{"label":"#);
            quote(&mut text, &row.label);
            text.push_str(r#","seats":["#);
            for seat in 0..row.seats() {
                comma(&mut text, seat as usize);
                quote(&mut text, &row.label_of(seat));
            }
            text.push_str("]}");
        }
        text.push_str("]}");
    }
    text.push_str("]}");
    text.into_bytes()
}

fn comma(text: &mut String, index: usize) {
    if index > 0 {
        text.push(',');
    }
}

fn quote(text: &mut String, label: &str) {
    if label
        .bytes()
        .all(|it| it >= b' ' && it != b'"' && it != b'\\')
    {
        text.push('"');
        text.push_str(label);
        text.push('"');
    } else {
        text.push_str(&serde_json::Value::from(label).to_string());
    }
}
