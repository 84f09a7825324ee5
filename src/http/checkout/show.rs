//! The documents of checkouts, and of what they hold.

use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::token::Token;
use crate::http::show::Time;
use crate::inventory::Micros;
use crate::inventory::events::{CheckoutState, CheckoutView, EndReason, Listing, Reference};

/// A checkout: a place in the line, then a basket with a clock.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CheckoutDocument<'a> {
    /// Whoever has it has the checkout.
    #[schema(value_type = String)]
    token: Shown<'a>,
    event: Uuid,
    /// `queued`, `admitted`, `paying`, `completed` or `ended`.
    state: &'static str,
    /// Why it has ended: `left`, `expired` or `abandoned`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// In the line, from 1. Absent while lots are not drawn yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    /// People before it in the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead: Option<u64>,
    /// How long it will probably wait in the line; null: cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    wait_seconds: Option<Wait>,
    server_time: Time,
    /// When it ends, or its payment does.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Time>,
    /// The same from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<Seconds>,
    /// Whether it can be given more time.
    may_extend: bool,
    /// The seats that it holds, or has booked.
    holds: Vec<HeldSeat<'a>>,
    /// The general admission that it holds, or has booked.
    general: Vec<HeldGeneral<'a>>,
    /// What all that costs, in minor units.
    total: u64,
    currency: &'a str,
    /// The reference of its booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "K7QX4MHT")]
    booking: Option<Shown<'a>>,
}

/// A seat that is held or booked.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct HeldSeat<'a> {
    /// Its seat index.
    seat: u32,
    section: &'a str,
    row: &'a str,
    #[schema(value_type = String)]
    label: std::borrow::Cow<'a, str>,
    /// In minor units.
    price: u64,
}

/// General admission that is held or booked.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct HeldGeneral<'a> {
    /// The option's id.
    option: Uuid,
    name: &'a str,
    quantity: u32,
    /// Of one, in minor units.
    price: u64,
}

/// A short text that is no string of its own.
#[derive(Clone, Copy, Debug)]
enum Shown<'a> {
    Text(&'a str),
    Reference(Reference),
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Text(text) => text,
            Self::Reference(reference) => reference.as_str(),
        })
    }
}

/// Seconds, if that can be told.
#[derive(Clone, Copy, Debug, Serialize)]
struct Wait(Option<u64>);

/// Microseconds, shown as seconds with three decimals at most.
#[derive(Clone, Copy, Debug)]
struct Seconds(Micros);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((self.0 / 1000) as f64 / 1000.0)
    }
}

impl PartialSchema for Seconds {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Number).into()
    }
}

impl ToSchema for Seconds {}

impl<'a> CheckoutDocument<'a> {
    /// How a checkout is shown to who has its token.
    pub(in crate::http) fn new(view: &'a CheckoutView, token: &'a Token) -> Self {
        let listing = &*view.listing;
        let mut document = Self {
            token: Shown::Text(token.as_str()),
            event: listing.id,
            state: "ended",
            reason: None,
            position: None,
            ahead: None,
            wait_seconds: None,
            server_time: Time(view.now),
            expires_at: None,
            seconds_left: None,
            may_extend: false,
            holds: held_seats(listing, &view.seats),
            general: held_general(listing, &view.general),
            total: view.total,
            currency: &listing.currency,
            booking: None,
        };
        match view.state {
            CheckoutState::Queued {
                ahead,
                wait_seconds,
            } => {
                document.state = "queued";
                document.position = ahead.map(|ahead| ahead + 1);
                document.ahead = ahead;
                document.wait_seconds = Some(Wait(wait_seconds));
            }
            CheckoutState::Admitted {
                expires_at,
                may_extend,
            } => {
                document.state = "admitted";
                document.may_extend = may_extend;
                document.ends(view.now, expires_at);
            }
            CheckoutState::Paying { expires_at, .. } => {
                document.state = "paying";
                document.ends(view.now, expires_at);
            }
            CheckoutState::Completed(reference) => {
                document.state = "completed";
                document.booking = Some(Shown::Reference(reference));
            }
            CheckoutState::Ended(reason) => {
                document.reason = Some(match reason {
                    EndReason::Left => "left",
                    EndReason::Expired => "expired",
                    EndReason::Absent => "abandoned",
                });
            }
        }
        document
    }

    fn ends(&mut self, now: Micros, at: Micros) {
        self.expires_at = Some(Time(at));
        self.seconds_left = Some(Seconds(at.saturating_sub(now)));
    }
}

/// The seats of these indexes.
pub(super) fn held_seats<'a>(listing: &'a Listing, seats: &[u32]) -> Vec<HeldSeat<'a>> {
    let places = seats.iter().filter_map(|seat| {
        let place = listing.plan.place(*seat)?;
        Some(HeldSeat {
            seat: *seat,
            section: &place.section.name,
            row: place.row,
            label: place.label,
            price: place.section.price,
        })
    });
    places.collect()
}

/// The options of these indexes.
pub(super) fn held_general<'a>(
    listing: &'a Listing,
    general: &[(u16, u32)],
) -> Vec<HeldGeneral<'a>> {
    let options = general.iter().filter_map(|(option, quantity)| {
        let option = listing.general.get(usize::from(*option))?;
        Some(HeldGeneral {
            option: option.id,
            name: &option.name,
            quantity: *quantity,
            price: option.price,
        })
    });
    options.collect()
}
