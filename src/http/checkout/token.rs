//! Tokens of checkouts: whoever has one has the place, the basket and the
//! booking. Signed, so that none can be made up, or moved to another event.
//!
//! `base64url(event ‖ checkout ‖ HMAC-SHA256(secret, event ‖ checkout)[..16])`:
//! 64 characters.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Serialize, Serializer};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::refusal;
use crate::http::error::Errors;
use crate::inventory::Id;
use crate::inventory::events::Reference;

/// Characters of a token.
const CHARACTERS: usize = 64;
const BYTES: usize = 48;
const SIGNED_BYTES: usize = 32;

/// What signs the tokens of checkouts. All shards of a server have the same.
#[derive(Clone)]
pub struct TokenSecret(Hmac<Sha256>);

impl fmt::Debug for TokenSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenSecret(..)")
    }
}

/// A token as it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Token([u8; CHARACTERS]);

impl Token {
    pub(in crate::http) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a valid token stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Pass {
    pub(in crate::http) event: Id,
    pub(in crate::http) checkout: Id,
    pub(in crate::http) token: Token,
    /// Told by the half of the signature that is in no token.
    drawn: u64,
}

impl Pass {
    /// The `attempt`-th reference for this checkout's booking: nobody can
    /// guess it, and asking again proposes the same.
    pub(super) fn reference(&self, attempt: u64) -> Reference {
        Reference::from_number(self.drawn.wrapping_add(attempt.wrapping_mul(0x9e37_79b9)))
    }
}

impl TokenSecret {
    /// `secret` should be drawn at random.
    pub fn new(secret: [u8; 32]) -> Self {
        // Shorter keys are filled up with zeros, says RFC 2104.
        let mut key = [0; 64];
        key[..32].copy_from_slice(&secret);
        Self(Hmac::new(&key.into()))
    }

    /// The token of a checkout.
    pub(in crate::http) fn pass(&self, event: Id, checkout: Id) -> Pass {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(event.as_bytes());
        bytes[16..SIGNED_BYTES].copy_from_slice(checkout.as_bytes());
        let (signature, drawn) = self.sign(&bytes[..SIGNED_BYTES]);
        bytes[SIGNED_BYTES..].copy_from_slice(&signature);
        let mut text = [0; CHARACTERS];
        let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        debug_assert_eq!(written, Ok(CHARACTERS));
        Pass {
            event,
            checkout,
            token: Token(text),
            drawn,
        }
    }

    /// What a token stands for, if it is one of this server's.
    pub(in crate::http) fn open(&self, text: &str) -> Option<Pass> {
        let token = Token(text.as_bytes().try_into().ok()?);
        let mut bytes = [0; BYTES];
        let read = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
        if read != Ok(BYTES) {
            return None;
        }
        let (signature, drawn) = self.sign(&bytes[..SIGNED_BYTES]);
        if !bool::from(signature.ct_eq(&bytes[SIGNED_BYTES..])) {
            return None;
        }
        Some(Pass {
            event: Id::from_slice(&bytes[..16]).ok()?,
            checkout: Id::from_slice(&bytes[16..SIGNED_BYTES]).ok()?,
            token,
            drawn,
        })
    }

    /// As [`Self::open`], of a token in the path.
    pub(super) fn admit(&self, text: &str) -> Result<Pass, Errors> {
        self.open(text).ok_or_else(refusal::no_such_checkout)
    }

    /// A number that nobody can guess, the same each time for an event.
    pub(super) fn shuffle_seed(&self, event: Id) -> u64 {
        let mut signed = *b"shuffle of event\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        signed[17..].copy_from_slice(event.as_bytes());
        self.sign(&signed).1
    }

    fn sign(&self, bytes: &[u8]) -> ([u8; 16], u64) {
        let whole = self.0.clone().chain_update(bytes).finalize().into_bytes();
        let (mut signature, mut drawn) = ([0; 16], [0; 8]);
        signature.copy_from_slice(&whole[..16]);
        drawn.copy_from_slice(&whole[16..24]);
        (signature, u64::from_le_bytes(drawn))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(byte: u8) -> TokenSecret {
        TokenSecret::new([byte; 32])
    }

    proptest! {
        #[test]
        fn a_token_opens_what_it_was_made_for(event: u128, checkout: u128) {
            let (event, checkout) = (Id::from_u128(event), Id::from_u128(checkout));
            let pass = secret(1).pass(event, checkout);
            let opened = secret(1).open(pass.token.as_str());
            prop_assert!(opened.is_some_and(|it| it == pass));
            prop_assert!(secret(2).open(pass.token.as_str()).is_none(), "of another server");
        }

        #[test]
        fn whatever_is_changed_spoils_it(event: u128, checkout: u128, at in 0..64usize, with: u8) {
            let pass = secret(1).pass(Id::from_u128(event), Id::from_u128(checkout));
            let mut text = pass.token.as_str().as_bytes().to_vec();
            prop_assume!(text[at] != with);
            text[at] = with;
            if let Ok(text) = std::str::from_utf8(&text) {
                prop_assert!(secret(1).open(text).is_none());
            }
        }
    }

    #[test]
    fn what_is_no_token_opens_nothing() {
        let pass = secret(1).pass(Id::from_u128(1), Id::from_u128(2));
        let text = pass.token.as_str();
        for wrong in [
            "",
            "x",
            &text[1..],
            &text[..63],
            &format!("{text}A"),
            &"é".repeat(32),
        ] {
            assert!(secret(1).open(wrong).is_none(), "{wrong}");
        }
        assert!(!format!("{:?}", secret(7)).contains('7'));
    }

    /// Tokens are kept by browsers, and outlive a server's update.
    #[test]
    fn tokens_are_pinned() {
        let pass = secret(1).pass(Id::from_u128(1), Id::from_u128(2));
        assert_eq!(
            pass.token.as_str(),
            "AAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAIpoNBqGkBcpn2GjdhlD0N7"
        );
        assert_eq!(pass.reference(0).as_str(), "9MDYDGPY");
        assert_ne!(pass.reference(1), pass.reference(0));
        let other = secret(1).pass(Id::from_u128(1), Id::from_u128(3));
        assert_ne!(other.reference(0), pass.reference(0));
    }
}
