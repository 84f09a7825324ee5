//! What a run of the harness amounted to.

use crate::record::Tally;

/// One phase and how long it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase {
    /// What it is called in reports.
    pub name: &'static str,
    /// Wall-clock time.
    pub seconds: f64,
}

/// The counts and the verdict of one run.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// Replies to messages about seats.
    pub tally: Tally,
    /// Broken messages answered.
    pub broken: usize,
    /// The phases that were played.
    pub phases: Vec<Phase>,
    /// The first few things that the server did wrong; empty means success.
    pub wrong: Vec<String>,
}

impl Summary {
    /// Whether the server passed.
    pub(crate) fn is_success(&self) -> bool {
        self.wrong.is_empty()
    }

    /// All messages answered, broken ones included.
    pub(crate) fn messages(&self) -> u64 {
        self.tally.total() + self.broken as u64
    }

    /// Wall-clock time of all phases.
    pub(crate) fn seconds(&self) -> f64 {
        self.phases.iter().map(|phase| phase.seconds).sum()
    }
}
