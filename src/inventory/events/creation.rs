//! Making events: what was asked for becomes changes of bounded size, and the
//! changes become an event once the last of them is there.

use crate::inventory::{Id, Illegal, Micros};

use super::change::{Draft, EventChange, PlanLine, RoomKnobs};
use super::kept::plan_parts;
use super::operation::{NewEvent, NewRows, NewSeats, NewSection};
use super::plan::{GeneralOption, Listing, Plan, row_letters};
use super::seats::MAX_SEATS;

/// Encoded bytes of plan in one change, about: half of what fits, as the
/// estimate is rough.
const PLANNED_BYTES: usize = 6 * 1024;

/// Labels of seats in one line.
pub(super) const LABELS_IN_LINE: usize = 32;

impl NewEvent {
    /// The changes that make the event; the last one brings it to life.
    pub(super) fn changes(self, at: Micros) -> Vec<EventChange> {
        let event = self.id;
        let mut parts = Parts::new(event);
        for section in self.sections {
            section.lines(&mut parts);
        }
        for option in self.general {
            let (id, name) = (option.id, option.name);
            let (price, allocation) = (option.price, option.allocation);
            parts.add(PlanLine::General {
                id,
                name,
                price,
                allocation,
            });
        }
        let mut changes = vec![EventChange::Drafted(Box::new(Draft {
            event,
            name: self.name,
            description: self.description,
            date: self.date,
            venue: self.venue,
            currency: self.currency,
            room: RoomKnobs {
                rate: self.room.rate,
                max_active: self.room.max_active,
                paused: false,
                draining: false,
            },
            opens_at: self.room.opens_at,
            order: self.room.order,
            shuffle_seed: self.room.shuffle_seed,
            absence_seconds: self.room.absence_seconds,
            session_seconds: self.session_seconds,
            max_tickets: self.max_tickets,
        }))];
        changes.extend(parts.end());
        let mut opening = Opening::default();
        for change in &changes {
            opening.read(change);
        }
        changes.push(opening.created(event, at));
        changes
    }
}

impl NewSection {
    fn lines(self, parts: &mut Parts) {
        let (name, price) = (self.name, self.price);
        parts.add(PlanLine::Section { name, price });
        match self.rows {
            NewRows::Template { rows, seats } => parts.add(PlanLine::Template { rows, seats }),
            NewRows::Listed(rows) => {
                for row in rows {
                    let label = row.label;
                    match row.seats {
                        NewSeats::Count(seats) => parts.add(PlanLine::Row { label, seats }),
                        NewSeats::Labels(labels) => {
                            parts.add(PlanLine::NamedRow { label });
                            for some in labels.chunks(LABELS_IN_LINE) {
                                parts.add(PlanLine::Labels(some.to_vec()));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Lines of a plan, put into changes of bounded size.
pub(super) struct Parts {
    event: Id,
    changes: Vec<EventChange>,
    lines: Vec<PlanLine>,
    bytes: usize,
}

impl Parts {
    pub(super) fn new(event: Id) -> Self {
        Self {
            event,
            changes: Vec::new(),
            lines: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn add(&mut self, line: PlanLine) {
        self.bytes += match &line {
            PlanLine::Section { name, .. } => name.len() + 16,
            PlanLine::Template { .. } => 16,
            PlanLine::Row { label, .. } | PlanLine::NamedRow { label } => label.len() + 16,
            PlanLine::Labels(labels) => labels.iter().map(|it| it.len() + 2).sum::<usize>() + 4,
            PlanLine::General { name, .. } => name.len() + 48,
        };
        self.lines.push(line);
        if self.bytes > PLANNED_BYTES {
            self.close();
        }
    }

    fn close(&mut self) {
        if !self.lines.is_empty() {
            let (event, lines) = (self.event, std::mem::take(&mut self.lines));
            self.changes.push(EventChange::Planned { event, lines });
        }
        self.bytes = 0;
    }

    pub(super) fn end(mut self) -> Vec<EventChange> {
        self.close();
        self.changes
    }
}

/// An event of which not all changes are there yet.
#[derive(Debug, Default)]
pub(super) struct Opening {
    plan: Plan,
    general: Vec<GeneralOption>,
    draft: Option<Box<Draft>>,
}

impl Opening {
    /// Takes in a change; says whether it follows from those before.
    pub(super) fn read(&mut self, change: &EventChange) -> bool {
        match change {
            EventChange::Drafted(draft) => {
                let is_first = self.draft.is_none();
                self.draft = Some(draft.clone());
                is_first
            }
            EventChange::Planned { lines, .. } => lines.iter().all(|line| self.line(line)),
            _ => false,
        }
    }

    fn line(&mut self, line: &PlanLine) -> bool {
        match line {
            PlanLine::Section { name, price } => {
                self.plan.add_section(name, *price);
                true
            }
            PlanLine::Template { rows, seats } => {
                u64::from(*rows) * u64::from(*seats) <= MAX_SEATS as u64
                    && (0..*rows).all(|row| self.plan.add_row(row_letters(row), *seats))
            }
            PlanLine::Row { label, seats } => self.plan.add_row(label.clone(), *seats),
            PlanLine::NamedRow { label } => self.plan.add_named_row(label.clone()),
            PlanLine::Labels(labels) => self.plan.add_labels(labels),
            PlanLine::General {
                id,
                name,
                price,
                allocation,
            } => {
                self.general.push(GeneralOption {
                    id: *id,
                    name: name.clone(),
                    price: *price,
                    allocation: *allocation,
                });
                true
            }
        }
    }

    /// The changes that make it again, as far as it is there.
    pub(super) fn snapshot(&self, event: Id, out: &mut dyn FnMut(EventChange)) {
        if let Some(draft) = &self.draft {
            out(EventChange::Drafted(draft.clone()));
            plan_parts(event, &self.plan, &self.general)
                .into_iter()
                .for_each(out);
        }
    }

    /// The change that brings it to life.
    fn created(&self, event: Id, at: Micros) -> EventChange {
        let sections = 0..self.plan.sections().len();
        EventChange::Created {
            event,
            at,
            seats: sections
                .map(|section| self.plan.section_seats(section).len() as u32)
                .collect(),
            general: self
                .general
                .iter()
                .map(|it| (it.id, it.allocation))
                .collect(),
        }
    }

    /// The event that it is, with its first waiting room and its seed; `last`
    /// is the change that brings it to life.
    pub(super) fn end(self, last: &EventChange) -> Result<(Listing, RoomKnobs, u64), Illegal> {
        if let EventChange::Created { event, at, .. } = last
            && self.created(*event, *at) != *last
        {
            return Err(Illegal(format!("event {event} has another plan")));
        }
        let Some(draft) = self.draft else {
            return Err(Illegal("an event was not begun".into()));
        };
        let draft = *draft;
        let listing = Listing {
            id: draft.event,
            name: draft.name,
            description: draft.description,
            date: draft.date,
            venue: draft.venue,
            currency: draft.currency,
            plan: self.plan,
            general: self.general,
            opens_at: draft.opens_at,
            order: draft.order,
            absence_seconds: draft.absence_seconds,
            session_seconds: draft.session_seconds,
            max_tickets: draft.max_tickets,
        };
        Ok((listing, draft.room, draft.shuffle_seed))
    }
}
