//! Concurrent histories, recorded at the clients, are linearizable per seat.
//!
//! Seats are independent of each other, so checking each seat's history by
//! itself is enough, and small enough for an exhaustive checker.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Mutex;

use ringside::inventory::{Outcome, Seats, Verb};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

use support::{Client, SHARDS, server};

/// One seat as the specification sees it: the inventory's own state machine
/// is checked against a model elsewhere; here the order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Seat {
    Free,
    Reserved,
    Sold,
}

impl SequentialSpec for Seat {
    type Op = Verb;
    type Ret = Outcome;

    fn invoke(&mut self, verb: &Verb) -> Outcome {
        match (verb, *self) {
            (Verb::Reserve, Self::Free) => {
                *self = Self::Reserved;
                Outcome::Ok
            }
            (Verb::Buy, Self::Reserved) => {
                *self = Self::Sold;
                Outcome::Ok
            }
            (Verb::Query, Self::Free) => Outcome::Free,
            (Verb::Query, Self::Reserved) => Outcome::Reserved,
            (Verb::Query, Self::Sold) => Outcome::Sold,
            _ => Outcome::Fail,
        }
    }
}

type History = LinearizabilityTester<usize, Seat>;

const SEATS: usize = 60;
const CLIENTS: usize = 4;
const ROUNDS: usize = 3;

fn ask(client: &mut Client, verb: Verb, seat: usize) -> Outcome {
    let word = match verb {
        Verb::Reserve => "RESERVE",
        Verb::Buy => "BUY",
        Verb::Query => "QUERY",
    };
    match client.ask(&format!("{word}: L{seat}")).as_str() {
        "OK" => Outcome::Ok,
        "FAIL" => Outcome::Fail,
        "FREE" => Outcome::Free,
        "RESERVED" => Outcome::Reserved,
        "SOLD" => Outcome::Sold,
        other => panic!("not a reply: {other:?}"),
    }
}

/// All clients go over the same seats in the same order, so that they meet.
fn record(shards: u16, seed: u64) -> Vec<Mutex<History>> {
    let server = server(shards);
    let histories: Vec<Mutex<History>> = (0..SEATS)
        .map(|_| Mutex::new(History::new(Seat::Free)))
        .collect();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (server, histories) = (&server, &histories);
            scope.spawn(move || {
                let mut client = Client::connect(server);
                let mut random = fastrand::Rng::with_seed(seed + number as u64);
                for (seat, history) in histories.iter().enumerate() {
                    for _ in 0..ROUNDS {
                        let verb = Verb::ALL[random.usize(0..3)];
                        let note = |what: &dyn Fn(&mut History)| what(&mut history.lock().unwrap());
                        note(&|history| {
                            history.on_invoke(number, verb).unwrap();
                        });
                        let outcome = ask(&mut client, verb, seat);
                        note(&|history| {
                            history.on_return(number, outcome).unwrap();
                        });
                    }
                }
            });
        }
    });
    histories
}

#[test]
fn concurrent_histories_are_linearizable_per_seat() {
    let seed = fastrand::u64(..1 << 32);
    println!("seed {seed}");
    for shards in SHARDS {
        for (seat, history) in record(shards, seed).iter().enumerate() {
            let history = history.lock().unwrap();
            assert!(
                history.is_consistent(),
                "{shards} shards, seed {seed}, seat {seat}: {history:?}"
            );
        }
    }
}

/// The checker can say no: a seat that two clients reserve is not linearizable.
#[test]
fn a_double_sale_would_be_found() {
    let mut history = History::new(Seat::Free);
    for client in 0..2 {
        history.on_invoke(client, Verb::Reserve).unwrap();
    }
    for client in 0..2 {
        history.on_return(client, Outcome::Ok).unwrap();
    }
    assert!(!history.is_consistent());
}

/// The specification above and the inventory agree on every short sequence.
#[test]
fn the_specification_is_the_inventory() {
    for code in 0..3usize.pow(6) {
        let mut seat = Seat::Free;
        let mut seats = Seats::new(1, 1);
        for place in 0..6u32 {
            let verb = Verb::ALL[code / 3usize.pow(place) % 3];
            assert_eq!(seat.invoke(&verb), seats.apply(verb, b"S"));
        }
    }
}
