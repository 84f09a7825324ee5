//! What an event offers: sections, rows and seats in order, and general
//! admission. Never changes once the event is there, so readers share it.

use std::borrow::Cow;
use std::ops::Range;

use crate::inventory::{Id, Micros};

use super::change::PlanLine;
use super::creation::LABELS_IN_LINE;
use super::operation::Order;

/// Everything of an event that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its id; everything of the event has its locator.
    pub id: Id,
    /// What it is called.
    pub name: String,
    /// More about it; may be empty.
    pub description: String,
    /// When it takes place, as it was given (RFC 3339).
    pub date: String,
    /// Where it takes place; may be empty.
    pub venue: String,
    /// ISO 4217 code of all its prices.
    pub currency: String,
    /// Its seats.
    pub plan: Plan,
    /// Its general admission options.
    pub general: Vec<GeneralOption>,
    /// When the doors of the waiting room open; `None`: at once.
    pub opens_at: Option<Micros>,
    /// Who of those that came before the doors opened is first.
    pub order: Order,
    /// A place in the line that was not looked at for so long is given up.
    pub absence_seconds: u32,
    /// How long a buyer has.
    pub session_seconds: u32,
    /// Tickets that one checkout may hold.
    pub max_tickets: u32,
}

impl Listing {
    /// Places to sell: seats and general admission.
    pub fn capacity(&self) -> u64 {
        let general: u64 = self.general.iter().map(|it| u64::from(it.allocation)).sum();
        self.plan.seats() as u64 + general
    }

    /// The lowest price, in minor units.
    pub fn from_price(&self) -> Option<u64> {
        let seats = self.plan.sections.iter().map(|section| section.price);
        seats
            .chain(self.general.iter().map(|option| option.price))
            .min()
    }

    /// Which general admission option has an id.
    pub(super) fn general_of(&self, id: Id) -> Option<usize> {
        self.general.iter().position(|option| option.id == id)
    }
}

/// General admission: a quantity without seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralOption {
    /// Its id.
    pub id: Id,
    /// What it is called.
    pub name: String,
    /// What one costs, in minor units.
    pub price: u64,
    /// How many there are.
    pub allocation: u32,
}

/// Sections, rows and seats. Seats are numbered from 0 through all rows in
/// order: the *seat index*.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    sections: Vec<Section>,
    rows: Vec<Row>,
    /// The first seat of every row, and behind the last one the number of seats.
    starts: Vec<u32>,
}

/// A section: rows at one price, front row first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is called; no other section of the event is.
    pub name: String,
    /// What a seat costs, in minor units.
    pub price: u64,
    /// Its rows, as indexes into [`Plan::rows`].
    pub rows: Range<usize>,
}

/// A row of seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is called; no other row of the section is.
    pub label: String,
    labels: Labels,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Labels {
    /// 1, 2, 3 and so on: takes no memory per seat.
    Numbers(u32),
    Listed(Vec<Box<str>>),
}

impl Row {
    /// How many seats it has.
    pub fn seats(&self) -> u32 {
        match &self.labels {
            Labels::Numbers(count) => *count,
            Labels::Listed(labels) => labels.len() as u32,
        }
    }

    /// As changes tell it.
    pub(super) fn tell(&self, line: &mut dyn FnMut(PlanLine)) {
        let label = self.label.clone();
        match &self.labels {
            Labels::Numbers(seats) => line(PlanLine::Row {
                label,
                seats: *seats,
            }),
            Labels::Listed(labels) => {
                line(PlanLine::NamedRow { label });
                for some in labels.chunks(LABELS_IN_LINE) {
                    let some = some.iter().map(std::string::ToString::to_string);
                    line(PlanLine::Labels(some.collect()));
                }
            }
        }
    }

    /// What its seat `number` is called, counted from 0.
    pub fn label_of(&self, number: u32) -> Cow<'_, str> {
        match &self.labels {
            Labels::Numbers(_) => Cow::Owned((number + 1).to_string()),
            Labels::Listed(labels) => labels
                .get(number as usize)
                .map_or(Cow::Borrowed(""), |label| Cow::Borrowed(label)),
        }
    }
}

/// Where a seat is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatPlace<'a> {
    /// Its section.
    pub section: &'a Section,
    /// Its row's label.
    pub row: &'a str,
    /// Its own label.
    pub label: Cow<'a, str>,
}

impl Plan {
    /// How many seats there are.
    pub fn seats(&self) -> usize {
        self.starts.last().map_or(0, |seats| *seats as usize)
    }

    /// The sections, best ones first by convention.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// All rows, section by section.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The seats of a row, as seat indexes.
    pub fn row_seats(&self, row: usize) -> Range<usize> {
        self.starts[row] as usize..self.starts[row + 1] as usize
    }

    /// The row of a seat; the seat must be there.
    pub(super) fn row_of(&self, seat: u32) -> usize {
        self.starts.partition_point(|start| *start <= seat) - 1
    }

    /// The section of a row.
    pub(super) fn section_of(&self, row: usize) -> usize {
        self.sections
            .partition_point(|section| section.rows.end <= row)
    }

    /// The seats of a section, as seat indexes.
    pub(super) fn section_seats(&self, section: usize) -> Range<usize> {
        let rows = &self.sections[section].rows;
        self.starts[rows.start] as usize..self.starts[rows.end] as usize
    }

    /// Where a seat is; `None` if there is none of this index.
    pub fn place(&self, seat: u32) -> Option<SeatPlace<'_>> {
        if seat as usize >= self.seats() {
            return None;
        }
        let row = self.row_of(seat);
        Some(SeatPlace {
            section: &self.sections[self.section_of(row)],
            row: &self.rows[row].label,
            label: self.rows[row].label_of(seat - self.starts[row]),
        })
    }

    pub(super) fn add_section(&mut self, name: &str, price: u64) {
        self.starts.resize(self.starts.len().max(1), 0);
        let rows = self.rows.len()..self.rows.len();
        self.sections.push(Section {
            name: name.to_owned(),
            price,
            rows,
        });
    }

    /// Adds a row to the last section; says whether there is one.
    pub(super) fn add_row(&mut self, label: String, seats: u32) -> bool {
        self.push_row(label, Labels::Numbers(seats))
    }

    /// Adds a row, the labels of which follow.
    pub(super) fn add_named_row(&mut self, label: String) -> bool {
        self.push_row(label, Labels::Listed(Vec::new()))
    }

    fn push_row(&mut self, label: String, labels: Labels) -> bool {
        let row = Row { label, labels };
        let Some(section) = self.sections.last_mut() else {
            return false;
        };
        let Some(end) = (self.starts.last()).and_then(|start| start.checked_add(row.seats()))
        else {
            return false;
        };
        self.starts.push(end);
        self.rows.push(row);
        section.rows.end += 1;
        true
    }

    /// Adds seats to the last row; says whether that is one with listed labels.
    pub(super) fn add_labels(&mut self, more: &[String]) -> bool {
        let Some(Labels::Listed(labels)) = self.rows.last_mut().map(|row| &mut row.labels) else {
            return false;
        };
        labels.extend(more.iter().map(|label| label.as_str().into()));
        if let Some(end) = self.starts.last_mut() {
            *end += more.len() as u32;
        }
        true
    }
}

/// What the rows of a template are called: A to Z, AA, AB and so on, as
/// theatres do.
pub(super) fn row_letters(number: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = number;
    loop {
        letters.push(b'A' + (rest % 26) as u8);
        match rest / 26 {
            0 => break,
            more => rest = more - 1,
        }
    }
    letters.iter().rev().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_numbered_through_all_rows() {
        let mut plan = Plan::default();
        plan.add_section("Stalls", 5_000);
        assert!(plan.add_row("A".into(), 3));
        assert!(plan.add_named_row("B".into()));
        assert!(plan.add_labels(&["2".into(), "4".into()]));
        assert!(plan.add_labels(&["6".into()]));
        plan.add_section("Balcony", 3_000);
        assert!(plan.add_row("A".into(), 2));
        assert!(!plan.add_labels(&["x".into()]), "this row is numbered");
        let places: Vec<String> = (0..9)
            .filter_map(|seat| plan.place(seat))
            .map(|it| format!("{} {} {}", it.section.name, it.row, it.label))
            .collect();
        let expected = "Stalls A 1,Stalls A 2,Stalls A 3,Stalls B 2,Stalls B 4,Stalls B 6,\
                        Balcony A 1,Balcony A 2";
        assert_eq!(places.join(","), expected);
        assert_eq!((plan.seats(), plan.row_seats(1)), (8, 3..6));
        assert_eq!(plan.section_seats(1), 6..8);
    }

    #[test]
    fn a_row_needs_a_section() {
        assert!(!Plan::default().add_row("A".into(), 3));
        assert_eq!(Plan::default().seats(), 0);
    }

    #[test]
    fn rows_of_a_template_go_on_after_z() {
        let labels: Vec<String> = [0, 25, 26, 51, 52, 701, 702].map(row_letters).into();
        assert_eq!(labels, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
