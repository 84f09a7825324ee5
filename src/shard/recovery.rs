//! Seats and stock out of the journal: the rules by which records build them.

use crate::inventory::{self, Change, Inventory, Outcome, Seats, Verb};
use crate::journal::{Illegal, OpenError, Record, SeatState, State};
use crate::limits::MAX_CHANGE_BYTES;

/// What a shard's journal keeps.
impl State for Inventory {
    fn expect(&mut self, records: u64) {
        self.expected = records;
    }

    fn restore(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        match record {
            Record::Seat { .. } => {
                // Of a snapshot with seats nearly all records are seats.
                let expected = std::mem::take(&mut self.expected);
                if expected > 0 {
                    self.seats.expect(expected);
                }
                State::restore(&mut self.seats, record)
            }
            Record::Change { locator, body } => {
                self.expected = self.expected.saturating_sub(1);
                let change = decode(locator, body)?;
                self.stock.restore(&change).map_err(Illegal::from)
            }
        }
    }

    fn restored(&mut self) -> Result<(), Illegal> {
        self.stock.restored().map_err(Illegal::from)
    }

    fn apply(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        match record {
            Record::Seat { .. } => State::apply(&mut self.seats, record),
            Record::Change { locator, body } => {
                let change = decode(locator, body)?;
                self.stock.replay(&change).map_err(Illegal::from)
            }
        }
    }

    fn snapshot(
        &self,
        out: &mut dyn FnMut(Record<'_>) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        let mut bytes = vec![0; MAX_CHANGE_BYTES];
        self.stock.snapshot(&mut |change| {
            let body = change.encode(&mut bytes);
            out(Record::Change {
                locator: change.locator(),
                body: body.expect("the stock makes no change that is longer"),
            })
        })?;
        State::snapshot(&self.seats, out)
    }
}

impl From<inventory::Illegal> for Illegal {
    fn from(illegal: inventory::Illegal) -> Self {
        Self(illegal.0)
    }
}

/// A change, if it stands where it belongs.
fn decode(locator: u32, body: &[u8]) -> Result<Change, Illegal> {
    let change = Change::decode(body).map_err(|bad| Illegal(bad.to_string()))?;
    if change.locator() == locator {
        return Ok(change);
    }
    Err(Illegal("a change of another locator".to_owned()))
}

impl State for Seats {
    fn expect(&mut self, records: u64) {
        self.reserve(records as usize);
    }

    fn restore(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        let (state, name) = seat(record)?;
        if Seats::restore(self, name, state == SeatState::Sold) {
            Ok(())
        } else {
            Err(illegal("seat", name, "stands in the snapshot twice"))
        }
    }

    fn apply(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        let (state, name) = seat(record)?;
        match state {
            SeatState::Reserved if Seats::restore(self, name, false) => Ok(()),
            SeatState::Reserved => Err(illegal("seat", name, "is reserved a second time")),
            SeatState::Sold if Seats::apply(self, Verb::Buy, name) == Outcome::Ok => Ok(()),
            SeatState::Sold if Seats::apply(self, Verb::Query, name) == Outcome::Sold => {
                Err(illegal("seat", name, "is sold a second time"))
            }
            SeatState::Sold => Err(illegal("seat", name, "is sold without a reservation")),
        }
    }

    fn snapshot(
        &self,
        out: &mut dyn FnMut(Record<'_>) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        self.try_for_each(|name, sold| {
            let state = if sold {
                SeatState::Sold
            } else {
                SeatState::Reserved
            };
            out(Record::Seat { state, name })
        })
    }
}

/// Where there are only seats.
fn seat(record: Record<'_>) -> Result<(SeatState, &[u8]), Illegal> {
    match record {
        Record::Seat { state, name } => Ok((state, name)),
        Record::Change { .. } => Err(Illegal("a change of what is no seat".to_owned())),
    }
}

fn illegal(what: &str, name: &[u8], why: &str) -> Illegal {
    Illegal(format!("{what} {} {why}", name.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(state: SeatState, name: &[u8]) -> Record<'_> {
        Record::Seat { state, name }
    }

    #[test]
    fn only_legal_changes_are_taken() {
        use SeatState::{Reserved, Sold};
        let mut seats = Seats::new(0, 1);
        let mut apply = |state, name: &str| {
            State::apply(&mut seats, record(state, name.as_bytes())).map_err(|illegal| illegal.0)
        };
        assert_eq!(apply(Reserved, "A1"), Ok(()));
        assert_eq!(
            apply(Reserved, "A1"),
            Err("seat A1 is reserved a second time".to_owned())
        );
        assert_eq!(
            apply(Sold, "A2"),
            Err("seat A2 is sold without a reservation".to_owned())
        );
        assert_eq!(apply(Sold, "A1"), Ok(()));
        assert_eq!(
            apply(Sold, "A1"),
            Err("seat A1 is sold a second time".to_owned())
        );
        assert_eq!(
            apply(Reserved, "A1"),
            Err("seat A1 is reserved a second time".to_owned())
        );
    }

    #[test]
    fn a_snapshot_restores_the_same_seats() {
        let mut seats = Seats::new(0, 1);
        for n in 0..1_000 {
            let name = format!("S{n}");
            State::apply(&mut seats, record(SeatState::Reserved, name.as_bytes())).unwrap();
            if n % 3 == 0 {
                State::apply(&mut seats, record(SeatState::Sold, name.as_bytes())).unwrap();
            }
        }
        let mut restored = Seats::new(0, 2);
        State::snapshot(&seats, &mut |record| {
            State::restore(&mut restored, record).unwrap();
            Ok(())
        })
        .unwrap();
        assert_eq!(restored.by_state(), seats.by_state());
        assert_eq!(restored.apply(Verb::Query, b"S3"), Outcome::Sold);
        assert_eq!(restored.apply(Verb::Query, b"S4"), Outcome::Reserved);
        assert!(State::restore(&mut restored, record(SeatState::Sold, b"S4")).is_err());
    }
}
