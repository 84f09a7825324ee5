//! What shards refuse, as errors of the catalogue.

use super::body::Reader;
use super::catalogue::Code;
use super::error::{Error, Errors, Source};
use crate::api::Failure;
use crate::inventory::{Kind, Refusal};

/// A failure of a request in which nothing but the path can be wrong.
pub(super) fn told(failure: &Failure) -> Errors {
    error(failure).into()
}

pub(super) fn error(failure: &Failure) -> Error {
    let code = match failure {
        // Those of what is sold by checkouts: see `checkout::refusal`.
        Failure::Event(_) => Code::TryAgain,
        Failure::Refused(refusal) => code(*refusal),
        Failure::Invalid { .. } => Code::InvalidAttribute,
        Failure::Closed(_) => Code::Stopping,
    };
    match code {
        Code::NotFound => Error::new(code, "there is nothing with this id"),
        Code::Stopping | Code::TryAgain => Error::new(code, code.advice()),
        Code::CapacityReached => Error::new(code, format!("{failure} ({})", bound(failure))),
        _ => Error::new(code, failure.to_string()),
    }
}

fn code(refusal: Refusal) -> Code {
    match refusal {
        Refusal::NotFound(_) => Code::NotFound,
        Refusal::IdTaken => Code::TryAgain,
        Refusal::NotEnough { .. } => Code::InvalidPurchaseQuantity,
        Refusal::Duplicate { .. } => Code::TicketExists,
        Refusal::Held => Code::TicketHeld,
        Refusal::Purchased => Code::TicketPurchased,
        Refusal::NotHeld => Code::TicketNotHeld,
        Refusal::NotHolder => Code::NotHolder,
        Refusal::Full(_) => Code::CapacityReached,
        Refusal::DiskLow => Code::DiskLow,
    }
}

/// The setting that bounds what is full.
fn bound(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(Refusal::Full(kind)) => match kind {
            Kind::Option => "--max-options",
            Kind::Purchase => "--max-purchases",
            Kind::Member => "--max-members",
            Kind::Ticket => "--max-tickets",
            Kind::Key => "--max-idempotency-keys",
        },
        _ => "a bound",
    }
}

impl Reader {
    /// A failure of a request with a body, and where in it the reason is.
    pub(super) fn told(&self, failure: &Failure) -> Errors {
        let error = error(failure);
        let place = match failure {
            Failure::Refused(Refusal::NotFound(kind @ (Kind::Option | Kind::Member))) => {
                let name = if *kind == Kind::Option {
                    "ticket_option"
                } else {
                    "member"
                };
                let detail = format!("there is no {kind} with this id");
                return Error::new(Code::RelatedNotFound, detail)
                    .at(self.relationship(name))
                    .into();
            }
            Failure::Refused(Refusal::NotEnough { .. }) => self.attribute("quantity"),
            Failure::Invalid { field, .. } => self.attribute(field),
            _ => Source::Request,
        };
        error.at(place).into()
    }
}
