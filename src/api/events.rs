//! Events: what is on sale, its seats, its waiting room.

use super::{Api, Door, Failure, Target};
use crate::inventory::events::{
    EventAnswer, EventFigures, EventOperation, EventView, NewEvent, Rate, RoomAction, SeatChanges,
    SeatMap,
};
use crate::inventory::{Answer, Id, Kind, Operation, Page, Refusal, id};

impl<D: Door> Api<D> {
    /// The first of `count` new ids for an event and what belongs to it; see
    /// [`id::nth`].
    pub fn new_event_ids(&self, count: u64) -> Id {
        let number = self.door().numbers(count);
        id::make(self.door().now() / 1000, number, id::spread(number))
    }

    /// Makes an event with an id from [`Api::new_event_ids`]. Doing it again
    /// with the same content answers the same and changes nothing.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn create_event(&self, event: NewEvent) -> Result<EventView, Failure> {
        let operation = EventOperation::Create(Box::new(event));
        match self.ask_event(operation).await? {
            EventAnswer::Event(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    /// An event as it is now.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn event(&self, event: Id) -> Result<EventView, Failure> {
        match self.ask_event(EventOperation::Find(event)).await? {
            EventAnswer::Event(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    /// Events, oldest first.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn events(&self, page: Page) -> Result<Vec<EventView>, Failure> {
        self.gather(
            page,
            |page| Operation::Event(Box::new(EventOperation::List(page))),
            |answer| match answer {
                Answer::Event(answer) => match *answer {
                    EventAnswer::Events(events) => Some(events),
                    _ => None,
                },
                _ => None,
            },
            |event| event.listing.id,
        )
        .await
    }

    /// The states of all seats of an event.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn seat_map(&self, event: Id) -> Result<SeatMap, Failure> {
        match self.ask_event(EventOperation::SeatMap(event)).await? {
            EventAnswer::SeatMap(map) => Ok(map),
            other => Err(unexpected(&other)),
        }
    }

    /// Which seats have changed since a version of the map.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn seat_changes(&self, event: Id, since: u64) -> Result<SeatChanges, Failure> {
        let operation = EventOperation::SeatChanges { event, since };
        match self.ask_event(operation).await? {
            EventAnswer::SeatChanges(changes) => Ok(changes),
            other => Err(unexpected(&other)),
        }
    }

    /// Changes an event's waiting room; what is `None` stays.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn set_room(
        &self,
        event: Id,
        action: Option<RoomAction>,
        rate: Option<Rate>,
        max_active: Option<u32>,
    ) -> Result<EventFigures, Failure> {
        let operation = EventOperation::SetRoom {
            event,
            action,
            rate,
            max_active,
        };
        match self.ask_event(operation).await? {
            EventAnswer::Room(figures) => Ok(figures),
            other => Err(unexpected(&other)),
        }
    }

    /// What the operator wants to see of events, oldest first.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn event_figures(&self, page: Page) -> Result<Vec<EventFigures>, Failure> {
        self.gather(
            page,
            |page| Operation::Event(Box::new(EventOperation::Figures(page))),
            |answer| match answer {
                Answer::Event(answer) => match *answer {
                    EventAnswer::Figures(figures) => Some(figures),
                    _ => None,
                },
                _ => None,
            },
            |figures| figures.listing.id,
        )
        .await
    }

    /// Asks the shard that owns the event that an operation is about.
    pub(super) async fn ask_event(
        &self,
        operation: EventOperation,
    ) -> Result<EventAnswer, Failure> {
        let event = operation.event().unwrap_or_default();
        let to = Target::Locator(id::locator(event));
        let operation = Operation::Event(Box::new(operation));
        event_answer(self.door().call(to, operation).await?)
    }
}

/// What was answered to an operation on events, if it was not refused.
pub(super) fn event_answer(answer: Answer) -> Result<EventAnswer, Failure> {
    match answer {
        Answer::Event(answer) => match *answer {
            EventAnswer::Refused(refusal) => Err(refusal.into()),
            answer => Ok(answer),
        },
        Answer::Refused(refusal) => Err(refusal.into()),
        other => {
            debug_assert!(false, "a shard has answered {other:?} about an event");
            Err(Refusal::NotFound(Kind::Ticket).into())
        }
    }
}

/// A shard has answered what it should not have.
pub(super) fn unexpected(answer: &EventAnswer) -> Failure {
    debug_assert!(false, "a shard has answered {answer:?}");
    Refusal::NotFound(Kind::Ticket).into()
}
