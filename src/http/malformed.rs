//! Answers to what is not HTTP: hyper gives the bare status, and people need a
//! reason.

use memchr::memmem;

use super::catalogue::Code;
use super::error::{Error, Errors};
use super::negotiate::Media;

const NO_BODY: &[u8] = b"content-length: 0\r\n";

/// Puts a body behind the status that hyper has put out last for `error`. All
/// other answers have bodies already, so one without is its.
pub(super) fn explain(error: &hyper::Error, output: &mut Vec<u8>) {
    if !error.is_parse() {
        return;
    }
    let head = memmem::rfind(output, b"HTTP/1.1 ");
    let bare = head.and_then(|at| Some((at, at + memmem::find(&output[at..], NO_BODY)?)));
    let Some((head, length)) = bare else {
        let (kind, body) = render(Code::HttpVersion);
        let status = "HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\n";
        let rest = format!(
            "content-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        output.extend_from_slice(status.as_bytes());
        output.extend_from_slice(rest.as_bytes());
        output.extend_from_slice(&body);
        return;
    };
    let code = match &output[head + 9..head + 12] {
        b"414" => Code::UriTooLong,
        b"431" => Code::HeaderTooLarge,
        _ => Code::MalformedRequest,
    };
    let (kind, body) = render(code);
    let fields = format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    output.splice(length..length + NO_BODY.len(), fields.into_bytes());
    output.extend_from_slice(&body);
}

fn render(code: Code) -> (&'static str, Vec<u8>) {
    let errors = Errors::from(Error::new(code, code.advice()));
    let reply = errors.into_reply(Media::Json);
    (reply.kind, reply.body)
}
