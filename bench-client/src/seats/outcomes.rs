//! Latencies by verb and reply.

use crate::{
    protocol::{Reply, Verb},
    record::Spread,
};

/// One histogram for each verb and reply that occurred.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    spreads: [[Option<Box<Spread>>; Reply::ALL.len()]; Verb::ALL.len()],
}

impl Outcomes {
    /// Records the latency of one reply, in nanoseconds.
    pub(super) fn record(&mut self, verb: Verb, reply: Reply, nanos: u64) {
        self.spreads[verb.index()][reply.index()]
            .get_or_insert_with(|| Box::new(Spread::new()))
            .record_nanos(nanos);
    }

    /// Adds the latencies of another thread.
    pub(super) fn add(&mut self, other: Self) {
        let own = self.spreads.iter_mut().flatten();
        for (own, other) in own.zip(other.spreads.into_iter().flatten()) {
            match (own, other) {
                (Some(own), Some(other)) => own.add(&other),
                (own @ None, other) => *own = other,
                (Some(_), None) => {}
            }
        }
    }

    /// All that occurred, by verb and reply in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Verb, Reply, &Spread)> {
        Verb::ALL.into_iter().flat_map(move |verb| {
            Reply::ALL.into_iter().filter_map(move |reply| {
                let spread = self.spreads[verb.index()][reply.index()].as_deref()?;
                Some((verb, reply, spread))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_kept_apart_and_added_up() {
        let mut one = Outcomes::default();
        one.record(Verb::Buy, Reply::Ok, 5_000);
        let mut two = Outcomes::default();
        two.record(Verb::Buy, Reply::Ok, 5_000);
        two.record(Verb::Buy, Reply::Fail, 5_000);
        one.add(two);
        let counts: Vec<_> = one
            .iter()
            .map(|(v, r, spread)| (v, r, spread.count()))
            .collect();
        assert_eq!(
            counts,
            [(Verb::Buy, Reply::Ok, 2), (Verb::Buy, Reply::Fail, 1)]
        );
    }
}
