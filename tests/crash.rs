//! A durable server is killed under load, again and again: whatever it
//! acknowledged must be there afterwards, and nothing may be sold twice.
//!
//! `just crash N` kills it N times.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use fastrand::Rng;
use support::{PATIENCE, Program};

const CLIENTS: usize = 8;
const OWN_SEATS: usize = 400;
const SHARED_SEATS: usize = 64;
const PIPELINE: usize = 16;

/// What a seat's only client knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Free,
    Reserved,
    Sold,
}

impl State {
    fn parse(reply: &str) -> Self {
        match reply {
            "FREE" => Self::Free,
            "RESERVED" => Self::Reserved,
            "SOLD" => Self::Sold,
            other => panic!("{other:?} is no state"),
        }
    }

    /// The command that takes a seat on, and what it is then.
    fn next(self) -> Option<(&'static str, Self)> {
        match self {
            Self::Free => Some(("RESERVE", Self::Reserved)),
            Self::Reserved => Some(("BUY", Self::Sold)),
            Self::Sold => None,
        }
    }
}

/// A seat: at least what was promised, at most what was asked.
#[derive(Clone, Copy, Debug)]
struct Seat {
    promised: State,
    asked: State,
}

/// One client's seats, over all lives of the server.
struct Client {
    number: usize,
    seats: Vec<Seat>,
    rng: Rng,
}

impl Client {
    fn name(&self, seat: usize) -> String {
        format!("c{}s{seat}", self.number)
    }

    /// Sells until the server is gone.
    fn sell(&mut self, address: SocketAddr, shared: &[AtomicU32], stop: &AtomicBool) {
        let Ok(mut stream) = TcpStream::connect(address) else {
            return;
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut replies = BufReader::new(stream.try_clone().unwrap());
        while !stop.load(Ordering::Relaxed) {
            // Reads beside: they must not see what a crash could take back.
            let mut text = String::new();
            let mut asked = Vec::new();
            for _ in 0..PIPELINE {
                let own = self.rng.usize(..self.seats.len());
                if self.rng.u8(..4) == 0 {
                    let seat = self.rng.usize(..shared.len());
                    text.push_str(&format!("RESERVE: shared{seat}\n"));
                    asked.push(Ask::Shared(seat));
                } else if self.rng.bool() {
                    text.push_str(&format!("QUERY: {}\n", self.name(own)));
                    asked.push(Ask::Look(own));
                } else if let Some((verb, then)) = self.seats[own].asked.next() {
                    text.push_str(&format!("{verb}: {}\n", self.name(own)));
                    self.seats[own].asked = then;
                    asked.push(Ask::Take(own, then));
                }
            }
            if stream.write_all(text.as_bytes()).is_err() {
                return;
            }
            for ask in asked {
                let mut line = String::new();
                match replies.read_line(&mut line) {
                    Ok(_) if line.ends_with('\n') => self.hear(&ask, line.trim_end(), shared),
                    _ => return,
                }
            }
        }
    }

    fn hear(&mut self, ask: &Ask, reply: &str, shared: &[AtomicU32]) {
        match *ask {
            Ask::Shared(seat) if reply == "OK" => {
                let before = shared[seat].fetch_add(1, Ordering::Relaxed);
                assert_eq!(before, 0, "shared{seat} was reserved twice");
            }
            Ask::Shared(_) => assert_eq!(reply, "FAIL"),
            Ask::Take(seat, then) => {
                assert_eq!(reply, "OK", "{} to {then:?}", self.name(seat));
                self.seats[seat].promised = then;
            }
            Ask::Look(seat) => {
                let seen = State::parse(reply);
                self.check(seat, seen);
                self.seats[seat].promised = seen;
            }
        }
    }

    fn check(&self, seat: usize, seen: State) {
        let Seat { promised, asked } = self.seats[seat];
        assert!(
            (promised..=asked).contains(&seen),
            "{} is {seen:?}; {promised:?} was promised, {asked:?} asked for",
            self.name(seat)
        );
    }

    /// Compares what is there with what was promised, and goes on from it.
    fn settle(&mut self, server: &mut support::Client) {
        for seat in 0..self.seats.len() {
            let seen = State::parse(&server.ask(&format!("QUERY: {}", self.name(seat))));
            self.check(seat, seen);
            self.seats[seat] = Seat {
                promised: seen,
                asked: seen,
            };
        }
    }
}

enum Ask {
    Take(usize, State),
    Look(usize),
    Shared(usize),
}

fn start(directory: &Path, shards: u16, seed: u64) -> Program {
    let directory = directory.display().to_string();
    let shards = shards.to_string();
    eprintln!("seed {seed}: starting with {shards} shards");
    Program::start(&[
        "--data-dir",
        &directory,
        "--shards",
        &shards,
        "--segment-bytes",
        "1048576",
    ])
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let crashes = std::env::var("RINGSIDE_CRASHES").map_or(4, |text| text.parse().unwrap());
    let seed = std::env::var("RINGSIDE_CRASH_SEED")
        .map_or_else(|_| fastrand::u64(..), |text| text.parse().unwrap());
    println!("RINGSIDE_CRASH_SEED={seed}, {crashes} crashes");
    let mut rng = Rng::with_seed(seed);
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let shared: Vec<AtomicU32> = (0..SHARED_SEATS).map(|_| AtomicU32::new(0)).collect();
    let free = Seat {
        promised: State::Free,
        asked: State::Free,
    };
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| Client {
            number,
            seats: vec![free; OWN_SEATS],
            rng: rng.fork(),
        })
        .collect();
    for crash in 0..crashes {
        // The number of shards changes now and then: it is not a format.
        let shards = [1, 2, 3][rng.usize(..3)];
        let server = start(directory.path(), shards, seed);
        let stop = AtomicBool::new(false);
        let pause = Duration::from_millis(rng.u64(5..200));
        std::thread::scope(|scope| {
            for client in &mut clients {
                scope.spawn(|| client.sell(server.address, &shared, &stop));
            }
            std::thread::sleep(pause);
            server.signal("KILL");
            stop.store(true, Ordering::Relaxed);
        });
        let _ = server.exit_code();
        // The next life may itself end early, in the middle of recovery.
        if rng.u8(..3) == 0 {
            let mut early =
                support::program(&["--data-dir", &directory.path().display().to_string()])
                    .spawn()
                    .unwrap();
            std::thread::sleep(Duration::from_millis(rng.u64(1..40)));
            let _ = early.kill();
            let _ = early.wait();
        }
        let server = start(directory.path(), shards, seed);
        let mut asker = support::Client::to(server.address);
        for client in &mut clients {
            client.settle(&mut asker);
        }
        for (seat, oks) in shared.iter().enumerate() {
            let state = asker.ask(&format!("QUERY: shared{seat}"));
            let promised = oks.load(Ordering::Relaxed) > 0;
            assert!(
                state == "RESERVED" || !promised && state == "FREE",
                "shared{seat}: {state}"
            );
            // Seen: from now on nobody else may have it.
            if state == "RESERVED" {
                oks.store(1, Ordering::Relaxed);
            }
        }
        println!("crash {crash} after {pause:?}, {shards} shards: all there");
        // Every second life ends in good order.
        if rng.bool() {
            server.signal("TERM");
            assert_eq!(server.exit_code(), Some(0));
        }
    }
}
