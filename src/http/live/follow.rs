//! Following one's own checkout beside the seats of its event.

use hyper::body::Bytes;
use serde::Serialize;

use super::frame;
use super::state::Whole;
use crate::http::checkout::{CheckoutDocument, Pass, TokenSecret, no_such_checkout};
use crate::http::error::Errors;
use crate::http::reply::Reply;
use crate::inventory::Id;
use crate::inventory::events::{CheckoutState, CheckoutView};

/// A place in the line.
#[derive(Debug, Serialize)]
struct Place {
    position: Option<u64>,
    ahead: Option<u64>,
    wait_seconds: Option<u64>,
}

/// The checkout that a request asks to follow by its token.
pub(super) fn asked_for(
    secret: &TokenSecret,
    event: Id,
    token: Option<&str>,
) -> Result<Option<Pass>, Errors> {
    let Some(token) = token else {
        return Ok(None);
    };
    let pass = secret.open(token).filter(|pass| pass.event == event);
    pass.map(Some).ok_or_else(no_such_checkout)
}

/// A checkout as an event, whole or as its place in the line.
pub(super) fn render(view: &CheckoutView, pass: &Pass, whole: Whole) -> Bytes {
    match view.state {
        CheckoutState::Queued {
            ahead,
            wait_seconds,
        } if !whole.0 => {
            let place = Place {
                position: ahead.map(|ahead| ahead + 1),
                ahead,
                wait_seconds,
            };
            frame::event("queue", &Reply::json(&place))
        }
        _ => {
            let document = CheckoutDocument::new(view, &pass.token);
            frame::event("checkout", &Reply::json(&document))
        }
    }
}
