//! The sale of one event behind one lock; right unless told to lie.

#![allow(clippy::unnecessary_wraps, reason = "offices may hang up")]

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{box_office::Answer, web::Office};

const PRICE: u64 = 500;
const ROW: usize = 20;
/// People in the line before the first is let in.
const GATHERED: usize = 8;

/// What a sale does wrong, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fraud {
    None,
    /// Shows, holds and sells as free what others have bought.
    SellsTwice,
    /// Shows a sold seat as free.
    ForgetsSale,
    /// Sells a seat that nobody has bought.
    SellsToNobody,
    /// Takes more than a seat costs.
    Overcharges,
    /// Has no bookings to read back.
    ForgetsBookings,
    /// Gives all bookings one reference.
    RepeatsReferences,
    /// Lets the last one in first.
    LetsJumpTheLine,
    /// Names seats as taken that nobody asked for.
    BlamesOthers,
}

#[derive(Debug, Default)]
struct Checkout {
    seats: Vec<usize>,
    admitted: Option<u64>,
    is_completed: bool,
}

/// One event.
#[derive(Debug)]
pub struct SeatSale {
    fraud: Fraud,
    states: Vec<u8>,
    version: u64,
    checkouts: Vec<Checkout>,
    bookings: HashMap<String, usize>,
    clock: u64,
}

impl SeatSale {
    /// A sale that has yet to be made.
    pub fn new(fraud: Fraud) -> Self {
        Self {
            fraud,
            states: Vec::new(),
            version: 1,
            checkouts: Vec::new(),
            bookings: HashMap::new(),
            clock: 0,
        }
    }

    fn about(&self) -> Value {
        let available = self.rows().concat().matches('.').count();
        json!({
            "id": "e", "session_seconds": 600, "available": available,
            "capacity": self.states.len(), "waiting_room": {"opens_at": null, "order": "fifo"},
        })
    }

    /// The map, with the lies about it.
    fn rows(&self) -> Vec<String> {
        let mut states = self.states.clone();
        let is_all_sold = states.iter().all(|state| *state == b's');
        let first = |of: u8| self.states.iter().position(|state| *state == of);
        match self.fraud {
            Fraud::ForgetsSale if is_all_sold => states[0] = b'.',
            Fraud::SellsToNobody => {
                if let (true, Some(seat)) = (first(b's').is_some(), first(b'.')) {
                    states[seat] = b's';
                }
            }
            Fraud::SellsTwice => states.fill(b'.'),
            _ => {}
        }
        let rows = states.chunks(ROW);
        rows.map(|row| String::from_utf8_lossy(row).into_owned())
            .collect()
    }

    fn show(&self, number: usize) -> Value {
        let checkout = &self.checkouts[number];
        let price = PRICE + u64::from(self.fraud == Fraud::Overcharges);
        let seats = checkout.seats.iter();
        let holds: Vec<Value> = seats
            .map(|seat| json!({"seat": seat, "price": price}))
            .collect();
        let state = match checkout {
            Checkout {
                is_completed: true, ..
            } => "completed",
            Checkout {
                admitted: Some(_), ..
            } => "admitted",
            _ => "queued",
        };
        let minute = |at: u64| {
            format!(
                "2026-11-21T20:10:{:02}.{:06}Z",
                at / 1_000_000,
                at % 1_000_000
            )
        };
        json!({
            "token": number.to_string(), "state": state, "server_time": minute(0),
            "expires_at": checkout.admitted.map(minute), "wait_seconds": 0,
            "holds": holds, "total": price * checkout.seats.len() as u64,
            "booking": checkout.is_completed.then(|| self.reference(number)),
        })
    }

    fn reference(&self, number: usize) -> String {
        let number = if self.fraud == Fraud::RepeatsReferences {
            0
        } else {
            number
        };
        format!("REF{number}")
    }

    /// Lets everybody in, in order, or in the opposite one.
    fn admit(&mut self) {
        let mut waiting: Vec<usize> = (0..self.checkouts.len())
            .filter(|&number| self.checkouts[number].admitted.is_none())
            .collect();
        if self.fraud == Fraud::LetsJumpTheLine {
            waiting.reverse();
        }
        for number in waiting {
            self.clock += 1;
            self.checkouts[number].admitted = Some(self.clock);
        }
    }

    fn hold(&mut self, number: usize, body: &Value) -> Answer {
        let wanted: Vec<usize> = if let Some(count) = body["best"]["count"].as_u64() {
            let states = self.states.iter().enumerate();
            let free = states.filter(|(_, state)| **state == b'.');
            let best: Vec<usize> = free.map(|(seat, _)| seat).take(count as usize).collect();
            if best.len() < count as usize {
                return Some((409, json!({"code": "not_enough"})));
            }
            best
        } else {
            let seats = body["seats"].as_array().into_iter().flatten();
            seats
                .filter_map(|seat| Some(seat.as_u64()? as usize))
                .collect()
        };
        if self.fraud == Fraud::BlamesOthers {
            return Some((409, json!({"code": "seats_taken", "seats": [9_999]})));
        }
        let may_have = |state: u8| match self.fraud {
            Fraud::SellsTwice => state != b'h',
            _ => state == b'.',
        };
        let gone: Vec<usize> = wanted
            .iter()
            .copied()
            .filter(|&seat| !may_have(self.states[seat]))
            .collect();
        if !gone.is_empty() {
            return Some((409, json!({"code": "seats_taken", "seats": gone})));
        }
        for &seat in &wanted {
            self.states[seat] = b'h';
        }
        self.version += 1;
        self.checkouts[number].seats = wanted;
        Some((200, self.show(number)))
    }

    fn complete(&mut self, number: usize) -> Answer {
        for &seat in &self.checkouts[number].seats {
            self.states[seat] = b's';
        }
        self.version += 1;
        self.checkouts[number].is_completed = true;
        self.bookings.insert(self.reference(number), number);
        Some((200, self.show(number)))
    }

    fn booking(&self, reference: &str) -> Answer {
        let known = self.bookings.get(reference);
        let known = known.filter(|_| self.fraud != Fraud::ForgetsBookings);
        let Some(&number) = known else {
            return Some((404, json!({"code": "no_such_booking"})));
        };
        let shown = self.show(number);
        let booking =
            json!({"reference": reference, "seats": shown["holds"], "total": shown["total"]});
        Some((200, booking))
    }
}

impl Office for SeatSale {
    fn answer(&mut self, method: &str, path: &str, _query: &str, body: &Value) -> Answer {
        let words: Vec<&str> = path.split('/').skip(1).collect();
        let number = || words[1].parse().expect("a token");
        match (method, &words[..]) {
            ("POST", ["events"]) => {
                let rows = body["sections"][0]["template"]["rows"]
                    .as_u64()
                    .expect("rows");
                self.states = vec![b'.'; rows as usize * ROW];
                Some((201, self.about()))
            }
            ("GET", ["events", _]) => Some((200, self.about())),
            ("GET", ["events", _, "plan"]) => {
                let rows = self.states.len() / ROW;
                let row = json!({"seats": vec!["1"; ROW]});
                Some((
                    200,
                    json!({"sections": [{"price": PRICE, "rows": vec![row; rows]}]}),
                ))
            }
            ("GET", ["events", _, "seats"]) => {
                Some((200, json!({"version": self.version, "rows": self.rows()})))
            }
            ("POST", ["events", _, "checkouts"]) => {
                self.checkouts.push(Checkout::default());
                Some((201, self.show(self.checkouts.len() - 1)))
            }
            ("GET", ["checkouts", _]) => {
                if self.checkouts.len() >= GATHERED {
                    self.admit();
                }
                Some((200, self.show(number())))
            }
            ("POST", ["checkouts", _, "holds"]) => self.hold(number(), body),
            ("POST", ["checkouts", _, "complete"]) => self.complete(number()),
            ("DELETE", ["checkouts", _]) => {
                let number = number();
                for seat in std::mem::take(&mut self.checkouts[number].seats) {
                    self.states[seat] = b'.';
                }
                self.version += 1;
                Some((204, Value::Null))
            }
            ("GET", ["bookings", reference]) => self.booking(reference),
            _ => Some((404, json!({"code": "not_found"}))),
        }
    }
}
