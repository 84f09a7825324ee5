//! Where a response ends.

/// Header fields that a response may have; the server bounds its own far below.
const FIELDS: usize = 32;

/// What the bytes that arrived begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framed {
    /// A response that is not complete.
    Part,
    /// A whole response.
    Whole {
        /// Its status.
        status: u16,
        /// Where its body begins.
        body: usize,
        /// Where its body ends, and the next response begins.
        end: usize,
        /// Whether the server closes the connection after it.
        closes: bool,
    },
    /// No response, or one of a kind that is not understood, and why.
    Bad(String),
}

/// Looks at the first response in `unread`.
pub(crate) fn frame(unread: &[u8]) -> Framed {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let body = match response.parse(unread) {
        Ok(httparse::Status::Partial) => return Framed::Part,
        Ok(httparse::Status::Complete(body)) => body,
        Err(error) => return Framed::Bad(error.to_string()),
    };
    let status = response.code.unwrap_or_default();
    let mut length = 0;
    let mut closes = response.version == Some(0);
    for field in response.headers.iter() {
        if field.name.eq_ignore_ascii_case("content-length") {
            let text = std::str::from_utf8(field.value).unwrap_or_default();
            match text.trim().parse() {
                Ok(bytes) => length = bytes,
                Err(_) => return Framed::Bad(format!("the content-length is {text:?}")),
            }
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            return Framed::Bad("the body has a transfer-encoding instead of a length".to_owned());
        } else if field.name.eq_ignore_ascii_case("connection") {
            closes |= field.value.eq_ignore_ascii_case(b"close");
        }
    }
    // Far more than any response here; it also keeps the sum in range.
    if length > 1 << 30 {
        return Framed::Bad(format!("the body has {length} bytes"));
    }
    let end = body + length;
    if unread.len() < end {
        return Framed::Part;
    }
    Framed::Whole {
        status,
        body,
        end,
        closes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\n{\"\"}";

    #[test]
    fn a_response_is_framed_however_it_arrives() {
        for cut in 0..CREATED.len() {
            assert_eq!(frame(&CREATED[..cut]), Framed::Part, "cut at {cut}");
        }
        let more = [CREATED, b"HTTP/1.1 2"].concat();
        let Framed::Whole {
            status, body, end, ..
        } = frame(&more)
        else {
            panic!("it is whole");
        };
        assert_eq!((status, &more[body..end]), (201, &b"{\"\"}"[..]));
        assert_eq!(end, CREATED.len());
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let bad = |bytes: &[u8]| matches!(frame(bytes), Framed::Bad(_));
        assert!(bad(b"OK\nFAIL\n"));
        assert!(bad(b"HTTP/1.1 200 OK\r\ncontent-length: -4\r\n\r\n"));
        assert!(bad(
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"
        ));
        assert!(bad(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        ));
    }

    #[test]
    fn a_server_that_will_close_is_believed() {
        let closes = |bytes: &[u8]| matches!(frame(bytes), Framed::Whole { closes: true, .. });
        assert!(closes(b"HTTP/1.1 503 X\r\nConnection: Close\r\n\r\n"));
        assert!(closes(b"HTTP/1.0 200 OK\r\n\r\n"));
        assert!(!closes(b"HTTP/1.1 204 No Content\r\n\r\n"));
    }
}
