//! The bytes of a purchase: a template, written over in four places.

use std::{fmt::Write, ops::Range};

use serde_json::json;

use crate::{
    http::{JSON_API, Site},
    plan::{digits, purchase::Purchase},
};

/// Length of a UUID as text.
const UUID: usize = 36;
/// Digits of the largest quantity. JSON forbids leading zeros, so fewer digits
/// are preceded by spaces.
const QUANTITY: usize = 7;
/// Hexadecimal digits of an idempotency key.
const KEY: usize = 32;
/// All of a user's id but its number.
const USER: &str = "00000000-0000-4000-8000-00";
/// Digits of a user's number.
const NUMBER: usize = 10;

/// Writes purchases of some options.
#[derive(Debug)]
pub(super) struct Requests {
    template: Vec<u8>,
    option: Range<usize>,
    user: Range<usize>,
    quantity: Range<usize>,
    key: Option<Range<usize>>,
    options: Vec<String>,
}

impl Requests {
    /// Purchases of the options with these ids, which must be UUIDs; with
    /// idempotency keys if so asked.
    pub(super) fn new(site: &Site, options: Vec<String>, with_keys: bool) -> Self {
        // Placeholders that occur nowhere else.
        let (option, user, quantity) = ("o".repeat(UUID), "u".repeat(UUID), "9".repeat(QUANTITY));
        let data = |kind: &str, id: &str| json!({"data": {"type": kind, "id": id}});
        let body = json!({"data": {
            "type": "purchases",
            "attributes": {"quantity": 9_999_999},
            "relationships": {
                "ticket_option": data("ticket_options", &option),
                "user": data("users", &user),
            },
        }})
        .to_string();
        let key = "k".repeat(KEY);
        let mut head = format!(
            "POST /purchases HTTP/1.1\r\nHost: {}\r\nAccept: {JSON_API}\r\n\
             Content-Type: {JSON_API}\r\nContent-Length: {}\r\n",
            site.address,
            body.len(),
        );
        if let Some(token) = &site.token {
            // A `String` takes all that is written to it.
            let _ = write!(head, "Authorization: Bearer {token}\r\n");
        }
        if with_keys {
            let _ = write!(head, "Idempotency-Key: {key}\r\n");
        }
        let text = format!("{head}\r\n{body}");
        let place = |of: &str| text.rfind(of).map(|at| at..at + of.len());
        let whole = |of: &str| place(of).unwrap_or_default();
        Self {
            option: whole(&option),
            user: whole(&user),
            quantity: whole(&quantity),
            key: with_keys.then(|| whole(&key)),
            template: text.into_bytes(),
            options,
        }
    }

    /// Appends a purchase to `out`; `key` is drawn only if keys are sent.
    pub(super) fn write(&self, purchase: Purchase, key: impl FnOnce() -> u128, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.template);
        let request = &mut out[start..];
        let id = self.options[purchase.option as usize].as_bytes();
        request[self.option.clone()].copy_from_slice(id);
        let user = &mut request[self.user.clone()];
        user[..USER.len()].copy_from_slice(USER.as_bytes());
        digits::fill(&mut user[UUID - NUMBER..], purchase.user);
        let quantity = &mut request[self.quantity.clone()];
        let width = digits::count(purchase.quantity);
        quantity.fill(b' ');
        digits::fill(&mut quantity[QUANTITY - width..], purchase.quantity);
        if let Some(place) = &self.key {
            let mut key = key();
            for digit in request[place.clone()].iter_mut().rev() {
                *digit = b"0123456789abcdef"[(key & 15) as usize];
                key >>= 4;
            }
        }
    }

    /// The id of an option.
    pub(super) fn id(&self, option: u32) -> &str {
        &self.options[option as usize]
    }

    /// The ids of all options, in order.
    pub(super) fn ids(&self) -> &[String] {
        &self.options
    }
}

/// Whether a text can stand where an id is written.
pub(super) fn is_uuid(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    text.len() == UUID && text.bytes().all(is_fit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;

    const ID: &str = "01234567-89ab-7fff-bfff-ffffdeadbeef";

    fn written(purchase: Purchase, with_keys: bool) -> (String, Value) {
        let site = Site {
            address: "here:1".into(),
            token: Some("secret".into()),
            timeout: Duration::ZERO,
        };
        let mut out = Vec::new();
        Requests::new(&site, vec![ID.into(); 2], with_keys).write(purchase, || 0xabc, &mut out);
        let text = String::from_utf8(out).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = format!("Content-Length: {}\r\n", body.len());
        assert!(head.contains(&length), "{text}");
        (head.to_owned(), serde_json::from_str(body).unwrap())
    }

    #[test]
    fn a_request_is_a_document_whatever_is_written_into_it() {
        for (quantity, user) in [(1, 0), (9_999_999, u32::MAX), (42, 7)] {
            let purchase = Purchase {
                option: 1,
                quantity,
                user,
            };
            let (head, body) = written(purchase, false);
            assert!(head.contains("Authorization: Bearer secret"), "{head}");
            assert!(!head.contains("Idempotency-Key"), "{head}");
            let data = &body["data"];
            assert_eq!(data["attributes"]["quantity"], quantity);
            let related = |name: &str| data["relationships"][name]["data"]["id"].clone();
            assert_eq!(related("ticket_option"), ID);
            let id = related("user").as_str().unwrap().to_owned();
            assert!(is_uuid(&id) && id.ends_with(&format!("{user:010}")), "{id}");
        }
    }

    #[test]
    fn a_key_is_written_only_if_asked_for() {
        let purchase = Purchase {
            option: 0,
            quantity: 1,
            user: 1,
        };
        let (head, _) = written(purchase, true);
        let key = "Idempotency-Key: 00000000000000000000000000000abc";
        assert!(head.contains(key), "{head}");
    }
}
