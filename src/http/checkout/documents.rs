//! Plans and seat maps as they are sent: made once for all who read them.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use hyper::body::Bytes;

use crate::inventory::Id;
use crate::limits::KEPT_DOCUMENT_BYTES;

/// What a shard's HTTP door keeps.
#[derive(Debug, Default)]
pub(in crate::http) struct Documents {
    /// Never change.
    pub(super) plans: RefCell<Shelf>,
    /// The newest that was asked for of each event.
    pub(super) maps: RefCell<Shelf>,
}

/// A bounded number of bytes, by event and version.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: HashMap<Id, (u64, Bytes)>,
    oldest: VecDeque<Id>,
    bytes: usize,
}

impl Shelf {
    /// The document of an event, if it is this version's.
    pub(super) fn get(&self, event: Id, version: u64) -> Option<Bytes> {
        let (kept, document) = self.kept.get(&event)?;
        (*kept == version).then(|| document.clone())
    }

    /// Keeps a document, in place of the event's earlier one.
    pub(super) fn put(&mut self, event: Id, version: u64, document: &Bytes) {
        self.bytes += document.len();
        match self.kept.insert(event, (version, document.clone())) {
            Some((_, earlier)) => self.bytes -= earlier.len(),
            None => self.oldest.push_back(event),
        }
        while self.bytes > KEPT_DOCUMENT_BYTES && self.oldest.len() > 1 {
            let oldest = self.oldest.pop_front();
            if let Some((_, document)) = oldest.and_then(|event| self.kept.remove(&event)) {
                self.bytes -= document.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_is_kept_is_given() {
        let mut shelf = Shelf::default();
        let event = Id::from_u128(1);
        shelf.put(event, 1, &Bytes::from_static(b"one"));
        assert_eq!(shelf.get(event, 1).as_deref(), Some(&b"one"[..]));
        shelf.put(event, 2, &Bytes::from_static(b"second"));
        assert_eq!(shelf.get(event, 1), None);
        assert_eq!(shelf.get(event, 2).as_deref(), Some(&b"second"[..]));
        assert_eq!((shelf.bytes, shelf.oldest.len()), (6, 1));
    }

    #[test]
    fn the_oldest_give_way() {
        let mut shelf = Shelf::default();
        let large = Bytes::from(vec![b' '; KEPT_DOCUMENT_BYTES / 2]);
        for event in 1..=3 {
            shelf.put(Id::from_u128(event), 1, &large);
        }
        let kept = [1, 2, 3].map(|event| shelf.get(Id::from_u128(event), 1).is_some());
        assert_eq!(kept, [false, true, true]);
        let huge = Bytes::from(vec![b' '; 2 * KEPT_DOCUMENT_BYTES]);
        shelf.put(Id::from_u128(4), 1, &huge);
        assert!(shelf.get(Id::from_u128(4), 1).is_some(), "one always fits");
        assert_eq!((shelf.kept.len(), shelf.bytes), (1, huge.len()));
    }
}
