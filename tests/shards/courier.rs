//! Whoever is told how checkouts end, over all lives of the server: behind a
//! cursor that is kept when an answer has come.

use std::collections::BTreeSet;

use ringside::inventory::events::{CheckoutEnds, EndCursor, EventAnswer, EventOperation, HowEnded};
use ringside::inventory::{Answer, Id, Micros, Operation};

use super::server::Server;
use super::tally::Tally;

#[derive(Default)]
pub(crate) struct Courier {
    /// By shard.
    cursors: Vec<EndCursor>,
    /// Checkouts of which was told that they have ended without a booking.
    told: BTreeSet<Id>,
}

pub(crate) fn list(after: EndCursor, most: usize) -> EventOperation {
    EventOperation::ListEnds { after, most }
}

impl Courier {
    /// Behind what a shard is to be asked.
    pub(crate) fn cursor(&self, shard: usize) -> EndCursor {
        self.cursors.get(shard).copied().unwrap_or_default()
    }

    pub(crate) fn hear(&mut self, shard: usize, answer: &CheckoutEnds, tally: &mut Tally) {
        assert_eq!(answer.dropped, 0, "there was room");
        let cursor = &mut self.cursors[shard];
        let behind = match answer.ends.last() {
            Some(last) => (last.at, last.checkout),
            None => (answer.before, Id::nil()),
        };
        *cursor = behind.max(*cursor);
        for end in &answer.ends {
            if !matches!(end.how, HowEnded::Booked(_)) {
                self.told.insert(end.checkout);
                tally.count("ends told");
            }
        }
    }

    /// Whether it was told that this one has ended.
    pub(crate) fn was_told(&self, checkout: Id) -> bool {
        self.told.contains(&checkout)
    }

    /// A start: of another number of shards, some is told twice.
    pub(crate) fn start(&mut self, shards: usize) {
        if self.cursors.len() != shards {
            let least = self.cursors.iter().min().copied().unwrap_or_default();
            self.cursors = vec![least; shards];
        }
    }

    /// Whether each of these was told, or still is: they have ended by
    /// themselves before `now`.
    pub(crate) fn prove(
        &self,
        server: &mut Server,
        now: Micros,
        ended: &BTreeSet<Id>,
        tally: &mut Tally,
    ) {
        let mut untold: BTreeSet<Id> = ended.difference(&self.told).copied().collect();
        for (shard, member) in server.members.iter_mut().enumerate() {
            let ask = list(self.cursor(shard), usize::MAX);
            let answer = member.shard.operate(now, Operation::Event(Box::new(ask)));
            let Answer::Event(answer) = answer else {
                panic!("{answer:?}");
            };
            let EventAnswer::Ends(found) = *answer else {
                panic!("{answer:?}");
            };
            for end in found.ends {
                untold.remove(&end.checkout);
            }
        }
        assert!(untold.is_empty(), "nobody will be told of {untold:?}");
        tally.add("ends proved", ended.len() as u64);
    }
}
