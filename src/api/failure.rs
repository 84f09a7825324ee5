//! Why something was not done.

use super::door::Closed;
use crate::inventory::Refusal;
use crate::inventory::events::EventRefusal;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The rules forbid it, or a bound; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The same, of what is about an event.
    #[error(transparent)]
    Event(#[from] EventRefusal),
    /// An argument cannot be meant; nothing was changed.
    #[error("{field} {problem}")]
    Invalid {
        /// Which argument.
        field: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The server is stopping: it may have been done or not.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl Failure {
    pub(super) fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            problem: problem.into(),
        }
    }
}
