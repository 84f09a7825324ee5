//! What the journal knows of the state that it keeps: nothing but this.

use std::sync::Arc;

use super::error::OpenError;
use super::record::Record;

/// The state that records build.
pub trait State: Send {
    /// Says that about `records` more records will be restored.
    fn expect(&mut self, records: u64) {
        let _ = records;
    }

    /// Takes in a record of a snapshot, which holds what is, not how it came
    /// to be: a sold seat is one record.
    ///
    /// # Errors
    /// [`Illegal`] when it contradicts what was restored before.
    fn restore(&mut self, record: Record<'_>) -> Result<(), Illegal>;

    /// Says that the snapshot is complete: changes follow.
    ///
    /// # Errors
    /// [`Illegal`] when it does not add up.
    fn restored(&mut self) -> Result<(), Illegal> {
        Ok(())
    }

    /// Takes in a change.
    ///
    /// # Errors
    /// [`Illegal`] when it does not follow from the state.
    fn apply(&mut self, record: Record<'_>) -> Result<(), Illegal>;

    /// Hands out records that [`State::restore`] this state, in any order.
    ///
    /// # Errors
    /// The first error of `out`, and then nothing more is handed out.
    fn snapshot(
        &self,
        out: &mut dyn FnMut(Record<'_>) -> Result<(), OpenError>,
    ) -> Result<(), OpenError>;
}

/// Why a record does not follow from the state before it, as a phrase: "a seat
/// is sold twice".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Illegal(pub String);

/// Makes the state of a shard that has no records yet.
pub type NewState = Arc<dyn Fn() -> Box<dyn State> + Send + Sync>;
