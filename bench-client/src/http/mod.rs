//! HTTP/1.1 as a client of Ringside needs it: no more than it documents.

mod client;
mod document;
mod head;
mod site;

pub(crate) use client::{Client, HttpError, Reply, quote};
pub(crate) use document::{
    Document, JSON, JSON_API, Row, by_member, member, ticket, ticket_option,
};
pub(crate) use head::{Framed, frame};
pub(crate) use site::{BadToken, Site, SiteArgs};
