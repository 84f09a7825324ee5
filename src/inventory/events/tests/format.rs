//! What is pinned of the data format: the numbers of the variants. Those of a
//! journal stay what they are for ever.

use super::shop::*;
use crate::inventory::events::*;

fn booking() -> Box<NewBooking> {
    Box::new(NewBooking {
        reference: Reference::from_number(0),
        checkout: option(),
        buyer: ada(),
        payment: None,
        receipt: String::new(),
        lots: Vec::new(),
    })
}

fn payment() -> Box<KeptPayment> {
    Box::new(KeptPayment {
        id: option(),
        checkout: option(),
        provider: String::new(),
        buyer: ada(),
        until: 0,
        receipt: String::new(),
        state: PaymentState::Open,
        lots: Vec::new(),
    })
}

fn in_order() -> Vec<EventChange> {
    let mut journal = Shop::with(concert()).journal;
    let (event, checkout, payment_id, at) = (event(), option(), option(), 0);
    let (room, lots, receipt) = (RoomKnobs::default(), Vec::new(), String::new());
    let buyer = ada();
    journal.extend([
        EventChange::DoorsOpened { event, at },
        EventChange::RoomSet { event, at, room },
        EventChange::Joined {
            event,
            at,
            checkout,
        },
        EventChange::Admitted {
            event,
            at,
            checkouts: vec![checkout],
        },
        EventChange::Extended {
            event,
            at,
            checkout,
        },
        EventChange::Held {
            event,
            at,
            checkout,
            lots: lots.clone(),
        },
        EventChange::Released {
            event,
            at,
            checkout,
            lots: lots.clone(),
        },
        EventChange::Ended {
            event,
            at,
            checkout,
            reason: EndReason::Absent,
            lots,
        },
        EventChange::PaymentBegun {
            event,
            at,
            checkout,
            payment: payment_id,
            provider: receipt.clone(),
            buyer,
            until: 0,
        },
        EventChange::PaymentEnded {
            event,
            at,
            payment: payment_id,
            expired: true,
            deadline: 0,
        },
        EventChange::Owed {
            event,
            at,
            payment: payment_id,
            receipt,
        },
        EventChange::Refunded {
            event,
            at,
            payment: payment_id,
        },
        EventChange::Booked {
            event,
            at,
            booking: booking(),
            late: true,
        },
    ]);
    journal.extend(of_snapshots());
    journal
}

fn of_snapshots() -> [EventChange; 4] {
    let (event, checkout, at, room) = (event(), option(), 0, RoomKnobs::default());
    [
        EventChange::Kept {
            event,
            version: 0,
            room,
            doors_open: true,
            next_slot: 0,
        },
        EventChange::CheckoutKept {
            event,
            checkout,
            at,
            deadline: None,
            extended: false,
            payments: 0,
            lots: Vec::new(),
        },
        EventChange::PaymentKept {
            event,
            payment: payment(),
        },
        EventChange::BookingKept {
            event,
            at,
            booking: booking(),
        },
    ]
}

fn since() -> [EventChange; 3] {
    let (event, payment, checkout, at) = (event(), option(), option(), 0);
    [
        EventChange::PaymentForgotten { event, payment },
        EventChange::EndKept {
            event,
            at,
            checkout,
            reason: EndReason::Left,
            lots: Vec::new(),
        },
        EventChange::EndsTold {
            event,
            at,
            checkout,
        },
    ]
}

#[test]
fn variants_keep_their_numbers() {
    let mut all = in_order();
    all.extend(since());
    for (change, number) in all.iter().zip(0..) {
        through_bytes(change);
        let bytes = postcard::to_stdvec(change).unwrap();
        assert_eq!(bytes[0], number, "{change:?}");
        assert_eq!(change.event(), event());
    }
    assert_eq!(all.len(), 23, "a new variant is pinned here");
}

#[test]
fn the_bytes_of_a_hold_are_pinned() {
    let mut shop = Shop::with(concert());
    let buyer = shop.come();
    shop.hold_seats(buyer, &[1, 8]);
    let bytes = postcard::to_stdvec(shop.journal.last().unwrap()).unwrap();
    let mut expected = vec![8, 16];
    expected.extend_from_slice(event().as_bytes());
    assert_eq!(bytes[..18], expected[..]);
    assert_eq!(bytes[bytes.len() - 9..], [2, 0, 0, 1, 1, 0, 1, 1, 8]);
}
