//! Rows in the order of their ids.
//!
//! Ids are mostly made in ascending order, so a new row mostly goes to the
//! end: into the last chunk, without a search, and without ever moving what is
//! there. Elsewhere a row moves at most the rest of its chunk. Nothing grows
//! as a whole, so nobody waits for that either.

use crate::inventory::id::Id;

/// Something with an id that never changes.
pub(super) trait Row {
    /// Its id.
    fn id(&self) -> Id;
}

/// Rows of one chunk, at most.
const CHUNK: usize = 512;

/// Rows by id, each id once.
#[derive(Debug)]
pub(super) struct Ordered<R> {
    /// None is empty.
    chunks: Vec<Vec<R>>,
    /// The first id of each chunk.
    firsts: Vec<Id>,
    len: usize,
}

/// Where a row is, until the next one is inserted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    chunk: usize,
    row: usize,
}

impl<R> Default for Ordered<R> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            firsts: Vec::new(),
            len: 0,
        }
    }
}

impl<R: Row> Ordered<R> {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts a row into its place. Says whether its id was not there before;
    /// else nothing changes.
    pub(super) fn insert(&mut self, row: R) -> bool {
        let id = row.id();
        if self.last().is_none_or(|last| last < id) {
            self.push(row);
            self.len += 1;
            return true;
        }
        let Err(Spot { mut chunk, row: at }) = self.search(id) else {
            return false;
        };
        let mut at = at;
        if self.chunks[chunk].len() >= CHUNK {
            let upper = self.chunks[chunk].split_off(CHUNK / 2);
            self.firsts.insert(chunk + 1, upper[0].id());
            self.chunks.insert(chunk + 1, upper);
            if at > CHUNK / 2 {
                (chunk, at) = (chunk + 1, at - CHUNK / 2);
            }
        }
        self.chunks[chunk].insert(at, row);
        if at == 0 {
            self.firsts[chunk] = id;
        }
        self.len += 1;
        true
    }

    /// Where the row with this id is.
    pub(super) fn find(&self, id: Id) -> Option<Spot> {
        if self.last().is_none_or(|last| last < id) {
            return None;
        }
        self.search(id).ok()
    }

    /// The row with this id.
    pub(super) fn get(&self, id: Id) -> Option<&R> {
        self.find(id).map(|spot| self.at(spot))
    }

    /// The row at a place.
    pub(super) fn at(&self, spot: Spot) -> &R {
        &self.chunks[spot.chunk][spot.row]
    }

    /// The row at a place. Its id stays what it is.
    pub(super) fn at_mut(&mut self, spot: Spot) -> &mut R {
        &mut self.chunks[spot.chunk][spot.row]
    }

    /// The rows behind `after`, or all.
    pub(super) fn after(&self, after: Option<Id>) -> impl Iterator<Item = &R> {
        let start = match after.map(|id| self.search(id)) {
            None => Spot { chunk: 0, row: 0 },
            Some(Ok(found)) => Spot {
                row: found.row + 1,
                ..found
            },
            Some(Err(place)) => place,
        };
        self.starting(start)
    }

    /// The row with this id and those behind it.
    pub(super) fn from(&self, id: Id) -> impl Iterator<Item = &R> {
        let (Ok(start) | Err(start)) = self.search(id);
        self.starting(start)
    }

    /// All rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = &R> {
        self.chunks.iter().flatten()
    }

    /// The largest id.
    pub(super) fn last(&self) -> Option<Id> {
        self.chunks
            .last()
            .and_then(|chunk| chunk.last())
            .map(Row::id)
    }

    fn starting(&self, start: Spot) -> impl Iterator<Item = &R> {
        let (first, rest) = match self.chunks.get(start.chunk..) {
            Some([first, rest @ ..]) => (&first[start.row..], rest),
            _ => (&[][..], &[][..]),
        };
        first.iter().chain(rest.iter().flatten())
    }

    fn push(&mut self, row: R) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(row),
            last => {
                // Only the first chunk of all begins small.
                let room = if last.is_some() { CHUNK } else { 0 };
                let mut chunk = Vec::with_capacity(room);
                self.firsts.push(row.id());
                chunk.push(row);
                self.chunks.push(chunk);
            }
        }
    }

    /// Where a row is, or where it would go.
    fn search(&self, id: Id) -> Result<Spot, Spot> {
        let chunk = self.firsts.partition_point(|first| *first <= id);
        let chunk = chunk.saturating_sub(1);
        let Some(rows) = self.chunks.get(chunk) else {
            return Err(Spot { chunk, row: 0 });
        };
        match rows.binary_search_by_key(&id, Row::id) {
            Ok(row) => Ok(Spot { chunk, row }),
            Err(row) => Err(Spot { chunk, row }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    impl Row for Id {
        fn id(&self) -> Id {
            *self
        }
    }

    fn check(numbers: impl IntoIterator<Item = u128>) {
        let (mut ordered, mut model) = (Ordered::default(), BTreeSet::new());
        for number in numbers {
            let id = Id::from_u128(number);
            assert_eq!(ordered.insert(id), model.insert(id));
        }
        assert_eq!(ordered.len(), model.len());
        assert_eq!(ordered.last(), model.last().copied());
        assert!(ordered.iter().eq(model.iter()));
        for number in 0..1500 {
            let id = Id::from_u128(number);
            assert_eq!(ordered.get(id), model.get(&id));
            let behind = model.range(id..).filter(|&&other| other != id);
            assert!(ordered.after(Some(id)).take(3).eq(behind.take(3)), "{id}");
            let from = model.range(id..);
            assert!(ordered.from(id).take(3).eq(from.take(3)), "{id}");
        }
        assert!(ordered.after(None).eq(model.iter()));
    }

    #[test]
    fn nothing_is_empty() {
        check([]);
    }

    #[test]
    fn rows_in_order_and_in_reverse_and_in_between() {
        check(0..1500);
        check((0..1500).rev());
        check((0..1500).step_by(2).chain((1..1500).step_by(2)));
    }

    proptest! {
        #[test]
        fn rows_in_any_order(numbers in prop::collection::vec(0..1500u128, 0..2000)) {
            check(numbers);
        }
    }
}
