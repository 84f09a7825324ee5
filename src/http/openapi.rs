//! The description of the HTTP door for programs, made of the types that
//! serve it.

use std::sync::LazyLock;

use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};
use uuid::Uuid;

use super::show::One;
use super::tickets::{RangeDocument, TicketResource};
use super::{checkout, ledger, live, members, moves, operations, options, purchases, tickets};

/// A JSON:API document with a new resource.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
pub(super) struct New<A> {
    data: NewResource<A>,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct NewResource<A> {
    r#type: String,
    attributes: A,
}

/// A JSON:API document with a new resource that refers to others.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
pub(super) struct NewRelated<A, R> {
    data: NewRelatedResource<A, R>,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct NewRelatedResource<A, R> {
    r#type: String,
    attributes: Option<A>,
    relationships: R,
}

/// A reference to a resource.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
pub(super) struct Linkage {
    data: Reference,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct Reference {
    r#type: String,
    id: Uuid,
}

/// The short form of a purchase.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
pub(super) struct PlainPurchase {
    #[schema(minimum = 1, example = 2)]
    quantity: u64,
    ticket_option: Uuid,
    user: Uuid,
}

/// First and last number.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
pub(super) struct Span {
    #[schema(minimum = 1, example = 1)]
    from: u32,
    #[schema(minimum = 1, example = 20)]
    to: u32,
}

/// What was made of a place, or of a range of them.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "described only")]
pub(super) enum Tickets {
    One(One<TicketResource>),
    Range(RangeDocument),
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "described only")]
pub(super) struct IdempotencyKey {
    /// Does it once: the same request with the same key gets the same answer.
    /// 1 to 255 visible ASCII characters.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described only")]
pub(super) struct PageParameters {
    /// Entries on a page.
    #[param(rename = "page[size]", minimum = 1, maximum = 1000, default = 100)]
    size: Option<u16>,
    /// Begin behind this id.
    #[param(rename = "page[after]")]
    after: Option<Uuid>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described only")]
pub(super) struct TicketFilters {
    /// Of this section.
    #[param(rename = "filter[section]")]
    section: Option<String>,
    /// `free`, `held` or `purchased`.
    #[param(rename = "filter[state]")]
    state: Option<String>,
    /// Held or purchased by this member.
    #[param(rename = "filter[member]")]
    member: Option<Uuid>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described only")]
pub(super) struct LedgerFilters {
    /// Of this ticket option.
    #[param(rename = "filter[ticket_option]")]
    ticket_option: Option<Uuid>,
    /// Of this ticket.
    #[param(rename = "filter[ticket]")]
    ticket: Option<Uuid>,
    /// Of this event.
    #[param(rename = "filter[event]")]
    event: Option<Uuid>,
    /// Of this member, user or checkout.
    #[param(rename = "filter[member]")]
    member: Option<Uuid>,
}

struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut Description) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringside",
        description = "Ticket options, members and tickets, each sold once. Documents are JSON:API \
                       1.1; plain JSON is taken and answered too, with RFC 9457 problems for errors.",
    ),
    paths(
        options::create, options::find, options::list,
        purchases::create, purchases::find,
        members::create, members::find,
        tickets::create, tickets::find, tickets::list,
        moves::hold, moves::free, moves::purchase,
        ledger::list, ledger::balances,
        live::watch,
        checkout::events::create, checkout::events::find, checkout::events::list,
        checkout::plan::find, checkout::seats::find,
        checkout::checkouts::start, checkout::checkouts::find, checkout::checkouts::leave,
        checkout::give_up::give_up, checkout::webhook::receive,
        checkout::checkouts::extend,
        checkout::holds::hold, checkout::holds::release, checkout::complete::complete,
        checkout::bookings::find, checkout::code::find,
        checkout::admin::list, checkout::admin::change,
        operations::live, operations::ready, operations::version, operations::metrics,
        operations::openapi, operations::problems, operations::problem,
    ),
    components(schemas(super::error::Problem)),
    modifiers(&Token),
)]
struct Api;

/// The description.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| Api::openapi().to_json().unwrap_or_default());
    &TEXT
}

#[cfg(test)]
mod tests {
    use super::super::route::ROUTES;
    use super::*;

    #[test]
    fn every_route_is_described_with_its_methods() {
        let json: serde_json::Value = serde_json::from_str(text()).unwrap();
        let paths = json["paths"].as_object().unwrap();
        let routes = ROUTES.iter().filter(|(_, route, _)| !route.is_page());
        assert_eq!(paths.len(), routes.clone().count());
        for (path, _, methods) in routes {
            let described: Vec<_> = paths[*path].as_object().unwrap().keys().collect();
            // HEAD is what GET is.
            let served = methods.split(", ").filter(|method| *method != "HEAD");
            let served: Vec<_> = served.map(str::to_ascii_lowercase).collect();
            assert_eq!(described, served.iter().collect::<Vec<_>>(), "{path}");
        }
    }
}
