//! Paying in one step: the same as beginning and settling.

use super::shop::*;
use crate::inventory::Id;
use crate::inventory::events::*;

fn paying(checkout: Id, payment: Id, reference: Reference, most: u64) -> EventOperation {
    EventOperation::PayAtOnce {
        event: event(),
        checkout,
        payment,
        provider: "test/ok".into(),
        buyer: ada(),
        most,
        reference,
        receipt: format!("test-{payment}"),
    }
}

fn pay(shop: &mut Shop, checkout: Id) -> EventAnswer {
    let (payment, reference) = (shop.new_id(), shop.reference());
    shop.ask(paying(checkout, payment, reference, u64::MAX))
}

/// The two steps, and what the checkout is then.
fn pay_in_two(shop: &mut Shop, checkout: Id, receipt: bool) -> EventAnswer {
    let (event, payment, reference) = (event(), shop.new_id(), shop.reference());
    let begun = shop.ask(EventOperation::BeginPayment {
        event,
        checkout,
        payment,
        provider: "test/ok".into(),
        buyer: ada(),
        seconds: u32::MAX,
    });
    if refusal(&begun).is_some() {
        return begun;
    }
    let receipt = receipt.then(|| format!("test-{payment}"));
    let outcome = PaymentOutcome::Paid {
        reference,
        receipt: receipt.unwrap_or_default(),
    };
    let settled = shop.ask(EventOperation::SettlePayment {
        event,
        payment,
        outcome,
    });
    assert!(matches!(settled, EventAnswer::Payment(_)), "{settled:?}");
    shop.ask(EventOperation::FindCheckout { event, checkout })
}

/// An event in which standing costs nothing, and one may be inside.
fn half_free() -> NewEvent {
    let mut new = concert();
    new.general[0].price = 0;
    new.room.max_active = 1;
    new
}

fn standing(quantity: u32) -> Wanted {
    Wanted::General {
        option: option(),
        quantity,
    }
}

#[test]
fn one_step_decides_the_same_changes_as_two() {
    for wanted in [Wanted::Seats(vec![0, 1]), standing(2)] {
        let is_free = matches!(wanted, Wanted::General { .. });
        let lives = [true, false].map(|is_one| {
            let mut shop = Shop::with(half_free());
            let (buyer, _next) = (shop.come(), shop.come());
            shop.hold(buyer, wanted.clone());
            let before = shop.journal.len();
            let answer = if is_one {
                pay(&mut shop, buyer)
            } else {
                pay_in_two(&mut shop, buyer, !is_free)
            };
            let EventAnswer::Checkout(view) = &answer else {
                panic!("{answer:?}");
            };
            assert!(matches!(view.state, CheckoutState::Completed(_)));
            assert_eq!(
                state(&replayed(&shop.journal)),
                state(&shop.events),
                "the journal tells it all"
            );
            (answer, shop.journal.split_off(before), state(&shop.events))
        });
        let [one, two] = lives;
        assert_eq!(one, two);
        assert_eq!(one.1.len(), 3, "begun, booked, the next is in: {:?}", one.1);
    }
}

#[test]
fn it_is_refused_as_beginning_is() {
    let lives = [true, false].map(|is_one| {
        let mut shop = Shop::with(half_free());
        let pay = |shop: &mut Shop, checkout| {
            let before = shop.journal.len();
            let answer = if is_one {
                pay(shop, checkout)
            } else {
                pay_in_two(shop, checkout, true)
            };
            let refused = refusal(&answer).cloned();
            assert!(refused.is_some(), "{answer:?}");
            assert_eq!(shop.journal.len(), before, "{refused:?} changes nothing");
            refused
        };
        let (buyer, queued) = (shop.come(), shop.come());
        let stranger = shop.new_id();
        let mut all = vec![
            pay(&mut shop, stranger),
            pay(&mut shop, queued),
            pay(&mut shop, buyer),
        ];
        shop.hold_seats(buyer, &[0]);
        for _ in 0..5 {
            let (event, payment) = (event(), shop.new_id());
            shop.ask(EventOperation::BeginPayment {
                event,
                checkout: buyer,
                payment,
                provider: "hosted".into(),
                buyer: ada(),
                seconds: 100,
            });
            all.push(pay(&mut shop, buyer));
            shop.ask(EventOperation::SettlePayment {
                event,
                payment,
                outcome: PaymentOutcome::Failed,
            });
        }
        all.push(pay(&mut shop, buyer));
        shop.leave(buyer);
        all.push(pay(&mut shop, buyer));
        all
    });
    assert_eq!(lives[0], lives[1]);
    let last = lives[0].iter().rev().take(2).flatten();
    assert_eq!(
        last.collect::<Vec<_>>(),
        [&EventRefusal::CheckoutOver, &EventRefusal::TooManyPayments]
    );
}

#[test]
fn what_costs_more_than_is_paid_is_refused() {
    let mut shop = Shop::with(half_free());
    let buyer = shop.come();
    shop.hold(buyer, standing(2));
    shop.hold_seats(buyer, &[0]);
    let (payment, reference) = (shop.new_id(), shop.reference());
    for (most, is_enough) in [(0, false), (4_999, false), (5_000, true)] {
        let before = shop.journal.len();
        let answer = shop.ask(paying(buyer, payment, reference, most));
        let refused = refusal(&answer);
        assert_eq!(refused.is_none(), is_enough, "{answer:?}");
        assert!(is_enough || refused == Some(&EventRefusal::Unpaid));
        assert_eq!(shop.journal.len() > before, is_enough);
    }
}

#[test]
fn without_a_reference_or_room_nothing_is_begun() {
    let bounds = EventBounds {
        bookings: 2,
        ..EventBounds::default()
    };
    let mut shop = Shop::empty(bounds);
    shop.ask(EventOperation::Create(Box::new(concert())));
    let buyers: Vec<Id> = (0..3)
        .map(|seat| {
            let buyer = shop.come();
            shop.hold_seats(buyer, &[seat]);
            buyer
        })
        .collect();
    let (reference, other) = (shop.reference(), shop.reference());
    let (first, second) = (shop.new_id(), shop.new_id());
    let done = shop.ask(paying(buyers[0], first, reference, u64::MAX));
    let before = shop.journal.len();
    let taken = shop.ask(paying(buyers[1], second, reference, u64::MAX));
    assert_eq!(refusal(&taken), Some(&EventRefusal::ReferenceTaken));
    let known = shop.ask(paying(buyers[1], first, other, u64::MAX));
    assert_eq!(refusal(&known), Some(&EventRefusal::IdTaken));
    let again = shop.ask(paying(buyers[0], first, other, u64::MAX));
    assert_eq!(again, done, "doing it again is doing it once");
    assert_eq!(shop.journal.len(), before);
    let another = shop.ask(paying(buyers[1], second, other, u64::MAX));
    assert_eq!(refusal(&another), None);
    let before = shop.journal.len();
    let full = Some(EventRefusal::Full(EventKind::Booking));
    assert_eq!(refusal(&pay(&mut shop, buyers[2])), full.as_ref());
    assert_eq!(shop.journal.len(), before, "nothing is owed");
}
