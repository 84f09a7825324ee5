//! Seats out of the journal: the rules by which records build them.

use crate::inventory::{Outcome, Seats, Verb};
use crate::journal::{Illegal, OpenError, Record, SeatState, State};

impl State for Seats {
    fn expect(&mut self, records: u64) {
        self.reserve(records as usize);
    }

    fn restore(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        let Record::Seat { state, name } = record;
        if Seats::restore(self, name, state == SeatState::Sold) {
            Ok(())
        } else {
            Err(illegal("seat", name, "stands in the snapshot twice"))
        }
    }

    fn apply(&mut self, record: Record<'_>) -> Result<(), Illegal> {
        let Record::Seat { state, name } = record;
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

fn illegal(what: &str, name: &[u8], why: &str) -> Illegal {
    Illegal(format!("{what} {} {why}", name.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(state: SeatState, name: &[u8]) -> Record<'_> {
        Record::Seat { state, name }
    }

    #[test]
    fn only_legal_changes_are_taken() {
        use SeatState::{Reserved, Sold};
        let mut seats = Seats::new(0, 1);
        let mut apply = |state, name: &str| {
            State::apply(&mut seats, seat(state, name.as_bytes())).map_err(|illegal| illegal.0)
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
            State::apply(&mut seats, seat(SeatState::Reserved, name.as_bytes())).unwrap();
            if n % 3 == 0 {
                State::apply(&mut seats, seat(SeatState::Sold, name.as_bytes())).unwrap();
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
        assert!(State::restore(&mut restored, seat(SeatState::Sold, b"S4")).is_err());
    }
}
