//! The light sleep: waiting in a shard's own ring instead of the runtime's.
//!
//! Sleeping through glommio takes several system calls and a barrier over all
//! cores; waiting in one's own ring takes one call. So a shard without work
//! first dozes, for a bounded time, and only then sleeps. While it dozes, the
//! other shards wake it through its ring; they look at its flag after they
//! have sent, it looks for mail after it has set the flag, with a full fence
//! on either side, so that one of the two sees the other.
//!
//! Threads that have no ring wake a dozing shard through its *doorbell*, an
//! eventfd that its ring polls, and a sleeping one through the eventfd of its
//! alarm. They send, fence and look in the same way. The doorbell would not do
//! for both: an eventfd that is signalled from within the signal of another
//! one is signalled late, and on Linux 6.18 only once.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering, fence};

use super::wake::{eventfd, signal};
use crate::route::ShardId;

/// Who dozes, and by which ring each can be woken. Shared by all shards.
#[derive(Debug)]
pub struct Dozers(Vec<Dozer>);

/// On cache lines of its own: written by one core, read by all others.
#[derive(Debug)]
#[repr(align(128))]
struct Dozer {
    dozing: AtomicBool,
    /// In the runtime, where other shards reach it through their channels.
    sleeping: AtomicBool,
    ring: AtomicI32,
    doorbell: OwnedFd,
    /// What ends its sleep.
    alarm: OnceLock<OwnedFd>,
}

impl Dozers {
    /// For `shards` shards, all awake.
    ///
    /// # Errors
    /// When the process may not open that many descriptors.
    pub fn new(shards: u16) -> io::Result<Self> {
        let dozer = || {
            Ok(Dozer {
                dozing: AtomicBool::new(false),
                sleeping: AtomicBool::new(false),
                ring: AtomicI32::new(-1),
                doorbell: eventfd()?,
                alarm: OnceLock::new(),
            })
        };
        Ok(Self(
            (0..shards).map(|_| dozer()).collect::<io::Result<_>>()?,
        ))
    }

    /// How many shards there are.
    pub fn shards(&self) -> u16 {
        self.0.len() as u16
    }

    /// What a shard's ring polls, to be woken by other threads.
    pub(super) fn doorbell(&self, shard: ShardId) -> BorrowedFd<'_> {
        self.0[shard.index()].doorbell.as_fd()
    }

    /// Says by which ring a shard can be woken when it dozes, and by which
    /// eventfd when it sleeps.
    pub(super) fn set_ring(&self, shard: ShardId, ring: RawFd, alarm: OwnedFd) {
        let dozer = &self.0[shard.index()];
        dozer.ring.store(ring, Ordering::Release);
        let _ = dozer.alarm.set(alarm);
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

    /// `shard` is about to sleep in the runtime: other threads wake it from now
    /// on. What they left before it must look for afterwards.
    pub(super) fn fall_asleep(&self, shard: ShardId) {
        self.0[shard.index()]
            .sleeping
            .store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// `shard` does not sleep any more.
    pub(super) fn wake_up(&self, shard: ShardId) {
        self.0[shard.index()]
            .sleeping
            .store(false, Ordering::Relaxed);
    }

    /// To be called by any thread after it has left something for `shard`:
    /// wakes it if it dozes or sleeps.
    pub(crate) fn wake_from_outside(&self, shard: ShardId) {
        fence(Ordering::SeqCst);
        let dozer = &self.0[shard.index()];
        let rests =
            |flag: &AtomicBool| flag.load(Ordering::Relaxed) && flag.swap(false, Ordering::Relaxed);
        if rests(&dozer.dozing) {
            signal(&dozer.doorbell);
        } else if rests(&dozer.sleeping)
            && let Some(alarm) = dozer.alarm.get()
        {
            signal(alarm);
        }
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
        let dozers = Dozers::new(2).unwrap();
        let shard = ShardId(1);
        dozers.set_ring(shard, 7, eventfd().unwrap());
        assert_eq!(dozers.must_wake(shard), None);
        dozers.lie_down(shard);
        assert_eq!(dozers.must_wake(ShardId(0)), None);
        assert_eq!(dozers.must_wake(shard), Some(7));
        assert_eq!(dozers.must_wake(shard), None, "it is being woken already");
        dozers.lie_down(shard);
        dozers.get_up(shard);
        assert_eq!(dozers.must_wake(shard), None);
    }

    #[test]
    fn other_threads_wake_once_whoever_dozes_or_sleeps() {
        let dozers = Dozers::new(1).unwrap();
        let shard = ShardId(0);
        let alarm = eventfd().unwrap();
        dozers.set_ring(shard, 7, alarm.try_clone().unwrap());
        let signals = |eventfd: BorrowedFd<'_>| {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            let mut polled = [PollFd::new(&eventfd, PollFlags::IN)];
            if poll(&mut polled, Some(&Timespec::default())).unwrap() == 0 {
                return 0;
            }
            let mut count = [0; 8];
            rustix::io::read(eventfd, &mut count).unwrap();
            u64::from_ne_bytes(count)
        };
        let woken = || {
            dozers.wake_from_outside(shard);
            dozers.wake_from_outside(shard);
            (signals(dozers.doorbell(shard)), signals(alarm.as_fd()))
        };
        assert_eq!(woken(), (0, 0), "it is awake");
        dozers.lie_down(shard);
        assert_eq!(woken(), (1, 0));
        dozers.fall_asleep(shard);
        assert_eq!(woken(), (0, 1));
        dozers.fall_asleep(shard);
        dozers.wake_up(shard);
        assert_eq!(woken(), (0, 0));
    }
}
