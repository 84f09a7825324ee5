//! An answer before it becomes HTTP.

use std::io::Cursor;

use http_body_util::Full;
use hyper::body::{Buf, Bytes};
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, VARY,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::negotiate::{JSON, JSON_API, Media, PROBLEM};

/// A whole answer in one piece.
pub(super) type Body = Full<Content>;

/// The bytes of an answer.
#[derive(Debug)]
pub(super) enum Content {
    /// Made for this answer.
    Own(Cursor<Vec<u8>>),
    /// The same for several.
    Shared(Bytes),
}

impl Buf for Content {
    fn remaining(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.remaining(),
            Self::Shared(bytes) => bytes.remaining(),
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes.chunk(),
            Self::Shared(bytes) => bytes.chunk(),
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Own(bytes) => bytes.advance(count),
            Self::Shared(bytes) => bytes.advance(count),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    /// The media type.
    pub(super) kind: &'static str,
    /// Where what was made is; empty: nothing was.
    pub(super) location: String,
    pub(super) body: Vec<u8>,
    /// Sent instead of the body.
    pub(super) shared: Option<Bytes>,
    pub(super) fields: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    pub(super) fn new(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            kind,
            location: String::new(),
            body,
            shared: None,
            fields: Vec::new(),
        }
    }

    /// An answer with a document.
    pub(super) fn document(status: StatusCode, media: Media, document: &impl Serialize) -> Self {
        Self::new(status, media.kind(), Self::json(document))
    }

    /// An answer to a request that has made something.
    pub(super) fn created(media: Media, location: String, document: Vec<u8>) -> Self {
        Self {
            location,
            ..Self::new(StatusCode::CREATED, media.kind(), document)
        }
    }

    /// A document's bytes.
    pub(super) fn json(document: &impl Serialize) -> Vec<u8> {
        let mut body = Vec::with_capacity(512);
        // Cannot fail: maps have string keys, and a vector takes everything.
        let written = serde_json::to_writer(&mut body, document);
        debug_assert!(written.is_ok(), "{written:?}");
        body
    }

    pub(super) fn into_response(self, is_last: bool) -> Response<Body> {
        let is_cached = self.fields.iter().any(|(name, _)| *name == CACHE_CONTROL);
        let is_negotiated = !is_cached && matches!(self.kind, JSON_API | JSON | PROBLEM);
        let content = match self.shared {
            None => Content::Own(Cursor::new(self.body)),
            Some(bytes) => Content::Shared(bytes),
        };
        let mut response = Response::new(Full::new(content));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if !self.kind.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        }
        if is_negotiated {
            headers.insert(VARY, HeaderValue::from_static("Accept"));
        }
        if self.status != StatusCode::CREATED && !is_cached {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if !self.location.is_empty()
            && let Ok(location) = HeaderValue::try_from(self.location)
        {
            headers.insert(LOCATION, location);
        }
        for (name, value) in self.fields {
            headers.append(name, value);
        }
        if is_last {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
