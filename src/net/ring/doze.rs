//! The light sleep: waiting in a shard's own ring instead of the runtime's.
//!
//! Sleeping through glommio takes several system calls and a barrier over all
//! cores; waiting in one's own ring takes one call. So a shard without work
//! first dozes, for a bounded time, and only then sleeps. While it dozes, the
//! other shards wake it through its ring; they look at its flag after they
//! have sent, it looks for mail after it has set the flag, with a full fence
//! on either side, so that one of the two sees the other.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering, fence};

use crate::route::ShardId;

/// Who dozes, and by which ring each can be woken. Shared by all shards.
#[derive(Debug)]
pub struct Dozers(Vec<Dozer>);

/// On cache lines of its own: written by one core, read by all others.
#[derive(Debug)]
#[repr(align(128))]
struct Dozer {
    dozing: AtomicBool,
    ring: AtomicI32,
}

impl Dozers {
    /// For `shards` shards, all awake.
    pub fn new(shards: u16) -> Self {
        let dozer = || Dozer {
            dozing: AtomicBool::new(false),
            ring: AtomicI32::new(-1),
        };
        Self((0..shards).map(|_| dozer()).collect())
    }

    /// Says by which ring a shard can be woken.
    pub(super) fn set_ring(&self, shard: ShardId, ring: RawFd) {
        self.0[shard.index()].ring.store(ring, Ordering::Release);
    }

    /// `shard` is about to doze: whoever sends to it from now on wakes it.
    /// What was sent before it must look for afterwards.
    pub(super) fn lie_down(&self, shard: ShardId) {
        self.0[shard.index()].dozing.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// `shard` is awake.
    pub(super) fn get_up(&self, shard: ShardId) {
        self.0[shard.index()].dozing.store(false, Ordering::Relaxed);
    }

    /// To be asked after something was sent to `shard`: the ring to wake it
    /// by, if it dozes. Says so to one asker only.
    pub(super) fn must_wake(&self, shard: ShardId) -> Option<RawFd> {
        fence(Ordering::SeqCst);
        let dozer = &self.0[shard.index()];
        (dozer.dozing.load(Ordering::Relaxed) && dozer.dozing.swap(false, Ordering::Relaxed))
            .then(|| dozer.ring.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dozer_is_woken_once_and_only_while_it_dozes() {
        let dozers = Dozers::new(2);
        let shard = ShardId(1);
        dozers.set_ring(shard, 7);
        assert_eq!(dozers.must_wake(shard), None);
        dozers.lie_down(shard);
        assert_eq!(dozers.must_wake(ShardId(0)), None);
        assert_eq!(dozers.must_wake(shard), Some(7));
        assert_eq!(dozers.must_wake(shard), None, "it is being woken already");
        dozers.lie_down(shard);
        dozers.get_up(shard);
        assert_eq!(dozers.must_wake(shard), None);
    }
}
