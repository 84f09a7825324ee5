//! What people see: the page's files (`web/`), served from the binary.
//!
//! Pages are asked for again each time, and mostly answered with 304. They name
//! assets under a hash of all of them, so assets are kept for ever.

mod files;

use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, StatusCode};

use self::files::{FILES, File};
use super::catalogue::Code;
use super::error::{Error, Errors};
use super::reply::Reply;
use super::route::Route;

const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'; object-src 'none'";

/// Answers a request for a page or an asset.
pub(super) fn answer(route: Route, path: &str, headers: &HeaderMap) -> Result<Reply, Errors> {
    let files = &*FILES;
    let (file, is_page) = match route {
        Route::HomePage => (files.page("index.html"), true),
        Route::EventPage => (files.page("event.html"), true),
        Route::BookingPage => (files.page("booking.html"), true),
        Route::AdminPage => (files.page("admin.html"), true),
        _ => (files.asset(path), false),
    };
    let Some(file) = file else {
        let detail = "there is no such file; a page that was loaded before this server started \
                      has to be loaded again";
        return Err(Error::new(Code::NotFound, detail).into());
    };
    let mut reply = if is_known(headers, &file.tag) {
        Reply::new(StatusCode::NOT_MODIFIED, "", Vec::new())
    } else {
        let mut reply = Reply::new(StatusCode::OK, file.kind, Vec::new());
        reply.shared = Some(file.bytes.clone());
        reply
    };
    reply.fields.extend(fields(file, is_page));
    Ok(reply)
}

fn fields(file: &File, is_page: bool) -> Vec<(HeaderName, HeaderValue)> {
    let of = HeaderValue::from_static;
    let mut fields = vec![
        (ETAG, file.tag.clone()),
        (X_CONTENT_TYPE_OPTIONS, of("nosniff")),
    ];
    if is_page {
        fields.push((CACHE_CONTROL, of("no-cache")));
        fields.push((CONTENT_SECURITY_POLICY, of(POLICY)));
        fields.push((REFERRER_POLICY, of("no-referrer")));
    } else {
        let kept = "public, max-age=31536000, immutable";
        fields.push((CACHE_CONTROL, of(kept)));
    }
    fields
}

/// Whether the client has this content already.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter();
    let mut known = lists.flat_map(|list| list.as_bytes().split(|byte| *byte == b','));
    known.any(|known| {
        let known = known.trim_ascii();
        let known = known.strip_prefix(b"W/").unwrap_or(known);
        known == b"*" || known == tag.as_bytes()
    })
}
