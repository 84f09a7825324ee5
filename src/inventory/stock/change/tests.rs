use super::super::{Bounds, Entry, EventTurn, Movement, Stock};
use super::*;
use crate::inventory::id;
use crate::limits::{MAX_CHANGE_BYTES, MAX_TEXT_BYTES, REPLY_PART_BYTES};

fn id(number: u64) -> Id {
    id::make(0x0102_0304_0506, number, 0xa0b0_c0d0)
}

fn reply(bytes: usize, location: usize) -> StoredReply {
    StoredReply {
        status: 201,
        json_api: true,
        location: "l".repeat(location),
        body: vec![b'b'; bytes],
    }
}

/// One of each, in the order of their numbers.
#[allow(clippy::too_many_lines, reason = "a list")]
fn each() -> Vec<Change> {
    let (at, key) = (1_790_000_000_000_000, 0x0a0b_0c0d << 96 | 7);
    let places = Places {
        section: "A".to_owned(),
        rows: (1, 2),
        seats: (3, 300),
    };
    let state = KeptState::Held {
        member: id(2),
        until: Some(at),
    };
    vec![
        Change::OptionCreated {
            at,
            id: id(1),
            name: "Gala".to_owned(),
            description: String::new(),
            allocation: 100,
        },
        Change::OptionPurchased {
            at,
            id: id(2),
            option: id(1),
            user: id(3),
            quantity: 4,
        },
        Change::MemberCreated {
            id: id(1),
            name: "Ada".to_owned(),
        },
        Change::TicketsCreated {
            at,
            first: id(1),
            places,
        },
        Change::TicketHeld {
            at,
            ticket: id(1),
            member: id(2),
            until: Some(at + 1),
        },
        Change::TicketFreed {
            at,
            ticket: id(1),
            member: id(2),
        },
        Change::TicketExpired { at, ticket: id(1) },
        Change::TicketPurchased {
            at,
            ticket: id(1),
            member: id(2),
        },
        Change::KeyClaimed {
            at,
            key,
            fingerprint: 5,
            id: id(1),
        },
        Change::ReplyPart {
            key,
            offset: 300,
            bytes: vec![1, 2],
        },
        Change::KeySettled {
            key,
            offset: 0,
            reply: reply(2, 1),
        },
        Change::KeyAbandoned { key },
        Change::KeptOption {
            id: id(1),
            name: "Gala".to_owned(),
            description: "x".to_owned(),
            allocation: 100,
            sold: 40,
        },
        Change::KeptPurchases {
            option: id(1),
            purchases: vec![KeptPurchase {
                id: id(2),
                user: id(3),
                quantity: 4,
                at,
            }],
        },
        Change::KeptTickets {
            section: "A".to_owned(),
            tickets: vec![KeptTicket {
                id: id(1),
                row: 1,
                seat: 2,
                state,
            }],
        },
        Change::KeptEntries(vec![Entry {
            id: id(9),
            at,
            quantity: 4,
            subject: id(1),
            movement: Movement::OptionPurchased {
                user: id(3),
                purchase: id(2),
            },
        }]),
        Change::KeptNewest(id(9)),
        Change::Event(EventChange::DoorsOpened { event: id(1), at }),
    ]
}

fn bytes(change: &Change) -> Vec<u8> {
    let mut out = [0; MAX_CHANGE_BYTES];
    change.encode(&mut out).unwrap().to_vec()
}

/// The bytes stand in journals: only append to this list.
#[test]
fn the_bytes_are_pinned() {
    let hex = |change: &Change| -> String {
        bytes(change)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let found: Vec<String> = each().iter().map(hex).collect();
    assert_eq!(found, GOLDEN);
}

const GOLDEN: [&str; 18] = [
    "0080c097d1edff9603010203040506700080000001a0b0c0d00447616c610064",
    "0180c097d1edff9603010203040506700080000002a0b0c0d0010203040506700080000001a0b0c0d0010203040506700080000003a0b0c0d004",
    "02010203040506700080000001a0b0c0d003416461",
    "0380c097d1edff9603010203040506700080000001a0b0c0d00141010203ac02",
    "0480c097d1edff9603010203040506700080000001a0b0c0d0010203040506700080000002a0b0c0d00181c097d1edff9603",
    "0580c097d1edff9603010203040506700080000001a0b0c0d0010203040506700080000002a0b0c0d0",
    "0680c097d1edff9603010203040506700080000001a0b0c0d0",
    "0780c097d1edff9603010203040506700080000001a0b0c0d0010203040506700080000002a0b0c0d0",
    "0880c097d1edff96030a0b0c0d00000000000000000000000700000000000000000000000000000005010203040506700080000001a0b0c0d0",
    "090a0b0c0d000000000000000000000007ac02020102",
    "0a0a0b0c0d00000000000000000000000700c90101016c026262",
    "0b0a0b0c0d000000000000000000000007",
    "0c010203040506700080000001a0b0c0d00447616c6101786428",
    "0d010203040506700080000001a0b0c0d001010203040506700080000002a0b0c0d0010203040506700080000003a0b0c0d00480c097d1edff9603",
    "0e014101010203040506700080000001a0b0c0d0010201010203040506700080000002a0b0c0d00180c097d1edff9603",
    "0f01010203040506700080000009a0b0c0d080c097d1edff960304010203040506700080000001a0b0c0d001010203040506700080000003a0b0c0d0010203040506700080000002a0b0c0d0",
    "10010203040506700080000009a0b0c0d0",
    "110310010203040506700080000001a0b0c0d080c097d1edff9603",
];

#[test]
fn what_is_written_is_read_and_says_where_it_belongs() {
    for (number, change) in each().iter().enumerate() {
        let bytes = bytes(change);
        assert_eq!(usize::from(bytes[0]), number, "a variant's number");
        assert_eq!(Change::decode(&bytes).as_ref(), Ok(change));
        let locator = match change {
            Change::KeyClaimed { .. }
            | Change::ReplyPart { .. }
            | Change::KeySettled { .. }
            | Change::KeyAbandoned { .. } => 0x0a0b_0c0d,
            Change::KeptTickets { .. } => id::section_locator("A"),
            _ => 0xa0b0_c0d0,
        };
        assert_eq!(change.locator(), locator);
    }
}

#[test]
fn no_flipped_bit_or_cut_reads_as_the_same() {
    for change in each() {
        let whole = bytes(&change);
        for at in 0..whole.len() {
            assert!(Change::decode(&whole[..at]).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                let read = Change::decode(&flipped);
                assert_ne!(read.as_ref(), Ok(&change), "{at}, {bit}");
                // Whatever it says, it is taken or refused.
                if let Ok(other) = read {
                    let mut stock = Stock::new(Bounds::default());
                    let _ = stock.replay(&other);
                    let _ = stock.restore(&other);
                    let _ = stock.restored();
                }
            }
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(Change::decode(&longer), Err(BadChange::Unknown));
    }
    let later = [each().len() as u8, 0, 0, 0];
    assert_eq!(Change::decode(&later), Err(BadChange::Unknown));
}

#[test]
fn the_longest_changes_fit() {
    let text = || "x".repeat(MAX_TEXT_BYTES);
    let (at, most) = (u64::MAX, u64::MAX);
    let key = u128::MAX;
    let longest = [
        Change::OptionCreated {
            at,
            id: id(1),
            name: text(),
            description: text(),
            allocation: most,
        },
        Change::KeptOption {
            id: id(1),
            name: text(),
            description: text(),
            allocation: most,
            sold: most,
        },
        Change::KeySettled {
            key,
            offset: u32::MAX,
            reply: reply(REPLY_PART_BYTES, MAX_TEXT_BYTES),
        },
        Change::KeptTickets {
            section: text(),
            tickets: vec![
                KeptTicket {
                    id: id(1),
                    row: u32::MAX,
                    seat: u32::MAX,
                    state: KeptState::Held {
                        member: id(1),
                        until: Some(most),
                    },
                };
                super::super::snapshot::ROWS
            ],
        },
        Change::KeptEntries(vec![
            Entry {
                id: id(9),
                at,
                quantity: most,
                subject: id(1),
                movement: Movement::OptionPurchased {
                    user: id(3),
                    purchase: id(2),
                },
            };
            super::super::snapshot::ROWS
        ]),
        Change::KeptEntries(vec![
            Entry {
                id: id(9),
                at,
                quantity: most,
                subject: id(1),
                movement: Movement::EventGeneral {
                    option: id(3),
                    turn: EventTurn::PurchasedLate,
                    checkout: id(2),
                },
            };
            super::super::snapshot::ROWS
        ]),
    ];
    for change in longest {
        assert!(bytes(&change).len() <= MAX_CHANGE_BYTES);
    }
}

/// Numbers of variants stand in snapshots.
#[test]
fn entries_of_events_and_their_change_keep_their_numbers() {
    let turns = [
        EventTurn::Created,
        EventTurn::Held,
        EventTurn::Freed,
        EventTurn::Expired,
        EventTurn::Purchased,
        EventTurn::PurchasedLate,
    ];
    for (turn, number) in turns.into_iter().zip(0..) {
        let (section, option, checkout) = (1, id(2), id(3));
        let seats = Movement::EventSeats {
            section,
            turn,
            checkout,
        };
        let bytes = postcard::to_stdvec(&seats).unwrap();
        assert_eq!(bytes[..3], [7, 1, number]);
        assert_eq!(bytes[3..], *id(3).as_bytes());
        let general = Movement::EventGeneral {
            option,
            turn,
            checkout,
        };
        let bytes = postcard::to_stdvec(&general).unwrap();
        assert_eq!((bytes[0], bytes[17], bytes.len()), (8, number, 34));
    }
}
