//! Payments: in time, late, twice, in the wrong order.

use super::shop::*;
use crate::inventory::Id;
use crate::inventory::events::*;

fn begin(shop: &mut Shop, checkout: Id, seconds: u32) -> (Id, EventAnswer) {
    let payment = shop.new_id();
    let answer = shop.ask(EventOperation::BeginPayment {
        event: event(),
        checkout,
        payment,
        provider: "hosted".into(),
        buyer: ada(),
        seconds,
    });
    (payment, answer)
}

fn begun(shop: &mut Shop, checkout: Id, seconds: u32) -> Id {
    let (payment, answer) = begin(shop, checkout, seconds);
    assert!(matches!(answer, EventAnswer::Payment(_)), "{answer:?}");
    payment
}

fn settle(shop: &mut Shop, payment: Id, outcome: PaymentOutcome) -> PaymentState {
    let event = event();
    let answer = shop.ask(EventOperation::SettlePayment {
        event,
        payment,
        outcome,
    });
    match answer {
        EventAnswer::Payment(view) => view.state,
        other => panic!("{other:?}"),
    }
}

fn paid(shop: &mut Shop, payment: Id) -> PaymentState {
    let reference = shop.reference();
    let receipt = "pi_1".to_owned();
    settle(shop, payment, PaymentOutcome::Paid { reference, receipt })
}

fn holder(shop: &mut Shop, seats: &[u32]) -> Id {
    let checkout = shop.come();
    assert!(refusal(&shop.hold_seats(checkout, seats)).is_none());
    checkout
}

#[test]
fn paying_keeps_the_holds_until_its_own_end() {
    let mut shop = Shop::with(concert());
    let buyer = holder(&mut shop, &[0, 1]);
    shop.pass(590);
    let payment = begun(&mut shop, buyer, 60);
    assert_eq!(
        refusal(&shop.hold_seats(buyer, &[2])),
        Some(&EventRefusal::Paying)
    );
    let (_, second) = begin(&mut shop, buyer, 60);
    assert_eq!(refusal(&second), Some(&EventRefusal::Paying));
    shop.pass(59);
    assert!(matches!(
        shop.look(buyer).state,
        CheckoutState::Paying { .. }
    ));
    let PaymentState::Booked(reference) = paid(&mut shop, payment) else {
        panic!("in time");
    };
    assert_eq!(shop.look(buyer).state, CheckoutState::Completed(reference));
    assert_eq!(
        paid(&mut shop, payment),
        PaymentState::Booked(reference),
        "said twice"
    );
    let failed = settle(&mut shop, payment, PaymentOutcome::Failed);
    assert_eq!(failed, PaymentState::Booked(reference), "said too late");
    assert_eq!(shop.map(), "ss.. .... ...");
}

#[test]
fn a_declined_payment_leaves_time_for_another() {
    let mut shop = Shop::with(concert());
    let buyer = holder(&mut shop, &[0]);
    shop.pass(595);
    let payment = begun(&mut shop, buyer, 900);
    shop.pass(100);
    assert_eq!(
        settle(&mut shop, payment, PaymentOutcome::Failed),
        PaymentState::Failed
    );
    let expires_at = shop.now + 60 * SECOND;
    let open = CheckoutState::Admitted {
        expires_at,
        may_extend: true,
    };
    assert_eq!(shop.look(buyer).state, open);
    for _ in 0..4 {
        let payment = begun(&mut shop, buyer, 900);
        settle(&mut shop, payment, PaymentOutcome::Failed);
    }
    let (_, sixth) = begin(&mut shop, buyer, 900);
    assert_eq!(refusal(&sixth), Some(&EventRefusal::TooManyPayments));
    assert!(
        matches!(paid(&mut shop, payment), PaymentState::Booked(_)),
        "money counts"
    );
}

#[test]
fn a_payment_that_takes_too_long_ends_with_its_checkout() {
    let mut shop = Shop::with(concert());
    let buyer = holder(&mut shop, &[0, 1]);
    let short = begun(&mut shop, buyer, 60);
    shop.pass(60);
    assert!(matches!(
        shop.look(buyer).state,
        CheckoutState::Admitted { .. }
    ));
    let event = event();
    let find = EventOperation::FindPayment {
        event,
        payment: short,
    };
    let EventAnswer::Payment(view) = shop.ask(find) else {
        panic!("it is known");
    };
    assert_eq!((view.state, view.amount), (PaymentState::Expired, 10_000));
    let long = begun(&mut shop, buyer, 100_000);
    shop.pass(15 * 60);
    assert_eq!(
        shop.look(buyer).state,
        CheckoutState::Ended(EndReason::Expired)
    );
    assert_eq!(shop.map(), ".... .... ...");
    let (_, answer) = begin(&mut shop, buyer, 60);
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::CheckoutOver),
        "no money is asked"
    );
    assert!(
        matches!(paid(&mut shop, long), PaymentState::Booked(_)),
        "still free"
    );
    assert_eq!(shop.map(), "ss.. .... ...");
    assert_eq!(
        paid(&mut shop, short),
        PaymentState::Owed,
        "it was booked with the other"
    );
    assert_eq!(state(&replayed(&shop.journal)), state(&shop.events));
    assert_eq!(state(&restored(&shop.events)), state(&shop.events));
}

#[test]
fn money_for_what_is_gone_is_owed_until_it_is_paid_back() {
    let mut shop = Shop::with(concert());
    let buyer = holder(&mut shop, &[0, 1]);
    let payment = begun(&mut shop, buyer, 60);
    shop.leave(buyer);
    let _other = holder(&mut shop, &[1]);
    assert_eq!(paid(&mut shop, payment), PaymentState::Owed);
    assert_eq!(shop.map(), ".h.. .... ...", "no half basket");
    let EventAnswer::Owed(owed) = shop.ask(EventOperation::ListOwed(10)) else {
        panic!("a list");
    };
    assert_eq!(
        (owed.len(), owed[0].id, owed[0].receipt.as_str()),
        (1, payment, "pi_1")
    );
    assert_eq!(shop.events.totals().owed, 1);
    let mut again = restored(&shop.events);
    let EventAnswer::Owed(still) =
        again.operate(shop.now, EventOperation::ListOwed(10), &mut |_| {})
    else {
        panic!("a list");
    };
    assert_eq!(still, owed, "a restart forgets no money");
    let event = event();
    for _ in 0..2 {
        let answer = shop.ask(EventOperation::MarkRefunded { event, payment });
        let EventAnswer::Payment(view) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(view.state, PaymentState::Refunded);
    }
    assert_eq!(
        (shop.events.totals().owed, paid(&mut shop, payment)),
        (0, PaymentState::Refunded)
    );
}

#[test]
fn money_for_another_basket_is_owed() {
    let mut shop = Shop::with(concert());
    let buyer = holder(&mut shop, &[0]);
    let payment = begun(&mut shop, buyer, 60);
    settle(&mut shop, payment, PaymentOutcome::Failed);
    shop.hold_seats(buyer, &[1]);
    assert_eq!(paid(&mut shop, payment), PaymentState::Owed);
    assert_eq!(shop.look(buyer).seats, [0, 1], "the buyer may go on");
    let answer = shop.ask(EventOperation::MarkRefunded {
        event: event(),
        payment: option(),
    });
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotFound(EventKind::Payment))
    );
}

#[test]
fn beginning_again_is_beginning_once() {
    let mut shop = Shop::with(concert());
    let buyer = holder(&mut shop, &[0]);
    let payment = begun(&mut shop, buyer, 60);
    let before = shop.journal.len();
    let again = |provider: &str| EventOperation::BeginPayment {
        event: event(),
        checkout: buyer,
        payment,
        provider: provider.into(),
        buyer: ada(),
        seconds: 60,
    };
    assert!(matches!(shop.ask(again("hosted")), EventAnswer::Payment(_)));
    assert_eq!(shop.journal.len(), before);
    assert_eq!(
        refusal(&shop.ask(again("test"))),
        Some(&EventRefusal::IdTaken)
    );
}

#[test]
fn payments_without_money_make_room_and_others_do_not() {
    let bounds = EventBounds {
        payments: 1,
        ..EventBounds::default()
    };
    let mut shop = Shop::empty(bounds);
    let _ = shop.ask(EventOperation::Create(Box::new(concert())));
    let (one, other) = (holder(&mut shop, &[0]), holder(&mut shop, &[1]));
    let first = begun(&mut shop, one, 60);
    let (_, answer) = begin(&mut shop, other, 60);
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::Full(EventKind::Payment))
    );
    settle(&mut shop, first, PaymentOutcome::Failed);
    let second = begun(&mut shop, other, 60);
    let event = event();
    let answer = shop.ask(EventOperation::FindPayment {
        event,
        payment: first,
    });
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::NotFound(EventKind::Payment))
    );
    assert!(matches!(paid(&mut shop, second), PaymentState::Booked(_)));
    let (_, answer) = begin(&mut shop, one, 60);
    assert_eq!(
        refusal(&answer),
        Some(&EventRefusal::Full(EventKind::Payment))
    );
}

#[test]
fn a_taken_reference_loses_no_money() {
    let mut shop = Shop::with(concert());
    let (one, other) = (holder(&mut shop, &[0]), holder(&mut shop, &[1]));
    shop.complete(one);
    let CheckoutState::Completed(reference) = shop.look(one).state else {
        panic!("it was booked");
    };
    let payment = begun(&mut shop, other, 60);
    let outcome = PaymentOutcome::Paid {
        reference,
        receipt: "x".repeat(1000),
    };
    let event = event();
    let answer = shop.ask(EventOperation::SettlePayment {
        event,
        payment,
        outcome,
    });
    assert_eq!(refusal(&answer), Some(&EventRefusal::ReferenceTaken));
    assert!(matches!(paid(&mut shop, payment), PaymentState::Booked(_)));
}
