//! The seats of one event: who has which, and what has changed lately.

use std::collections::VecDeque;
use std::sync::Arc;

use super::answer::SeatChanges;
use super::plan::Plan;

/// The states of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SeatState {
    /// May be held.
    Free = b'.',
    /// A checkout holds it.
    Held = b'h',
    /// It is booked.
    Sold = b's',
}

impl SeatState {
    /// How it is written in the rows of a seat map.
    pub fn letter(self) -> char {
        char::from(self as u8)
    }

    fn of(byte: u8) -> Self {
        match byte {
            b'.' => Self::Free,
            b'h' => Self::Held,
            _ => Self::Sold,
        }
    }
}

/// Takes 5 bytes per seat (a letter and the number of the holder), 12 per row
/// beside the plan, 4 per remembered change; and while the map is read, 1 per
/// seat for the copy that readers share.
#[derive(Debug)]
pub(super) struct Seats {
    letters: Vec<u8>,
    /// The handle of the checkout that holds a seat; of a sold one the number
    /// of the booking.
    holders: Vec<u32>,
    row_free: Vec<u32>,
    /// Lengths of the gaps of each row, as bits: see [`Self::measure`].
    row_gaps: Vec<u64>,
    version: u64,
    recent: VecDeque<u32>,
    remembered: usize,
    copy: Option<(u64, Arc<[u8]>)>,
    free: u32,
    held: u32,
}

/// Bits of a remembered change that tell the seat; the others tell the state.
const SEAT_BITS: u32 = 30;

/// Gaps that are as long are not told from longer ones.
const LONGEST: usize = 63;

/// A row has changed since it was measured, or has no gap at all.
const UNKNOWN: u64 = 0;

/// Seats that one event may have.
pub(super) const MAX_SEATS: usize = (1 << SEAT_BITS) - 1;

impl Seats {
    pub(super) fn new(plan: &Plan, remembered: usize) -> Self {
        let seats = plan.seats();
        Self {
            letters: vec![SeatState::Free as u8; seats],
            holders: vec![0; seats],
            row_gaps: vec![UNKNOWN; plan.rows().len()],
            row_free: plan.rows().iter().map(super::plan::Row::seats).collect(),
            version: 0,
            recent: VecDeque::new(),
            remembered,
            copy: None,
            free: seats as u32,
            held: 0,
        }
    }

    pub(super) fn state(&self, seat: u32) -> Option<SeatState> {
        let letter = self.letters.get(seat as usize)?;
        Some(SeatState::of(*letter))
    }

    /// Whether this checkout holds a seat.
    pub(super) fn is_held_by(&self, seat: u32, checkout: u32) -> bool {
        self.state(seat) == Some(SeatState::Held) && self.holders[seat as usize] == checkout
    }

    /// Whether this booking has a seat.
    pub(super) fn is_sold_by(&self, seat: u32, booking: u32) -> bool {
        self.state(seat) == Some(SeatState::Sold) && self.holders[seat as usize] == booking
    }

    /// The letters of a range of seats.
    pub(super) fn letters(&self, seats: std::ops::Range<usize>) -> &[u8] {
        &self.letters[seats]
    }

    pub(super) fn free_in_row(&self, row: usize) -> u32 {
        self.row_free[row]
    }

    /// Finds out how long the gaps of these rows are, where that has changed.
    pub(super) fn measure(&mut self, plan: &Plan, rows: std::ops::Range<usize>) {
        for row in rows {
            if self.row_gaps[row] != UNKNOWN || self.row_free[row] == 0 {
                continue;
            }
            let letters = &self.letters[plan.row_seats(row)];
            let gaps = letters.split(|letter| *letter != SeatState::Free as u8);
            let lengths = gaps.filter(|gap| !gap.is_empty());
            self.row_gaps[row] = lengths.fold(0, |bits, gap| bits | 1 << gap.len().min(LONGEST));
        }
    }

    /// Whether a row that was measured may have a gap for so many: a tidy one
    /// leaves no seat alone. Not certain for gaps of [`LONGEST`] and more.
    pub(super) fn may_fit(&self, row: usize, count: u32, tidy: bool) -> bool {
        let at_least = |count: u32| u64::MAX << count.min(LONGEST as u32);
        let wanted = if tidy {
            1 << count.min(LONGEST as u32) | at_least(count + 2)
        } else {
            at_least(count)
        };
        self.row_gaps[row] & wanted != 0
    }

    pub(super) fn free(&self) -> u32 {
        self.free
    }

    pub(super) fn held(&self) -> u32 {
        self.held
    }

    pub(super) fn sold(&self) -> u32 {
        self.letters.len() as u32 - self.free - self.held
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Gives a seat, which must be there, a state and a holder; those who
    /// watch will see it.
    pub(super) fn set(&mut self, plan: &Plan, seat: u32, state: SeatState, holder: u32) {
        self.restore(plan, seat, state, holder);
        self.version += 1;
        if self.remembered == 0 {
            return;
        }
        if self.recent.len() >= self.remembered {
            self.recent.pop_front();
        }
        let bits = match state {
            SeatState::Free => 0,
            SeatState::Held => 1,
            SeatState::Sold => 2,
        };
        self.recent.push_back(bits << SEAT_BITS | seat);
    }

    /// As [`Self::set`], for what was so before: nobody is told.
    pub(super) fn restore(&mut self, plan: &Plan, seat: u32, state: SeatState, holder: u32) {
        let index = seat as usize;
        let before = SeatState::of(self.letters[index]);
        self.letters[index] = state as u8;
        self.holders[index] = holder;
        let row = plan.row_of(seat);
        self.row_gaps[row] = UNKNOWN;
        let row = &mut self.row_free[row];
        match before {
            SeatState::Free => {
                self.free -= 1;
                *row -= 1;
            }
            SeatState::Held => self.held -= 1,
            SeatState::Sold => {}
        }
        match state {
            SeatState::Free => {
                self.free += 1;
                *row += 1;
            }
            SeatState::Held => self.held += 1,
            SeatState::Sold => {}
        }
    }

    /// Goes on counting from a version on.
    pub(super) fn restore_version(&mut self, version: u64) {
        self.version = version;
        self.recent.clear();
    }

    /// All letters at this version; readers of one version share one copy, so
    /// that no sale waits for them.
    pub(super) fn shared(&mut self) -> Arc<[u8]> {
        if let Some((version, copy)) = &self.copy
            && *version == self.version
        {
            return Arc::clone(copy);
        }
        let copy: Arc<[u8]> = Arc::from(self.letters.as_slice());
        self.copy = Some((self.version, Arc::clone(&copy)));
        copy
    }

    /// What has changed since a version.
    pub(super) fn changes(&self, since: u64) -> SeatChanges {
        let missed = self.version.checked_sub(since);
        let known = missed.filter(|missed| *missed <= self.recent.len() as u64);
        let changes = known.map(|missed| {
            let from = self.recent.len() - missed as usize;
            let packed = self.recent.range(from..);
            packed
                .map(|packed| {
                    let state = match packed >> SEAT_BITS {
                        0 => SeatState::Free,
                        1 => SeatState::Held,
                        _ => SeatState::Sold,
                    };
                    (packed & MAX_SEATS as u32, state)
                })
                .collect()
        });
        SeatChanges {
            version: self.version,
            changes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let mut plan = Plan::default();
        plan.add_section("Stalls", 100);
        plan.add_row("A".into(), 3);
        plan.add_row("B".into(), 3);
        plan
    }

    #[test]
    fn watchers_see_what_has_changed() {
        let plan = plan();
        let mut seats = Seats::new(&plan, 3);
        seats.set(&plan, 1, SeatState::Held, 7);
        seats.set(&plan, 4, SeatState::Held, 7);
        assert!(seats.is_held_by(4, 7) && !seats.is_held_by(4, 8) && !seats.is_held_by(0, 0));
        let all = vec![(1, SeatState::Held), (4, SeatState::Held)];
        assert_eq!(seats.changes(0).changes, Some(all.clone()));
        assert_eq!(seats.changes(1).changes, Some(all[1..].to_vec()));
        assert_eq!(seats.changes(2).changes, Some(Vec::new()));
        assert_eq!(seats.changes(3).changes, None, "from another life");
        seats.set(&plan, 1, SeatState::Free, 0);
        seats.set(&plan, 4, SeatState::Sold, 0);
        assert_eq!(
            seats.changes(0),
            SeatChanges {
                version: 4,
                changes: None
            }
        );
        assert_eq!(seats.changes(1).changes.map(|it| it.len()), Some(3));
        assert_eq!((seats.free(), seats.held(), seats.sold()), (5, 0, 1));
        assert_eq!((seats.free_in_row(0), seats.free_in_row(1)), (3, 2));
        assert_eq!(&*seats.shared(), b"....s.");
    }

    #[test]
    fn readers_of_one_version_share_a_copy() {
        let plan = plan();
        let mut seats = Seats::new(&plan, 0);
        let first = seats.shared();
        assert!(Arc::ptr_eq(&first, &seats.shared()));
        seats.set(&plan, 0, SeatState::Held, 1);
        assert_eq!(
            (&*first, &*seats.shared()),
            (&b"......"[..], &b"h....."[..])
        );
        assert_eq!(seats.changes(0).changes, None, "nothing is remembered");
    }
}
