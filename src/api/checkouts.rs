//! Checkouts: a place in an event's line, then a basket with a clock.

use super::events::unexpected;
use super::{Api, Door, Failure};
use crate::inventory::Id;
use crate::inventory::events::{CheckoutView, EventAnswer, EventOperation, Unwanted, Wanted};

impl<D: Door> Api<D> {
    /// Enters an event's waiting room: gets in at once if that is possible,
    /// else a place in the line. With an `earlier` checkout that has not ended,
    /// that one is answered.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn start_checkout(
        &self,
        event: Id,
        earlier: Option<Id>,
    ) -> Result<CheckoutView, Failure> {
        let checkout = self.new_ids_at(crate::inventory::id::locator(event), 1);
        self.ask_checkout(EventOperation::StartCheckout {
            event,
            checkout,
            earlier,
        })
        .await
    }

    /// A checkout as it is now. Looking keeps its place in the line.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn checkout(&self, event: Id, checkout: Id) -> Result<CheckoutView, Failure> {
        self.ask_checkout(EventOperation::FindCheckout { event, checkout })
            .await
    }

    /// Many checkouts of one event, in the order in which they were asked for;
    /// `None`: not known any more.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn checkouts(
        &self,
        event: Id,
        checkouts: Vec<Id>,
    ) -> Result<Vec<Option<CheckoutView>>, Failure> {
        let operation = EventOperation::FindCheckouts { event, checkouts };
        match self.ask_event(operation).await? {
            EventAnswer::Checkouts(views) => Ok(views),
            other => Err(unexpected(&other)),
        }
    }

    /// Gives up a place or a checkout; all that it holds is free at once.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn leave_checkout(&self, event: Id, checkout: Id) -> Result<CheckoutView, Failure> {
        self.ask_checkout(EventOperation::LeaveCheckout { event, checkout })
            .await
    }

    /// Gives a checkout its time once more; possible once.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn extend_checkout(&self, event: Id, checkout: Id) -> Result<CheckoutView, Failure> {
        self.ask_checkout(EventOperation::ExtendCheckout { event, checkout })
            .await
    }

    /// Holds tickets for a checkout, all or nothing.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn hold_seats(
        &self,
        event: Id,
        checkout: Id,
        wanted: Wanted,
    ) -> Result<CheckoutView, Failure> {
        self.ask_checkout(EventOperation::Hold {
            event,
            checkout,
            wanted,
        })
        .await
    }

    /// Gives back what a checkout holds, all or nothing.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn release_seats(
        &self,
        event: Id,
        checkout: Id,
        unwanted: Unwanted,
    ) -> Result<CheckoutView, Failure> {
        self.ask_checkout(EventOperation::Release {
            event,
            checkout,
            unwanted,
        })
        .await
    }

    pub(super) async fn ask_checkout(
        &self,
        operation: EventOperation,
    ) -> Result<CheckoutView, Failure> {
        match self.ask_event(operation).await? {
            EventAnswer::Checkout(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }
}
