//! What the server answers about checkouts and seat maps.

use std::{borrow::Cow, time::UNIX_EPOCH};

use serde::Deserialize;

/// A checkout, as far as a buyer has to know it.
#[derive(Debug, Deserialize)]
pub(super) struct Checkout<'a> {
    #[serde(borrow)]
    pub(super) token: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) state: Cow<'a, str>,
    #[serde(default)]
    pub(super) wait_seconds: Option<f64>,
    #[serde(borrow)]
    pub(super) server_time: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) expires_at: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) holds: Vec<Held>,
    #[serde(default)]
    pub(super) total: u64,
    #[serde(borrow, default)]
    pub(super) booking: Option<Cow<'a, str>>,
}

/// A seat in a basket.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) seat: u32,
    pub(super) price: u64,
}

impl<'a> Checkout<'a> {
    /// Reads a body.
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The seats in the basket.
    pub(super) fn seats(&self) -> Vec<u32> {
        self.holds.iter().map(|held| held.seat).collect()
    }

    /// When the checkout was admitted, by the server's clock, in microseconds:
    /// its end less the time that everybody has.
    pub(super) fn admitted_at(&self, session_seconds: u32) -> Option<u64> {
        let end = micros(self.expires_at.as_deref()?)?;
        end.checked_sub(u64::from(session_seconds) * 1_000_000)
    }

    /// The server's clock, in microseconds.
    pub(super) fn answered_at(&self) -> Option<u64> {
        micros(&self.server_time)
    }
}

/// A moment as the server writes it, in microseconds since the Unix epoch.
pub(super) fn micros(text: &str) -> Option<u64> {
    let moment = humantime::parse_rfc3339(text).ok()?;
    let since = moment.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_micros()).ok()
}

/// A seat map.
#[derive(Debug, Deserialize)]
pub(super) struct Map<'a> {
    pub(super) version: u64,
    #[serde(borrow)]
    pub(super) rows: Vec<&'a str>,
}

impl<'a> Map<'a> {
    /// Reads a body.
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// Why something was not done.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem<'a> {
    #[serde(borrow, default)]
    pub(super) code: Cow<'a, str>,
    /// The seats that are gone.
    #[serde(default)]
    pub(super) seats: Vec<u32>,
}

impl<'a> Problem<'a> {
    /// Reads a body; what is no problem has no code.
    pub(super) fn read(body: &'a [u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

/// The seconds of a `Retry-After` in the head of a response.
pub(super) fn retry_after(reply: &[u8]) -> Option<u64> {
    field(reply, "retry-after")?.parse().ok()
}

/// A field in the head of a response.
pub(super) fn field<'a>(reply: &'a [u8], name: &str) -> Option<&'a str> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut fields);
    response.parse(reply).ok()?;
    let field = response
        .headers
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))?;
    Some(std::str::from_utf8(field.value).ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_read_whatever_else_it_says() {
        let body = br#"{"token":"t","event":"e","state":"admitted","server_time":
            "2026-11-21T20:00:00.000001Z","expires_at":"2026-11-21T20:10:00.5Z","seconds_left":600,
            "holds":[{"seat":7,"section":"A \"x\"","row":"B","label":"1","price":4900}],
            "general":[],"total":4900,"currency":"EUR"}"#;
        let checkout = Checkout::read(body).unwrap();
        assert_eq!((checkout.seats(), checkout.total), (vec![7], 4_900));
        assert_eq!(checkout.booking, None);
        let (now, admitted) = (checkout.answered_at(), checkout.admitted_at(600));
        assert_eq!(admitted.unwrap() - now.unwrap(), 499_999);
        assert!(Checkout::read(b"{}").is_none());
    }

    #[test]
    fn a_map_and_a_problem_are_read() {
        let map = Map::read(br#"{"version":3,"rows":["..h","s"]}"#).unwrap();
        assert_eq!((map.version, map.rows), (3, vec!["..h", "s"]));
        let problem = Problem::read(br#"{"code":"seats_taken","seats":[4,5],"status":409}"#);
        assert_eq!((&*problem.code, problem.seats), ("seats_taken", vec![4, 5]));
        assert_eq!(Problem::read(b"oops").code, "");
    }

    #[test]
    fn retry_after_is_found() {
        let head = b"HTTP/1.1 429 X\r\ncontent-length: 0\r\nRetry-After: 7\r\n\r\n";
        assert_eq!(retry_after(head), Some(7));
        assert_eq!(retry_after(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
