//! Which seats a buyer wants, by the map that the buyer sees.

use std::ops::Range;

use clap::ValueEnum;

/// Mean number of rows, among those with room, that popular choices pass by.
const PASSED_BY: f64 = 3.0;

/// How seats are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// Most want the front rows, and the middle of a row.
    Popular,
    /// Any row with room, and the middle of it.
    Uniform,
    /// The server chooses.
    Best,
}

impl Choice {
    /// As on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Popular => "popular",
            Self::Uniform => "uniform",
            Self::Best => "best",
        }
    }
}

/// A seat map as it was seen last: one letter for each seat, rows in the
/// plan's order, the front first.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// `None` before the first look.
    version: Option<u64>,
    states: Vec<u8>,
    rows: Vec<Range<usize>>,
    /// Free seats by row.
    free: Vec<u32>,
    held: u64,
}

/// What is not the map of this plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OtherPlan;

impl View {
    /// A map of rows with so many seats, not looked at yet.
    pub(crate) fn new(rows: &[u32]) -> Self {
        let mut end = 0;
        let rows: Vec<_> = rows
            .iter()
            .map(|&seats| {
                let start = end;
                end += seats as usize;
                start..end
            })
            .collect();
        Self {
            version: None,
            states: vec![b'.'; end],
            free: rows.iter().map(|row| row.len() as u32).collect(),
            rows,
            held: 0,
        }
    }

    /// Takes a map, unless a later one was seen.
    ///
    /// # Errors
    /// If it is not one letter of `.hs` for each seat.
    pub(crate) fn take(&mut self, version: u64, rows: &[&str]) -> Result<(), OtherPlan> {
        let fits = rows.len() == self.rows.len()
            && rows
                .iter()
                .zip(&self.rows)
                .all(|(text, row)| text.len() == row.len());
        if !fits {
            return Err(OtherPlan);
        }
        if self.version.is_some_and(|seen| seen > version) {
            return Ok(());
        }
        self.version = Some(version);
        self.held = 0;
        for ((text, row), free) in rows.iter().zip(&self.rows).zip(&mut self.free) {
            let counts = Counts::of(text.as_bytes());
            if counts.free + counts.held + counts.sold != row.len() as u64 {
                return Err(OtherPlan);
            }
            *free = counts.free as u32;
            self.held += counts.held;
            self.states[row.clone()].copy_from_slice(text.as_bytes());
        }
        Ok(())
    }

    /// Notes that these seats are not free any more, whatever the map says.
    pub(crate) fn mark_taken(&mut self, seats: &[u32]) {
        for &seat in seats {
            let seat = seat as usize;
            if self.states.get(seat) == Some(&b'.') {
                self.states[seat] = b'h';
                self.held += 1;
                let row = self.rows.partition_point(|row| row.end <= seat);
                self.free[row] -= 1;
            }
        }
    }

    /// Whether every seat is sold, as far as was seen.
    pub(crate) fn is_sold_out(&self) -> bool {
        self.version.is_some() && self.held == 0 && self.free() == 0
    }

    /// Seats that are free, as far as was seen.
    pub(crate) fn free(&self) -> u64 {
        self.free.iter().map(|&free| u64::from(free)).sum()
    }

    /// Seats for a party of so many: together if there is such a place, else
    /// wherever; fewer if fewer are free. Empty if none is.
    pub(crate) fn choose(&self, choice: Choice, party: u32, rng: &mut fastrand::Rng) -> Vec<u32> {
        let has_room = |row: &usize| self.free[*row] >= party;
        let room = (0..self.rows.len()).filter(has_room).count();
        let skip = match choice {
            Choice::Uniform | Choice::Best if room > 0 => rng.usize(0..room),
            // 1 - [0, 1) is never 0.
            _ => (-(1.0 - rng.f64()).ln() * PASSED_BY) as usize,
        };
        let rows = (0..self.rows.len()).filter(has_room).cycle();
        for row in rows.skip(skip.min(room.saturating_sub(1))).take(room) {
            if let Some(first) = self.place_in(row, party as usize) {
                return (first..first + party as usize)
                    .map(|seat| seat as u32)
                    .collect();
            }
        }
        let free = self.states.iter().enumerate();
        let free = free.filter(|(_, state)| **state == b'.');
        free.take(party as usize)
            .map(|(seat, _)| seat as u32)
            .collect()
    }

    /// The first seat of the place for so many that is nearest the row's
    /// middle.
    fn place_in(&self, row: usize, party: usize) -> Option<usize> {
        let row = self.rows[row].clone();
        let middle = row.start + row.end;
        let firsts = row.start..(row.end + 1).saturating_sub(party);
        firsts
            .filter(|&first| {
                let place = &self.states[first..first + party];
                place.iter().all(|state| *state == b'.')
            })
            .min_by_key(|first| (2 * first + party).abs_diff(middle))
    }
}

/// How many seats are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) free: u64,
    pub(crate) held: u64,
    pub(crate) sold: u64,
}

impl Counts {
    /// Of one letter for each seat; other letters count nowhere.
    pub(crate) fn of(states: &[u8]) -> Self {
        // A sum of comparisons, which the compiler makes vectors of.
        let count = |letter| states.iter().map(|&state| u64::from(state == letter)).sum();
        Self {
            free: count(b'.'),
            held: count(b'h'),
            sold: count(b's'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(rows: &[&str]) -> View {
        let lengths: Vec<u32> = rows.iter().map(|row| row.len() as u32).collect();
        let mut view = View::new(&lengths);
        view.take(1, rows).unwrap();
        view
    }

    fn rng() -> fastrand::Rng {
        fastrand::Rng::with_seed(7)
    }

    #[test]
    fn a_party_sits_together_near_the_middle() {
        let view = view(&["ss.s.s", "..s...."]);
        assert_eq!(view.choose(Choice::Popular, 3, &mut rng()), [9, 10, 11]);
        let whole = View::new(&[9]);
        assert_eq!(whole.choose(Choice::Uniform, 1, &mut rng()), [4]);
    }

    #[test]
    fn where_there_is_no_place_together_it_takes_what_there_is() {
        let view = view(&["ss.s.s", ".hs"]);
        assert_eq!(view.choose(Choice::Popular, 2, &mut rng()), [2, 4]);
        assert_eq!(view.choose(Choice::Popular, 5, &mut rng()), [2, 4, 6]);
        let full = super::View::new(&[]);
        assert!(full.choose(Choice::Uniform, 2, &mut rng()).is_empty());
    }

    #[test]
    fn popular_rows_are_in_front() {
        let view = View::new(&[10; 100]);
        let mut rng = rng();
        let mut rows = |choice| -> u32 {
            let seats = (0..1_000).map(|_| view.choose(choice, 2, &mut rng)[0] / 10);
            seats.sum()
        };
        assert!(rows(Choice::Popular) < 5_000);
        assert!(rows(Choice::Uniform) > 40_000);
    }

    #[test]
    fn what_was_refused_is_not_chosen_again_and_old_maps_are_ignored() {
        let mut view = view(&["....", "ssss"]);
        view.mark_taken(&[1, 2, 2, 7, 99]);
        assert_eq!((view.free(), view.is_sold_out()), (2, false));
        assert_eq!(view.choose(Choice::Popular, 2, &mut rng()), [0, 3]);
        view.take(5, &["ssss", "ssss"]).unwrap();
        view.take(4, &["....", "...."]).unwrap();
        assert!(view.is_sold_out());
        assert_eq!(view.version, Some(5));
    }

    #[test]
    fn what_is_no_map_of_the_plan_is_refused() {
        let mut view = View::new(&[2, 2]);
        for rows in [&[".."][..], &["..", "..."], &["..", ".x"]] {
            assert_eq!(view.take(1, rows), Err(OtherPlan), "{rows:?}");
        }
    }
}
