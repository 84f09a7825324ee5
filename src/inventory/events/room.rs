//! A waiting room: who may enter when.

use crate::inventory::Micros;

use super::change::RoomKnobs;
use super::line::Line;
use super::rate::{Recent, SECOND};

/// How far entries may catch up when the room was looked at late. So in any
/// span of time no more enter than the rate allows for the span and this.
pub(super) const CATCH_UP: Micros = SECOND / 10;

/// The line, and the two knobs: entrants per second, and how many may be
/// inside at once.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) knobs: RoomKnobs,
    pub(super) doors_open: bool,
    pub(super) line: Line,
    /// Checkouts that are inside.
    pub(super) active: u32,
    /// When the next one may enter, as far as the rate is concerned.
    pub(super) next_slot: Micros,
    pub(super) admissions: Recent,
}

impl Room {
    pub(super) fn new(knobs: RoomKnobs, doors_open: bool) -> Self {
        Self {
            knobs,
            doors_open,
            line: Line::default(),
            active: 0,
            next_slot: 0,
            admissions: Recent::default(),
        }
    }

    /// When the first of the line may enter, if time alone can tell.
    pub(super) fn next_admission(&self) -> Option<Micros> {
        let is_closed = self.knobs.paused || !self.doors_open || self.line.is_empty();
        (!is_closed && self.vacancies() > 0).then_some(self.next_slot)
    }

    /// How many of the line may enter now.
    pub(super) fn admissible(&self, now: Micros) -> usize {
        if self.next_admission().is_none_or(|at| at > now) {
            return 0;
        }
        let by_rate = match self.knobs.rate.interval() {
            0 => usize::MAX,
            interval => ((now - self.first_slot(now)) / interval + 1) as usize,
        };
        self.line.len().min(self.vacancies()).min(by_rate)
    }

    /// That somebody has come to the end of the line.
    pub(super) fn has_joined(&mut self, at: Micros) {
        // Nobody was there to use the time until now.
        if self.line.len() == 1 {
            self.next_slot = self.next_slot.max(at);
        }
    }

    /// That so many have entered.
    pub(super) fn has_admitted(&mut self, at: Micros, count: usize) {
        let interval = self.knobs.rate.interval();
        if interval > 0 {
            self.next_slot = self.first_slot(at) + interval * count as u64;
        }
        self.active += count as u32;
        self.admissions.add(at, count as u32);
    }

    /// When somebody with so many before will probably enter, in seconds from
    /// now; `None`: cannot be told.
    pub(super) fn expected_wait(
        &self,
        now: Micros,
        ahead: u64,
        opens_at: Option<Micros>,
    ) -> Option<u64> {
        if self.knobs.paused {
            return None;
        }
        let configured = self.knobs.rate.as_per_second();
        let rate = match self.admissions.per_second(now) {
            Some(recent) if configured > 0.0 => recent.min(configured),
            Some(recent) => recent,
            None => configured,
        };
        let opening = opens_at.filter(|_| !self.doors_open);
        let closed = opening.map_or(0, |at| at.saturating_sub(now).div_ceil(SECOND));
        if rate > 0.0 {
            let seconds = ((ahead + 1) as f64 / rate).ceil();
            return Some(closed.saturating_add(seconds as u64));
        }
        // Nothing but the doors is known to hold anybody back.
        (!self.doors_open && self.knobs.max_active == 0).then_some(closed)
    }

    fn vacancies(&self) -> usize {
        match self.knobs.max_active {
            0 => usize::MAX,
            most => most.saturating_sub(self.active) as usize,
        }
    }

    fn first_slot(&self, now: Micros) -> Micros {
        self.next_slot.max(now.saturating_sub(CATCH_UP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::events::Rate;

    fn room(rate: f64, max_active: u32) -> Room {
        let rate = Rate::per_second(rate).unwrap();
        let knobs = RoomKnobs {
            rate,
            max_active,
            ..RoomKnobs::default()
        };
        Room::new(knobs, true)
    }

    fn join(room: &mut Room, at: Micros) {
        room.line.push(0);
        room.has_joined(at);
    }

    #[test]
    fn one_per_second_is_one_per_second() {
        let mut room = room(1.0, 0);
        let start = 1_000 * SECOND;
        for _ in 0..5 {
            join(&mut room, start);
        }
        assert_eq!(room.admissible(start), 1, "the first waits for nobody");
        room.line.remove(0);
        room.has_admitted(start, 1);
        assert_eq!(room.next_admission(), Some(start + SECOND));
        assert_eq!(room.admissible(start + SECOND - 1), 0);
        assert_eq!(room.admissible(start + SECOND), 1);
        assert_eq!(
            room.admissible(start + 60 * SECOND),
            1,
            "lost time stays lost"
        );
        assert_eq!(room.expected_wait(start, 3, None), Some(4));
    }

    #[test]
    fn a_high_rate_catches_up_with_a_late_look() {
        let mut room = room(1000.0, 0);
        let start = 1_000 * SECOND;
        for _ in 0..500 {
            join(&mut room, start);
        }
        assert_eq!(room.admissible(start), 1);
        assert_eq!(room.admissible(start + 20_000), 21);
        assert_eq!(room.admissible(start + SECOND), 101);
    }

    #[test]
    fn no_more_than_may_be_inside_enter() {
        let mut room = room(0.0, 3);
        for _ in 0..5 {
            join(&mut room, 1);
        }
        assert_eq!(
            (room.admissible(1), room.expected_wait(1, 4, None)),
            (3, None)
        );
        room.has_admitted(1, 3);
        assert_eq!((room.admissible(1), room.next_admission()), (0, None));
        room.active -= 1;
        assert_eq!(room.admissible(2), 1);
        room.knobs.paused = true;
        assert_eq!((room.admissible(2), room.next_admission()), (0, None));
    }

    #[test]
    fn the_wait_before_the_opening_counts() {
        let mut room = room(2.0, 0);
        room.doors_open = false;
        assert_eq!(room.expected_wait(0, 9, Some(30 * SECOND)), Some(35));
    }
}
