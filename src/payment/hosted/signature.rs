//! Signatures of incoming webhooks: `t=SECONDS,v1=HEX[,v1=HEX]`, each an
//! HMAC-SHA256 over the seconds, a dot and every byte of the body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::inventory::Micros;
use crate::payment::provider::WebhookError;

/// How far away a signature's time may be, in seconds.
pub const REPLAY_SECONDS: u64 = 5 * 60;

/// As many signatures of one webhook are looked at: a provider sends one for
/// each secret that is valid at the time.
const MOST_SIGNATURES: usize = 8;

/// Whether a body was signed with one of these secrets, lately. Takes the same
/// time wherever a signature differs.
///
/// # Errors
/// [`WebhookError`].
pub(super) fn verify(
    header: &str,
    body: &[u8],
    secrets: &[Vec<u8>],
    now: Micros,
) -> Result<(), WebhookError> {
    let (time, signatures) = read(header).ok_or(WebhookError::Unsigned)?;
    let is_signed = signatures.iter().any(|signature| {
        secrets.iter().any(|secret| {
            mac(secret, &time, body).is_some_and(|mac| mac.verify_slice(signature).is_ok())
        })
    });
    if !is_signed {
        return Err(WebhookError::Forged);
    }
    // Read only after it was found to be the provider's.
    let then: u64 = time.parse().map_err(|_| WebhookError::Unsigned)?;
    let seconds = then.abs_diff(now / 1_000_000);
    if seconds > REPLAY_SECONDS {
        return Err(WebhookError::Stale {
            seconds,
            most: REPLAY_SECONDS,
        });
    }
    Ok(())
}

/// The header of a body, as the provider makes it.
pub fn sign(body: &[u8], secret: &[u8], seconds: u64) -> String {
    let time = seconds.to_string();
    let mac = mac(secret, &time, body).map(|mac| hex(&mac.finalize().into_bytes()));
    format!("t={time},v1={}", mac.unwrap_or_default())
}

fn mac(secret: &[u8], time: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    // Takes keys of every length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// The time as it stands there, and the signatures of the scheme `v1`.
fn read(header: &str) -> Option<(String, Vec<[u8; 32]>)> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", _)) if time.is_some() => return None,
            Some(("t", value)) => time = Some(value.to_owned()),
            Some(("v1", value)) if signatures.len() < MOST_SIGNATURES => {
                signatures.extend(unhex(value));
            }
            _ => {}
        }
    }
    let time = time.filter(|time| !time.is_empty() && time.bytes().all(|it| it.is_ascii_digit()));
    time.filter(|_| !signatures.is_empty())
        .map(|time| (time, signatures))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    if text.len() != 64 {
        return None;
    }
    let digit = |at: usize| char::from(text[at]).to_digit(16);
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = (digit(2 * index)? * 16 + digit(2 * index + 1)?) as u8;
    }
    Some(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"checkout.session.completed"}"#;
    const SECONDS: u64 = 1_800_000_000;
    const NOW: Micros = SECONDS * 1_000_000;

    /// From `printf '%s' "1800000000.$BODY" | openssl dgst -sha256 -hmac whsec_one`.
    const ONE: &str = "a4d7e599df336ce223358ff55b35e94c5693d81e405ad2ee9adddbb2ba359c04";

    fn secrets(all: &[&str]) -> Vec<Vec<u8>> {
        all.iter().map(|it| it.as_bytes().to_vec()).collect()
    }

    fn check(header: &str, body: &[u8], now: Micros) -> Result<(), WebhookError> {
        verify(header, body, &secrets(&["whsec_two", "whsec_one"]), now)
    }

    #[test]
    fn the_known_signature_fits() {
        let header = format!("t={SECONDS},v1={ONE}");
        assert_eq!(sign(BODY, b"whsec_one", SECONDS), header);
        assert_eq!(check(&header, BODY, NOW), Ok(()));
        // As a provider sends while two secrets are valid, and with an old scheme.
        let both = format!("t={SECONDS}, v0=ab, v1={}, v1={ONE}", "0".repeat(64));
        assert_eq!(check(&both, BODY, NOW), Ok(()));
        assert_eq!(
            check(&header.to_uppercase(), BODY, NOW),
            Err(WebhookError::Unsigned)
        );
    }

    #[test]
    fn whatever_is_changed_is_forged() {
        let header = format!("t={SECONDS},v1={ONE}");
        let mut body = BODY.to_vec();
        for at in 0..body.len() {
            body[at] ^= 1;
            assert_eq!(check(&header, &body, NOW), Err(WebhookError::Forged));
            body[at] ^= 1;
        }
        for at in 0..64 {
            let mut signature = ONE.as_bytes().to_vec();
            signature[at] = if signature[at] == b'0' { b'1' } else { b'0' };
            let signature = String::from_utf8(signature).unwrap();
            let header = format!("t={SECONDS},v1={signature}");
            assert_eq!(check(&header, BODY, NOW), Err(WebhookError::Forged));
        }
        let later = format!("t={},v1={ONE}", SECONDS + 1);
        assert_eq!(check(&later, BODY, NOW), Err(WebhookError::Forged));
        let others = verify(&header, BODY, &secrets(&["whsec_three"]), NOW);
        assert_eq!(others, Err(WebhookError::Forged));
        assert_eq!(verify(&header, BODY, &[], NOW), Err(WebhookError::Forged));
    }

    #[test]
    fn five_minutes_are_the_most() {
        let header = format!("t={SECONDS},v1={ONE}");
        let far = |seconds: i64| {
            let now = (SECONDS as i64 + seconds) as u64 * 1_000_000;
            check(&header, BODY, now)
        };
        assert_eq!((far(300), far(-300)), (Ok(()), Ok(())));
        let stale = Err(WebhookError::Stale {
            seconds: 301,
            most: 300,
        });
        assert_eq!((far(301), far(-301)), (stale, stale));
    }

    #[test]
    fn what_is_no_signature_is_none() {
        for header in [
            "",
            "t=",
            "t=1",
            "v1=ab",
            "t=1,v1=",
            "t=1,v1=zz",
            "t=-1,v1=ab",
            &format!("v1={ONE}"),
            &format!("t=,v1={ONE}"),
            &format!("t=x,v1={ONE}"),
            &format!("t=1,t=1,v1={ONE}"),
            &format!("t=1,v0={ONE}"),
            &format!("t=1,v1={ONE}0"),
            &format!("t=1,v1={}", "é".repeat(32)),
        ] {
            assert_eq!(
                check(header, BODY, NOW),
                Err(WebhookError::Unsigned),
                "{header}"
            );
        }
        let huge = format!("t={},v1={ONE}", "9".repeat(40));
        assert_eq!(check(&huge, BODY, NOW), Err(WebhookError::Forged));
    }
}
