//! Concurrent histories, recorded at the clients, are linearizable per seat.
//!
//! Seats are independent of each other, so checking each seat's history by
//! itself is enough, and small enough for an exhaustive checker.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Mutex;
use std::time::Duration;

use ringside::inventory::{Outcome, Seats, Verb};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

use support::{Client, Program, SHARDS, server};

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

/// `None`: the server was killed, and nobody knows whether it did it.
fn ask(client: &mut Client, verb: Verb, seat: usize) -> Option<Outcome> {
    let word = match verb {
        Verb::Reserve => "RESERVE",
        Verb::Buy => "BUY",
        Verb::Query => "QUERY",
    };
    let reply = client.try_ask(&format!("{word}: L{seat}"))?;
    Some(match reply.as_str() {
        "OK" => Outcome::Ok,
        "FAIL" => Outcome::Fail,
        "FREE" => Outcome::Free,
        "RESERVED" => Outcome::Reserved,
        "SOLD" => Outcome::Sold,
        other => panic!("not a reply: {other:?}"),
    })
}

/// One operation of a client, from asking to being answered, if it is.
fn operate(
    history: &Mutex<History>,
    thread: usize,
    client: &mut Client,
    verb: Verb,
    seat: usize,
) -> Option<()> {
    history.lock().unwrap().on_invoke(thread, verb).unwrap();
    let outcome = ask(client, verb, seat)?;
    history.lock().unwrap().on_return(thread, outcome).unwrap();
    Some(())
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
                        operate(history, number, &mut client, verb, seat).expect("a reply");
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

/// The same against a durable program that is killed now and then. What was
/// under way then may have happened or not; the client comes back as another.
fn record_across_kills(seed: u64) -> Vec<Mutex<History>> {
    const KILLS: usize = 3;
    const SEATS: usize = 400;
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let directory = directory.path().display().to_string();
    let flags = ["--data-dir", &directory, "--segment-bytes", "1048576"];
    let histories: Vec<Mutex<History>> = (0..SEATS)
        .map(|_| Mutex::new(History::new(Seat::Free)))
        .collect();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| (0, random.fork())).collect();
    for life in 0..=KILLS {
        let program = Program::start(&[&flags[..], &["--shards", "2"]].concat());
        let pause = Duration::from_millis(random.u64(10..40));
        std::thread::scope(|scope| {
            for (number, (next, random)) in clients.iter_mut().enumerate() {
                let (address, histories) = (program.address, &histories);
                scope.spawn(move || {
                    let mut client = Client::to(address);
                    let thread = life * CLIENTS + number;
                    while *next < SEATS * ROUNDS {
                        let seat = *next / ROUNDS;
                        let verb = Verb::ALL[random.usize(0..3)];
                        *next += 1;
                        if operate(&histories[seat], thread, &mut client, verb, seat).is_none() {
                            return;
                        }
                    }
                });
            }
            if life < KILLS {
                std::thread::sleep(pause);
                program.signal("KILL");
            }
        });
    }
    histories
}

#[test]
fn histories_across_kills_are_linearizable_per_seat() {
    let seed = fastrand::u64(..1 << 32);
    println!("seed {seed}");
    for (seat, history) in record_across_kills(seed).iter().enumerate() {
        let history = history.lock().unwrap();
        assert!(
            history.is_consistent(),
            "seed {seed}, seat {seat}: {history:?}"
        );
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
