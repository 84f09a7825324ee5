//! What a provider's word about a session means for a payment.

use super::provider::{Refund, Session, SessionState};
use crate::inventory::events::{PaymentState, PaymentView};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is another server's session, or nothing new.
    Nothing,
    /// Wait: the buyer has not paid yet, or the money is on its way.
    Wait,
    /// The money is there, and right: book, or owe it.
    Book {
        /// How the provider calls the money.
        receipt: String,
    },
    /// No money will come.
    Fail,
    /// There is money that can never be right: pay it back, now. Nobody else
    /// will remember to.
    PayBack(Refund),
}

/// Decides about a session. `known` is the payment that its mark names;
/// `None`: there is none. `site` is this server's public address.
pub fn decide(session: &Session, known: Option<&PaymentView>, provider: &str, site: &str) -> Step {
    if session.mark.as_ref().is_none_or(|mark| mark.site != site) {
        return Step::Nothing;
    }
    match session.state {
        SessionState::Open | SessionState::Pending => Step::Wait,
        SessionState::Dead => known.map_or(Step::Nothing, |_| Step::Fail),
        SessionState::Paid => {
            let is_right = known.is_some_and(|payment| {
                payment.provider == provider
                    && payment.amount == session.amount
                    && payment.currency == session.currency
                    && (!has_money(payment.state) || payment.receipt == session.receipt)
            });
            if is_right {
                let receipt = session.receipt.clone();
                Step::Book { receipt }
            } else {
                Step::PayBack(Refund {
                    receipt: session.receipt.clone(),
                    key: session.id.clone(),
                })
            }
        }
    }
}

/// Pays back what a payment owes.
pub(super) fn refund(owed: &PaymentView) -> Refund {
    Refund {
        receipt: owed.receipt.clone(),
        key: owed.id.to_string(),
    }
}

fn has_money(state: PaymentState) -> bool {
    match state {
        PaymentState::Booked(_) | PaymentState::Owed | PaymentState::Refunded => true,
        PaymentState::Open | PaymentState::Failed | PaymentState::Expired => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Id;
    use crate::payment::provider::Mark;

    const SITE: &str = "https://t.example";

    fn session(state: SessionState) -> Session {
        Session {
            id: "cs_1".to_owned(),
            url: String::new(),
            state,
            receipt: "pi_1".to_owned(),
            amount: 9050,
            currency: "EUR".to_owned(),
            mark: Some(Mark {
                site: SITE.to_owned(),
                event: Id::from_u128(1),
                payment: Id::from_u128(2),
            }),
        }
    }

    fn payment(state: PaymentState, receipt: &str) -> PaymentView {
        PaymentView {
            id: Id::from_u128(2),
            event: Id::from_u128(1),
            checkout: Id::from_u128(3),
            provider: "hosted".to_owned(),
            amount: 9050,
            currency: "EUR".to_owned(),
            until: 0,
            receipt: receipt.to_owned(),
            state,
        }
    }

    fn of(session: &Session, known: Option<&PaymentView>) -> Step {
        decide(session, known, "hosted", SITE)
    }

    fn back() -> Step {
        Step::PayBack(Refund {
            receipt: "pi_1".to_owned(),
            key: "cs_1".to_owned(),
        })
    }

    fn book() -> Step {
        Step::Book {
            receipt: "pi_1".to_owned(),
        }
    }

    #[test]
    fn right_money_is_booked_whatever_was_said_before() {
        let paid = session(SessionState::Paid);
        for state in [
            PaymentState::Open,
            PaymentState::Failed,
            PaymentState::Expired,
        ] {
            assert_eq!(of(&paid, Some(&payment(state, ""))), book());
        }
        // Said again: the core answers the same.
        for state in [PaymentState::Owed, PaymentState::Refunded] {
            assert_eq!(of(&paid, Some(&payment(state, "pi_1"))), book());
        }
    }

    #[test]
    fn money_that_cannot_be_right_goes_back() {
        let paid = session(SessionState::Paid);
        assert_eq!(of(&paid, None), back(), "an unknown payment");
        let open = payment(PaymentState::Open, "");
        let less = Session {
            amount: 1,
            ..paid.clone()
        };
        let other = Session {
            currency: "USD".to_owned(),
            ..paid.clone()
        };
        let theirs = PaymentView {
            provider: "test".to_owned(),
            ..open.clone()
        };
        assert_eq!(of(&less, Some(&open)), back());
        assert_eq!(of(&other, Some(&open)), back());
        assert_eq!(of(&paid, Some(&theirs)), back());
        let twice = payment(PaymentState::Owed, "pi_0");
        assert_eq!(of(&paid, Some(&twice)), back(), "paid twice");
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let mut paid = session(SessionState::Paid);
        assert_eq!(
            decide(&paid, None, "hosted", "https://other.example"),
            Step::Nothing
        );
        paid.mark = None;
        assert_eq!(of(&paid, None), Step::Nothing);
    }

    #[test]
    fn no_money_fails_or_waits() {
        let open = payment(PaymentState::Open, "");
        for (state, step) in [
            (SessionState::Open, Step::Wait),
            (SessionState::Pending, Step::Wait),
            (SessionState::Dead, Step::Fail),
        ] {
            assert_eq!(of(&session(state), Some(&open)), step);
        }
        assert_eq!(of(&session(SessionState::Dead), None), Step::Nothing);
    }
}
