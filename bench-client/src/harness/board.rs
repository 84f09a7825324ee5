//! What all clients of the harness share.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{CONTENDERS, claims::Claims, findings::Findings};
use crate::{
    check::Ledger,
    conn::Fault,
    plan::{
        broken::{self, Broken},
        hall::Hall,
    },
    protocol::Verb,
};

/// A request on its way. What is remembered of it until the reply is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent {
    /// A message about a seat, and what was certain of the seat before.
    Seat {
        verb: Verb,
        seat: u32,
        before: crate::check::Known,
    },
    /// A broken message, by its place in the catalogue.
    Broken(usize),
}

/// One run of the harness: the work that is left, and what is known.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) hall: Hall,
    pub(crate) ledger: Ledger,
    pub(crate) claims: Claims,
    pub(crate) findings: Findings,
    pub(crate) broken: Vec<Broken>,
    works: [Work; Verb::ALL.len()],
}

/// The work of one verb: each seat in `order` is handed out `times` times in a
/// row, so that several clients ask for the same seat at the same time.
#[derive(Debug)]
struct Work {
    order: Vec<u32>,
    times: usize,
    handed_out: AtomicUsize,
    settled: AtomicUsize,
}

impl Board {
    /// The board at the start of a run over `seats` seats shuffled by `seed`.
    pub(crate) fn new(seats: u32, seed: u64) -> Self {
        let hall = Hall::new(seats);
        let work = |verb| Work {
            order: hall.order(verb, seed),
            times: if verb == Verb::Query { 1 } else { CONTENDERS },
            handed_out: AtomicUsize::new(0),
            settled: AtomicUsize::new(0),
        };
        Self {
            hall,
            ledger: Ledger::new(seats),
            claims: Claims::new(seats),
            findings: Findings::default(),
            broken: broken::catalogue(),
            works: Verb::ALL.map(work),
        }
    }

    /// The next seat that a client should send `verb` to; `None` when all have
    /// been handed out.
    pub(crate) fn hand_out(&self, verb: Verb) -> Option<u32> {
        let work = &self.works[verb.index()];
        let turn = work.handed_out.fetch_add(1, Relaxed) / work.times;
        work.order.get(turn).copied()
    }

    /// A seat that was handed out for `verb` needs nothing more.
    pub(crate) fn settle(&self, verb: Verb) {
        self.works[verb.index()].settled.fetch_add(1, Relaxed);
    }

    /// How many hand-outs of these verbs are settled, and how many there are.
    pub(crate) fn progress(&self, verbs: &[Verb]) -> (usize, usize) {
        verbs.iter().fold((0, 0), |(settled, all), verb| {
            let work = &self.works[verb.index()];
            let size = work.order.len() * work.times;
            (settled + work.settled.load(Relaxed), all + size)
        })
    }

    /// Whether all seats are reserved and bought as they should be.
    pub(crate) fn is_contention_over(&self) -> bool {
        let (settled, all) = self.progress(&[Verb::Reserve, Verb::Buy]);
        settled >= all
    }

    /// A request in words.
    pub(crate) fn describe(&self, sent: Sent) -> String {
        match sent {
            Sent::Seat { verb, seat, .. } => format!("{verb}: {}", self.hall.name(seat)),
            Sent::Broken(at) => format!("broken message ({})", self.broken[at].what),
        }
    }

    /// Notes the end of a connection, which ends the run.
    pub(crate) fn note_fault(&self, oldest: Option<Sent>, fault: &Fault) {
        let reason = match oldest {
            Some(sent) => format!("{}: {fault}", self.describe(sent)),
            None => fault.to_string(),
        };
        if fault.is_loss() {
            self.findings.lost(reason);
        } else {
            self.findings.fatal(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_get_the_same_seat_one_after_the_other() {
        let board = Board::new(9, 1);
        let mut seats = Vec::new();
        while let Some(seat) = board.hand_out(Verb::Buy) {
            seats.push(seat);
            board.settle(Verb::Buy);
        }
        assert_eq!(seats.len(), 3 * CONTENDERS);
        for contended in seats.chunks(CONTENDERS) {
            assert_eq!(contended, [contended[0]; CONTENDERS]);
        }
        let all = 3 * CONTENDERS;
        assert_eq!(board.progress(&[Verb::Buy]), (all, all));
        assert!(!board.is_contention_over());
    }

    #[test]
    fn each_seat_is_checked_once() {
        let board = Board::new(9, 1);
        let checked = std::iter::from_fn(|| board.hand_out(Verb::Query)).count();
        assert_eq!(checked, 9);
    }

    #[test]
    fn a_fault_is_told_with_its_message() {
        let board = Board::new(9, 1);
        let seat = Sent::Seat {
            verb: Verb::Buy,
            seat: 8,
            before: board.ledger.known(8),
        };
        let second = std::time::Duration::from_secs(1);
        board.note_fault(Some(seat), &Fault::NoReply(second));
        board.note_fault(Some(Sent::Broken(0)), &Fault::Closed);
        let reasons = board.findings.into_reasons();
        assert_eq!(reasons.wrong, ["BUY: C002: no reply within 1s"]);
        let lost = "broken message (lower-case verb): the server closed the connection";
        assert_eq!(reasons.lost.as_deref(), Some(lost));
    }
}
