//! The engine against a peer in the same test, over loopback.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::atomic::AtomicBool,
    thread,
    time::{Duration, Instant},
};

use super::{Engine, Workload};
use crate::conn::{Fault, Outbox};

/// Sends the numbers `0..until` on each client, `window` at a time.
struct Counting {
    until: u32,
    window: usize,
    next: Vec<u32>,
    replies: Vec<Vec<String>>,
    faults: Vec<(usize, Option<u32>, usize, Fault)>,
}

impl Counting {
    fn new(clients: usize, until: u32, window: usize) -> Self {
        Self {
            until,
            window,
            next: vec![0; clients],
            replies: vec![Vec::new(); clients],
            faults: Vec::new(),
        }
    }
}

impl Workload for Counting {
    type Tag = u32;

    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, u32>, _now: Instant) {
        while outbox.unanswered() < self.window && self.next[client] < self.until {
            let number = self.next[client];
            self.next[client] += 1;
            outbox
                .send(number)
                .extend_from_slice(format!("{number}\n").as_bytes());
        }
    }

    fn reply(&mut self, client: usize, tag: u32, reply: &[u8], _now: Instant) {
        assert_eq!(tag as usize, self.replies[client].len());
        let line = String::from_utf8(reply.to_vec()).unwrap();
        self.replies[client].push(line.trim_end().to_owned());
    }

    fn fault(&mut self, client: usize, unanswered: &VecDeque<u32>, fault: Fault) {
        let oldest = unanswered.front().copied();
        self.faults.push((client, oldest, unanswered.len(), fault));
    }
}

/// Connects `clients` clients to a peer that answers each line by `answer`;
/// `None` hangs up.
fn engine(
    clients: usize,
    timeout: Duration,
    answer: fn(&str) -> Option<&'static str>,
) -> Engine<u32> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut sockets = Vec::new();
    for _ in 0..clients {
        sockets.push(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
        let (stream, _) = listener.accept().unwrap();
        thread::spawn(move || {
            let mut out = stream.try_clone().unwrap();
            for line in BufReader::new(stream).lines() {
                let Some(reply) = line.ok().as_deref().and_then(answer) else {
                    return;
                };
                if out.write_all(reply.as_bytes()).is_err() {
                    return;
                }
            }
        });
    }
    Engine::new(sockets, timeout).unwrap()
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn every_client_gets_all_its_replies_and_the_run_ends() {
    let mut engine = engine(5, LONG, |_| Some("yes\n"));
    let mut work = Counting::new(5, 1_000, 16);
    engine.run(&mut work, &AtomicBool::new(false)).unwrap();
    assert!(work.faults.is_empty());
    for replies in work.replies {
        assert_eq!(replies, vec!["yes"; 1_000]);
    }
}

#[test]
fn the_next_run_goes_on_with_the_same_connections() {
    let mut engine = engine(2, LONG, |_| Some("yes\n"));
    for _ in 0..2 {
        let mut work = Counting::new(2, 10, 1);
        engine.run(&mut work, &AtomicBool::new(false)).unwrap();
        assert_eq!(work.replies[1].len(), 10);
    }
}

#[test]
fn a_lost_connection_leaves_the_others_running() {
    let mut engine = engine(1, LONG, |line| (line != "3").then_some("yes\n"));
    let mut work = Counting::new(1, 10, 1);
    engine.run(&mut work, &AtomicBool::new(false)).unwrap();
    let [(0, Some(3), 1, fault)] = &work.faults[..] else {
        panic!("{:?}", work.faults);
    };
    assert!(fault.is_loss(), "{fault}");
}

#[test]
fn a_missing_reply_is_given_up_and_named() {
    let short = Duration::from_millis(100);
    let mut engine = engine(1, short, |line| {
        Some(if line == "2" { "" } else { "yes\n" })
    });
    let mut work = Counting::new(1, 3, 1);
    engine.run(&mut work, &AtomicBool::new(false)).unwrap();
    let [(0, Some(2), 1, Fault::NoReply(after))] = work.faults[..] else {
        panic!("{:?}", work.faults);
    };
    assert_eq!(after, short);
}

#[test]
fn halt_ends_a_run_that_would_wait() {
    let mut engine = engine(1, LONG, |_| Some(""));
    let mut work = Counting::new(1, 3, 1);
    let started = Instant::now();
    engine.run(&mut work, &AtomicBool::new(true)).unwrap();
    assert!(started.elapsed() < LONG);
    assert!(work.replies[0].is_empty());
}
