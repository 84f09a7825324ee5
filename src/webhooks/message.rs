//! What receivers are told.

use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use crate::inventory::events::{CheckoutEnd, HowEnded};
use crate::inventory::{Id, Micros};

/// One webhook, but for its time and signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same each time it is sent, and of no other message.
    pub id: String,
    /// JSON.
    pub body: Vec<u8>,
    /// When it happened.
    pub at: Micros,
}

#[derive(Serialize)]
struct Envelope<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    checkout: Id,
    event: Event<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<&'a str>,
    seats: Vec<Seat<'a>>,
    general: Vec<General<'a>>,
    total: u64,
    currency: &'a str,
}

#[derive(Serialize)]
struct Event<'a> {
    id: Id,
    name: &'a str,
    date: &'a str,
    venue: &'a str,
}

#[derive(Serialize)]
struct Seat<'a> {
    #[serde(rename = "seat")]
    index: u32,
    section: &'a str,
    row: &'a str,
    label: String,
    price: u64,
}

#[derive(Serialize)]
struct General<'a> {
    option: Id,
    name: &'a str,
    quantity: u32,
    price: u64,
}

/// The message that tells how a checkout has ended. No names and addresses of
/// buyers: who is told a booking's reference may look at it.
pub fn message(end: &CheckoutEnd) -> Message {
    let listing = &end.listing;
    let (kind, word, booking) = match &end.how {
        HowEnded::Booked(reference) => ("checkout.booked", "booked", Some(reference.as_str())),
        HowEnded::Released => ("checkout.released", "released", None),
        HowEnded::Expired => ("checkout.expired", "expired", None),
    };
    let seats = end.seats.iter().filter_map(|seat| {
        let place = listing.plan.place(*seat)?;
        Some(Seat {
            index: *seat,
            section: &place.section.name,
            row: place.row,
            label: place.label.into_owned(),
            price: place.section.price,
        })
    });
    let general = end.general.iter().filter_map(|(option, quantity)| {
        let option = listing.general.get(usize::from(*option))?;
        Some(General {
            option: option.id,
            name: &option.name,
            quantity: *quantity,
            price: option.price,
        })
    });
    let time = UNIX_EPOCH + Duration::from_micros(end.at);
    let envelope = Envelope {
        r#type: kind,
        timestamp: humantime::format_rfc3339_micros(time).to_string(),
        data: Data {
            checkout: end.checkout,
            event: Event {
                id: listing.id,
                name: &listing.name,
                date: &listing.date,
                venue: &listing.venue,
            },
            booking,
            seats: seats.collect(),
            general: general.collect(),
            total: end.total,
            currency: &listing.currency,
        },
    };
    Message {
        // One checkout may expire, and be booked by money that comes late.
        id: format!("ckt_{}_{word}", end.checkout.simple()),
        // Texts and numbers only: that is always possible.
        body: serde_json::to_vec(&envelope).unwrap_or_default(),
        at: end.at,
    }
}
