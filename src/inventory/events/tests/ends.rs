//! How checkouts have ended, until somebody was told.

use super::shop::*;
use crate::inventory::Id;
use crate::inventory::events::*;

const NOTHING: EndCursor = (0, Id::nil());

fn bounds(untold_ends: usize) -> EventBounds {
    EventBounds {
        untold_ends,
        ..EventBounds::default()
    }
}

fn shop(untold_ends: usize) -> Shop {
    let mut shop = Shop::empty(bounds(untold_ends));
    let answer = shop.ask(EventOperation::Create(Box::new(concert())));
    assert!(matches!(answer, EventAnswer::Event(_)), "{answer:?}");
    shop
}

fn holder(shop: &mut Shop, seat: u32) -> Id {
    let checkout = shop.come();
    assert!(refusal(&shop.hold_seats(checkout, &[seat])).is_none());
    checkout
}

fn ends(shop: &mut Shop, after: EndCursor, most: usize) -> CheckoutEnds {
    shop.now += 1;
    match shop.ask(EventOperation::ListEnds { after, most }) {
        EventAnswer::Ends(ends) => ends,
        other => panic!("{other:?}"),
    }
}

fn named_ends(found: &CheckoutEnds) -> Vec<(Id, HowEnded, Vec<u32>)> {
    let ends = found.ends.iter();
    ends.map(|it| (it.checkout, it.how, it.seats.clone()))
        .collect()
}

fn cursor(end: &CheckoutEnd) -> EndCursor {
    (end.at, end.checkout)
}

/// Another life: by way of a snapshot, or of the whole journal.
fn another_life(shop: &mut Shop, untold_ends: usize, by_snapshot: bool) {
    let mut again = Events::new(bounds(untold_ends), 9);
    if by_snapshot {
        shop.events.snapshot(&mut |change| {
            assert_eq!(movements(&change), Vec::new(), "{change:?}");
            again.replay(&through_bytes(&change)).unwrap();
            let is_end = matches!(change, EventChange::EndKept { .. });
            if is_end && untold_ends > 0 {
                assert!(again.replay(&change).is_err(), "{change:?} twice");
            }
        });
    } else {
        for change in &shop.journal {
            again.replay(&through_bytes(change)).unwrap();
        }
    }
    shop.events = again;
}

#[test]
fn what_was_not_told_survives_snapshots_and_what_was_told_is_forgotten() {
    for by_snapshot in [true, false] {
        let mut shop = shop(10);
        let leaver = holder(&mut shop, 0);
        shop.leave(leaver);
        shop.pass(1);
        let buyer = holder(&mut shop, 1);
        shop.complete(buyer);
        let slow = holder(&mut shop, 2);
        shop.pass(601);
        shop.expire();
        let empty = shop.come();
        shop.leave(empty);

        another_life(&mut shop, 10, by_snapshot);
        let all = ends(&mut shop, NOTHING, 99);
        let [left, booked, expired] = &named_ends(&all)[..] else {
            panic!("{all:?}");
        };
        assert_eq!(left, &(leaver, HowEnded::Released, vec![0]));
        assert_eq!((booked.0, &booked.2), (buyer, &vec![1]));
        assert_eq!(expired, &(slow, HowEnded::Expired, vec![2]));
        assert_eq!((all.before, all.dropped), (shop.now, 0));

        // Asked behind the first: it was told, and that is on record.
        let recorded = shop.journal.len();
        let rest = ends(&mut shop, cursor(&all.ends[0]), 99);
        assert_eq!(named_ends(&rest)[..], named_ends(&all)[1..]);
        assert_eq!(shop.journal.len(), recorded + 1);
        another_life(&mut shop, 10, by_snapshot);
        let again = ends(&mut shop, NOTHING, 99);
        assert_eq!(named_ends(&again)[..], named_ends(&all)[1..]);
        let none = ends(&mut shop, cursor(&all.ends[2]), 99);
        assert_eq!(none.ends, []);
        let recorded = shop.journal.len();
        let now = shop.now;
        assert_eq!(ends(&mut shop, (now, Id::nil()), 99).ends, []);
        assert_eq!(shop.journal.len(), recorded, "nothing new was told");
    }
}

#[test]
fn of_too_many_the_oldest_are_dropped_and_it_is_said() {
    let mut shop = shop(2);
    let leavers: Vec<Id> = (0..3)
        .map(|seat| {
            let leaver = holder(&mut shop, seat);
            shop.leave(leaver);
            shop.pass(1);
            leaver
        })
        .collect();
    let found = ends(&mut shop, NOTHING, 99);
    let ids: Vec<Id> = found.ends.iter().map(|it| it.checkout).collect();
    assert_eq!((ids.as_slice(), found.dropped), (&leavers[1..], 1));
    assert_eq!(ends(&mut shop, NOTHING, 99).dropped, 0, "it was said");
    another_life(&mut shop, 0, true);
    assert_eq!(
        ends(&mut shop, NOTHING, 99).ends,
        [],
        "nobody is told, nothing is kept"
    );
}

#[test]
fn a_checkout_that_expires_and_is_booked_in_one_moment_is_told_as_both() {
    let mut shop = shop(10);
    let buyer = holder(&mut shop, 0);
    let (event, payment) = (event(), shop.new_id());
    let begun = shop.ask(EventOperation::BeginPayment {
        event,
        checkout: buyer,
        payment,
        provider: "hosted".into(),
        buyer: ada(),
        seconds: 700,
    });
    assert!(matches!(begun, EventAnswer::Payment(_)), "{begun:?}");
    shop.pass(701);
    let reference = shop.reference();
    let receipt = "pi_1".to_owned();
    shop.ask(EventOperation::SettlePayment {
        event,
        payment,
        outcome: PaymentOutcome::Paid { reference, receipt },
    });
    let found = ends(&mut shop, NOTHING, 1);
    let how: Vec<HowEnded> = found.ends.iter().map(|it| it.how).collect();
    assert_eq!(how, [HowEnded::Expired, HowEnded::Booked(reference)]);
    assert_eq!(cursor(&found.ends[0]), cursor(&found.ends[1]));
    assert_eq!(ends(&mut shop, cursor(&found.ends[1]), 1).ends, []);
}

#[test]
fn batches_come_in_order_and_leave_nothing_out() {
    let mut shop = shop(100);
    let mut expected = Vec::new();
    for seat in 0..8 {
        let checkout = holder(&mut shop, seat);
        if seat % 3 == 0 {
            shop.complete(checkout);
        } else {
            shop.leave(checkout);
        }
        // Two end in each moment.
        shop.now += u64::from(seat % 2);
        expected.push(checkout);
    }
    let (mut told, mut after) = (Vec::new(), NOTHING);
    loop {
        let batch = ends(&mut shop, after, 2);
        let Some(last) = batch.ends.last() else {
            break;
        };
        after = cursor(last);
        told.extend(batch.ends.iter().map(|it| it.checkout));
    }
    assert_eq!(told, expected);
}
