//! Replays what the journal has recorded and proves that it holds together.

use std::fmt;

use crate::inventory::{Seats, SeatsByState};
use crate::journal::{Illegal, Inspection, OpenError, Progress, Record, Report, SeatState, State};
use crate::route::{Owner, Router, ShardId};

/// What the ledger of one shard says, counted record by record and apart from
/// the seats that the records build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Seats of the snapshot that are reserved.
    pub snapshot_reserved: u64,
    /// Seats of the snapshot that are sold.
    pub snapshot_sold: u64,
    /// Reservations since.
    pub reserved: u64,
    /// Sales since.
    pub sold: u64,
}

impl Ledger {
    /// How many seats must be there, by state.
    pub fn balance(&self) -> SeatsByState {
        let all = self.snapshot_reserved + self.snapshot_sold + self.reserved;
        let sold = self.snapshot_sold + self.sold;
        SeatsByState {
            reserved: all.saturating_sub(sold),
            sold,
        }
    }

    /// The sum of two shards.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            snapshot_reserved: self.snapshot_reserved + other.snapshot_reserved,
            snapshot_sold: self.snapshot_sold + other.snapshot_sold,
            reserved: self.reserved + other.reserved,
            sold: self.sold + other.sold,
        }
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SeatsByState { reserved, sold } = self.balance();
        write!(
            f,
            "{} seats: {reserved} reserved, {sold} sold (from the snapshot {} and {}; since then \
             {} reservations and {} sales)",
            reserved + sold,
            self.snapshot_reserved,
            self.snapshot_sold,
            self.reserved,
            self.sold
        )
    }
}

/// A shard's records, checked one after another: each must be a legal change
/// of the seat's state, and of a seat that this shard owns.
struct Auditor {
    seats: Seats,
    /// None if another build has routed the seats.
    router: Option<Router>,
    ledger: Ledger,
}

impl Auditor {
    /// Two shards cannot sell one seat if each seat stands with its owner.
    fn owned(&self, record: Record<'_>) -> Result<(), Illegal> {
        let owner = self.router.as_ref().map(|router| router.seat(record.key()));
        match owner {
            None | Some(Owner::Local) => Ok(()),
            Some(Owner::Remote(owner)) => Err(Illegal(format!(
                "seat {} belongs to shard {}",
                record.key().escape_ascii(),
                owner.0
            ))),
        }
    }
}

impl State for Auditor {
    fn expect(&mut self, records: u64) {
        self.seats.expect(records);
    }

    fn restore(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        self.owned(record)?;
        State::restore(&mut self.seats, record)?;
        let Record::Seat { state, .. } = record;
        match state {
            SeatState::Reserved => self.ledger.snapshot_reserved += 1,
            SeatState::Sold => self.ledger.snapshot_sold += 1,
        }
        Ok(())
    }

    fn apply(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        self.owned(record)?;
        State::apply(&mut self.seats, record)?;
        let Record::Seat { state, .. } = record;
        match state {
            SeatState::Reserved => self.ledger.reserved += 1,
            SeatState::Sold => self.ledger.sold += 1,
        }
        Ok(())
    }

    fn snapshot(
        &self,
        out: &mut dyn FnMut(Record<'_>) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        State::snapshot(&self.seats, out)
    }
}

/// Why an audit failed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The journal cannot be replayed, or a record does not follow.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The records were legal, but the sums do not agree.
    #[error(
        "shard {shard}: the records add up to {expected:?}, but the seats to {found:?}: please \
         report this"
    )]
    Sums {
        /// Which shard.
        shard: u16,
        /// What the records say.
        expected: SeatsByState,
        /// What is there.
        found: SeatsByState,
    },
}

/// The shard that owns a key, for [`crate::journal::open`].
pub fn owner(router: &Router, key: &[u8]) -> usize {
    match router.seat(key) {
        Owner::Local => router.me().index(),
        Owner::Remote(owner) => owner.index(),
    }
}

/// Audits one shard of a data directory: every record is a legal change of a
/// seat that the shard owns, so no seat is sold twice; and the sums hold. (What
/// a build has written that routes otherwise is audited shard by shard only.)
///
/// # Errors
/// [`AuditError`] with the first record that is not legal.
pub fn audit(
    data: &Inspection,
    shard: u16,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Ledger, Report), AuditError> {
    let router = Router::new(data.shards(), ShardId(shard));
    let routes_here = data.is_routed_by(&|key| owner(&router, key));
    let mut auditor = Auditor {
        seats: Seats::new(0, 1),
        router: routes_here.then_some(router),
        ledger: Ledger::default(),
    };
    let report = data.replay(shard, &mut auditor, progress)?;
    let (expected, found) = (auditor.ledger.balance(), auditor.seats.by_state());
    if expected == found {
        Ok((auditor.ledger, report))
    } else {
        Err(AuditError::Sums {
            shard,
            expected,
            found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auditor(shards: u16, me: u16) -> Auditor {
        Auditor {
            seats: Seats::new(0, 1),
            router: Some(Router::new(shards, ShardId(me))),
            ledger: Ledger::default(),
        }
    }

    #[test]
    fn a_seat_of_another_shard_is_found() {
        let record = Record::Seat {
            state: SeatState::Reserved,
            name: b"A1",
        };
        let takers = (0..4)
            .filter(|&me| auditor(4, me).apply(record).is_ok())
            .count();
        assert_eq!(takers, 1);
    }

    #[test]
    fn the_ledger_counts_what_the_seats_hold() {
        let mut auditor = auditor(1, 0);
        let seat = |state, name| Record::Seat { state, name };
        auditor.restore(seat(SeatState::Sold, b"A1")).unwrap();
        auditor.restore(seat(SeatState::Reserved, b"A2")).unwrap();
        auditor.apply(seat(SeatState::Sold, b"A2")).unwrap();
        auditor.apply(seat(SeatState::Reserved, b"A3")).unwrap();
        assert!(auditor.apply(seat(SeatState::Sold, b"A1")).is_err());
        let balance = SeatsByState {
            reserved: 1,
            sold: 2,
        };
        assert_eq!(auditor.ledger.balance(), balance);
        assert_eq!(auditor.seats.by_state(), balance);
        assert_eq!(auditor.ledger.plus(auditor.ledger).balance().sold, 4);
    }
}
