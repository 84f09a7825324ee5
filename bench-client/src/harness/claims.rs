//! Which seats have requests under way, over all clients of the harness.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

use super::CONTENDERS;
use crate::{
    check::{Breach, Known},
    protocol::Verb,
};

/// RESERVEs under way are counted in the low bits, BUYs above them.
const ONE_RESERVE: u8 = 1;
const ONE_BUY: u8 = 1 << 3;
const COUNT_MASK: u8 = 0b111;
const GIVEN_UP: u8 = 1 << 6;

const _: () = assert!(
    CONTENDERS <= COUNT_MASK as usize,
    "the counts would overflow"
);

/// Counts of unanswered requests per seat.
///
/// They make it certain, at the moment of a `FAIL`, whether some other client
/// can have got the seat: if it was not granted to anyone and no other request
/// for it is under way, the `FAIL` is wrong.
///
/// A reply must be entered in the ledger *before* [`Claims::leave`]: whoever
/// sees the count go down must see the grant as well.
#[derive(Debug)]
pub(crate) struct Claims {
    seats: Vec<AtomicU8>,
}

impl Claims {
    /// No request under way for the seats `0..seats`.
    pub(crate) fn new(seats: u32) -> Self {
        Self {
            seats: (0..seats).map(|_| AtomicU8::new(0)).collect(),
        }
    }

    /// A request is about to be sent. Only for RESERVE and BUY.
    pub(crate) fn enter(&self, seat: u32, verb: Verb) {
        self.seats[seat as usize].fetch_add(unit(verb), SeqCst);
    }

    /// A request was answered. Says whether no other of the same verb is under
    /// way for this seat.
    pub(crate) fn leave(&self, seat: u32, verb: Verb) -> bool {
        let before = self.seats[seat as usize].fetch_sub(unit(verb), SeqCst);
        count(before, verb) == 1
    }

    /// Whether a request of this verb is under way.
    pub(crate) fn any(&self, seat: u32, verb: Verb) -> bool {
        count(self.seats[seat as usize].load(SeqCst), verb) > 0
    }

    /// The server was wrong about this seat: nobody need try it again.
    pub(crate) fn give_up(&self, seat: u32) {
        self.seats[seat as usize].fetch_or(GIVEN_UP, SeqCst);
    }

    /// Whether [`Claims::give_up`] was called for this seat.
    pub(crate) fn is_given_up(&self, seat: u32) -> bool {
        self.seats[seat as usize].load(SeqCst) & GIVEN_UP != 0
    }
}

const fn unit(verb: Verb) -> u8 {
    match verb {
        Verb::Reserve => ONE_RESERVE,
        Verb::Buy => ONE_BUY,
        Verb::Query => 0,
    }
}

const fn count(state: u8, verb: Verb) -> u8 {
    match verb {
        Verb::Reserve => state & COUNT_MASK,
        Verb::Buy => (state >> 3) & COUNT_MASK,
        Verb::Query => 0,
    }
}

/// What a client does about a `FAIL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterFail {
    /// Nothing: another client of the harness has got what was asked for.
    Done,
    /// Ask again later.
    Repeat,
    /// Report it: no correct server could have answered `FAIL`.
    Wrong(Breach),
}

/// Judges a `FAIL` to `verb` (RESERVE or BUY). `before` was certain when it was
/// sent, `after` when it was answered; `alone` says that no other request of
/// the verb was under way any more.
pub(crate) fn after_fail(verb: Verb, before: Known, after: Known, alone: bool) -> AfterFail {
    match verb {
        Verb::Reserve if after.reserved() => AfterFail::Done,
        Verb::Buy if after.sold() => AfterFail::Done,
        Verb::Reserve if alone => AfterFail::Wrong(Breach::FreeSeatRefused),
        Verb::Buy if alone && before.reserved() => AfterFail::Wrong(Breach::ReservedSeatRefused),
        Verb::Reserve | Verb::Buy | Verb::Query => AfterFail::Repeat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::Ledger, protocol::Reply};

    #[test]
    fn counts_of_the_verbs_do_not_touch() {
        let claims = Claims::new(2);
        claims.enter(1, Verb::Reserve);
        claims.enter(1, Verb::Reserve);
        claims.enter(1, Verb::Buy);
        claims.give_up(1);
        assert!(!claims.any(0, Verb::Reserve) && !claims.is_given_up(0));
        assert!(claims.leave(1, Verb::Buy));
        assert!(!claims.any(1, Verb::Buy));
        assert!(!claims.leave(1, Verb::Reserve));
        assert!(claims.any(1, Verb::Reserve));
        assert!(claims.leave(1, Verb::Reserve));
        assert!(!claims.any(1, Verb::Reserve) && claims.is_given_up(1));
    }

    /// What is known of a seat at first, after its RESERVE, after its BUY.
    fn stages() -> [Known; 3] {
        let ledger = Ledger::new(1);
        let free = ledger.known(0);
        ledger.enter(0, Verb::Reserve, free, Reply::Ok).unwrap();
        let reserved = ledger.known(0);
        ledger.enter(0, Verb::Buy, reserved, Reply::Ok).unwrap();
        [free, reserved, ledger.known(0)]
    }

    #[test]
    fn a_refused_reserve_is_wrong_only_if_nobody_else_can_have_the_seat() {
        let [free, reserved, _] = stages();
        let judge = |after, alone| after_fail(Verb::Reserve, free, after, alone);
        assert_eq!(judge(reserved, true), AfterFail::Done);
        assert_eq!(judge(free, false), AfterFail::Repeat);
        let wrong = AfterFail::Wrong(Breach::FreeSeatRefused);
        assert_eq!(judge(free, true), wrong);
    }

    #[test]
    fn a_refused_buy_is_wrong_only_if_the_seat_was_reserved_when_it_was_sent() {
        let [free, reserved, sold] = stages();
        let judge = |before, after, alone| after_fail(Verb::Buy, before, after, alone);
        assert_eq!(judge(free, sold, true), AfterFail::Done);
        assert_eq!(judge(free, reserved, true), AfterFail::Repeat);
        assert_eq!(judge(reserved, reserved, false), AfterFail::Repeat);
        let wrong = AfterFail::Wrong(Breach::ReservedSeatRefused);
        assert_eq!(judge(reserved, reserved, true), wrong);
    }
}
