//! Why a run cannot go on.

/// What ends a run before its time. The run's matches up to then are right and
/// may have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// An event is too far ahead of the first that is missing.
    #[error(
        "event {sequence} is more than the {window} sequence numbers of the match window \
         ahead of {waiting_for}, which the run is waiting for"
    )]
    Window {
        /// The event.
        sequence: u64,
        /// The first number that has not arrived (the lowest that has, if the
        /// start of the sequence is not known).
        waiting_for: u64,
        /// The window, in sequence numbers.
        window: u64,
    },
    /// More pairs of users had to do with each other than the run may keep.
    #[error("the events are between more than {max_pairs} pairs of users on one shard")]
    Pairs {
        /// The bound for each shard.
        max_pairs: usize,
    },
    /// The source closed its connection before `EVENT END`.
    #[error("the source was gone before EVENT END, after {events} events")]
    SourceGone {
        /// Different events that had arrived.
        events: u64,
    },
    /// The run was given up from outside.
    #[error("the run was given up")]
    Abandoned,
}
