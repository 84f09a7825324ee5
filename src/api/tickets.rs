//! Tickets, and what members do with them.

use std::time::Duration;

use super::{Api, Door, Failure, refused, text};
use crate::inventory::{Answer, Id, Kind, Operation, Page, Places, Step, Ticket, TicketFilter, id};
use crate::limits::MAX_TICKETS_AT_ONCE;

/// How long a hold lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldFor {
    /// Until it is freed or purchased.
    Ever,
    /// At most so long.
    Time(Duration),
}

impl<D: Door> Api<D> {
    /// Makes a ticket for every place of a range: all, or none if one of them
    /// has a ticket already. Says the id of the first; see [`id::nth`] for the
    /// others, row by row.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for an empty range or one of more than
    /// [`MAX_TICKETS_AT_ONCE`], else what [`Failure`] says.
    pub async fn create_tickets(&self, places: Places) -> Result<Id, Failure> {
        let locator = id::section_locator(&places.section);
        let first = self.new_ids_at(locator, places.count());
        self.create_tickets_as(first, places).await
    }

    /// Makes tickets with ids from `first` on, from [`Api::new_ids_at`] the
    /// [section's locator](id::section_locator). Doing it again with the same
    /// arguments answers the same and changes nothing.
    ///
    /// # Errors
    /// As [`Api::create_tickets`].
    pub async fn create_tickets_as(&self, first: Id, places: Places) -> Result<Id, Failure> {
        text("section", &places.section, false)?;
        for (field, range) in [("row", places.rows), ("seat", places.seats)] {
            if range.0 == 0 || range.0 > range.1 {
                let problem = "must be a range from 1 on that does not end before it begins";
                return Err(Failure::invalid(field, problem));
            }
        }
        if places.count() > MAX_TICKETS_AT_ONCE {
            let problem = format!("makes more than {MAX_TICKETS_AT_ONCE} tickets: ask in parts");
            return Err(Failure::invalid("seat", problem));
        }
        match self
            .ask(first, Operation::CreateTickets { first, places })
            .await?
        {
            Answer::Created(_) => Ok(first),
            other => refused(&other, Kind::Ticket),
        }
    }

    /// A ticket as it is now.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn ticket(&self, id: Id) -> Result<Ticket, Failure> {
        match self.ask(id, Operation::FindTicket(id)).await? {
            Answer::Ticket(ticket) => Ok(ticket),
            other => refused(&other, Kind::Ticket),
        }
    }

    /// Tickets, oldest first.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn tickets(&self, filter: TicketFilter, page: Page) -> Result<Vec<Ticket>, Failure> {
        self.gather(
            page,
            |page| Operation::ListTickets {
                filter: filter.clone(),
                page,
            },
            |answer| match answer {
                Answer::Tickets(tickets) => Some(tickets),
                _ => None,
            },
            |ticket| ticket.id,
        )
        .await
    }

    /// Has a member hold a free ticket.
    ///
    /// # Errors
    /// [`Failure`]; the ticket's state is then as it was.
    pub async fn hold(&self, ticket: Id, member: Id, time: HoldFor) -> Result<Ticket, Failure> {
        // Members are never deleted, so this stays true.
        self.member(member).await?;
        let until = match time {
            HoldFor::Ever => None,
            HoldFor::Time(time) => Some(self.door.now().saturating_add(time.as_micros() as u64)),
        };
        self.step(ticket, member, Step::Hold { until }).await
    }

    /// Has a member free a ticket that it holds.
    ///
    /// # Errors
    /// [`Failure`]; the ticket's state is then as it was.
    pub async fn free(&self, ticket: Id, member: Id) -> Result<Ticket, Failure> {
        self.step(ticket, member, Step::Free).await
    }

    /// Has a member purchase a ticket that it holds.
    ///
    /// # Errors
    /// [`Failure`]; the ticket's state is then as it was.
    pub async fn purchase_ticket(&self, ticket: Id, member: Id) -> Result<Ticket, Failure> {
        self.step(ticket, member, Step::Purchase).await
    }

    async fn step(&self, ticket: Id, member: Id, step: Step) -> Result<Ticket, Failure> {
        let operation = Operation::MoveTicket {
            ticket,
            member,
            step,
        };
        match self.ask(ticket, operation).await? {
            Answer::Ticket(ticket) => Ok(ticket),
            other => refused(&other, Kind::Ticket),
        }
    }
}
