//! Ticket options and their purchases.

use super::{Api, Door, Failure, refused, text};
use crate::inventory::{Answer, Id, Kind, Operation, Page, Purchase, TicketOption, id};

impl<D: Door> Api<D> {
    /// Makes a ticket option of which `allocation` may be purchased.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for an empty name or too long a text, else what
    /// [`Failure`] says.
    pub async fn create_option(
        &self,
        name: &str,
        description: &str,
        allocation: u64,
    ) -> Result<TicketOption, Failure> {
        self.create_option_as(self.new_id(), name, description, allocation)
            .await
    }

    /// Makes a ticket option with an id from [`Api::new_id`]. Doing it again
    /// with the same arguments answers the same and changes nothing.
    ///
    /// # Errors
    /// As [`Api::create_option`].
    pub async fn create_option_as(
        &self,
        id: Id,
        name: &str,
        description: &str,
        allocation: u64,
    ) -> Result<TicketOption, Failure> {
        text("name", name, false)?;
        text("description", description, true)?;
        let operation = Operation::CreateOption {
            id,
            name: name.to_owned(),
            description: description.to_owned(),
            allocation,
        };
        match self.ask(id, operation).await? {
            Answer::Option(option) => Ok(option),
            other => refused(&other, Kind::Option),
        }
    }

    /// A ticket option as it is now.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn option(&self, id: Id) -> Result<TicketOption, Failure> {
        match self.ask(id, Operation::FindOption(id)).await? {
            Answer::Option(option) => Ok(option),
            other => refused(&other, Kind::Option),
        }
    }

    /// Ticket options, oldest first.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn options(&self, page: Page) -> Result<Vec<TicketOption>, Failure> {
        self.gather(
            page,
            Operation::ListOptions,
            |answer| match answer {
                Answer::Options(options) => Some(options),
                _ => None,
            },
            |option| option.id,
        )
        .await
    }

    /// Purchases `quantity` of a ticket option: all of it, or none.
    ///
    /// # Errors
    /// [`Failure`]; [`crate::inventory::Refusal::NotEnough`] when less is left.
    pub async fn purchase(&self, option: Id, user: Id, quantity: u64) -> Result<Purchase, Failure> {
        let id = self.new_ids_at(id::locator(option), 1);
        self.purchase_as(id, option, user, quantity).await
    }

    /// Purchases with an id from [`Api::new_ids_at`] the option's locator. Doing
    /// it again with the same arguments answers the same and changes nothing.
    ///
    /// # Errors
    /// As [`Api::purchase`].
    pub async fn purchase_as(
        &self,
        id: Id,
        option: Id,
        user: Id,
        quantity: u64,
    ) -> Result<Purchase, Failure> {
        if quantity == 0 {
            return Err(Failure::invalid("quantity", "must be at least 1"));
        }
        let operation = Operation::Purchase {
            id,
            option,
            user,
            quantity,
        };
        match self.ask(option, operation).await? {
            Answer::Purchase(purchase) => Ok(purchase),
            other => refused(&other, Kind::Option),
        }
    }

    /// A purchase.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn find_purchase(&self, id: Id) -> Result<Purchase, Failure> {
        match self.ask(id, Operation::FindPurchase(id)).await? {
            Answer::Purchase(purchase) => Ok(purchase),
            other => refused(&other, Kind::Purchase),
        }
    }
}
