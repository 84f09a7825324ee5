//! What the provider says: sessions, events, errors.

use serde::Deserialize;

use crate::payment::provider::{CallError, Mark, Notice, Session, SessionState, WebhookError};

/// As much of the provider's own words is shown in logs and problems.
const MAX_WORDS: usize = 300;

#[derive(Deserialize)]
struct RawSession {
    id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    payment_status: Option<String>,
    #[serde(default)]
    payment_intent: Option<Expandable>,
    #[serde(default)]
    amount_total: Option<u64>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    metadata: Option<RawMark>,
}

/// The provider shows other objects by name, or whole.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expandable {
    Name(String),
    Whole { id: String },
}

#[derive(Deserialize)]
struct RawMark {
    #[serde(default, rename = "ringside_site")]
    site: Option<String>,
    #[serde(default, rename = "ringside_event")]
    event: Option<String>,
    #[serde(default, rename = "ringside_payment")]
    payment: Option<String>,
}

#[derive(Deserialize)]
struct RawEvent {
    r#type: String,
    data: RawData,
}

#[derive(Deserialize)]
struct RawData {
    object: serde_json::Value,
}

#[derive(Deserialize)]
struct RawErrors {
    error: RawError,
}

#[derive(Deserialize)]
struct RawError {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// The session in a body.
pub(super) fn session(body: &[u8]) -> Result<Session, CallError> {
    let raw: RawSession = serde_json::from_slice(body)
        .map_err(|error| CallError::Away(format!("its answer is no session: {error}")))?;
    Ok(convert(raw, None))
}

/// The event in a body.
pub(super) fn event(body: &[u8]) -> Result<Notice, WebhookError> {
    let unreadable = |_| WebhookError::Unreadable;
    let event: RawEvent = serde_json::from_slice(body).map_err(unreadable)?;
    let said = match event.r#type.as_str() {
        "checkout.session.completed" => None,
        "checkout.session.async_payment_succeeded" => Some(SessionState::Paid),
        "checkout.session.async_payment_failed" | "checkout.session.expired" => {
            Some(SessionState::Dead)
        }
        _ => return Ok(Notice::Other),
    };
    let raw: RawSession = serde_json::from_value(event.data.object).map_err(unreadable)?;
    Ok(Notice::Session(convert(raw, said)))
}

fn convert(raw: RawSession, said: Option<SessionState>) -> Session {
    let is_paid = matches!(
        raw.payment_status.as_deref(),
        Some("paid" | "no_payment_required")
    );
    let state = match raw.status.as_deref() {
        // Money outweighs all else.
        _ if is_paid => SessionState::Paid,
        Some("expired") => SessionState::Dead,
        Some("complete") => SessionState::Pending,
        _ => SessionState::Open,
    };
    Session {
        id: raw.id,
        url: raw.url.unwrap_or_default(),
        state: said.unwrap_or(state),
        receipt: match raw.payment_intent {
            Some(Expandable::Name(id) | Expandable::Whole { id }) => id,
            None => String::new(),
        },
        amount: raw.amount_total.unwrap_or_default(),
        currency: raw.currency.unwrap_or_default().to_ascii_uppercase(),
        mark: raw.metadata.and_then(mark),
    }
}

fn mark(raw: RawMark) -> Option<Mark> {
    Some(Mark {
        site: raw.site?,
        event: raw.event?.parse().ok()?,
        payment: raw.payment?.parse().ok()?,
    })
}

/// Whether a refund that was taken will be paid.
pub(super) fn refund(body: &[u8]) -> Result<(), CallError> {
    #[derive(Deserialize)]
    struct RawRefund {
        id: String,
        #[serde(default)]
        status: Option<String>,
    }
    let raw: RawRefund = serde_json::from_slice(body)
        .map_err(|error| CallError::Away(format!("its answer is no refund: {error}")))?;
    match raw.status.as_deref() {
        Some(status @ ("failed" | "canceled" | "requires_action")) => {
            Err(CallError::Refused(format!("refund {} is {status}", raw.id)))
        }
        _ => Ok(()),
    }
}

/// Whether a refund was refused because the money is back already.
pub(super) fn is_refunded(body: &[u8]) -> bool {
    let error = serde_json::from_slice::<RawErrors>(body);
    error.is_ok_and(|it| it.error.code.as_deref() == Some("charge_already_refunded"))
}

/// What an answer that is no success means.
pub(super) fn failure(status: u16, body: &[u8]) -> CallError {
    let words = serde_json::from_slice::<RawErrors>(body).ok();
    let words = words.and_then(|it| it.error.message.or(it.error.code));
    let words: String = words.unwrap_or_default().chars().take(MAX_WORDS).collect();
    let text = format!("{status} {words}").trim_end().to_owned();
    match status {
        // Another request with this key is under way; too often; not now.
        409 | 424 | 425 | 429 | 500.. => CallError::Away(text),
        _ => CallError::Refused(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAID: &str = r#"{"id":"evt_1","object":"event","api_version":"2025-03-31","type":"checkout.session.completed",
        "data":{"object":{"id":"cs_1","object":"checkout.session","amount_total":9050,"currency":"eur",
        "client_reference_id":"01a3185c-5000-7000-8000-000700000009","payment_intent":"pi_1",
        "payment_status":"paid","status":"complete","url":null,"metadata":{"ringside_site":"https://t.example",
        "ringside_event":"018bcfe5-6800-7000-8000-000100000009",
        "ringside_payment":"01a3185c-5000-7000-8000-000700000009","more":"1"}}}}"#;

    fn read(text: &str) -> Session {
        match event(text.as_bytes()) {
            Ok(Notice::Session(session)) => session,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_paid_session_is_read_whole() {
        let session = read(PAID);
        assert_eq!(session.state, SessionState::Paid);
        assert_eq!(
            (session.id.as_str(), session.receipt.as_str()),
            ("cs_1", "pi_1")
        );
        assert_eq!((session.amount, session.currency.as_str()), (9050, "EUR"));
        let mark = session.mark.unwrap();
        assert_eq!(mark.site, "https://t.example");
        assert_eq!(
            mark.payment.to_string(),
            "01a3185c-5000-7000-8000-000700000009"
        );
    }

    #[test]
    fn what_is_said_of_money_counts() {
        for (kind, from, to, state) in [
            ("completed", "\"paid\"", "\"unpaid\"", SessionState::Pending),
            (
                "completed",
                "\"paid\"",
                "\"no_payment_required\"",
                SessionState::Paid,
            ),
            (
                "async_payment_succeeded",
                "\"paid\"",
                "\"unpaid\"",
                SessionState::Paid,
            ),
            (
                "async_payment_failed",
                "\"paid\"",
                "\"unpaid\"",
                SessionState::Dead,
            ),
            ("expired", "\"complete\"", "\"expired\"", SessionState::Dead),
        ] {
            let text = PAID.replace("session.completed", &format!("session.{kind}"));
            assert_eq!(read(&text.replace(from, to)).state, state, "{kind}");
        }
        let object = |status: &str, paid: &str| {
            let text = format!(r#"{{"id":"cs","status":"{status}","payment_status":"{paid}"}}"#);
            session(text.as_bytes()).unwrap().state
        };
        assert_eq!(object("open", "unpaid"), SessionState::Open);
        assert_eq!(object("complete", "unpaid"), SessionState::Pending);
        assert_eq!(object("complete", "paid"), SessionState::Paid);
        assert_eq!(object("expired", "unpaid"), SessionState::Dead);
    }

    #[test]
    fn objects_may_be_named_or_whole_and_marks_may_be_others() {
        let whole = PAID.replace(
            r#""payment_intent":"pi_1""#,
            r#""payment_intent":{"id":"pi_1","x":1}"#,
        );
        assert_eq!(read(&whole).receipt, "pi_1");
        assert_eq!(read(&PAID.replace("ringside_", "theirs_")).mark, None);
        assert_eq!(read(&PAID.replace("0007", "zzzz")).mark, None);
    }

    #[test]
    fn other_events_are_not_needed_and_no_events_unreadable() {
        let other = r#"{"id":"evt","type":"charge.updated","data":{"object":{}}}"#;
        assert_eq!(event(other.as_bytes()), Ok(Notice::Other));
        for text in [
            "",
            "{}",
            "[]",
            r#"{"type":"checkout.session.expired","data":{"object":{}}}"#,
        ] {
            assert_eq!(
                event(text.as_bytes()),
                Err(WebhookError::Unreadable),
                "{text}"
            );
        }
    }

    #[test]
    fn refusals_are_told_from_absences() {
        let body = br#"{"error":{"code":"amount_too_small","message":"At least 50 cents."}}"#;
        let refused = CallError::Refused("400 At least 50 cents.".to_owned());
        assert_eq!(failure(400, body), refused);
        assert_eq!(failure(401, b""), CallError::Refused("401".to_owned()));
        for status in [409, 429, 500, 502, 503] {
            assert!(matches!(failure(status, b"<html>"), CallError::Away(_)));
        }
        assert_eq!(refund(br#"{"id":"re_1","status":"pending"}"#), Ok(()));
        let failed = refund(br#"{"id":"re_1","status":"failed"}"#);
        assert_eq!(
            failed,
            Err(CallError::Refused("refund re_1 is failed".to_owned()))
        );
        assert!(matches!(refund(b"{}"), Err(CallError::Away(_))));
        assert!(is_refunded(
            br#"{"error":{"code":"charge_already_refunded"}}"#
        ));
        assert!(!is_refunded(body) && !is_refunded(b"x"));
    }
}
