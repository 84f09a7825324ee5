//! Some events to sell.

use ringside::inventory::events::{
    GeneralOption, NewEvent, NewRoom, NewRow, NewRows, NewSeats, NewSection, Order, Rate,
};
use ringside::inventory::{Id, id};

pub(crate) const EVENTS: u32 = 4;

pub(crate) fn event(number: u32) -> Id {
    id::make(1_000, 1, id::spread(u64::from(number) + 1))
}

pub(crate) fn standing(event: Id) -> Id {
    id::nth(event, 1)
}

fn named_row(label: u32, seats: u32) -> NewRow {
    let seat = |seat| format!("row {label:02}, place {seat:02}");
    NewRow {
        label: label.to_string(),
        seats: NewSeats::Labels((0..seats).map(seat).collect()),
    }
}

/// The first is open, the second has a waiting room, the third opens later and
/// draws lots; the plan of the last is longer than a frame of the journal.
pub(crate) fn new_event(number: u32) -> NewEvent {
    let rows = if number + 1 == EVENTS { 24 } else { 1 };
    let opens_at = (number == 2).then_some(40_000_000);
    let (rate, max_active) = [(0.0, 0), (2.0, 3), (20.0, 4), (0.0, 5)][number as usize % 4];
    NewEvent {
        id: event(number),
        name: format!("Evening {number}"),
        description: String::new(),
        date: "2027-05-01T20:00:00+02:00".to_owned(),
        venue: "Old Town Hall".to_owned(),
        currency: "EUR".to_owned(),
        sections: vec![
            NewSection {
                name: "Stalls".to_owned(),
                price: 5_000,
                rows: NewRows::Template { rows: 2, seats: 6 },
            },
            NewSection {
                name: "Balcony".to_owned(),
                price: 3_000,
                rows: NewRows::Listed((0..rows).map(|row| named_row(row, 30)).collect()),
            },
        ],
        general: vec![GeneralOption {
            id: standing(event(number)),
            name: "Standing".to_owned(),
            price: 2_000,
            allocation: 6,
        }],
        room: NewRoom {
            rate: Rate::per_second(rate).unwrap_or(Rate::UNLIMITED),
            max_active,
            opens_at,
            order: if number == 2 {
                Order::Shuffle
            } else {
                Order::Fifo
            },
            shuffle_seed: 7,
            absence_seconds: 250,
        },
        session_seconds: 300,
        max_tickets: 5,
    }
}
