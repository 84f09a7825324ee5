//! A request's body, whole and bounded.

use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::CONTENT_LENGTH;

use super::catalogue::Code;
use super::error::{Error, Errors};

/// Receives a body of at most `most` bytes.
pub(super) async fn whole(body: &mut Incoming, most: usize) -> Result<Bytes, Errors> {
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            let detail = "the body ended early, or its chunks are not valid";
            return Err(Error::new(Code::MalformedRequest, detail).into());
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.len() + all.len() + data.len() > most {
            return Err(too_large(most));
        }
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

fn too_large(most: usize) -> Errors {
    let detail = format!("the body may have at most {most} bytes (--http-body-bytes)");
    Error::new(Code::BodyTooLarge, detail).into()
}

/// Whether a request says that it has a body.
pub(super) fn is_announced(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_LENGTH).map_or(
        headers.contains_key(hyper::header::TRANSFER_ENCODING),
        |length| length.as_bytes() != b"0",
    )
}
