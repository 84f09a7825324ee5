//! The bytes of a buyer's requests.

use std::io::Write;

use crate::http::Site;

/// The test provider's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    Ok,
    Declined,
}

/// Seats to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish<'a> {
    /// These.
    Seats(&'a [u32]),
    /// The best so many.
    Best(u32),
}

/// Writes requests to one server.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    host: String,
}

impl Requests {
    pub(super) fn new(site: &Site) -> Self {
        let address = &site.address;
        Self {
            host: format!(" HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n"),
        }
    }

    /// Starts a checkout.
    pub(super) fn enter(&self, event: &str, out: &mut Vec<u8>) {
        self.post(format_args!("/events/{event}/checkouts"), "{}", out);
    }

    /// Looks at a checkout.
    pub(super) fn poll(&self, token: &str, out: &mut Vec<u8>) {
        write(out, format_args!("GET /checkouts/{token}{}\r\n", self.host));
    }

    /// Looks at the seat map; answered in short if its tag is still this.
    pub(super) fn look(&self, event: &str, unless: Option<&str>, out: &mut Vec<u8>) {
        let host = &self.host;
        write(out, format_args!("GET /events/{event}/seats{host}"));
        if let Some(tag) = unless {
            write(out, format_args!("If-None-Match: {tag}\r\n"));
        }
        write(out, format_args!("\r\n"));
    }

    /// Holds seats.
    pub(super) fn hold(&self, token: &str, wish: Wish<'_>, out: &mut Vec<u8>) {
        let body = match wish {
            Wish::Seats(seats) => {
                let seats: Vec<String> = seats.iter().map(u32::to_string).collect();
                format!(r#"{{"seats":[{}]}}"#, seats.join(","))
            }
            Wish::Best(count) => format!(r#"{{"best":{{"count":{count}}}}}"#),
        };
        self.post(format_args!("/checkouts/{token}/holds"), &body, out);
    }

    /// Pays.
    pub(super) fn pay(&self, token: &str, card: Card, buyer: u32, out: &mut Vec<u8>) {
        let card = match card {
            Card::Ok => "ok",
            Card::Declined => "declined",
        };
        let body = format!(
            r#"{{"payment":{{"provider":"test","card":"{card}"}},"name":"Buyer {buyer}","email":"buyer-{buyer}@example.org"}}"#
        );
        self.post(format_args!("/checkouts/{token}/complete"), &body, out);
    }

    /// Gives the checkout up.
    pub(super) fn leave(&self, token: &str, out: &mut Vec<u8>) {
        let host = &self.host;
        write(out, format_args!("DELETE /checkouts/{token}{host}\r\n"));
    }

    fn post(&self, path: std::fmt::Arguments<'_>, body: &str, out: &mut Vec<u8>) {
        let (host, length) = (&self.host, body.len());
        write(
            out,
            format_args!(
                "POST {path}{host}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            ),
        );
    }
}

fn write(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // A vector takes all that is written to it.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn written(write: impl FnOnce(&Requests, &mut Vec<u8>)) -> (String, serde_json::Value) {
        let site = Site {
            address: "here:1".into(),
            token: None,
            timeout: Duration::ZERO,
        };
        let mut out = Vec::new();
        write(&Requests::new(&site), &mut out);
        let text = String::from_utf8(out).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("\r\nHost: here:1\r\n"), "{head}");
        if body.is_empty() {
            return (head.to_owned(), serde_json::Value::Null);
        }
        let length = format!("Content-Length: {}", body.len());
        assert!(head.ends_with(&length), "{head}");
        (head.to_owned(), serde_json::from_str(body).unwrap())
    }

    #[test]
    fn every_request_is_whole() {
        let (head, body) = written(|to, out| to.enter("e1", out));
        assert!(head.starts_with("POST /events/e1/checkouts HTTP/1.1\r\n"));
        assert_eq!(body, serde_json::json!({}));
        let (head, _) = written(|to, out| to.poll("t1", out));
        assert!(head.starts_with("GET /checkouts/t1 HTTP/1.1\r\n"));
        let (head, _) = written(|to, out| to.look("e1", Some("\"9-1\""), out));
        assert!(head.starts_with("GET /events/e1/seats HTTP/1.1\r\n"));
        assert!(head.ends_with("If-None-Match: \"9-1\""), "{head}");
        let (_, body) = written(|to, out| to.hold("t1", Wish::Seats(&[3, 14]), out));
        assert_eq!(body["seats"], serde_json::json!([3, 14]));
        let (_, body) = written(|to, out| to.hold("t1", Wish::Best(4), out));
        assert_eq!(body["best"]["count"], 4);
        let (head, body) = written(|to, out| to.pay("t1", Card::Declined, 5, out));
        assert!(head.starts_with("POST /checkouts/t1/complete "));
        assert_eq!(body["payment"]["card"], "declined");
        let (head, _) = written(|to, out| to.leave("t1", out));
        assert!(head.starts_with("DELETE /checkouts/t1 "));
    }
}
