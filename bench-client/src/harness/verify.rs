//! Second phase: every seat is asked for its state, over all clients.

use std::{collections::VecDeque, time::Instant};

use super::board::{Board, Sent};
use crate::{
    conn::{Fault, Outbox},
    engine::Workload,
    protocol::{Reply, Verb},
    record::Tally,
};

/// The clients of one engine in the second phase.
#[derive(Debug)]
pub(crate) struct Verify<'a> {
    board: &'a Board,
    /// Replies to the queries.
    pub(crate) tally: Tally,
}

impl<'a> Verify<'a> {
    /// Clients of this run.
    pub(crate) fn new(board: &'a Board) -> Self {
        Self {
            board,
            tally: Tally::default(),
        }
    }
}

impl Workload for Verify<'_> {
    type Tag = Sent;

    fn refill(&mut self, _client: usize, outbox: &mut Outbox<'_, Sent>, _now: Instant) {
        if outbox.unanswered() > 0 {
            return;
        }
        if let Some(seat) = self.board.hand_out(Verb::Query) {
            let before = self.board.ledger.known(seat);
            let verb = Verb::Query;
            let out = outbox.send(Sent::Seat { verb, seat, before });
            self.board.hall.write_request(verb, seat, out);
        }
    }

    fn reply(&mut self, _client: usize, tag: Sent, reply: &[u8], _now: Instant) {
        let line = reply.strip_suffix(b"\n").unwrap_or(reply);
        let Sent::Seat { verb, seat, .. } = tag else {
            return;
        };
        let reply = Reply::parse(line);
        if let Some(reply) = reply {
            self.tally.count(verb, reply);
        }
        let fate = self.board.hall.group(seat).fate();
        if reply != Some(fate) {
            let (sent, line) = (self.board.describe(tag), line.escape_ascii());
            let reason = format!("{sent} got \"{line}\" in the last check, expected {fate}");
            self.board.findings.wrong(reason);
        }
        self.board.settle(verb);
    }

    fn fault(&mut self, _client: usize, unanswered: &VecDeque<Sent>, fault: Fault) {
        self.board.note_fault(unanswered.front().copied(), &fault);
    }
}
