//! The best seats that are free, step by step: together and leaving no single
//! seat alone; together; as few groups as possible.
//!
//! Within a step, sections are tried in the plan's order, and in a section the
//! block nearest the middle of the front row is the best: a row further back
//! costs as much as two seats further aside. Equal ones: the front one, then
//! the one with lower seat numbers. So the answer follows from the map alone.

use std::ops::Range;

use super::plan::Plan;
use super::seats::{SeatState, Seats};

/// What a row further back costs, in half seats.
const ROW: u32 = 4;

/// The best `count` free seats of these sections, in order; `None` if fewer
/// are free.
pub(super) fn best(
    plan: &Plan,
    seats: &mut Seats,
    count: u32,
    sections: Range<usize>,
) -> Option<Vec<u32>> {
    for section in &plan.sections()[sections.clone()] {
        seats.measure(plan, section.rows.clone());
    }
    let seats = &*seats;
    let search = Search { plan, seats, count };
    for tidy in [true, false] {
        for section in sections.clone() {
            if let Some(first) = search.together(section, tidy) {
                return Some((first..first + count).collect());
            }
        }
    }
    let alone = |section: &usize| {
        let rows = plan.sections()[*section].rows.clone();
        let free: u32 = rows.map(|row| seats.free_in_row(row)).sum();
        free >= count
    };
    match sections.clone().find(alone) {
        Some(section) => search.apart(section..section + 1),
        None => search.apart(sections),
    }
}

struct Search<'a> {
    plan: &'a Plan,
    seats: &'a Seats,
    count: u32,
}

/// Free seats side by side, as wide as they go.
#[derive(Clone, Copy)]
struct Gap {
    start: u32,
    length: u32,
    /// Its row, with how far back that is in the section.
    row: usize,
    back: u32,
}

impl Search<'_> {
    /// The first seat of the best block of a section.
    fn together(&self, section: usize, tidy: bool) -> Option<u32> {
        let mut best: Option<(u32, u32)> = None;
        let rows = self.plan.sections()[section].rows.clone();
        for (row, back) in rows.zip(0..) {
            if best.is_some_and(|(cost, _)| cost <= ROW * back) {
                break;
            }
            if !self.seats.may_fit(row, self.count, tidy) {
                continue;
            }
            self.gaps(row, back, &mut |gap| {
                let block = self.block(&gap, self.count, tidy);
                if let Some((cost, first)) = block
                    && best.is_none_or(|best| cost < best.0)
                {
                    best = Some((cost, first));
                }
            });
        }
        best.map(|(_, first)| first)
    }

    /// The cost and first seat of the best block of `count` in a gap.
    fn block(&self, gap: &Gap, count: u32, tidy: bool) -> Option<(u32, u32)> {
        let last = gap.length.checked_sub(count)?;
        let row = self.plan.row_seats(gap.row);
        let (aside, width) = (gap.start - row.start as u32, row.len() as u32);
        let middle = (width - count) / 2;
        let nearest = middle.saturating_sub(aside).min(last);
        // At most two places leave somebody alone, so no better one is further off.
        (nearest.saturating_sub(2)..=(nearest + 2).min(last))
            .filter(|left| !tidy || (*left != 1 && last - left != 1))
            .map(|left| {
                let off = (2 * (aside + left) + count).abs_diff(width);
                (ROW * gap.back + off, gap.start + left)
            })
            .min()
    }

    /// In as few groups as possible: the longest gaps whole, and the rest as
    /// tidy as it can be.
    fn apart(&self, sections: Range<usize>) -> Option<Vec<u32>> {
        let mut gaps = Vec::new();
        for section in sections {
            let rows = self.plan.sections()[section].rows.clone();
            for (row, back) in rows.zip(0..) {
                if self.seats.free_in_row(row) > 0 {
                    self.gaps(row, back, &mut |gap| gaps.push(gap));
                }
            }
        }
        gaps.sort_by_key(|gap| std::cmp::Reverse(gap.length));
        let mut chosen = Vec::with_capacity(self.count as usize);
        let mut rest = gaps.as_slice();
        loop {
            let left = self.count - chosen.len() as u32;
            let (longest, others) = rest.split_first()?;
            if longest.length >= left {
                break;
            }
            chosen.extend(longest.start..longest.start + longest.length);
            rest = others;
        }
        let left = self.count - chosen.len() as u32;
        let fits = rest.partition_point(|gap| gap.length >= left);
        let blocks = |tidy| {
            let blocks = rest[..fits].iter();
            blocks
                .filter_map(move |gap| self.block(gap, left, tidy))
                .min()
        };
        let (_, first) = blocks(true).or_else(|| blocks(false))?;
        chosen.extend(first..first + left);
        chosen.sort_unstable();
        Some(chosen)
    }

    fn gaps(&self, row: usize, back: u32, each: &mut dyn FnMut(Gap)) {
        let range = self.plan.row_seats(row);
        let offset = range.start as u32;
        let letters = self.seats.letters(range);
        let is_free = |letter: &u8| *letter == SeatState::Free as u8;
        let mut at = 0;
        while let Some(skip) = letters[at..].iter().position(is_free) {
            let start = at + skip;
            let length = letters[start..].iter().take_while(|it| is_free(it)).count();
            each(Gap {
                start: offset + start as u32,
                length: length as u32,
                row,
                back,
            });
            at = start + length;
        }
    }
}

#[cfg(test)]
mod tests;
