//! What every payment provider can do, and the words for it.

use crate::inventory::{Id, Micros};

/// A provider of payments on a page of its own. Calls wait for the provider:
/// they are for the cashier's threads only.
pub trait Provider: Send + Sync {
    /// How payments of it are marked, and its part of the webhook's address.
    fn name(&self) -> &'static str;

    /// Opens a session in which a buyer can pay. Doing it again with the same
    /// order answers the same session, and opens no other.
    ///
    /// # Errors
    /// [`CallError`].
    fn open(&self, order: &Order) -> Result<Session, CallError>;

    /// Looks at a session.
    ///
    /// # Errors
    /// [`CallError`].
    fn find(&self, session: &str) -> Result<Session, CallError>;

    /// Closes a session, so that nobody can pay in it any more.
    ///
    /// # Errors
    /// [`CallError::Refused`] if it is over already: look at it then.
    fn close(&self, session: &str) -> Result<Session, CallError>;

    /// Pays money back. Doing it again with the same refund pays nothing more.
    ///
    /// # Errors
    /// [`CallError`].
    fn refund(&self, refund: &Refund) -> Result<(), CallError>;

    /// Reads what the provider says of its own accord. `signature` is its
    /// header field, `body` every byte that came, `now` the time.
    ///
    /// # Errors
    /// [`WebhookError`] for what the provider has not said, or long ago.
    fn read_webhook(
        &self,
        signature: &str,
        body: &[u8],
        now: Micros,
    ) -> Result<Notice, WebhookError>;
}

/// What a buyer shall pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The payment; also what makes opening it twice harmless.
    pub payment: Id,
    /// The event it is for.
    pub event: Id,
    /// How much, in minor units.
    pub amount: u64,
    /// ISO 4217 code, in capitals.
    pub currency: String,
    /// What the buyer is told that it is for.
    pub description: String,
    /// Where the provider sends a buyer who has paid.
    pub success_url: String,
    /// Where the provider sends a buyer who has given up.
    pub cancel_url: String,
    /// When nobody shall be able to pay any more.
    pub until: Micros,
}

/// A session at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// How the provider calls it.
    pub id: String,
    /// Where the buyer pays; empty when that is over.
    pub url: String,
    /// How far it is.
    pub state: SessionState,
    /// How the provider calls the money, for a refund; empty before there is
    /// any.
    pub receipt: String,
    /// How much was asked for, in minor units.
    pub amount: u64,
    /// ISO 4217 code, in capitals.
    pub currency: String,
    /// Which of our payments it is for; `None`: it was not opened by Ringside.
    pub mark: Option<Mark>,
}

/// What Ringside has written on a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The public address of the server that has opened it.
    pub site: String,
    /// The event.
    pub event: Id,
    /// The payment.
    pub payment: Id,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The buyer may pay.
    Open,
    /// The buyer is done; the money is on its way.
    Pending,
    /// The money is there.
    Paid,
    /// No money will come.
    Dead,
}

/// Money to be paid back, all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// How the provider calls the money.
    pub receipt: String,
    /// Makes paying it back twice harmless.
    pub key: String,
}

/// What a provider has said of its own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// How far a session is.
    Session(Session),
    /// Something that Ringside does not need.
    Other,
}

/// Why a call has not done what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The provider cannot be reached, or cannot answer now: it may have done
    /// it or not, and may be asked again.
    #[error("the payment provider is away: {0}")]
    Away(String),
    /// The provider has said no, and will say so again.
    #[error("the payment provider has refused: {0}")]
    Refused(String),
}

/// Why something was no word of the provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// There is no signature, or none that can be read.
    #[error("there is no readable signature")]
    Unsigned,
    /// It was signed with none of the secrets, or changed since.
    #[error("the signature does not fit: it was made with another secret, or the body was changed")]
    Forged,
    /// It was signed too long ago, or in the future.
    #[error("the signature is from {seconds} seconds away, {most} are allowed: is a clock wrong?")]
    Stale {
        /// How far away.
        seconds: u64,
        /// How far it may be.
        most: u64,
    },
    /// It was signed, but says nothing that can be read.
    #[error("the body is not an event as expected")]
    Unreadable,
}
