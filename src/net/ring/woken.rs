//! Which conversations are to be polled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use super::doze::Dozers;
use crate::route::ShardId;

/// The conversations of one shard that something has happened to. Any thread
/// may add to them; the shard looks every turn.
pub(super) struct Woken {
    /// Whether there are any, to be asked without the lock.
    any: AtomicBool,
    connections: Mutex<Vec<u32>>,
    dozers: Arc<Dozers>,
    shard: ShardId,
}

impl Woken {
    pub(super) fn new(dozers: Arc<Dozers>, shard: ShardId) -> Self {
        Self {
            any: AtomicBool::new(false),
            connections: Mutex::default(),
            dozers,
            shard,
        }
    }

    /// Whether there are any. The shard asks after it has said that it will
    /// rest.
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Takes all of them. `into` is empty.
    pub(super) fn take(&self, into: &mut Vec<u32>) {
        debug_assert!(into.is_empty());
        let mut connections = self.connections();
        std::mem::swap(&mut *connections, into);
        self.any.store(false, Ordering::Relaxed);
    }

    fn put(&self, connection: u32) {
        let mut connections = self.connections();
        connections.push(connection);
        self.any.store(true, Ordering::Relaxed);
    }

    fn connections(&self) -> MutexGuard<'_, Vec<u32>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What wakes one conversation.
pub(super) struct Alert {
    connection: u32,
    /// It is among the woken already.
    queued: AtomicBool,
    woken: Arc<Woken>,
}

impl Alert {
    pub(super) fn new(connection: u32, woken: &Arc<Woken>) -> Arc<Self> {
        Arc::new(Self {
            connection,
            queued: AtomicBool::new(false),
            woken: Arc::clone(woken),
        })
    }

    pub(super) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    /// Has the conversation polled; for the shard itself, which is awake.
    pub(super) fn raise(&self) -> bool {
        let first = !self.queued.swap(true, Ordering::AcqRel);
        if first {
            self.woken.put(self.connection);
        }
        first
    }

    /// To be called before the conversation is polled: what happens from now
    /// on wakes it again.
    pub(super) fn lower(&self) {
        self.queued.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Alert {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.raise() {
            self.woken.dozers.wake_from_outside(self.woken.shard);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_listed_once_until_it_is_polled() {
        let dozers = Arc::new(Dozers::new(1).unwrap());
        let woken = Arc::new(Woken::new(dozers, ShardId(0)));
        let alerts = [Alert::new(3, &woken), Alert::new(5, &woken)];
        assert!(!woken.any());
        std::thread::scope(|scope| {
            for alert in &alerts {
                scope.spawn(|| alert.waker().wake());
                scope.spawn(|| alert.raise());
            }
        });
        assert!(woken.any());
        let mut list = Vec::new();
        woken.take(&mut list);
        list.sort_unstable();
        assert_eq!(list, [3, 5]);
        assert!(!woken.any());
        list.clear();
        alerts[1].waker().wake();
        assert!(!woken.any(), "it was not polled yet");
        alerts[1].lower();
        alerts[1].waker().wake();
        woken.take(&mut list);
        assert_eq!(list, [5]);
    }
}
