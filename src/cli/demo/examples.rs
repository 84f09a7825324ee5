//! The example events.

use std::time::{Duration, UNIX_EPOCH};

use crate::inventory::events::{
    GeneralOption, NewEvent, NewRoom, NewRow, NewRows, NewSeats, NewSection, Order, Rate,
};
use crate::inventory::{Id, Micros, id};

const DAY: u64 = 24 * 3600;
const SECOND: Micros = 1_000_000;

/// How many ids each example needs: its own, and those of its options.
pub(super) const IDS: u64 = 4;

/// A hall, of which a part is sold.
pub(super) fn hall(first: Id, now: Micros) -> NewEvent {
    let rows = |labels: &str, from: u32, more_per_ten: u32| {
        let rows = labels.chars().zip(0..).map(|(label, row)| NewRow {
            label: label.to_string(),
            seats: NewSeats::Count(from + row * more_per_ten / 10),
        });
        NewRows::Listed(rows.collect())
    };
    let section = |name: &str, price, rows| NewSection {
        name: name.to_owned(),
        price,
        rows,
    };
    NewEvent {
        description: "Sibelius’ second symphony and the violin concerto, with Aino Lehtonen as \
                      soloist. Doors open an hour before; the bar is open during the interval. \
                      About two hours with one interval."
            .to_owned(),
        sections: vec![
            section("Stalls", 4500, rows("ABCDEFGHJKLM", 18, 10)),
            section("Parterre", 3800, rows("NOPQRST", 30, 5)),
            section("Balcony left", 2900, rows("ABCDE", 9, 5)),
            section("Balcony centre", 3400, rows("ABCDE", 14, 5)),
            section("Balcony right", 2900, rows("ABCDE", 9, 5)),
        ],
        general: options(first, &[("Standing, gallery", 1500, 60)]),
        ..event(
            first,
            "An Evening with the Northern Philharmonic",
            "Harbour Hall, Kiel",
            date(now, 38, "19:30"),
        )
    }
}

/// An arena behind a waiting room that lets in one buyer per second.
pub(super) fn arena(first: Id, now: Micros) -> NewEvent {
    let section = |block: u32| NewSection {
        name: format!("Block {}", 101 + block),
        price: [9900, 7900, 6400, 4900][block as usize / 5],
        rows: NewRows::Template {
            rows: 25,
            seats: 40,
        },
    };
    let plain = event(
        first,
        "Lumen: The Glass Rivers Tour",
        "Stadion am Fluss",
        date(now, 61, "20:00"),
    );
    NewEvent {
        description: "The last night of the tour, in the round, with guests.".to_owned(),
        sections: (0..20).map(section).collect(),
        room: NewRoom {
            rate: Rate::per_second(1.0).unwrap_or_default(),
            max_active: 200,
            ..plain.room
        },
        ..plain
    }
}

/// A club without seat numbers.
pub(super) fn club(first: Id, now: Micros) -> NewEvent {
    NewEvent {
        description: "Piano, bass, drums, and whoever walks in. Unreserved; come early for a \
                      table."
            .to_owned(),
        general: options(first, &[("Standing", 1800, 120), ("Table seat", 2600, 24)]),
        ..event(
            first,
            "Late Set: Mira Okafor Trio",
            "The Low Room",
            date(now, 12, "22:00"),
        )
    }
}

/// A theatre whose doors open in a few minutes: who waits then is put in order
/// by lot.
pub(super) fn theatre(first: Id, now: Micros) -> NewEvent {
    let plain = event(
        first,
        "The Winter’s Tale",
        "Kammerbühne",
        date(now, 90, "19:00"),
    );
    NewEvent {
        description: "Shakespeare’s late play about time, in a new staging.".to_owned(),
        sections: vec![NewSection {
            name: "House".to_owned(),
            price: 3200,
            rows: NewRows::Template {
                rows: 14,
                seats: 16,
            },
        }],
        room: NewRoom {
            rate: Rate::per_second(1.0).unwrap_or_default(),
            max_active: 50,
            opens_at: Some(now + super::OPENS_IN_SECONDS * SECOND),
            order: Order::Shuffle,
            ..plain.room
        },
        ..plain
    }
}

fn event(id: Id, name: &str, venue: &str, date: String) -> NewEvent {
    NewEvent {
        id,
        name: name.to_owned(),
        description: String::new(),
        date,
        venue: venue.to_owned(),
        currency: "EUR".to_owned(),
        sections: Vec::new(),
        general: Vec::new(),
        room: NewRoom {
            rate: Rate::UNLIMITED,
            max_active: 0,
            opens_at: None,
            order: Order::Fifo,
            shuffle_seed: id.as_u64_pair().0,
            absence_seconds: 120,
        },
        session_seconds: 600,
        max_tickets: 8,
    }
}

fn options(event: Id, all: &[(&str, u64, u32)]) -> Vec<GeneralOption> {
    let options = all.iter().zip(1..);
    let option = |((name, price, allocation), number): (&(&str, u64, u32), u64)| GeneralOption {
        id: id::nth(event, number),
        name: (*name).to_owned(),
        price: *price,
        allocation: *allocation,
    };
    options.map(option).collect()
}

fn date(now: Micros, days: u64, time: &str) -> String {
    let day = Duration::from_secs(now / SECOND + days * DAY);
    let day = humantime::format_rfc3339_seconds(UNIX_EPOCH + day).to_string();
    format!("{}T{time}:00+01:00", &day[..10])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_so_many_days_ahead() {
        let new_year = 1_798_761_600 * SECOND;
        assert_eq!(date(new_year, 0, "20:00"), "2027-01-01T20:00:00+01:00");
        assert_eq!(date(new_year, 59, "19:30"), "2027-03-01T19:30:00+01:00");
    }

    #[test]
    fn options_have_ids_of_their_own_beside_the_event() {
        let first = id::make(1, 2, 3);
        let event = club(first, 0);
        let ids: Vec<_> = event.general.iter().map(|option| option.id).collect();
        assert_eq!(ids, [id::nth(first, 1), id::nth(first, 2)]);
        assert!((event.general.len() as u64) < IDS);
    }
}
