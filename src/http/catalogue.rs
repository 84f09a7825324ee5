//! Every error that the HTTP door can answer with: its code, its status, what
//! it means.

use hyper::StatusCode;

macro_rules! catalogue {
    ($($name:ident = $status:literal $code:literal, $title:literal, $advice:literal;)+) => {
        /// A kind of error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum Code { $($name,)+ }

        impl Code {
            /// All there are.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name, for programs.
            pub(super) fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status it comes with.
            pub(super) fn status(self) -> StatusCode {
                let number: u16 = match self { $(Self::$name => $status,)+ };
                StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// What it is, the same each time.
            pub(super) fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What to do about it.
            pub(super) fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }

            /// Its address here, which is its RFC 9457 type.
            pub(super) fn address(self) -> &'static str {
                match self { $(Self::$name => concat!("/problems/", $code),)+ }
            }
        }
    };
}

catalogue! {
    MalformedRequest = 400 "malformed_request", "The request is not HTTP",
        "send a request of HTTP/1.1 (RFC 9112); the connection is closed";
    InvalidJson = 400 "invalid_json", "The body is not JSON",
        "send one JSON object";
    InvalidDocument = 400 "invalid_document", "The document has another shape than it must",
        "send what /openapi.json describes";
    InvalidAttribute = 400 "invalid_attribute", "An attribute is missing or has a value it cannot have",
        "see detail and source";
    InvalidPurchaseQuantity = 400 "invalid_purchase_quantity", "The quantity cannot be purchased",
        "ask for at least 1 and at most what is available; nothing was taken";
    InvalidRelationship = 400 "invalid_relationship", "A relationship is missing or names nothing",
        "name a resource by its type and id";
    InvalidParameter = 400 "invalid_parameter", "A query parameter is unknown or has a value it cannot have",
        "leave it out, or give it a value it can have";
    InvalidIdempotencyKey = 400 "invalid_idempotency_key", "The Idempotency-Key cannot be one",
        "send one of 1 to 255 visible ASCII characters, such as a UUID";
    PaymentDeclined = 402 "payment_declined", "The payment was declined",
        "nothing was charged and the holds stay: try another card";
    InvalidSignature = 400 "invalid_signature", "The webhook was not signed by the payment provider",
        "nothing was changed: see detail, and docs/payments.md";
    PaymentUnavailable = 503 "payment_unavailable", "Payments cannot be taken at the moment",
        "nothing was charged and the holds stay: try again in a moment";
    NotAdmitted = 403 "not_admitted", "It is not this checkout's turn yet",
        "wait in the line: look at the checkout until its state is admitted";
    NoSuchProvider = 404 "no_such_provider", "The server has no such payment provider",
        "nothing was changed: see --payment-provider";
    NoSuchEvent = 404 "no_such_event", "There is no such event",
        "check the id; GET /events lists all";
    NoSuchCheckout = 404 "no_such_checkout", "There is no checkout with this token",
        "start one: POST /events/{id}/checkouts";
    NoSuchBooking = 404 "no_such_booking", "There is no booking with this reference for you",
        "send its checkout's token as token=, or the server's token";
    NoSuchOption = 404 "no_such_option", "The event has no such general admission option",
        "take an id of general in GET /events/{id}";
    NoSuchSection = 404 "no_such_section", "The event has no such section",
        "take a name of sections in GET /events/{id}/plan";
    SeatsTaken = 409 "seats_taken", "Some of the seats are gone",
        "nothing was held: choose others instead of those in seats";
    NotEnough = 409 "not_enough", "Less is free than was asked for",
        "nothing was held: ask for at most what available says";
    TooMany = 409 "too_many", "A checkout may not hold so many tickets",
        "nothing was held: a checkout may hold as many as max_tickets says";
    NotHeld = 409 "not_held", "The checkout does not hold that",
        "nothing was given back: look at what it holds";
    NothingHeld = 409 "nothing_held", "The checkout holds nothing",
        "hold something first";
    Paying = 409 "paying", "A payment is under way",
        "wait until it has ended: look at the checkout";
    TooManyPayments = 409 "too_many_payments", "The checkout has begun as many payments as it may",
        "start another checkout";
    AlreadyExtended = 409 "already_extended", "The checkout was extended already",
        "it can be extended once: complete it in time";
    WaitingRoomClosed = 409 "waiting_room_closed", "The waiting room takes nobody new",
        "the sale is being closed: come back later";
    CheckoutOver = 410 "checkout_over", "The checkout is over",
        "what it held is free again; start another";
    InvalidEvent = 422 "invalid_event", "There cannot be such an event",
        "see detail and the pointer of each error";
    InvalidBuyer = 422 "invalid_buyer", "The booking needs a name and an e-mail address",
        "see detail and the pointer";
    InvalidPayment = 422 "invalid_payment", "The payment names nothing that can be paid with",
        "see detail and the pointer";
    NoSuchSeat = 422 "no_such_seat", "The event has no such seat",
        "take seat indexes of GET /events/{id}/plan, from 0";
    UnknownAction = 422 "unknown_action", "A waiting room cannot do that",
        "the actions are pause, resume and drain";
    Unauthorized = 401 "unauthorized", "This needs the server's token",
        "send Authorization: Bearer and the token of --api-token-file";
    ClientGeneratedId = 403 "client_generated_id", "Ids are given by the server",
        "leave data.id out";
    NotFound = 404 "not_found", "There is nothing here",
        "check the path and the id; /openapi.json lists all paths";
    RelatedNotFound = 404 "related_not_found", "What the request refers to is not there",
        "create it first, or check its id";
    MethodNotAllowed = 405 "method_not_allowed", "The method is not for this resource",
        "use one of the methods that Allow lists";
    NotAcceptable = 406 "not_acceptable", "No acceptable form is left",
        "accept application/vnd.api+json without parameters, or application/json";
    WrongType = 409 "wrong_type", "The resource has a type that does not belong here",
        "see detail for the type that does";
    TicketExists = 409 "ticket_exists", "There is a ticket for one of these places already",
        "nothing was created; leave that place out";
    TicketHeld = 409 "ticket_held", "The ticket is held",
        "wait until its holder frees it or the hold ends";
    TicketPurchased = 409 "ticket_purchased", "The ticket was purchased",
        "choose another: a purchase is for ever";
    TicketNotHeld = 409 "ticket_not_held", "The ticket is free",
        "hold it first";
    NotHolder = 409 "not_holder", "Another member holds the ticket",
        "only the holder may free or purchase it";
    KeyInFlight = 409 "idempotency_key_in_flight", "A request with this Idempotency-Key is under way",
        "wait, then send it again for its answer";
    BodyTooLarge = 413 "body_too_large", "The body is larger than it may be",
        "send less at once, or raise --http-body-bytes";
    UriTooLong = 414 "uri_too_long", "The address is longer than it may be",
        "shorten it; the connection is closed";
    UnsupportedMediaType = 415 "unsupported_media_type", "The body has a media type that is not understood",
        "send application/vnd.api+json without parameters other than ext and profile, or application/json";
    KeyReused = 422 "idempotency_key_reused", "The Idempotency-Key was used for another request",
        "use a new key for each new request";
    RateLimited = 429 "rate_limited", "Too many requests from this address",
        "wait for as many seconds as Retry-After says";
    HeaderTooLarge = 431 "header_too_large", "The head of the request is larger than it may be",
        "send fewer or shorter fields, or raise --http-header-bytes; the connection is closed";
    CapacityReached = 503 "capacity_reached", "The server holds as much of this as it may",
        "try again later, or raise the bound that detail names";
    DiskLow = 503 "disk_low", "The server's disk is nearly full",
        "try again when its operator has made room";
    TryAgain = 503 "try_again", "It was not done, and may be next time",
        "send the request again";
    Stopping = 503 "stopping", "The server is stopping",
        "send it again, to another server or later; with an Idempotency-Key it is done once";
    HttpVersion = 505 "http_version", "This version of HTTP is not spoken here",
        "speak HTTP/1.1; there is no HTTP/2 here";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_told_apart_and_come_with_an_error_status() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            let status = code.status();
            assert!(status.is_client_error() || status.is_server_error());
            assert!(status.canonical_reason().is_some(), "{code:?}");
            assert!(code.address().ends_with(code.as_str()));
        }
    }

    #[test]
    fn the_reference_explains_every_code() {
        let reference = concat!(
            include_str!("../../docs/http.md"),
            include_str!("../../docs/checkout.md")
        );
        for code in Code::ALL {
            let row = format!("| {} | `{}` |", code.status().as_u16(), code.as_str());
            assert!(
                reference.contains(&row),
                "docs/http.md and docs/checkout.md have no row {row}"
            );
        }
    }
}
