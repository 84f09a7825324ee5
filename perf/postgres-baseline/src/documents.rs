//! JSON:API documents: what is read of those that come, and what is answered.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A document that came.
#[derive(Debug)]
pub(crate) struct Wanted(Value);

impl Wanted {
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self)
    }

    /// Name, description and allocation of a ticket option.
    pub(crate) fn option(&self) -> Option<(String, String, i64)> {
        let attributes = &self.0["data"]["attributes"];
        let text = |name: &str| attributes[name].as_str().map(str::to_owned);
        let allocation = attributes["allocation"].as_i64()?;
        let name = text("name").filter(|name| !name.is_empty())?;
        let description = text("description").unwrap_or_default();
        (allocation >= 0).then_some((name, description, allocation))
    }

    /// Quantity, ticket option and user of a purchase.
    pub(crate) fn purchase(&self) -> Option<(i64, Uuid, Uuid)> {
        let data = &self.0["data"];
        let related = |name: &str| {
            let id = data["relationships"][name]["data"]["id"].as_str()?;
            id.parse().ok()
        };
        let quantity = data["attributes"]["quantity"].as_i64()?;
        (quantity > 0).then_some((quantity, related("ticket_option")?, related("user")?))
    }
}

pub(crate) fn option(
    id: Uuid,
    name: &str,
    description: &str,
    allocation: i64,
    available: i64,
) -> Value {
    let attributes = json!({
        "name": name,
        "description": description,
        "allocation": allocation,
        "available": available,
    });
    json!({"data": {"type": "ticket_options", "id": id.to_string(), "attributes": attributes}})
}

pub(crate) fn purchase(id: Uuid, option: Uuid, user: Uuid, quantity: i64) -> Value {
    let related = |kind: &str, id: Uuid| json!({"data": {"type": kind, "id": id.to_string()}});
    json!({"data": {
        "type": "purchases",
        "id": id.to_string(),
        "attributes": {"quantity": quantity},
        "relationships": {
            "ticket_option": related("ticket_options", option),
            "user": related("users", user),
        },
    }})
}

pub(crate) fn created(document: &Value) -> Response {
    answer(StatusCode::CREATED, document)
}

pub(crate) fn found(document: &Value) -> Response {
    answer(StatusCode::OK, document)
}

pub(crate) fn sold_out() -> Response {
    let pointer = "/data/attributes/quantity";
    problem(
        StatusCode::BAD_REQUEST,
        "invalid_purchase_quantity",
        pointer,
    )
}

pub(crate) fn bad_request() -> Response {
    problem(StatusCode::BAD_REQUEST, "invalid_body", "/data")
}

pub(crate) fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "not_found", "")
}

pub(crate) fn unavailable(error: &anyhow::Error) -> Response {
    eprintln!("the database failed: {error:#}");
    problem(StatusCode::INTERNAL_SERVER_ERROR, "database", "")
}

fn problem(status: StatusCode, code: &str, pointer: &str) -> Response {
    let error = json!({
        "status": status.as_str(),
        "code": code,
        "source": {"pointer": pointer},
    });
    answer(status, &json!({"errors": [error]}))
}

fn answer(status: StatusCode, document: &Value) -> Response {
    let mut response = Response::new(Body::from(document.to_string()));
    *response.status_mut() = status;
    let media_type = header::HeaderValue::from_static("application/vnd.api+json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    response
}
