//! What the clients know, over all lives of the server: of each seat at least
//! what was promised, and at most what was asked for.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use ringside::inventory::Verb;

/// Clients, who live as long as the data does.
pub(crate) const CLIENTS: usize = 5;
/// Seats that belong to each client alone.
const OWN: usize = 72;
/// In each life a client cares for so many of them ...
const WINDOW: usize = 32;
/// ... from so many further on.
const STRIDE: usize = 8;
/// Seats that belong to all ...
const SHARED: usize = 250;
/// ... who rush at so many at a time ...
const RUSH: usize = 4;
/// ... until there were so many requests for each.
const REQUESTS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Free,
    Reserved,
    Sold,
}

struct Seat {
    name: String,
    /// Only one client asks for it: all its replies are known beforehand.
    owned: bool,
    promised: State,
    asked: State,
    buy_asked: bool,
    /// How many were told OK, in all lives.
    reservations: u32,
    sales: u32,
}

#[derive(Default)]
struct Client {
    /// What was not answered yet, in order.
    asks: VecDeque<Ask>,
    /// The start of a reply.
    line: String,
}

struct Ask {
    /// `None`: a line that is no message.
    what: Option<(Verb, usize)>,
    /// What was promised of the seat before it was asked.
    floor: State,
}

pub(crate) struct Clients {
    /// Of the clients one after another, then those of all.
    seats: Vec<Seat>,
    numbers: BTreeMap<String, usize>,
    each: Vec<Client>,
    /// The disk may be full in this life: reservations may fail.
    disk_may_be_low: bool,
    replies: u64,
    /// Requests for seats that belong to all.
    rushed: usize,
}

impl Clients {
    pub(crate) fn new() -> Self {
        let seats: Vec<Seat> = (0..=CLIENTS)
            .flat_map(|owner| {
                let seats = if owner < CLIENTS { OWN } else { SHARED };
                (0..seats).map(move |seat| (owner, seat))
            })
            .map(|(owner, seat)| Seat {
                name: name(owner, seat),
                owned: owner < CLIENTS,
                promised: State::Free,
                asked: State::Free,
                buy_asked: false,
                reservations: 0,
                sales: 0,
            })
            .collect();
        let numbers = seats.iter().enumerate();
        Self {
            numbers: numbers
                .map(|(number, seat)| (seat.name.clone(), number))
                .collect(),
            seats,
            each: (0..CLIENTS).map(|_| Client::default()).collect(),
            disk_may_be_low: false,
            replies: 0,
            rushed: 0,
        }
    }

    /// Replies heard so far.
    pub(crate) fn replies(&self) -> u64 {
        self.replies
    }

    /// From now on reservations may fail, until the next start.
    pub(crate) fn expect_a_full_disk(&mut self) {
        self.disk_may_be_low = true;
    }

    /// What a client sends next in the server's life number `life`.
    pub(crate) fn write(&mut self, client: usize, life: usize, rng: &mut Rng) -> Vec<u8> {
        let mut text = String::new();
        // In some lives they say little at a time: reads are by themselves then.
        let most = if life.is_multiple_of(3) { 2 } else { 12 };
        for _ in 0..rng.u32(1..=most) {
            if rng.u8(..50) == 0 {
                text.push_str("RESERVE:nothing\n");
                self.each[client].asks.push_back(Ask {
                    what: None,
                    floor: State::Free,
                });
                continue;
            }
            let (number, reads) = if rng.u8(..3) == 0 {
                self.rushed += 1;
                let first = (self.rushed / REQUESTS).min(SHARED - RUSH);
                (CLIENTS * OWN + first + rng.usize(..RUSH), 4)
            } else {
                (client * OWN + STRIDE * life + rng.usize(..WINDOW), 1)
            };
            let (verb, word) = match rng.u8(..4 + reads) {
                0 | 1 => (Verb::Reserve, "RESERVE"),
                2 | 3 => (Verb::Buy, "BUY"),
                _ => (Verb::Query, "QUERY"),
            };
            let seat = &mut self.seats[number];
            text.push_str(&format!("{word}: {}\n", seat.name));
            let floor = seat.promised;
            seat.ask(verb);
            self.each[client].asks.push_back(Ask {
                what: Some((verb, number)),
                floor,
            });
        }
        text.into_bytes()
    }

    /// Takes what has reached a client.
    pub(crate) fn hear(&mut self, client: usize, bytes: &[u8]) {
        for &byte in bytes {
            if byte != b'\n' {
                self.each[client].line.push(char::from(byte));
                continue;
            }
            let line = std::mem::take(&mut self.each[client].line);
            let ask = self.each[client].asks.pop_front();
            let ask = ask.unwrap_or_else(|| panic!("client {client}: {line} to nothing"));
            self.replies += 1;
            let Some((verb, number)) = ask.what else {
                assert_eq!(line, "FAIL", "to what is no message");
                continue;
            };
            let seat = &mut self.seats[number];
            let told = seat.hear(verb, &line, ask.floor, self.disk_may_be_low);
            if let Some(told) = told {
                seat.promised = seat.promised.max(told);
                // The client's own later questions come behind this one.
                for later in &mut self.each[client].asks {
                    if later.what.is_some_and(|(_, other)| other == number) {
                        later.floor = later.floor.max(told);
                    }
                }
            }
        }
    }

    /// How many of a client's lines were not answered.
    pub(crate) fn unanswered(&self, client: usize) -> usize {
        self.each[client].asks.len()
    }

    /// All that the server has heard it has answered, and what it has not
    /// heard it never will: exactly what was promised is there.
    pub(crate) fn have_been_told_all(&mut self) {
        for seat in &mut self.seats {
            seat.asked = seat.promised;
        }
    }

    /// Compares what a start has found with what was promised, and goes on
    /// from it. Says of how many seats nobody had been told.
    pub(crate) fn settle(&mut self, found: &BTreeMap<Vec<u8>, bool>) -> u64 {
        self.disk_may_be_low = false;
        for client in &mut self.each {
            *client = Client::default();
        }
        let mut states = vec![State::Free; self.seats.len()];
        for (name, &sold) in found {
            let name = String::from_utf8_lossy(name).into_owned();
            let number = self.numbers.get(&name);
            let number = *number.unwrap_or_else(|| panic!("nobody asked for {name}"));
            states[number] = if sold { State::Sold } else { State::Reserved };
        }
        let mut untold = 0;
        for (seat, state) in self.seats.iter_mut().zip(states) {
            seat.check(state, seat.promised);
            untold += u64::from(state != seat.promised);
            seat.promised = state;
            seat.asked = state;
            seat.buy_asked = false;
        }
        untold
    }
}

impl Seat {
    /// Raises what may be by what is asked. Others may have asked for the
    /// purchase before somebody asks for the reservation.
    fn ask(&mut self, verb: Verb) {
        match verb {
            Verb::Reserve => {
                self.asked = self.asked.max(State::Reserved);
                if self.buy_asked && !self.owned {
                    self.asked = State::Sold;
                }
            }
            Verb::Buy => {
                self.buy_asked = true;
                if self.asked == State::Reserved {
                    self.asked = State::Sold;
                }
            }
            Verb::Query => {}
        }
    }

    fn check(&self, seen: State, floor: State) {
        assert!(
            (floor..=self.asked).contains(&seen),
            "{} is {seen:?}; {floor:?} was promised, {:?} asked for",
            self.name,
            self.asked
        );
    }

    /// Checks a reply, and says what it promises of the seat: at least this
    /// from now on.
    fn hear(&mut self, verb: Verb, reply: &str, floor: State, may_be_low: bool) -> Option<State> {
        let told = match (verb, reply) {
            (Verb::Query, "FREE") => Some(State::Free),
            (Verb::Query, "RESERVED") => Some(State::Reserved),
            (Verb::Query, "SOLD") => Some(State::Sold),
            (Verb::Reserve, "OK") => {
                assert_eq!(floor, State::Free, "{} was reserved before", self.name);
                self.reservations += 1;
                assert_eq!(self.reservations, 1, "{} was reserved twice", self.name);
                Some(State::Reserved)
            }
            (Verb::Buy, "OK") => {
                assert!(floor < State::Sold, "{} was sold before", self.name);
                self.sales += 1;
                assert_eq!(self.sales, 1, "{} was sold twice", self.name);
                Some(State::Sold)
            }
            (Verb::Reserve, "FAIL") if may_be_low => None,
            (Verb::Reserve, "FAIL") => Some(State::Reserved.max(floor)),
            // It is free or sold.
            (Verb::Buy, "FAIL") => (floor > State::Free).then_some(State::Sold),
            (_, other) => panic!("{other:?} to {verb:?} of {}", self.name),
        };
        if let Some(told) = told {
            self.check(told, floor);
        }
        if self.owned {
            self.hear_of_own(verb, reply, may_be_low);
        }
        told
    }

    /// Of a seat that nobody else asks for, everything is known.
    fn hear_of_own(&self, verb: Verb, reply: &str, may_be_low: bool) {
        let expected = match (verb, self.promised) {
            (Verb::Query, State::Free) => "FREE",
            (Verb::Query, State::Reserved) => "RESERVED",
            (Verb::Query, State::Sold) => "SOLD",
            (Verb::Reserve, State::Free) if may_be_low && reply == "FAIL" => "FAIL",
            (Verb::Reserve, State::Free) | (Verb::Buy, State::Reserved) => "OK",
            (Verb::Reserve | Verb::Buy, _) => "FAIL",
        };
        assert_eq!(reply, expected, "{verb:?} of {}", self.name);
    }
}

/// Some are long, so that frames have sectors that a crash can tear.
fn name(owner: usize, seat: usize) -> String {
    let name = format!("c{owner}s{seat}");
    let width = if seat.is_multiple_of(2) { 240 } else { 12 };
    format!("{name:x<width$}")
}
