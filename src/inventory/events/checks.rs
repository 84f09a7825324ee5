//! Whether an event can be as it is asked for.

use std::collections::HashSet;

use super::operation::{EventBounds, EventRefusal, NewEvent, NewRows, NewSeats, NewSection};
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
    let problem = problem.into();
    Err(EventRefusal::Invalid { field, problem })
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
        for section in &self.sections {
            seats = seats.saturating_add(section.check()?);
            if seats > most {
                return invalid("sections", format!("must not have more than {most} seats"));
            }
        }
        let mut names = HashSet::new();
        if !self.sections.iter().all(|it| names.insert(&it.name)) {
            return invalid("sections.name", "must not be there twice");
        }
        let mut ids = HashSet::new();
        for option in &self.general {
            check_text("general.name", &option.name, 1..=MAX_NAME_BYTES)?;
            check_range("general.price", option.price, 0..=MAX_PRICE)?;
            check_range(
                "general.allocation",
                option.allocation.into(),
                1..=u32::MAX.into(),
            )?;
            if !ids.insert(option.id) {
                return invalid("general.id", "must not be there twice");
            }
        }
        Ok(())
    }
}

impl NewSection {
    /// How many seats it has, if it can be.
    fn check(&self) -> Result<u64, EventRefusal> {
        check_text("sections.name", &self.name, 1..=MAX_NAME_BYTES)?;
        check_range("sections.price", self.price, 0..=MAX_PRICE)?;
        let rows = match &self.rows {
            NewRows::Template { rows, seats } => {
                let most = MAX_SEATS as u64;
                check_range("sections.template.rows", (*rows).into(), 1..=most)?;
                check_range("sections.template.seats", (*seats).into(), 1..=most)?;
                return Ok(u64::from(*rows) * u64::from(*seats));
            }
            NewRows::Listed(rows) => rows,
        };
        if rows.is_empty() {
            return invalid("sections.rows", "must not be empty");
        }
        let mut names = HashSet::new();
        let mut count = 0;
        for row in rows {
            check_text("sections.rows.label", &row.label, 1..=MAX_LABEL_BYTES)?;
            if !names.insert(&row.label) {
                return invalid(
                    "sections.rows.label",
                    "must not be there twice in a section",
                );
            }
            let seats = match &row.seats {
                NewSeats::Count(count) => u64::from(*count),
                NewSeats::Labels(labels) => {
                    let mut names = HashSet::new();
                    for label in labels {
                        check_text("sections.rows.seats", label, 1..=MAX_LABEL_BYTES)?;
                        if !names.insert(label) {
                            return invalid("sections.rows.seats", "must not repeat a label");
                        }
                    }
                    labels.len() as u64
                }
            };
            check_range("sections.rows.seats", seats, 1..=MAX_SEATS as u64)?;
            count += seats;
        }
        Ok(count)
    }
}
