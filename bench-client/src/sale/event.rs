//! The event that is on sale: made, or found.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{answer::micros, args::HallArgs};
use crate::{
    failure::Failure,
    http::{Client, Reply},
    plan::choice::Counts,
};

/// What must be known of an event to buy its seats.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) id: String,
    /// Seats by row, in the plan's order.
    pub(super) rows: Vec<u32>,
    /// What each seat costs.
    prices: Vec<(u32, u64)>,
    pub(super) session_seconds: u32,
    /// When its doors open, by the server's clock, in microseconds; `None` if
    /// they were open from the start.
    pub(super) opens_at: Option<u64>,
    /// Whether those who come before that are shuffled.
    pub(super) shuffles: bool,
    /// Whether it was made for this run, so that nobody else buys.
    pub(super) is_own: bool,
}

#[derive(Deserialize)]
struct About {
    id: String,
    session_seconds: u32,
    waiting_room: Room,
}

#[derive(Deserialize)]
struct Room {
    #[serde(default)]
    opens_at: Option<String>,
    #[serde(default)]
    order: String,
}

#[derive(Deserialize)]
struct Plan {
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    price: u64,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    seats: Vec<String>,
}

/// How a new event lets people in.
#[derive(Clone, Debug)]
pub(super) struct Doors {
    pub(super) admit_per_second: f64,
    pub(super) max_active: u32,
    pub(super) order: &'static str,
    /// In so long; open from the start if `None`.
    pub(super) opens_in: Option<Duration>,
    pub(super) session_seconds: u32,
}

impl Event {
    /// Makes an event.
    ///
    /// # Errors
    /// If the server does not.
    pub(super) fn make(
        client: &mut Client<'_>,
        hall: &HallArgs,
        doors: &Doors,
        number: u32,
    ) -> Result<Self, Failure> {
        let opens_at = doors.opens_in.map(|time| {
            let opening = SystemTime::now() + time;
            humantime::format_rfc3339_millis(opening).to_string()
        });
        let sections: Vec<Value> = (0..hall.sections)
            .map(|section| {
                json!({
                    "name": format!("Block {}", section + 1),
                    "price": hall.price,
                    "template": {"rows": hall.rows, "seats": hall.row_seats},
                })
            })
            .collect();
        let reply = client.post(
            "/events",
            &json!({
                "name": format!("On sale {number}"),
                "description": "Made by ringside-bench.",
                "date": "2030-06-01T20:00:00Z",
                "venue": "A hall",
                "currency": "EUR",
                "sections": sections,
                "general": [],
                "waiting_room": {
                    "admit_per_second": doors.admit_per_second,
                    "max_active": doors.max_active,
                    "opens_at": opens_at,
                    "order": doors.order,
                },
                "session_seconds": doors.session_seconds,
                "max_tickets": hall.max_tickets,
            }),
        )?;
        let about: Option<About> = serde_json::from_slice(&reply.body).ok();
        let about = about.filter(|_| reply.status == 201);
        let about = about.ok_or_else(|| not_made(&reply))?;
        Self::with_plan(client, about, true)
    }

    /// Finds an event that is there.
    ///
    /// # Errors
    /// If it is not.
    pub(super) fn find(client: &mut Client<'_>, id: &str) -> Result<Self, Failure> {
        let reply = client.get(&format!("/events/{id}"))?;
        let about: Option<About> = serde_json::from_slice(&reply.body).ok();
        let about = about.filter(|_| reply.status == 200);
        let about = about.ok_or_else(|| not_there(&reply))?;
        Self::with_plan(client, about, false)
    }

    fn with_plan(client: &mut Client<'_>, about: About, is_own: bool) -> Result<Self, Failure> {
        let reply = client.get(&format!("/events/{}/plan", about.id))?;
        let plan: Option<Plan> = serde_json::from_slice(&reply.body).ok();
        let plan = plan.filter(|_| reply.status == 200);
        let plan = plan.ok_or_else(|| not_there(&reply))?;
        let mut end = 0;
        let mut prices = Vec::new();
        for section in &plan.sections {
            let seats: usize = section.rows.iter().map(|row| row.seats.len()).sum();
            end += seats as u32;
            prices.push((end, section.price));
        }
        let rows = plan.sections.iter().flat_map(|section| &section.rows);
        Ok(Self {
            id: about.id,
            rows: rows.map(|row| row.seats.len() as u32).collect(),
            prices,
            session_seconds: about.session_seconds,
            opens_at: about.waiting_room.opens_at.as_deref().and_then(micros),
            shuffles: about.waiting_room.order == "shuffle",
            is_own,
        })
    }

    /// Seats.
    pub(super) fn capacity(&self) -> usize {
        self.rows.iter().map(|&seats| seats as usize).sum()
    }

    /// What a seat costs, in minor units.
    pub(super) fn price(&self, seat: u32) -> Option<u64> {
        let section = self.prices.partition_point(|&(end, _)| end <= seat);
        self.prices.get(section).map(|&(_, price)| price)
    }

    /// What the server says is free, and what its map says.
    ///
    /// # Errors
    /// If it does not answer.
    pub(super) fn ask(&self, client: &mut Client<'_>) -> Result<Result<Asked, String>, Failure> {
        let about = client.get(&format!("/events/{}", self.id))?;
        let map = client.get(&format!("/events/{}/seats", self.id))?;
        let document: Value = serde_json::from_slice(&about.body).unwrap_or_default();
        let read = super::answer::Map::read(&map.body).filter(|_| map.status == 200);
        let numbers = (
            document["available"].as_u64(),
            document["capacity"].as_u64(),
        );
        Ok(match (read, numbers) {
            (Some(map), (Some(available), Some(capacity))) => Ok(Asked {
                available,
                capacity,
                states: map.rows.concat().into_bytes(),
            }),
            (None, _) => Err(format!("its seats were answered by {}", map.quote())),
            _ => Err(format!("asked for, it was answered by {}", about.quote())),
        })
    }
}

/// What a server says about an event in the end.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) available: u64,
    pub(super) capacity: u64,
    /// One letter for each seat.
    pub(super) states: Vec<u8>,
}

impl Asked {
    /// What does not fit: the event's own numbers beside its map.
    pub(super) fn difference(&self, map: Counts) -> Option<String> {
        let Self {
            available,
            capacity,
            ..
        } = *self;
        let seats = self.states.len() as u64;
        if capacity != seats {
            return Some(format!(
                "its capacity is {capacity}, its map has {seats} seats"
            ));
        }
        (available != map.free).then(|| {
            let free = map.free;
            format!("{available} seats are available, {free} are free in its map")
        })
    }
}

fn not_made(reply: &Reply) -> Failure {
    Failure::NotMade {
        what: "event",
        said: reply.quote(),
    }
}

fn not_there(reply: &Reply) -> Failure {
    Failure::NotThere {
        what: "event",
        said: reply.quote(),
    }
}

#[cfg(test)]
impl Event {
    /// An event for tests.
    pub(super) fn sample(rows: &[u32], price: u64) -> Self {
        Self {
            id: "e".into(),
            rows: rows.to_vec(),
            prices: vec![(rows.iter().sum(), price)],
            session_seconds: 600,
            opens_at: None,
            shuffles: false,
            is_own: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_costs_what_its_section_does() {
        let event = Event {
            id: "e".into(),
            rows: vec![2, 2, 3],
            prices: vec![(4, 900), (7, 500)],
            session_seconds: 600,
            opens_at: None,
            shuffles: false,
            is_own: true,
        };
        assert_eq!(event.capacity(), 7);
        let prices: Vec<_> = [0, 3, 4, 6, 7].map(|seat| event.price(seat)).into();
        assert_eq!(prices, [Some(900), Some(900), Some(500), Some(500), None]);
    }

    #[test]
    fn numbers_that_do_not_fit_the_map_are_told() {
        let asked = |available, capacity| Asked {
            available,
            capacity,
            states: b"..hs".to_vec(),
        };
        let map = Counts::of(b"..hs");
        assert_eq!(asked(2, 4).difference(map), None);
        assert!(asked(3, 4).difference(map).unwrap().contains("3 seats are"));
        assert!(
            asked(2, 5)
                .difference(map)
                .unwrap()
                .contains("capacity is 5")
        );
    }
}
