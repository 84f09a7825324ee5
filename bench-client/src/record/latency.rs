//! Latency per verb.

use std::time::Duration;

use super::Spread;
use crate::protocol::Verb;

/// Latencies of one thread or, after merging, of a run.
#[derive(Debug)]
pub(crate) struct Latencies {
    verbs: [Spread; Verb::ALL.len()],
}

impl Latencies {
    /// No latencies yet.
    pub(crate) fn new() -> Self {
        Self {
            verbs: Verb::ALL.map(|_| Spread::new()),
        }
    }

    /// Records one reply's latency.
    pub(crate) fn record(&mut self, verb: Verb, latency: Duration) {
        self.verbs[verb.index()].record(latency);
    }

    /// Adds the latencies of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        for (own, other) in self.verbs.iter_mut().zip(&other.verbs) {
            own.add(other);
        }
    }

    /// The latencies of `verb`.
    pub(crate) fn of(&self, verb: Verb) -> &Spread {
        &self.verbs[verb.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_kept_apart_and_added_up() {
        let mut one = Latencies::new();
        one.record(Verb::Buy, Duration::from_micros(5));
        let mut two = Latencies::new();
        two.record(Verb::Buy, Duration::from_micros(5));
        two.record(Verb::Reserve, Duration::from_micros(5));
        one.add(&two);
        let counts = Verb::ALL.map(|verb| one.of(verb).count());
        assert_eq!(counts[Verb::Buy.index()], 2);
        assert_eq!(counts[Verb::Reserve.index()], 1);
        assert_eq!(counts[Verb::Query.index()], 0);
    }
}
