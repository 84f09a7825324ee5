//! Pages of tickets.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Bound;

use super::ordered::Row;
use super::section::Section;
use super::tickets::Tickets;
use crate::inventory::id::Id;
use crate::inventory::operation::{Micros, Page, Ticket, TicketFilter};

impl Tickets {
    /// The tickets that `filter` names, oldest first. Looks at a member's
    /// tickets, or else at a section's, or else at the sections one after
    /// another, until the page is full.
    pub(super) fn list(&self, filter: &TicketFilter, page: Page, now: Micros) -> Vec<Ticket> {
        if let Some(member) = filter.member {
            self.of_member(member, filter, page, now)
        } else if let Some(section) = &filter.section {
            self.section_number(section)
                .map(|number| self.of_section(number, filter, page, now))
                .unwrap_or_default()
        } else {
            self.of_all(filter, page, now)
        }
    }

    fn of_member(&self, member: Id, filter: &TicketFilter, page: Page, now: Micros) -> Vec<Ticket> {
        let from = page
            .after
            .map_or(Bound::Included((member, Id::nil())), |id| {
                Bound::Excluded((member, id))
            });
        let to = Bound::Included((member, Id::max()));
        self.by_member
            .range((from, to))
            .filter_map(|&(_, id)| {
                let (number, row) = self.seek(id)?;
                self.matches(filter, number, row, now)
            })
            .take(page.limit)
            .collect()
    }

    fn of_section(
        &self,
        number: usize,
        filter: &TicketFilter,
        page: Page,
        now: Micros,
    ) -> Vec<Ticket> {
        let section = &self.sections[number];
        if filter.state.is_some_and(|state| !section.may_have(state)) {
            return Vec::new();
        }
        let rows = section.rows.after(page.after);
        rows.filter_map(|row| self.matches(filter, number, row, now))
            .take(page.limit)
            .collect()
    }

    fn of_all(&self, filter: &TicketFilter, page: Page, now: Micros) -> Vec<Ticket> {
        let wanted = |section: &Section| filter.state.is_none_or(|it| section.may_have(it));
        let spans = self.spans.iter().zip(&self.sections).enumerate();
        // A section is looked into only when its turn comes.
        let mut next: BinaryHeap<_> = spans
            .filter(|(_, (span, section))| page.after < Some(span.1) && wanted(section))
            .filter_map(|(number, (span, section))| {
                let first = if page.after < Some(span.0) {
                    span.0
                } else {
                    section.rows.after(page.after).next()?.id()
                };
                Some(Reverse((first, number)))
            })
            .collect();
        let mut found = Vec::new();
        while let Some(Reverse((first, number))) = next.pop() {
            let other = next.peek().map(|Reverse((id, _))| *id);
            for row in self.sections[number].rows.from(first) {
                if found.len() == page.limit {
                    return found;
                }
                if other.is_some_and(|other| other < row.id()) {
                    next.push(Reverse((row.id(), number)));
                    break;
                }
                found.extend(self.matches(filter, number, row, now));
            }
        }
        found
    }
}
