//! First phase: allocators and buyers contend for seats while one client sends
//! broken messages.

use std::{collections::VecDeque, time::Instant};

use super::{
    board::{Board, Sent},
    claims::{AfterFail, after_fail},
};
use crate::{
    check::{Breach, Known},
    conn::{Fault, Outbox},
    engine::Workload,
    protocol::{Reply, Verb},
    record::Tally,
};

/// What one client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reserves seats of the groups B and C.
    Allocator,
    /// Buys seats of the group C.
    Buyer,
    /// Sends broken messages until the others have finished.
    Breaker,
}

/// The clients of one engine in the first phase.
#[derive(Debug)]
pub(crate) struct Contend<'a> {
    board: &'a Board,
    roles: Vec<Role>,
    /// Seats to ask for again, by verb.
    repeats: [VecDeque<u32>; Verb::ALL.len()],
    /// Replies to messages about seats.
    pub(crate) tally: Tally,
    /// Broken messages answered.
    pub(crate) broken: usize,
}

impl<'a> Contend<'a> {
    /// Clients with these roles, by number.
    pub(crate) fn new(board: &'a Board, roles: Vec<Role>) -> Self {
        Self {
            board,
            roles,
            repeats: Verb::ALL.map(|_| VecDeque::new()),
            tally: Tally::default(),
            broken: 0,
        }
    }

    /// The next seat to send `verb` to: new ones first, then those that were
    /// refused, unless that has settled itself meanwhile.
    fn next_seat(&mut self, verb: Verb) -> Option<(u32, Known)> {
        loop {
            let fresh = self.board.hand_out(verb);
            let repeated = fresh.is_none();
            let seat = fresh.or_else(|| self.repeats[verb.index()].pop_front())?;
            let known = self.board.ledger.known(seat);
            let has_it = match verb {
                Verb::Reserve => known.reserved(),
                Verb::Buy | Verb::Query => known.sold(),
            };
            if (repeated && has_it) || self.board.claims.is_given_up(seat) {
                self.board.settle(verb);
            } else {
                return Some((seat, known));
            }
        }
    }

    fn send_seat(&mut self, verb: Verb, outbox: &mut Outbox<'_, Sent>) {
        if let Some((seat, before)) = self.next_seat(verb) {
            self.board.claims.enter(seat, verb);
            let out = outbox.send(Sent::Seat { verb, seat, before });
            self.board.hall.write_request(verb, seat, out);
        }
    }

    fn send_broken(&self, outbox: &mut Outbox<'_, Sent>) {
        let kinds = self.board.broken.len();
        // A short run still has to see every kind once.
        if self.broken < kinds || !self.board.is_contention_over() {
            let at = self.broken % kinds;
            let out = outbox.send(Sent::Broken(at));
            out.extend_from_slice(&self.board.broken[at].bytes);
        }
    }

    fn seat_reply(&mut self, verb: Verb, seat: u32, before: Known, reply: Reply) {
        let board = self.board;
        self.tally.count(verb, reply);
        // The ledger first: see `Claims`.
        let entered = board.ledger.enter(seat, verb, before, reply);
        let alone = board.claims.leave(seat, verb);
        let verdict = match (entered, reply) {
            (Err(breach), _) => Err(breach),
            (Ok(()), Reply::Fail) => {
                match after_fail(verb, before, board.ledger.known(seat), alone) {
                    AfterFail::Done => Ok(()),
                    AfterFail::Repeat => {
                        self.repeats[verb.index()].push_back(seat);
                        return;
                    }
                    AfterFail::Wrong(breach) => Err(breach),
                }
            }
            (Ok(()), _) if verb == Verb::Buy && self.is_unreserved(seat) => {
                Err(Breach::SoldUnreserved)
            }
            (Ok(()), _) => Ok(()),
        };
        if let Err(breach) = verdict {
            board.claims.give_up(seat);
            let name = board.hall.name(seat);
            let what = format!("{verb}: {name} got {reply}");
            board.findings.breach(&what, breach);
        }
        board.settle(verb);
    }

    /// Whether nobody was granted the seat and nobody's request can still be.
    /// The claims are read first: who leaves them has entered the grant.
    fn is_unreserved(&self, seat: u32) -> bool {
        !self.board.claims.any(seat, Verb::Reserve) && !self.board.ledger.known(seat).reserved()
    }
}

impl Workload for Contend<'_> {
    type Tag = Sent;

    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Sent>, _now: Instant) {
        if outbox.unanswered() > 0 {
            return;
        }
        match self.roles[client] {
            Role::Allocator => self.send_seat(Verb::Reserve, outbox),
            Role::Buyer => self.send_seat(Verb::Buy, outbox),
            Role::Breaker => self.send_broken(outbox),
        }
    }

    fn reply(&mut self, _client: usize, tag: Sent, reply: &[u8], _now: Instant) {
        let line = reply.strip_suffix(b"\n").unwrap_or(reply);
        let reply = Reply::parse(line);
        match (tag, reply) {
            (Sent::Seat { verb, seat, before }, Some(reply)) => {
                self.seat_reply(verb, seat, before, reply);
            }
            (Sent::Broken(_), Some(reply)) => {
                self.broken += 1;
                if reply != Reply::Fail {
                    let sent = self.board.describe(tag);
                    let reason = format!("{sent} got {reply}, expected FAIL");
                    self.board.findings.wrong(reason);
                }
            }
            (sent, None) => {
                let (sent, line) = (self.board.describe(sent), line.escape_ascii());
                // Replies and requests may be out of step from here on.
                let reason = format!("{sent} got \"{line}\", which is no reply");
                self.board.findings.fatal(reason);
            }
        }
    }

    fn fault(&mut self, _client: usize, unanswered: &VecDeque<Sent>, fault: Fault) {
        self.board.note_fault(unanswered.front().copied(), &fault);
    }
}
