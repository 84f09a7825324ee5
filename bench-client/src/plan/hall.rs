//! The seats of the test harness: three groups with three different fates.

use super::digits;
use crate::protocol::{Reply, Verb};

/// Numbers in seat names have at least this many digits.
const MIN_DIGITS: usize = 3;

/// What the harness does with a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Left alone: `A000`, `A001`, …
    Free,
    /// Reserved, never bought: `B000`, …
    Reserved,
    /// Reserved and bought: `C000`, …
    Bought,
}

impl Group {
    /// What QUERY must answer once the harness has done its work.
    pub(crate) const fn fate(self) -> Reply {
        match self {
            Self::Free => Reply::Free,
            Self::Reserved => Reply::Reserved,
            Self::Bought => Reply::Sold,
        }
    }
}

/// All seats of one run, numbered `0..seats`: group A first, then B, then C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hall {
    seats: u32,
    free: u32,
    reserved: u32,
}

impl Hall {
    /// A hall of `seats` seats in three nearly equal groups, the first ones
    /// larger by one where it does not divide.
    pub(crate) fn new(seats: u32) -> Self {
        Self {
            seats,
            free: seats / 3 + u32::from(!seats.is_multiple_of(3)),
            reserved: seats / 3 + u32::from(seats % 3 == 2),
        }
    }

    /// The group of seat number `seat`.
    pub(crate) fn group(&self, seat: u32) -> Group {
        self.locate(seat).0
    }

    /// Appends the name of seat number `seat` to `out`.
    pub(crate) fn write_name(&self, seat: u32, out: &mut Vec<u8>) {
        let (group, number) = self.locate(seat);
        out.push(match group {
            Group::Free => b'A',
            Group::Reserved => b'B',
            Group::Bought => b'C',
        });
        let start = out.len();
        out.resize(start + digits::count(number).max(MIN_DIGITS), b'0');
        digits::fill(&mut out[start..], number);
    }

    /// Appends the request line for `verb` on seat number `seat` to `out`.
    pub(crate) fn write_request(&self, verb: Verb, seat: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(verb.name().as_bytes());
        out.extend_from_slice(b": ");
        self.write_name(seat, out);
        out.push(b'\n');
    }

    /// The name of seat number `seat`, for messages.
    pub(crate) fn name(&self, seat: u32) -> String {
        let mut name = Vec::new();
        self.write_name(seat, &mut name);
        String::from_utf8_lossy(&name).into_owned()
    }

    /// The seats that `verb` goes to, shuffled by `seed`: RESERVE to the groups
    /// B and C, BUY to C, QUERY to all.
    pub(crate) fn order(&self, verb: Verb, seed: u64) -> Vec<u32> {
        let first = match verb {
            Verb::Reserve => self.free,
            Verb::Buy => self.free + self.reserved,
            Verb::Query => 0,
        };
        let mut order: Vec<u32> = (first..self.seats).collect();
        // One shuffle per verb: buyers must not simply walk behind allocators.
        fastrand::Rng::with_seed(seed ^ ((verb.index() as u64) << 56)).shuffle(&mut order);
        order
    }

    fn locate(&self, seat: u32) -> (Group, u32) {
        if seat < self.free {
            (Group::Free, seat)
        } else if seat < self.free + self.reserved {
            (Group::Reserved, seat - self.free)
        } else {
            (Group::Bought, seat - self.free - self.reserved)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_original_harness() {
        let hall = Hall::new(500_000);
        assert_eq!(hall.name(0), "A000");
        assert_eq!(hall.name(166_666), "A166666");
        assert_eq!(hall.name(166_667), "B000");
        assert_eq!(hall.name(166_667 * 2 + 1_234), "C1234");
        assert_eq!(hall.name(499_999), "C166665");
    }

    #[test]
    fn groups_are_nearly_equal_for_every_remainder() {
        for seats in 3..30 {
            let hall = Hall::new(seats);
            let size = |group| (0..seats).filter(|&seat| hall.group(seat) == group).count();
            let sizes = [Group::Free, Group::Reserved, Group::Bought].map(size);
            assert!(sizes[0] >= sizes[1] && sizes[1] >= sizes[2], "{sizes:?}");
            assert!(sizes[0] - sizes[2] <= 1, "{sizes:?}");
        }
    }

    #[test]
    fn each_verb_goes_to_its_groups_once_per_seat() {
        let hall = Hall::new(3_000);
        for (verb, expected) in [
            (Verb::Reserve, 1_000..3_000),
            (Verb::Buy, 2_000..3_000),
            (Verb::Query, 0..3_000),
        ] {
            let mut order = hall.order(verb, 42);
            assert_eq!(order, hall.order(verb, 42));
            assert_ne!(order, hall.order(verb, 43));
            order.sort_unstable();
            assert_eq!(order, expected.collect::<Vec<u32>>());
        }
    }

    #[test]
    fn request_lines_end_with_a_newline() {
        let mut out = Vec::new();
        Hall::new(30).write_request(Verb::Buy, 29, &mut out);
        assert_eq!(out, b"BUY: C009\n");
    }
}
