use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::inventory::Seats;
use crate::wire::seat::reply;

/// Seats of which those with an even last digit live on another shard that
/// takes `credit` commands at a time and answers when told to.
struct TwoShards {
    here: Seats,
    there: Seats,
    under_way: VecDeque<(Slot, Outcome)>,
    credit: usize,
    invalid: usize,
}

impl TwoShards {
    fn new(credit: usize) -> Self {
        Self {
            here: Seats::new(1_000, 1),
            there: Seats::new(1_000, 2),
            under_way: VecDeque::new(),
            credit,
            invalid: 0,
        }
    }
}

impl SeatService for TwoShards {
    type Key = ();

    fn look_ahead(&self, _: &[u8]) {}

    fn seat(&mut self, verb: Verb, name: &[u8], (): (), slot: Slot) -> Dispatch {
        if name.last().is_some_and(|digit| digit % 2 == 1) {
            return Dispatch::Done(self.here.apply(verb, name));
        }
        if self.under_way.len() >= self.credit {
            return Dispatch::NoCredit;
        }
        let outcome = self.there.apply(verb, name);
        self.under_way.push_back((slot, outcome));
        Dispatch::Waiting
    }

    fn invalid_line(&mut self) {
        self.invalid += 1;
    }

    fn observed(&self) -> Sequence {
        0
    }
}

const LIMITS: SessionLimits = SessionLimits {
    line: LineLimits {
        max_line: 64,
        max_seat: 32,
    },
    pipeline_bytes: 100,
};

fn send_all(session: &mut Session, sent: &mut Vec<u8>) {
    if session.has_output() {
        let output = session.take_output();
        session.on_sent(output.len());
        sent.extend(output);
    }
}

#[test]
fn local_commands_are_answered_in_the_same_call() {
    let mut service = TwoShards::new(0);
    let mut session = Session::new(0, &LIMITS);
    session.on_bytes(
        b"QUERY: A1\nRESERVE: A1\nBUY: A1\nnonsense\nQUE",
        &mut service,
    );
    assert!(session.has_output());
    assert_eq!(session.take_output(), b"FREE\nOK\nOK\nFAIL\n");
    assert_eq!(service.invalid, 1);
    session.on_sent(16);
    assert!(session.is_done(), "an unfinished line does not count");
    session.on_bytes(b"RY: A1\n", &mut service);
    assert_eq!(session.take_output(), b"SOLD\n");
}

#[test]
fn a_client_that_does_not_read_blocks_its_session_and_nothing_grows() {
    let mut service = TwoShards::new(0);
    let mut session = Session::new(0, &LIMITS);
    session.on_bytes(&b"QUERY: A1\n".repeat(100), &mut service);
    assert_eq!(session.blocked(), Some(Blocked::OnClient));
    let first = session.take_output();
    assert!(first.len() <= LIMITS.pipeline_bytes);
    assert!(!session.may_resume(), "it has not left yet");

    let mut sent = first.clone();
    session.on_sent(first.len());
    while session.blocked().is_some() {
        assert!(session.may_resume());
        session.resume(&mut service);
        assert!(session.owed() <= LIMITS.pipeline_bytes);
        send_all(&mut session, &mut sent);
    }
    assert_eq!(sent, b"FREE\n".repeat(100));
}

#[test]
fn credit_blocks_and_resumes_without_losing_or_reordering() {
    let mut service = TwoShards::new(1);
    let mut session = Session::new(0, &LIMITS);
    let mut sent = Vec::new();
    session.on_bytes(
        b"RESERVE: A2\nBUY: A2\nQUERY: A1\nQUERY: A2\n",
        &mut service,
    );
    assert_eq!(session.blocked(), Some(Blocked::OnCredit));
    while let Some((slot, outcome)) = service.under_way.pop_front() {
        session.on_outcome(slot.index, outcome);
        session.resume(&mut service);
        send_all(&mut session, &mut sent);
    }
    assert_eq!(sent, b"OK\nOK\nFREE\nSOLD\n");
    assert!(session.is_done());
}

#[test]
fn an_idle_session_keeps_no_buffers() {
    let mut service = TwoShards::new(8);
    let mut session = Session::new(0, &LIMITS);
    session.on_bytes(b"QUERY: A2\nQUE", &mut service);
    session.on_bytes(b"RY: A1\n", &mut service);
    for (slot, outcome) in service.under_way.drain(..) {
        session.on_outcome(slot.index, outcome);
    }
    let output = session.take_output();
    session.on_sent(output.len());
    assert_eq!(session.input.capacity(), 0);
    assert_eq!(session.output.capacity(), 0);
    assert_eq!(session.replies.queued(), 0);
}

proptest! {
    /// Whatever is asked, however it is split, whenever answers come back and
    /// the client reads: the replies are those of one seat table asked in order.
    #[test]
    fn replies_are_those_of_one_table_asked_in_order(
        commands in prop::collection::vec((0..3usize, 0..6u8), 0..60),
        splits in prop::collection::vec(1..40usize, 1..30),
        credit in 1..4usize,
        seed: u64,
    ) {
        let mut table = Seats::new(1_000, 3);
        let (mut stream, mut expected) = (String::new(), Vec::new());
        for (verb, seat) in commands {
            let (verb, word) = [
                (Verb::Reserve, "RESERVE"), (Verb::Buy, "BUY"), (Verb::Query, "QUERY"),
            ][verb];
            let name = format!("A{seat}");
            stream.push_str(&format!("{word}: {name}\n"));
            expected.extend_from_slice(reply(table.apply(verb, name.as_bytes())));
        }

        let mut random = fastrand::Rng::with_seed(seed);
        let mut service = TwoShards::new(credit);
        let mut session = Session::new(0, &LIMITS);
        let mut sent = Vec::new();
        let mut rest = stream.as_bytes();
        let mut splits = splits.iter().cycle();
        while !(rest.is_empty() && session.is_done()) {
            match random.u8(0..3) {
                0 if !rest.is_empty() => {
                    let take = (*splits.next().unwrap()).min(rest.len());
                    session.on_bytes(&rest[..take], &mut service);
                    rest = &rest[take..];
                }
                1 => {
                    if let Some((slot, outcome)) = service.under_way.pop_front() {
                        session.on_outcome(slot.index, outcome);
                        if session.blocked() == Some(Blocked::OnCredit) {
                            session.resume(&mut service);
                        }
                    }
                }
                _ => {
                    send_all(&mut session, &mut sent);
                    if session.blocked() == Some(Blocked::OnClient) && session.may_resume() {
                        session.resume(&mut service);
                    }
                }
            }
        }
        prop_assert_eq!(sent, expected);
    }
}
