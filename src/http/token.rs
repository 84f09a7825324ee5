//! The bearer token that guards what creates inventory, and the ledger.

use std::fmt;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::catalogue::Code;
use super::error::{Error, Errors, Source};

/// A secret that clients send as `Authorization: Bearer …`. Kept as a hash:
/// comparing takes the same time for every guess, of whatever length.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(..)")
    }
}

/// Why a text cannot be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an API token has 16 to 512 characters, of ASCII letters, digits and -._~+/= \
     (make one with: openssl rand -base64 32)"
)]
pub struct TokenError;

impl Token {
    /// The token in a file's text; white space around it does not count.
    ///
    /// # Errors
    /// [`TokenError`] for what cannot stand in a header, or is easily guessed.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if (16..=512).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(hash(text.as_bytes())))
        } else {
            Err(TokenError)
        }
    }

    /// Whether a request has this token.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return false;
        };
        let Some((scheme, token)) = value.as_bytes().split_at_checked(7) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(hash(token).ct_eq(&self.0))
    }

    /// Fails unless a request has this token.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Errors> {
        if self.is_in(headers) {
            return Ok(());
        }
        let error = Error::new(Code::Unauthorized, Code::Unauthorized.advice());
        Err(error.at(Source::Header("Authorization")).into())
    }
}

fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use hyper::http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_token_opens() {
        let token = Token::parse(" secret-secret-secret\n").unwrap();
        for (value, opens) in [
            ("Bearer secret-secret-secret", true),
            ("bearer secret-secret-secret", true),
            ("Bearer secret-secret-secreT", false),
            ("Bearer secret-secret-secret ", false),
            ("Bearer ", false),
            ("Bearer", false),
            ("Basic secret-secret-secret", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(token.is_in(&headers), opens, "{value}");
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            assert!(!token.is_in(&headers), "twice");
        }
        assert!(!token.is_in(&HeaderMap::new()));
        assert!(!format!("{token:?}").contains("secret"));
    }

    #[test]
    fn weak_tokens_are_refused() {
        for text in ["", "short", "sixteen letters with spaces", &"x".repeat(513)] {
            assert!(Token::parse(text).is_err(), "{text}");
        }
    }
}
