//! How many replies of each kind each verb got.

use crate::protocol::{Reply, Verb};

/// Counts of replies by verb and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    counts: [[u64; Reply::ALL.len()]; Verb::ALL.len()],
}

impl Tally {
    /// Counts one reply.
    pub(crate) fn count(&mut self, verb: Verb, reply: Reply) {
        self.counts[verb.index()][reply.index()] += 1;
    }

    /// How often `verb` got `reply`.
    pub(crate) fn of(&self, verb: Verb, reply: Reply) -> u64 {
        self.counts[verb.index()][reply.index()]
    }

    /// All replies.
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Adds the counts of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        let own = self.counts.iter_mut().flatten();
        for (count, more) in own.zip(other.counts.iter().flatten()) {
            *count += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_apart_and_added_up() {
        let mut first = Tally::default();
        first.count(Verb::Buy, Reply::Ok);
        let mut second = first.clone();
        second.count(Verb::Query, Reply::Sold);
        first.add(&second);
        assert_eq!(first.of(Verb::Buy, Reply::Ok), 2);
        assert_eq!(first.of(Verb::Query, Reply::Sold), 1);
        assert_eq!(first.of(Verb::Buy, Reply::Fail), 0);
        assert_eq!(first.total(), 3);
    }
}
