//! Whether an event can be as it is asked for.

use std::collections::HashSet;

use super::bounds::EventBounds;
use super::operation::{EventRefusal, NewEvent, NewRow, NewRows, NewSeats, NewSection};
use super::seats::MAX_SEATS;

const MAX_NAME_BYTES: usize = 512;
const MAX_DESCRIPTION_BYTES: usize = 4096;
const MAX_LABEL_BYTES: usize = 64;
const MAX_SECTIONS: usize = 500;
const MAX_OPTIONS: usize = 100;
const MAX_SESSION_SECONDS: u32 = 24 * 60 * 60;

/// The most tickets that a checkout can be allowed: a basket is one change.
pub const MAX_TICKETS: u32 = 100;

/// The highest price, in minor units: sums cannot overflow.
pub const MAX_PRICE: u64 = 1_000_000_000_000;

fn invalid<T>(field: &'static str, problem: impl Into<String>) -> Result<T, EventRefusal> {
    let (field, problem) = (field.into(), problem.into());
    Err(EventRefusal::Invalid { field, problem })
}

/// What is wrong with an element of a list, as the whole calls it.
fn within<T>(
    list: &str,
    index: usize,
    checked: Result<T, EventRefusal>,
) -> Result<T, EventRefusal> {
    checked.map_err(|refusal| match refusal {
        EventRefusal::Invalid { field, problem } => {
            let dot = if field.is_empty() { "" } else { "." };
            let field = format!("{list}.{index}{dot}{field}").into();
            EventRefusal::Invalid { field, problem }
        }
        other => other,
    })
}

/// Fails at the first name that is there twice.
fn check_unlike<'a>(
    list: &str,
    field: &'static str,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), EventRefusal> {
    let mut seen = HashSet::new();
    let mut names = names.enumerate();
    match names.find(|(_, name)| !seen.insert(*name)) {
        None => Ok(()),
        Some((index, name)) => {
            let problem = format!("must not be there twice: {name}");
            within(list, index, invalid(field, problem))
        }
    }
}

fn check_text(
    field: &'static str,
    text: &str,
    bytes: std::ops::RangeInclusive<usize>,
) -> Result<(), EventRefusal> {
    if *bytes.start() > 0 && text.trim().is_empty() {
        return invalid(field, "must not be empty");
    }
    if text.len() > *bytes.end() {
        return invalid(
            field,
            format!("must not be longer than {} bytes", bytes.end()),
        );
    }
    Ok(())
}

fn check_range(
    field: &'static str,
    value: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<(), EventRefusal> {
    if range.contains(&value) {
        return Ok(());
    }
    invalid(
        field,
        format!("must be from {} to {}", range.start(), range.end()),
    )
}

impl NewEvent {
    /// Whether there can be such an event.
    ///
    /// # Errors
    /// [`EventRefusal::Invalid`]: the first thing that cannot be.
    pub fn check(&self, bounds: &EventBounds) -> Result<(), EventRefusal> {
        check_text("name", &self.name, 1..=MAX_NAME_BYTES)?;
        check_text("description", &self.description, 0..=MAX_DESCRIPTION_BYTES)?;
        check_text("date", &self.date, 1..=MAX_LABEL_BYTES)?;
        check_text("venue", &self.venue, 0..=MAX_NAME_BYTES)?;
        if self.currency.len() != 3 || !self.currency.bytes().all(|it| it.is_ascii_uppercase()) {
            return invalid(
                "currency",
                "must be three capital letters, for instance EUR",
            );
        }
        let session = u64::from(self.session_seconds);
        check_range("session_seconds", session, 1..=MAX_SESSION_SECONDS.into())?;
        let absence = u64::from(self.room.absence_seconds);
        check_range(
            "waiting_room.absence_seconds",
            absence,
            1..=MAX_SESSION_SECONDS.into(),
        )?;
        check_range(
            "max_tickets",
            self.max_tickets.into(),
            1..=MAX_TICKETS.into(),
        )?;
        if self.sections.len() > MAX_SECTIONS {
            return invalid("sections", format!("must not be more than {MAX_SECTIONS}"));
        }
        if self.general.len() > MAX_OPTIONS {
            return invalid("general", format!("must not be more than {MAX_OPTIONS}"));
        }
        if self.sections.is_empty() && self.general.is_empty() {
            return invalid("sections", "or general must offer something");
        }
        let most = bounds.seats.min(MAX_SEATS) as u64;
        let mut seats = 0_u64;
        for (index, section) in self.sections.iter().enumerate() {
            let more = within("sections", index, section.check())?;
            seats = seats.saturating_add(more);
            if seats > most {
                return invalid("sections", format!("must not have more than {most} seats"));
            }
        }
        let names = self.sections.iter().map(|section| &section.name);
        check_unlike("sections", "name", names)?;
        let mut ids = HashSet::new();
        for (index, option) in self.general.iter().enumerate() {
            within("general", index, check_option(option))?;
            if !ids.insert(option.id) {
                return within("general", index, invalid("id", "must not be there twice"));
            }
        }
        Ok(())
    }
}

fn check_option(option: &super::GeneralOption) -> Result<(), EventRefusal> {
    check_text("name", &option.name, 1..=MAX_NAME_BYTES)?;
    check_range("price", option.price, 0..=MAX_PRICE)?;
    let most = u64::from(u32::MAX);
    check_range("allocation", option.allocation.into(), 1..=most)
}

impl NewSection {
    /// How many seats it has, if it can be.
    fn check(&self) -> Result<u64, EventRefusal> {
        check_text("name", &self.name, 1..=MAX_NAME_BYTES)?;
        check_range("price", self.price, 0..=MAX_PRICE)?;
        let rows = match &self.rows {
            NewRows::Template { rows, seats } => {
                let most = MAX_SEATS as u64;
                check_range("template.rows", (*rows).into(), 1..=most)?;
                check_range("template.seats", (*seats).into(), 1..=most)?;
                return Ok(u64::from(*rows) * u64::from(*seats));
            }
            NewRows::Listed(rows) => rows,
        };
        if rows.is_empty() {
            return invalid("rows", "must not be empty");
        }
        let mut count = 0;
        for (index, row) in rows.iter().enumerate() {
            count += within("rows", index, row.check())?;
        }
        check_unlike("rows", "label", rows.iter().map(|row| &row.label))?;
        Ok(count)
    }
}

impl NewRow {
    /// How many seats it has, if it can be.
    fn check(&self) -> Result<u64, EventRefusal> {
        check_text("label", &self.label, 1..=MAX_LABEL_BYTES)?;
        let seats = match &self.seats {
            NewSeats::Count(count) => u64::from(*count),
            NewSeats::Labels(labels) => {
                for (index, label) in labels.iter().enumerate() {
                    let checked = check_text("", label, 1..=MAX_LABEL_BYTES);
                    within("seats", index, checked)?;
                }
                check_unlike("seats", "", labels.iter())?;
                labels.len() as u64
            }
        };
        check_range("seats", seats, 1..=MAX_SEATS as u64)?;
        Ok(seats)
    }
}
