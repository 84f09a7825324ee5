//! Replays what the journal has recorded and proves that it holds together.

mod accounts;
mod sale;

use std::fmt;

use accounts::Accounts;
pub use sale::Sale;
use sale::sales;

use crate::inventory::{Bounds, Inventory, SeatsByState, StockTotals};
use crate::journal::{Illegal, Inspection, OpenError, Progress, Record, Report, SeatState, State};
use crate::limits::MAX_TICKETS_AT_ONCE;
use crate::route::{Owner, Router, ShardId};

/// What was audited of one shard or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// The seats.
    pub seats: Ledger,
    /// Ticket options, members, tickets and events.
    pub stock: StockTotals,
    /// Double entries that were posted since the snapshot, one by one.
    pub entries: u64,
}

impl Audit {
    /// The sum of two shards.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            seats: self.seats.plus(other.seats),
            stock: self.stock.plus(other.stock),
            entries: self.entries + other.entries,
        }
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seats,
            stock,
            entries,
        } = self;
        write!(
            f,
            "{seats}\n  ticket options: {}; {} of {} sold in {} purchases, {} available\n  \
             members: {}\n  tickets: {}; {} free, {} held, {} purchased\n  events: {}; {} \
             tickets sold in {} bookings, {} held, {} free; {} payments under way, {} owed\n  \
             ledger entries: {entries} since the snapshot, {} in lists; idempotency keys: {}",
            stock.options,
            stock.sold(),
            stock.allocated,
            stock.purchases,
            stock.available,
            stock.members,
            stock.tickets(),
            stock.tickets_free,
            stock.tickets_held,
            stock.tickets_purchased,
            stock.events.events,
            stock.events.sold,
            stock.events.bookings,
            stock.events.held,
            stock.events.free,
            stock.events.paying,
            stock.events.owed,
            stock.ledger_entries,
            stock.keys
        )
    }
}

/// What the records say of the seats of one shard, counted record by record and
/// apart from the seats that the records build.
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
/// of the state, and of something that this shard owns.
struct Auditor {
    inventory: Inventory,
    /// None if another build has routed what there is.
    router: Option<Router>,
    seats: Ledger,
    accounts: Accounts,
}

impl Auditor {
    fn new(router: Option<Router>) -> Self {
        let bounds = Bounds {
            // As many as one change can post: each is looked at.
            ledger_entries: MAX_TICKETS_AT_ONCE as usize,
            ..Bounds::default()
        };
        Self {
            inventory: Inventory::new(bounds, 1),
            router,
            seats: Ledger::default(),
            accounts: Accounts::default(),
        }
    }

    /// Two shards cannot sell one seat if each seat stands with its owner.
    fn owned(&self, record: Record<'_>) -> Result<(), Illegal> {
        let key = record.key();
        let owner = self.router.as_ref().map(|router| router.seat(&key));
        match (owner, record) {
            (None | Some(Owner::Local), _) => Ok(()),
            (Some(Owner::Remote(owner)), Record::Seat { name, .. }) => Err(Illegal(format!(
                "seat {} belongs to shard {}",
                name.escape_ascii(),
                owner.0
            ))),
            (Some(Owner::Remote(owner)), Record::Change { locator, .. }) => Err(Illegal(format!(
                "what has locator {locator:08x} belongs to shard {}",
                owner.0
            ))),
        }
    }

    /// Compares the sums, when all was replayed.
    fn finish(self, shard: u16) -> Result<(Audit, Vec<Sale>), AuditError> {
        let (expected, found) = (self.seats.balance(), self.inventory.seats.by_state());
        if expected != found {
            return Err(AuditError::Sums {
                shard,
                expected,
                found,
            });
        }
        let stock = &self.inventory.stock;
        self.accounts
            .check(stock)
            .map_err(|what| AuditError::Accounts { shard, what })?;
        stock
            .events()
            .prove()
            .map_err(|what| AuditError::Accounts { shard, what })?;
        let audit = Audit {
            seats: self.seats,
            stock: stock.totals(),
            entries: stock.entries_posted(),
        };
        Ok((audit, sales(stock)))
    }
}

impl State for Auditor {
    fn expect(&mut self, records: u64) {
        self.inventory.expect(records);
    }

    fn restore(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        self.owned(record)?;
        State::restore(&mut self.inventory, record)?;
        match record {
            Record::Seat {
                state: SeatState::Reserved,
                ..
            } => self.seats.snapshot_reserved += 1,
            Record::Seat {
                state: SeatState::Sold,
                ..
            } => self.seats.snapshot_sold += 1,
            Record::Change { .. } => {}
        }
        Ok(())
    }

    fn restored(&mut self) -> Result<(), Illegal> {
        State::restored(&mut self.inventory)?;
        self.accounts.open(&self.inventory.stock);
        Ok(())
    }

    fn apply(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        self.owned(record)?;
        State::apply(&mut self.inventory, record)?;
        match record {
            Record::Seat {
                state: SeatState::Reserved,
                ..
            } => self.seats.reserved += 1,
            Record::Seat {
                state: SeatState::Sold,
                ..
            } => self.seats.sold += 1,
            Record::Change { .. } => self.accounts.post(&self.inventory.stock)?,
        }
        Ok(())
    }

    fn snapshot(
        &self,
        out: &mut dyn FnMut(Record<'_>) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        State::snapshot(&self.inventory, out)
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
    /// The records were legal, but the ledger or the seat maps do not agree with
    /// the state.
    #[error("shard {shard}: {what}: please report this")]
    Accounts {
        /// Which shard.
        shard: u16,
        /// What does not agree.
        what: String,
    },
}

/// The shard that owns a key, for [`crate::journal::open`].
pub fn owner(router: &Router, key: &[u8]) -> usize {
    match router.seat(key) {
        Owner::Local => router.me().index(),
        Owner::Remote(owner) => owner.index(),
    }
}

/// Audits one shard of a data directory: every record is a legal change of
/// something that the shard owns, so no seat and no ticket is sold twice, and of
/// no ticket option more than there is; no account of the ledger is ever
/// overdrawn; of every event each seat is in one basket or booking at most, and
/// as many tickets are free, held and sold as there are; and the sums hold. (What a build has written that routes otherwise
/// is audited shard by shard only.)
///
/// # Errors
/// [`AuditError`] with the first record that is not legal.
pub fn audit(
    data: &Inspection,
    shard: u16,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Audit, Vec<Sale>, Report), AuditError> {
    let router = Router::new(data.shards(), ShardId(shard));
    let routes_here = data.is_routed_by(&|key| owner(&router, key));
    let mut auditor = Auditor::new(routes_here.then_some(router));
    let report = data.replay(shard, &mut auditor, progress)?;
    let (audit, sales) = auditor.finish(shard)?;
    Ok((audit, sales, report))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::events::{Draft, EventChange, Lot, Order, PlanLine, RoomKnobs};
    use crate::inventory::{Change, Id, Stock};

    fn auditor(shards: u16, me: u16) -> Auditor {
        Auditor::new(Some(Router::new(shards, ShardId(me))))
    }

    #[test]
    fn a_seat_of_another_shard_is_found() {
        let seat = Record::Seat {
            state: SeatState::Reserved,
            name: b"A1",
        };
        let member = Change::MemberCreated {
            id: Id::from_u128(0x77),
            name: "Ada".to_owned(),
        };
        let mut bytes = [0; 64];
        let change = Record::Change {
            locator: 0x77,
            body: member.encode(&mut bytes).unwrap(),
        };
        for record in [seat, change] {
            let takers = (0..4)
                .filter(|&me| auditor(4, me).apply(record).is_ok())
                .count();
            assert_eq!(takers, 1);
        }
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
        assert_eq!(auditor.inventory.seats.by_state(), balance);
        let (audit, _) = auditor.finish(0).unwrap();
        assert_eq!(audit.seats.balance(), balance);
        assert_eq!(audit.plus(audit).seats.balance().sold, 4);
    }

    #[test]
    fn accounts_that_have_missed_an_entry_say_which_is_wrong() {
        let mut stock = Stock::new(Bounds::default());
        let mut accounts = Accounts::default();
        accounts.open(&stock);
        let (event, checkout) = (Id::from_u128(0x77), Id::from_u128(0x1_0000_0077));
        let created = EventChange::Created {
            event,
            at: 1,
            seats: vec![3],
            general: Vec::new(),
        };
        let held = EventChange::Held {
            event,
            at: 2,
            checkout,
            lots: vec![Lot::Seats {
                section: 0,
                seats: vec![1],
            }],
        };
        let lines = vec![
            PlanLine::Section {
                name: "A".to_owned(),
                price: 1,
            },
            PlanLine::Row {
                label: "1".to_owned(),
                seats: 3,
            },
        ];
        let draft = Draft {
            event,
            name: "Gala".to_owned(),
            description: String::new(),
            date: String::new(),
            venue: String::new(),
            currency: String::new(),
            room: RoomKnobs::default(),
            opens_at: None,
            order: Order::Fifo,
            shuffle_seed: 0,
            absence_seconds: 9,
            session_seconds: 9,
            max_tickets: 9,
        };
        for change in [
            EventChange::Drafted(Box::new(draft)),
            EventChange::Planned { event, lines },
            created,
            EventChange::Joined {
                event,
                at: 1,
                checkout,
            },
            EventChange::Admitted {
                event,
                at: 1,
                checkouts: vec![checkout],
            },
        ] {
            stock.replay(&Change::Event(change)).unwrap();
            accounts.post(&stock).unwrap();
        }
        stock.replay(&Change::Event(held)).unwrap();
        let missed = accounts.check(&stock).unwrap_err();
        assert!(missed.contains("than the state"), "{missed}");
    }
}
