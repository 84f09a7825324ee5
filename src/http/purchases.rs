//! Purchases of ticket options.

use std::io::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Ask;
use super::body::{self, Body, Identity};
use super::catalogue::Code;
use super::error::{ErrorDocument, Errors};
use super::failure;
use super::field::{Field, Integer, Related};
use super::once::once;
use super::query::Query;
use super::reply::Reply;
use super::show::{Address, One, SelfLink, Time, ToOne};
use crate::api::Door;
use crate::inventory::{Id, Purchase, id};

const KIND: &str = "purchases";

/// How much to purchase.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewPurchase)]
pub(super) struct Attributes {
    /// How many.
    #[serde(default)]
    #[schema(value_type = u64, minimum = 1, example = 2)]
    quantity: Field<Integer>,
}

/// What to purchase, and for whom.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewPurchaseRelationships)]
pub(super) struct Relationships<'a> {
    #[serde(borrow, default)]
    #[schema(value_type = super::openapi::Linkage)]
    ticket_option: Field<Related<'a>>,
    #[serde(borrow, default)]
    #[schema(value_type = super::openapi::Linkage)]
    user: Field<Related<'a>>,
}

/// A purchase.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PurchaseResource {
    #[schema(value_type = String, example = "purchases")]
    r#type: &'static str,
    id: Uuid,
    attributes: PurchaseAttributes,
    relationships: PurchaseRelationships,
    links: SelfLink,
}

/// Attributes of a purchase.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PurchaseAttributes {
    /// How many.
    quantity: u64,
    /// When.
    created_at: Time,
}

/// What was purchased, and for whom.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PurchaseRelationships {
    ticket_option: ToOne,
    user: ToOne,
}

fn document(purchase: Purchase) -> One<PurchaseResource> {
    One {
        data: PurchaseResource {
            r#type: KIND,
            id: purchase.id,
            attributes: PurchaseAttributes {
                quantity: purchase.quantity,
                created_at: Time(purchase.at),
            },
            relationships: PurchaseRelationships {
                ticket_option: ToOne::new("ticket_options", purchase.option),
                user: ToOne::new("users", purchase.user),
            },
            links: SelfLink {
                this: Address(KIND, purchase.id),
            },
        },
    }
}

/// The same document, written by hand: purchases are what there are most of,
/// and all that stands in one is known to need no escaping.
fn write(purchase: &Purchase) -> Vec<u8> {
    fn id(body: &mut Vec<u8>, id: Id) {
        body.extend_from_slice(id.hyphenated().encode_lower(&mut [0; 36]).as_bytes());
    }
    let mut body = Vec::with_capacity(512);
    body.extend_from_slice(br#"{"data":{"type":"purchases","id":""#);
    id(&mut body, purchase.id);
    body.extend_from_slice(br#"","attributes":{"quantity":"#);
    // A vector takes everything.
    let _ = write!(body, "{}", purchase.quantity);
    body.extend_from_slice(br#","created_at":""#);
    let _ = write!(body, "{}", Time(purchase.at));
    body.extend_from_slice(
        br#""},"relationships":{"ticket_option":{"data":{"type":"ticket_options","id":""#,
    );
    id(&mut body, purchase.option);
    body.extend_from_slice(br#""}},"user":{"data":{"type":"users","id":""#);
    id(&mut body, purchase.user);
    body.extend_from_slice(br#""}}},"links":{"self":"/purchases/"#);
    id(&mut body, purchase.id);
    body.extend_from_slice(br#""}}}"#);
    body
}

/// Purchases a quantity of a ticket option: all of it, or nothing.
#[utoipa::path(
    post, path = "/purchases", tag = "Purchases",
    request_body(content(
        (super::openapi::NewRelated<Attributes, Relationships> = "application/vnd.api+json"),
        (super::openapi::PlainPurchase = "application/json"),
    )),
    params(super::openapi::IdempotencyKey),
    responses(
        (status = 201, body = One<PurchaseResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn create<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let body: Body<Attributes, Relationships<'_>> =
        body::read(&ask.body, ask.sent, KIND, Identity::New)?;
    let mut reader = body.reader;
    let quantity = reader.integer(
        "quantity",
        Code::InvalidPurchaseQuantity,
        body.attributes.quantity,
        (1, u64::MAX),
    );
    let related = &body.relationships;
    let option = reader.related("ticket_option", &related.ticket_option, &["ticket_options"]);
    let user = reader.related("user", &related.user, &["users", "members"]);
    reader.check()?;
    let api = &ask.site.api;
    let proposed = api.new_ids_at(id::locator(option), 1);
    once(ask, proposed, async |turn| {
        let purchase = api.purchase_as(turn.id, option, user, quantity).await;
        let purchase = purchase.map_err(|failure| reader.told(&failure))?;
        Ok(ask.made(purchase.id, write(&purchase)))
    })
    .await
}

/// Shows a purchase.
#[utoipa::path(
    get, path = "/purchases/{id}", tag = "Purchases",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = One<PurchaseResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn find<D: Door>(ask: &Ask<'_, D>, id: Id) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let purchase = ask.site.api.find_purchase(id).await;
    let purchase = purchase.map_err(|failure| failure::told(&failure))?;
    Ok(ask.found(&document(purchase)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_by_hand_is_what_is_described(
            ids: [u128; 3], quantity: u64, at: u64,
        ) {
            let [id, option, user] = ids.map(Id::from_u128);
            let purchase = Purchase { id, option, user, quantity, at };
            prop_assert_eq!(write(&purchase), Reply::json(&document(purchase)));
        }
    }
}
