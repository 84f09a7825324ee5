//! The venue in this process: the library's methods, over any door.

use ringside::{
    api::{Api, Door, Failure, HoldFor},
    inventory::{Id, Page, Places, Refusal, Ticket, TicketFilter, TicketState},
};

use super::venue::{Answer, Clerk, Seen, Shown, Venue};
use crate::check::{Reason, Step};

/// Tickets of one page.
const PAGE: usize = 1_000;

/// The library.
pub(super) struct Library<D> {
    pub(super) api: Api<D>,
}

impl<D: Door + Sync> Venue for Library<D> {
    type Id = Id;
    type Clerk<'a>
        = &'a Api<D>
    where
        D: 'a;

    fn clerk(&self) -> &Api<D> {
        &self.api
    }

    fn stranger(&self) -> Id {
        self.api.new_id()
    }
}

impl<D: Door> Clerk for &Api<D> {
    type Id = Id;

    fn create_member(&mut self, name: &str) -> Result<Answer<Id>, String> {
        match pollster::block_on(Api::create_member(self, name)) {
            Ok(member) => Ok(Answer::Member(member.id)),
            Err(failure) => not_done(&failure),
        }
    }

    fn create_ticket(&mut self, section: &str, place: (u32, u32)) -> Result<Answer<Id>, String> {
        let places = Places {
            section: section.to_owned(),
            rows: (place.0, place.0),
            seats: (place.1, place.1),
        };
        let created = pollster::block_on(async {
            let id = self.create_tickets(places).await?;
            self.ticket(id).await
        });
        shown(created)
    }

    fn step(&mut self, ticket: &Id, member: &Id, step: Step) -> Result<Answer<Id>, String> {
        let (ticket, member) = (*ticket, *member);
        shown(pollster::block_on(async {
            match step {
                Step::Hold => self.hold(ticket, member, HoldFor::Ever).await,
                Step::Free => self.free(ticket, member).await,
                Step::Purchase => self.purchase_ticket(ticket, member).await,
                Step::Look => self.ticket(ticket).await,
            }
        }))
    }

    fn page(&mut self, section: &str, after: Option<&Id>) -> Result<Vec<Seen<Id>>, String> {
        let filter = TicketFilter {
            section: Some(section.to_owned()),
            ..TicketFilter::default()
        };
        list(self, filter, after)
    }

    fn tickets_of(&mut self, member: &Id) -> Result<Vec<Id>, String> {
        let filter = TicketFilter {
            member: Some(*member),
            ..TicketFilter::default()
        };
        let tickets = list(self, filter, None)?;
        Ok(tickets.into_iter().map(|ticket| ticket.id).collect())
    }
}

fn list<D: Door>(
    api: &Api<D>,
    filter: TicketFilter,
    after: Option<&Id>,
) -> Result<Vec<Seen<Id>>, String> {
    let page = Page {
        after: after.copied(),
        limit: PAGE,
    };
    let tickets = pollster::block_on(api.tickets(filter, page));
    let tickets = tickets.map_err(|failure| failure.to_string())?;
    Ok(tickets.iter().map(seen).collect())
}

fn shown(outcome: Result<Ticket, Failure>) -> Result<Answer<Id>, String> {
    match outcome {
        Ok(ticket) => Ok(Answer::Ticket(seen(&ticket))),
        Err(failure) => not_done(&failure),
    }
}

fn not_done(failure: &Failure) -> Result<Answer<Id>, String> {
    let reason = match failure {
        Failure::Closed(_) => return Err(failure.to_string()),
        Failure::Refused(Refusal::Held) => Reason::Held,
        Failure::Refused(Refusal::Purchased) => Reason::Purchased,
        Failure::Refused(Refusal::NotHeld) => Reason::NotHeld,
        Failure::Refused(Refusal::NotHolder) => Reason::NotHolder,
        Failure::Refused(Refusal::Duplicate { .. }) => return Ok(Answer::Duplicate),
        Failure::Refused(Refusal::NotFound(_)) => return Ok(Answer::NotFound),
        other => return Ok(Answer::Strange(other.to_string())),
    };
    Ok(Answer::Refused(Some(reason)))
}

fn seen(ticket: &Ticket) -> Seen<Id> {
    Seen {
        id: ticket.id,
        place: (ticket.row, ticket.seat),
        state: match ticket.state {
            TicketState::Free => Shown::Free,
            TicketState::Held => Shown::Held,
            TicketState::Purchased => Shown::Purchased,
        },
        member: ticket.member,
    }
}

#[cfg(test)]
mod tests;
