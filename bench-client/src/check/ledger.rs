//! One byte per seat: what was granted, and what the replies presuppose.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

use super::Breach;
use crate::protocol::{Reply, Verb};

/// A RESERVE got `OK`.
const RESERVED: u8 = 1;
/// A BUY got `OK`.
const SOLD: u8 = 2;
/// Some reply makes sense only if a RESERVE gets `OK`, now or later.
const OWES_RESERVE: u8 = 4;
/// Some reply makes sense only if a BUY gets `OK`, now or later.
const OWES_SALE: u8 = 8;
/// A RESERVE got no reply: it may have been carried out, or may be yet.
const MAY_BE_RESERVED: u8 = 16;
/// A BUY got no reply.
const MAY_BE_SOLD: u8 = 32;

/// What was certain about a seat at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known(u8);

impl Known {
    /// A RESERVE of the seat had got `OK`.
    pub(crate) fn reserved(self) -> bool {
        self.0 & RESERVED != 0
    }

    /// A BUY of the seat had got `OK`.
    pub(crate) fn sold(self) -> bool {
        self.0 & SOLD != 0
    }
}

/// The replies about all seats, shared by all threads.
///
/// Replies of different connections arrive here in any order, so a reply is
/// judged at once only by what was certain when its request was sent. Whatever
/// else it presupposes is noted as owed, and judged by [`Ledger::unpaid`] once
/// all replies are in. The seats must be free at the start.
#[derive(Debug)]
pub(crate) struct Ledger {
    seats: Vec<AtomicU8>,
}

impl Ledger {
    /// A ledger for the seats `0..seats`, all free.
    pub(crate) fn new(seats: u32) -> Self {
        Self {
            seats: (0..seats).map(|_| AtomicU8::new(0)).collect(),
        }
    }

    /// What is certain about `seat` now. Take it before sending a request and
    /// hand it to [`Ledger::enter`] with the reply.
    pub(crate) fn known(&self, seat: u32) -> Known {
        Known(self.seats[seat as usize].load(SeqCst))
    }

    /// Enters `reply` to `verb` on `seat`, sent when `before` was certain.
    ///
    /// # Errors
    /// The breach, if no correct server could have answered so.
    pub(crate) fn enter(
        &self,
        seat: u32,
        verb: Verb,
        before: Known,
        reply: Reply,
    ) -> Result<(), Breach> {
        let debt = match (verb, reply) {
            (Verb::Reserve, Reply::Ok) => {
                return self.grant(seat, RESERVED, 0, Breach::ReservedTwice);
            }
            (Verb::Buy, Reply::Ok) => {
                return self.grant(seat, SOLD, OWES_RESERVE, Breach::SoldTwice);
            }
            (Verb::Query, Reply::Free | Reply::Reserved) if before.sold() => {
                return Err(Breach::SaleLost);
            }
            (Verb::Query, Reply::Free) if before.reserved() => {
                return Err(Breach::ReservationLost);
            }
            (Verb::Reserve, Reply::Fail) | (Verb::Query, Reply::Reserved) => OWES_RESERVE,
            (Verb::Buy, Reply::Fail) if before.reserved() => OWES_SALE,
            (Verb::Query, Reply::Sold) => OWES_RESERVE | OWES_SALE,
            (Verb::Buy, Reply::Fail) | (Verb::Query, Reply::Free) => return Ok(()),
            (Verb::Reserve | Verb::Buy, Reply::Free | Reply::Reserved | Reply::Sold)
            | (Verb::Query, Reply::Ok | Reply::Fail) => return Err(Breach::WrongKind),
        };
        self.owe(seat, debt);
        Ok(())
    }

    /// Notes that a request of `verb` on `seat` will get no reply: what other
    /// replies presuppose may have been its doing.
    pub(crate) fn lose(&self, seat: u32, verb: Verb) {
        match verb {
            Verb::Reserve => self.owe(seat, MAY_BE_RESERVED),
            Verb::Buy => self.owe(seat, MAY_BE_SOLD),
            Verb::Query => {}
        }
    }

    /// How many seats a RESERVE was granted for.
    pub(crate) fn reserved(&self) -> u64 {
        let is_reserved = |seat: &&AtomicU8| seat.load(SeqCst) & RESERVED != 0;
        self.seats.iter().filter(is_reserved).count() as u64
    }

    /// The seats whose replies do not fit together, lowest number first. Only
    /// meaningful when every request has been answered, or noted as lost.
    pub(crate) fn unpaid(&self) -> impl Iterator<Item = (u32, Breach)> {
        (0_u32..).zip(&self.seats).filter_map(|(seat, state)| {
            let state = state.load(SeqCst);
            let owes = |debt, payment| state & debt != 0 && state & payment == 0;
            if owes(OWES_RESERVE, RESERVED | MAY_BE_RESERVED) {
                Some((seat, Breach::NeverReserved))
            } else if owes(OWES_SALE, SOLD | MAY_BE_SOLD) {
                Some((seat, Breach::NeverSold))
            } else {
                None
            }
        })
    }

    fn grant(&self, seat: u32, grant: u8, debt: u8, twice: Breach) -> Result<(), Breach> {
        let before = self.seats[seat as usize].fetch_or(grant | debt, SeqCst);
        if before & grant == 0 {
            Ok(())
        } else {
            Err(twice)
        }
    }

    fn owe(&self, seat: u32, debt: u8) {
        let state = &self.seats[seat as usize];
        // Most debts are noted already; a load is cheaper than a locked write.
        if state.load(SeqCst) & debt != debt {
            state.fetch_or(debt, SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Enters replies on seat 0, each sent after all before it were in.
    fn enter_all(ledger: &Ledger, replies: &[(Verb, Reply)]) -> Vec<Result<(), Breach>> {
        replies
            .iter()
            .map(|&(verb, reply)| ledger.enter(0, verb, ledger.known(0), reply))
            .collect()
    }

    fn last_of(replies: &[(Verb, Reply)]) -> Result<(), Breach> {
        *enter_all(&Ledger::new(1), replies).last().unwrap()
    }

    fn unpaid_after(replies: &[(Verb, Reply)]) -> Option<Breach> {
        let ledger = Ledger::new(1);
        for entered in enter_all(&ledger, replies) {
            entered.unwrap();
        }
        ledger.unpaid().next().map(|(_, breach)| breach)
    }

    const RESERVED: (Verb, Reply) = (Verb::Reserve, Reply::Ok);
    const BOUGHT: (Verb, Reply) = (Verb::Buy, Reply::Ok);

    #[test]
    fn a_second_grant_is_a_breach_at_once() {
        assert_eq!(last_of(&[RESERVED, RESERVED]), Err(Breach::ReservedTwice));
        let twice = [RESERVED, BOUGHT, BOUGHT];
        assert_eq!(last_of(&twice), Err(Breach::SoldTwice));
    }

    #[test]
    fn a_query_may_not_forget() {
        let free = (Verb::Query, Reply::Free);
        let reserved = (Verb::Query, Reply::Reserved);
        assert_eq!(last_of(&[RESERVED, free]), Err(Breach::ReservationLost));
        let forgotten = [RESERVED, BOUGHT, reserved];
        assert_eq!(last_of(&forgotten), Err(Breach::SaleLost));
        assert_eq!(last_of(&[free, RESERVED, reserved]), Ok(()));
    }

    #[test]
    fn a_query_sent_before_the_grant_may_still_say_free() {
        let ledger = Ledger::new(1);
        let before = ledger.known(0);
        enter_all(&ledger, &[RESERVED]);
        assert_eq!(ledger.enter(0, Verb::Query, before, Reply::Free), Ok(()));
    }

    #[test]
    fn replies_of_another_verb_are_a_breach() {
        for verb in Verb::ALL {
            for reply in Reply::ALL {
                let ledger = Ledger::new(1);
                let entered = ledger.enter(0, verb, ledger.known(0), reply);
                assert_eq!(entered == Err(Breach::WrongKind), !verb.allows(reply));
            }
        }
    }

    #[test]
    fn what_replies_presuppose_must_have_been_granted_by_the_end() {
        let refused = (Verb::Reserve, Reply::Fail);
        assert_eq!(unpaid_after(&[refused]), Some(Breach::NeverReserved));
        assert_eq!(unpaid_after(&[BOUGHT]), Some(Breach::NeverReserved));
        assert_eq!(unpaid_after(&[refused, RESERVED]), None);
        let not_sold = [RESERVED, (Verb::Buy, Reply::Fail)];
        assert_eq!(unpaid_after(&not_sold), Some(Breach::NeverSold));
        let sold = (Verb::Query, Reply::Sold);
        assert_eq!(unpaid_after(&[RESERVED, sold]), Some(Breach::NeverSold));
        assert_eq!(unpaid_after(&[sold, RESERVED, BOUGHT]), None);
    }

    #[test]
    fn a_lost_request_may_be_what_others_presuppose() {
        let refused = [(Verb::Reserve, Reply::Fail), BOUGHT];
        let ledger = Ledger::new(1);
        enter_all(&ledger, &refused);
        assert_eq!(ledger.unpaid().next(), Some((0, Breach::NeverReserved)));
        ledger.lose(0, Verb::Query);
        ledger.lose(0, Verb::Buy);
        assert!(ledger.unpaid().next().is_some());
        ledger.lose(0, Verb::Reserve);
        assert_eq!(ledger.unpaid().next(), None);
        // But nothing lost makes a second sale right.
        let again = ledger.enter(0, Verb::Buy, ledger.known(0), Reply::Ok);
        assert_eq!(again, Err(Breach::SoldTwice));
        assert_eq!(ledger.reserved(), 0);
    }

    /// One seat of a correct server.
    #[derive(Default)]
    struct Model {
        reserved: bool,
        sold: bool,
    }

    impl Model {
        fn answer(&mut self, verb: Verb) -> Reply {
            let ok = |yes| if yes { Reply::Ok } else { Reply::Fail };
            match verb {
                Verb::Reserve => ok(!std::mem::replace(&mut self.reserved, true)),
                Verb::Buy => ok(self.reserved && !std::mem::replace(&mut self.sold, true)),
                Verb::Query if self.sold => Reply::Sold,
                Verb::Query if self.reserved => Reply::Reserved,
                Verb::Query => Reply::Free,
            }
        }
    }

    proptest! {
        /// The server answers in one order; replies come in by another, with
        /// anything between nothing and everything known at sending.
        #[test]
        fn a_correct_server_is_never_accused(
            verbs in prop::collection::vec(0_usize..3, 1..40),
            seed: u64,
        ) {
            let mut model = Model::default();
            let ledger = Ledger::new(1);
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut in_flight = Vec::new();
            for verb in verbs.into_iter().map(|index| Verb::ALL[index]) {
                let before = ledger.known(0);
                in_flight.push((verb, before, model.answer(verb)));
                while !in_flight.is_empty() && rng.bool() {
                    let (verb, before, reply) = in_flight.swap_remove(rng.usize(..in_flight.len()));
                    prop_assert_eq!(ledger.enter(0, verb, before, reply), Ok(()));
                }
            }
            for (verb, before, reply) in in_flight {
                // Some replies never come.
                if rng.bool() {
                    ledger.lose(0, verb);
                } else {
                    prop_assert_eq!(ledger.enter(0, verb, before, reply), Ok(()));
                }
            }
            prop_assert_eq!(ledger.unpaid().next(), None);
        }
    }
}
