//! What one shard owns of the other shards' match runs.

use std::collections::HashMap;

use super::batch::{Batch, RunId};
use super::pairs::Pairs;

/// The tables of pairs that this shard keeps for runs whose source another
/// shard reads. (A run keeps its own shard's part itself.)
pub struct Tables {
    runs: HashMap<RunId, Pairs>,
    seed: u64,
}

impl Tables {
    /// No tables. `seed`: see [`Pairs::new`].
    pub fn new(seed: u64) -> Self {
        Self {
            runs: HashMap::new(),
            seed,
        }
    }

    /// Answers a batch in place; it must go back to the shard it came from.
    /// Batches of one run and shard are answered in the order they were sent.
    ///
    /// The run's first batch opens its table, its last one frees it.
    pub fn serve(&mut self, batch: &mut Batch) {
        if batch.closes() {
            self.runs.remove(&batch.run());
            return;
        }
        let (terms, seed) = (batch.terms(), self.seed);
        let pairs = self.runs.entry(batch.run()).or_insert_with(|| {
            let mut pairs = Pairs::new(terms.rule, terms.max_pairs, seed);
            pairs.prepare(terms.prepared_pairs);
            pairs
        });
        batch.answer(pairs);
    }

    /// How many runs have a table here.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }
}
