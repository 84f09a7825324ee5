//! Members.

use super::{Api, Door, Failure, refused, text};
use crate::inventory::{Answer, Id, Kind, Member, Operation};

impl<D: Door> Api<D> {
    /// Makes a member.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for an empty or too long name, else what
    /// [`Failure`] says.
    pub async fn create_member(&self, name: &str) -> Result<Member, Failure> {
        self.create_member_as(self.new_id(), name).await
    }

    /// Makes a member with an id from [`Api::new_id`]. Doing it again with
    /// the same name answers the same and changes nothing.
    ///
    /// # Errors
    /// As [`Api::create_member`].
    pub async fn create_member_as(&self, id: Id, name: &str) -> Result<Member, Failure> {
        text("name", name, false)?;
        let operation = Operation::CreateMember {
            id,
            name: name.to_owned(),
        };
        match self.ask(id, operation).await? {
            Answer::Member(member) => Ok(member),
            other => refused(&other, Kind::Member),
        }
    }

    /// A member. Its tickets: [`Api::tickets`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn member(&self, id: Id) -> Result<Member, Failure> {
        match self.ask(id, Operation::FindMember(id)).await? {
            Answer::Member(member) => Ok(member),
            other => refused(&other, Kind::Member),
        }
    }
}
