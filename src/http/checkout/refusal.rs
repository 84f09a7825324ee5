//! Why something was not done, as problems with the members that a page needs.

use crate::api::Failure;
use crate::http::catalogue::Code;
use crate::http::error::{Error, Errors, Source};
use crate::http::failure;
use crate::inventory::events::{EventKind, EventRefusal};

/// There is no such event.
pub(in crate::http) fn no_such_event() -> Errors {
    plain(Code::NoSuchEvent)
}

/// There is no such checkout.
pub(in crate::http) fn no_such_checkout() -> Errors {
    plain(Code::NoSuchCheckout)
}

/// There is no such booking, or not for who asks.
pub(super) fn no_such_booking() -> Errors {
    plain(Code::NoSuchBooking)
}

/// A code, explained by its title.
pub(super) fn plain(code: Code) -> Errors {
    told(code, format!("{}: {}", code.title(), code.advice()))
}

fn told(code: Code, detail: String) -> Errors {
    Error::new(code, detail).into()
}

/// A failure, of a request about an event.
pub(in crate::http) fn of_event(failure: &Failure) -> Errors {
    match failure {
        Failure::Event(refusal) => refused(refusal),
        other => failure::told(other),
    }
}

/// The same, of a request with a checkout's token: what is not there is the
/// checkout.
pub(super) fn of_checkout(failure: &Failure) -> Errors {
    match failure {
        Failure::Event(EventRefusal::NotFound(EventKind::Event | EventKind::Checkout)) => {
            no_such_checkout()
        }
        other => of_event(other),
    }
}

fn refused(refusal: &EventRefusal) -> Errors {
    match refusal {
        EventRefusal::NotFound(kind) => plain(match kind {
            EventKind::Event | EventKind::Seat => Code::NoSuchEvent,
            EventKind::Section => Code::NoSuchSection,
            EventKind::Option => Code::NoSuchOption,
            EventKind::Checkout | EventKind::Payment => Code::NoSuchCheckout,
            EventKind::Booking => Code::NoSuchBooking,
        }),
        EventRefusal::Invalid { field, problem } => invalid(field, problem),
        EventRefusal::Full(kind) => told(
            Code::CapacityReached,
            format!("{refusal} ({})", bound(*kind)),
        ),
        EventRefusal::SeatsTaken(seats) => plain(Code::SeatsTaken).and("seats", seats.clone()),
        EventRefusal::NoSuchSeat(seat) => {
            let detail = format!("{refusal}: {}", Code::NoSuchSeat.advice());
            told(Code::NoSuchSeat, detail).and("seat", *seat)
        }
        EventRefusal::NotEnough { available } => {
            let detail = format!("{refusal}: {}", Code::NotEnough.advice());
            told(Code::NotEnough, detail).and("available", *available)
        }
        EventRefusal::TooMany { max } => {
            told(Code::TooMany, format!("{refusal}; nothing was held")).and("max_tickets", *max)
        }
        EventRefusal::NotHeld => plain(Code::NotHeld),
        EventRefusal::NotAdmitted => plain(Code::NotAdmitted),
        EventRefusal::CheckoutOver => plain(Code::CheckoutOver),
        EventRefusal::NothingHeld => plain(Code::NothingHeld),
        EventRefusal::Unpaid => {
            let error = Error::new(Code::InvalidPayment, "payment is missing");
            error.at(Source::Pointer("/payment".into())).into()
        }
        EventRefusal::Paying => plain(Code::Paying),
        EventRefusal::TooManyPayments => plain(Code::TooManyPayments),
        EventRefusal::AlreadyExtended => plain(Code::AlreadyExtended),
        EventRefusal::Draining => plain(Code::WaitingRoomClosed),
        EventRefusal::IdTaken | EventRefusal::ReferenceTaken | EventRefusal::NotOwed => {
            plain(Code::TryAgain)
        }
    }
}

/// A value that cannot be, by the name that the core has for its place.
fn invalid(field: &str, problem: &str) -> Errors {
    let code = match field {
        "name" | "email" => Code::InvalidBuyer,
        _ => Code::InvalidAttribute,
    };
    invalid_at(code, field, problem)
}

/// The same, of a document that makes an event.
pub(super) fn of_creation(failure: &Failure) -> Errors {
    match failure {
        Failure::Event(EventRefusal::Invalid { field, problem }) => {
            invalid_at(Code::InvalidEvent, field, problem)
        }
        other => of_event(other),
    }
}

fn invalid_at(code: Code, field: &str, problem: &str) -> Errors {
    let pointer = format!("/{}", field.replace('.', "/"));
    let error = Error::new(code, told_of(&pointer, problem));
    error.at(Source::Pointer(pointer.into())).into()
}

/// A problem with the value at a place, which is called by its last name.
pub(super) fn told_of(pointer: &str, problem: &str) -> String {
    let mut names = pointer.rsplit('/');
    let name = names.find(|part| part.parse::<usize>().is_err());
    format!("{} {problem}", name.unwrap_or_default())
}

/// The setting that bounds what is full.
fn bound(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Event => "--max-events",
        EventKind::Seat | EventKind::Section | EventKind::Option => "--max-event-seats",
        EventKind::Checkout => "--max-checkouts",
        EventKind::Payment => "--max-payments",
        EventKind::Booking => "--max-bookings",
    }
}
