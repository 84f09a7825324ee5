//! Following one's own checkout beside the seats.
use super::super::error::Errors;
use super::super::site::Site;
use super::state::{Follow, Whole};
use crate::inventory::Id;
use crate::inventory::events::CheckoutView;
use hyper::body::Bytes;
use hyper::http::request::Parts;
pub(super) fn asked_for<D>(_: &Site<D>, _: &Parts, _: Id) -> Result<Option<Follow>, Errors> {
    Ok(None)
}
pub(super) fn render(_: &CheckoutView, _: &str, _: Whole) -> Bytes {
    Bytes::new()
}
