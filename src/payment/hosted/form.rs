//! What is sent to the provider: paths, forms and idempotency keys.

use form_urlencoded::Serializer;

use crate::inventory::Micros;
use crate::inventory::id;
use crate::payment::provider::{Order, Refund};

/// The provider takes no session that ends sooner after its opening; with a
/// minute for clocks that differ.
const LEAST_SESSION_SECONDS: u64 = 31 * 60;

/// The longest text that a session is called by.
const MAX_DESCRIPTION_CHARS: usize = 200;

/// One request to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) path: String,
    pub(super) form: String,
    pub(super) key: Option<String>,
}

/// Opens a session. The same order always makes the same request: providers
/// insist on it for requests with the same key.
pub(super) fn open(order: &Order, site: &str) -> Call {
    let description: String = order
        .description
        .chars()
        .take(MAX_DESCRIPTION_CHARS)
        .collect();
    let (payment, event) = (order.payment.to_string(), order.event.to_string());
    let mut form = Serializer::new(String::new());
    form.append_pair("mode", "payment")
        .append_pair("client_reference_id", &payment)
        .append_pair("success_url", &order.success_url)
        .append_pair("cancel_url", &order.cancel_url)
        .append_pair("expires_at", &expires_at(order).to_string())
        .append_pair("line_items[0][quantity]", "1")
        .append_pair(
            "line_items[0][price_data][currency]",
            &order.currency.to_ascii_lowercase(),
        )
        .append_pair(
            "line_items[0][price_data][unit_amount]",
            &order.amount.to_string(),
        )
        .append_pair(
            "line_items[0][price_data][product_data][name]",
            &description,
        )
        .append_pair("metadata[ringside_site]", site)
        .append_pair("metadata[ringside_event]", &event)
        .append_pair("metadata[ringside_payment]", &payment)
        .append_pair("payment_intent_data[metadata][ringside_payment]", &payment);
    Call {
        path: "/v1/checkout/sessions".to_owned(),
        form: form.finish(),
        key: Some(format!("ringside-open-{payment}")),
    }
}

/// Looks at a session.
pub(super) fn find(session: &str) -> String {
    format!("/v1/checkout/sessions/{}", path_part(session))
}

/// Closes a session.
pub(super) fn close(session: &str) -> Call {
    Call {
        path: format!("/v1/checkout/sessions/{}/expire", path_part(session)),
        form: String::new(),
        key: None,
    }
}

/// Pays money back.
pub(super) fn refund(refund: &Refund) -> Call {
    let mut form = Serializer::new(String::new());
    form.append_pair("payment_intent", &refund.receipt)
        .append_pair("reason", "requested_by_customer");
    Call {
        path: "/v1/refunds".to_owned(),
        form: form.finish(),
        key: Some(format!("ringside-refund-{}", refund.key)),
    }
}

/// When the provider closes the session by itself, in seconds since 1970: as
/// soon as it may, but not before the order's end.
fn expires_at(order: &Order) -> u64 {
    let (begun, _) = id::parts(order.payment);
    seconds(order.until).max(begun / 1000 + LEAST_SESSION_SECONDS)
}

fn seconds(micros: Micros) -> u64 {
    micros.div_ceil(1_000_000)
}

/// The provider's own names are letters, digits and underscores; nothing else
/// gets into a path.
fn path_part(session: &str) -> String {
    form_urlencoded::byte_serialize(session.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        let payment = id::make(1_800_000_000_000, 7, 9);
        Order {
            payment,
            event: id::make(1_700_000_000_000, 1, 9),
            amount: 9_050,
            currency: "EUR".to_owned(),
            description: "Zoë & Friends".to_owned(),
            success_url: "https://t.example/e/1?payment=done".to_owned(),
            cancel_url: "https://t.example/e/1?payment=cancelled".to_owned(),
            until: 1_800_000_900_000_001,
        }
    }

    #[test]
    fn a_session_is_opened_so() {
        let call = open(&order(), "https://t.example");
        assert_eq!(call.path, "/v1/checkout/sessions");
        let payment = order().payment.to_string();
        assert_eq!(call.key, Some(format!("ringside-open-{payment}")));
        let expected = [
            "mode=payment",
            "client_reference_id=01a3185c-5000-7000-8000-000700000009",
            "success_url=https%3A%2F%2Ft.example%2Fe%2F1%3Fpayment%3Ddone",
            "cancel_url=https%3A%2F%2Ft.example%2Fe%2F1%3Fpayment%3Dcancelled",
            "expires_at=1800001860",
            "line_items%5B0%5D%5Bquantity%5D=1",
            "line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=eur",
            "line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=9050",
            "line_items%5B0%5D%5Bprice_data%5D%5Bproduct_data%5D%5Bname%5D=Zo%C3%AB+%26+Friends",
            "metadata%5Bringside_site%5D=https%3A%2F%2Ft.example",
            "metadata%5Bringside_event%5D=018bcfe5-6800-7000-8000-000100000009",
            "metadata%5Bringside_payment%5D=01a3185c-5000-7000-8000-000700000009",
            "payment_intent_data%5Bmetadata%5D%5Bringside_payment%5D=01a3185c-5000-7000-8000-000700000009",
        ];
        assert_eq!(call.form, expected.join("&"));
    }

    #[test]
    fn a_session_lasts_as_long_as_the_payment_but_not_less_than_it_may() {
        let long = Order {
            until: 1_800_003_600_000_000,
            ..order()
        };
        assert_eq!(expires_at(&long), 1_800_003_600);
        assert_eq!(expires_at(&order()), 1_800_000_000 + 31 * 60);
    }

    #[test]
    fn money_goes_back_so() {
        let call = refund(&Refund {
            receipt: "pi_1".to_owned(),
            key: "x".to_owned(),
        });
        assert_eq!(call.path, "/v1/refunds");
        assert_eq!(
            call.form,
            "payment_intent=pi_1&reason=requested_by_customer"
        );
        assert_eq!(call.key.as_deref(), Some("ringside-refund-x"));
    }

    #[test]
    fn names_do_not_lead_elsewhere() {
        assert_eq!(find("cs_test_1"), "/v1/checkout/sessions/cs_test_1");
        assert_eq!(
            find("../refunds?a"),
            "/v1/checkout/sessions/..%2Frefunds%3Fa"
        );
        assert_eq!(close("a/b").path, "/v1/checkout/sessions/a%2Fb/expire");
    }
}
