//! Latencies by kind of reply: by verb and outcome.

use super::scenario::Kind;
use crate::record::Spread;

/// One histogram for each kind of reply that occurred.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// By the kind's place in [`super::Subject::KINDS`].
    spreads: Vec<Option<Box<Spread>>>,
}

impl Outcomes {
    /// Records the latency of one reply, in nanoseconds.
    pub(super) fn record(&mut self, kind: usize, nanos: u64) {
        if kind >= self.spreads.len() {
            self.spreads.resize_with(kind + 1, || None);
        }
        self.spreads[kind]
            .get_or_insert_with(|| Box::new(Spread::new()))
            .record_nanos(nanos);
    }

    /// Adds the latencies of another thread.
    pub(super) fn add(&mut self, other: Self) {
        if self.spreads.len() < other.spreads.len() {
            self.spreads.resize_with(other.spreads.len(), || None);
        }
        for (own, other) in self.spreads.iter_mut().zip(other.spreads) {
            match (own, other) {
                (Some(own), Some(other)) => own.add(&other),
                (own @ None, other) => *own = other,
                (Some(_), None) => {}
            }
        }
    }

    /// All that occurred, in the order of `kinds`.
    pub(super) fn iter(&self, kinds: &'static [Kind]) -> impl Iterator<Item = (Kind, &Spread)> {
        let spreads = kinds.iter().zip(&self.spreads);
        spreads.filter_map(|(&kind, spread)| Some((kind, spread.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_kept_apart_and_added_up() {
        const KINDS: &[Kind] = &[("BUY", "OK"), ("BUY", "FAIL"), ("QUERY", "FREE")];
        let mut one = Outcomes::default();
        one.record(0, 5_000);
        let mut two = Outcomes::default();
        two.record(0, 5_000);
        two.record(2, 5_000);
        one.add(two);
        let counts: Vec<_> = one
            .iter(KINDS)
            .map(|(kind, spread)| (kind, spread.count()))
            .collect();
        assert_eq!(counts, [(("BUY", "OK"), 2), (("QUERY", "FREE"), 1)]);
    }
}
