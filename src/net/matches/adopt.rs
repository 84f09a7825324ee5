//! Connections that were made from here, on their way to the shard that runs
//! them.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The two peers of a run, connected.
#[derive(Debug)]
pub struct Pair {
    /// Sends events.
    pub source: OwnedFd,
    /// Receives matches.
    pub listener: OwnedFd,
}

/// Where pairs wait to be taken over. The shard looks every turn, which costs
/// one load; whoever puts a pair in wakes it.
#[derive(Debug, Default)]
pub struct Adoptions {
    any: AtomicBool,
    pairs: Mutex<Vec<Pair>>,
}

impl Adoptions {
    /// Puts a pair in.
    pub fn put(&self, pair: Pair) {
        self.pairs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(pair);
        self.any.store(true, Ordering::Release);
    }

    /// Takes a pair out.
    pub fn take(&self) -> Option<Pair> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = pairs.pop();
        self.any.store(!pairs.is_empty(), Ordering::Release);
        pair
    }
}
