//! What there is to say of a run.

/// The counts of a run, so far or at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Different events that arrived.
    pub events: u64,
    /// Events that arrived and wait for an earlier one.
    pub held: u64,
    /// Events whose sequence number had arrived before. The first one counts.
    pub duplicates: u64,
    /// Events below the start of their sequence; not taken.
    pub late: u64,
    /// Lines that were no event, and not where `EVENT BEGIN` belongs.
    pub malformed: u64,
    /// The start of the first of these lines.
    pub malformed_example: Option<Vec<u8>>,
    /// Numbers between the first and the last that did not arrive; known at
    /// the end.
    pub holes: u64,
    /// Matches that were handed out.
    pub matches: u64,
}
