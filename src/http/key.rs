//! Idempotency keys: what they may be, and what they stand for.

use hyper::HeaderMap;
use hyper::header::HeaderName;
use sha2::{Digest, Sha256};

use super::catalogue::Code;
use super::error::{Error, Errors, Source};
use super::token::Token;

pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const LONGEST: usize = 255;

/// A request's idempotency key, and the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The key and whose it is, hashed.
    pub(super) hash: u128,
    /// Everything that makes it the same request, hashed.
    pub(super) fingerprint: u128,
}

impl Key {
    /// The key of a POST, if it has one.
    pub(super) fn of(
        headers: &HeaderMap,
        token: Option<&Token>,
        path: &str,
        body: &[u8],
    ) -> Result<Option<Self>, Errors> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let text = unquote(value.as_bytes()).filter(|_| values.next().is_none());
        let Some(text) = text else {
            let code = Code::InvalidIdempotencyKey;
            let error = Error::new(code, code.advice());
            return Err(error.at(Source::Header("Idempotency-Key")).into());
        };
        let client: &[u8] = match token {
            Some(token) if token.is_in(headers) => b"token",
            _ => b"",
        };
        let hash = hash(&[b"key", client, &text]);
        let fingerprint = self::hash(&[b"request", client, b"POST", path.as_bytes(), body]);
        Ok(Some(Self { hash, fingerprint }))
    }
}

/// A key as it is, or as the quoted string that the IETF draft asks for.
fn unquote(value: &[u8]) -> Option<Vec<u8>> {
    let text = match value {
        [b'"', inside @ .., b'"'] => {
            let mut text = Vec::with_capacity(inside.len());
            let mut bytes = inside.iter();
            while let Some(&byte) = bytes.next() {
                text.push(match byte {
                    b'"' => return None,
                    b'\\' => *bytes.next().filter(|byte| b"\"\\".contains(byte))?,
                    other => other,
                });
            }
            text
        }
        [b'"', ..] => return None,
        plain => plain.to_vec(),
    };
    let is_visible = text.iter().all(u8::is_ascii_graphic);
    ((1..=LONGEST).contains(&text.len()) && is_visible).then_some(text)
}

/// Half of a SHA-256 over parts of known length each.
fn hash(parts: &[&[u8]]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize()[..16]);
    u128::from_be_bytes(half)
}

#[cfg(test)]
mod tests {
    use hyper::http::HeaderValue;

    use super::*;

    fn key(value: &[u8], path: &str, body: &[u8]) -> Result<Option<Key>, Errors> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        Key::of(&headers, None, path, body)
    }

    #[test]
    fn quoted_and_plain_keys_are_the_same() {
        let plain = key(b"a\\b-1", "/x", b"1").unwrap().unwrap();
        assert_eq!(key(b"\"a\\\\b-1\"", "/x", b"1").unwrap(), Some(plain));
        assert_eq!(Key::of(&HeaderMap::new(), None, "/x", b"1").unwrap(), None);
    }

    #[test]
    fn other_requests_have_other_fingerprints() {
        let one = key(b"a", "/x", b"1").unwrap().unwrap();
        for (path, body) in [("/x", &b"2"[..]), ("/x1", b""), ("/y", b"1")] {
            let other = key(b"a", path, body).unwrap().unwrap();
            assert_eq!(one.hash, other.hash);
            assert_ne!(one.fingerprint, other.fingerprint);
        }
        assert_ne!(key(b"b", "/x", b"1").unwrap().unwrap().hash, one.hash);
    }

    /// Hashes are in data directories: they must not change.
    #[test]
    fn hashes_are_pinned() {
        let one = key(b"a", "/x", b"1").unwrap().unwrap();
        assert_eq!(
            format!("{:032x}", one.hash),
            "b5a5c407aea945b0e2962b0d79a13b34"
        );
        assert_eq!(
            format!("{:032x}", one.fingerprint),
            "4710663d3c32b0485e6ca698217c7a3f"
        );
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        let long = [b'x'; LONGEST + 1];
        for value in [
            &b""[..],
            b"\"\"",
            b"a b",
            b"\"a",
            b"\"a\"b\"",
            b"\"a\\x\"",
            b"caf\xe9",
            &long,
            b"\"",
        ] {
            let errors = key(value, "/x", b"").unwrap_err();
            assert_eq!(errors.code(), Code::InvalidIdempotencyKey, "{value:?}");
        }
        assert!(key(&long[1..], "/x", b"").unwrap().is_some());
    }
}
