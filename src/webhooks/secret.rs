//! The secret by which outgoing webhooks are signed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What every written secret begins with.
const PREFIX: &str = "whsec_";

/// A secret that receivers know.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a webhook secret is whsec_ and 24 to 64 bytes in base64 \
     (make one with: echo whsec_$(openssl rand -base64 32))"
)]
pub struct SecretError;

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl Secret {
    /// Reads a secret as it is written.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim().strip_prefix(PREFIX).ok_or(SecretError)?;
        let bytes = STANDARD.decode(text).map_err(|_| SecretError)?;
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(SecretError)
        }
    }

    /// The signature of a message sent at a time, in seconds since 1970.
    pub(super) fn sign(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        // Takes keys of every length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return String::new();
        };
        mac.update(id.as_bytes());
        mac.update(format!(".{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the convention's own libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_known_signature_comes_out() {
        let secret = Secret::parse(SECRET).unwrap();
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(!format!("{secret:?}").contains("MfKQ"));
    }

    #[test]
    fn a_foreign_judge_agrees() {
        let judge = standardwebhooks::Webhook::new(SECRET).unwrap();
        let secret = Secret::parse(SECRET).unwrap();
        for body in ["", "{}", "{\"name\":\"Zo\u{eb}\"}"] {
            let theirs = judge.sign("ckt_1_booked", 1_800_000_000, body.as_bytes());
            let ours = secret.sign("ckt_1_booked", 1_800_000_000, body.as_bytes());
            assert_eq!(ours, theirs.unwrap());
        }
    }

    #[test]
    fn weak_and_unreadable_secrets_are_refused() {
        for text in [
            "",
            "whsec_",
            "whsec_!!",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_c2hvcnQ=",
        ] {
            assert_eq!(Secret::parse(text), Err(SecretError), "{text}");
        }
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        assert_eq!(Secret::parse(&long), Err(SecretError));
    }
}
