//! Who likes whom: the pairs of users of one run that one shard owns.
//!
//! Events come in as they arrive, in any order, and what they decide is said
//! at once; it holds when no earlier event is still to come. That is why
//! nothing has to be sorted: of a million events only the few between the same
//! two users have to do with each other.

mod ids;
mod latest;
mod literal;
mod mark;
mod pages;
mod slots;

use ids::Ids;
use latest::Latest;
use literal::Literal;
use mark::Mark;
use slots::{Found, Slots, TAKEN};

use super::event::LikeEvent;
use super::rule::Rule;

/// Set in a slot's value: the pair has had several events, and the value is
/// the number of their history.
const SEVERAL: u64 = 1 << 62;

/// More pairs of users than the run may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPairs;

/// Everything that two users had to say of each other, by one of the rules.
trait History: Default {
    /// Takes one event, in any order, and calls `decide` with each sequence
    /// number that is a match now (`true`), or no longer is one (`false`).
    ///
    /// No event below `passed` is still to come, and nobody asks for decisions
    /// below it any more. `with_oneself`: both users are the same.
    fn insert(
        &mut self,
        mark: Mark,
        with_oneself: bool,
        passed: u64,
        decide: &mut impl FnMut(u64, bool),
    );
}

/// The table of pairs.
///
/// A pair with one event, as nearly all are in a large crowd, takes one slot
/// of 16 bytes and the table's spare room; each further one of the same pair
/// what its rule needs to keep.
///
/// ```
/// use ringside::matching::{LikeEvent, Opinion, Pairs, Rule};
///
/// let mut pairs = Pairs::new(Rule::Literal, 1_000, 7);
/// let mut decided = Vec::new();
/// for (sequence, from, to) in [(7, 100, 300), (5, 300, 100)] {
///     let event = LikeEvent::new(sequence, Opinion::Liked, from, to);
///     let all = pairs.apply(&[event], 0, |sequence, matched| decided.push((sequence, matched)));
///     assert_eq!(all, Ok(()));
/// }
/// assert_eq!(decided, [(7, true)]);
/// ```
pub struct Pairs {
    slots: Slots,
    ids: Ids,
    histories: Histories,
    capacity: usize,
    staged: Vec<Staged>,
}

enum Histories {
    Literal(Vec<Literal>),
    Latest(Vec<Latest>),
}

/// An event on its way into the table.
#[derive(Clone, Copy)]
struct Staged {
    key: u64,
    home: usize,
    mark: Mark,
}

impl Pairs {
    /// Events that are looked up together: their cache misses overlap, and
    /// what they bring in fits well into the first-level cache.
    const BLOCK: usize = 128;

    /// An empty table for at most `max_pairs` pairs. `seed`: a secret of the
    /// process, see [`crate::inventory::Seats::new`]; it never shows.
    pub fn new(rule: Rule, max_pairs: usize, seed: u64) -> Self {
        Self {
            slots: Slots::new(seed),
            ids: Ids::new(seed),
            histories: match rule {
                Rule::Literal => Histories::Literal(Vec::new()),
                Rule::Latest => Histories::Latest(Vec::new()),
            },
            capacity: max_pairs,
            staged: Vec::with_capacity(Self::BLOCK),
        }
    }

    /// Gets the memory for so many pairs, or for all that there may be, at
    /// once. Without it the table grows as pairs come.
    pub fn prepare(&mut self, pairs: usize) {
        self.slots.prepare(pairs.min(self.capacity));
    }

    /// Takes events in the order of their arrival, and calls `decide` with
    /// each sequence number that is a match by all that came so far, or (by
    /// [`Rule::Latest`]) no longer is one.
    ///
    /// The caller gives each sequence number once, none below `passed`, and
    /// will give none below it later. It no longer asks for decisions on what
    /// is below.
    ///
    /// # Errors
    /// [`TooManyPairs`] if there are more different pairs than allowed. The
    /// run cannot go on then: some of the events were not taken.
    pub fn apply(
        &mut self,
        events: &[LikeEvent],
        passed: u64,
        mut decide: impl FnMut(u64, bool),
    ) -> Result<(), TooManyPairs> {
        for block in events.chunks(Self::BLOCK) {
            self.stage(block);
            let (slots, staged) = (&mut self.slots, &self.staged);
            match &mut self.histories {
                Histories::Literal(all) => insert(slots, all, staged, passed, &mut decide),
                Histories::Latest(all) => insert(slots, all, staged, passed, &mut decide),
            }
            if self.slots.len() > self.capacity {
                return Err(TooManyPairs);
            }
        }
        Ok(())
    }

    /// How many pairs have had an event.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no pair has had an event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds out where each event of a block belongs, and starts to fetch it.
    fn stage(&mut self, block: &[LikeEvent]) {
        self.slots.reserve(block.len());
        self.staged.clear();
        for event in block {
            let (from, to) = (self.ids.code(event.from()), self.ids.code(event.to()));
            let key = u64::from(from.min(to)) << 32 | u64::from(from.max(to));
            let home = self.slots.home(key);
            self.slots.fetch(home);
            self.staged.push(Staged {
                key,
                home,
                mark: Mark::new(event, from > to),
            });
        }
    }
}

/// Puts staged events into their pairs' slots or histories.
fn insert<H: History>(
    slots: &mut Slots,
    histories: &mut Vec<H>,
    staged: &[Staged],
    passed: u64,
    decide: &mut impl FnMut(u64, bool),
) {
    for &Staged { key, home, mark } in staged {
        let Found::Slot(slot) = slots.find_or_put(home, key, mark.bits() | TAKEN) else {
            continue;
        };
        let with_oneself = key >> 32 == key & u64::from(u32::MAX);
        let value = slots.value(slot);
        if value & SEVERAL == 0 {
            let mut history = H::default();
            history.insert(Mark::from_bits(value), with_oneself, passed, decide);
            history.insert(mark, with_oneself, passed, decide);
            slots.set_value(slot, TAKEN | SEVERAL | histories.len() as u64);
            histories.push(history);
        } else {
            let history = &mut histories[(value & u64::from(u32::MAX)) as usize];
            history.insert(mark, with_oneself, passed, decide);
        }
    }
}

#[cfg(test)]
mod tests;
