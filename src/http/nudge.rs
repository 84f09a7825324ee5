//! Telling a connection that it can go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Wake, Waker};

const RESTING: u8 = 0;
const RUNNING: u8 = 1;
const AGAIN: u8 = 2;

/// A waker in front of the connection's own. Parts of one connection wake each
/// other all the time; while the connection runs, that only means once more
/// round, and nobody outside needs to hear of it.
#[derive(Debug)]
pub(super) struct Nudge {
    state: AtomicU8,
    outside: Waker,
}

impl Nudge {
    pub(super) fn new(outside: Waker) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(RESTING),
            outside,
        })
    }

    /// The connection is about to run.
    pub(super) fn begin(&self) {
        self.state.store(RUNNING, Ordering::SeqCst);
    }

    /// The connection has run. Says whether it was woken meanwhile; then it
    /// must begin again.
    pub(super) fn end(&self) -> bool {
        self.state
            .compare_exchange(RUNNING, RESTING, Ordering::SeqCst, Ordering::SeqCst)
            .is_err()
    }

    /// The connection could go on, and lets others first.
    pub(super) fn put_off(&self) {
        self.state.store(RESTING, Ordering::SeqCst);
        self.outside.wake_by_ref();
    }
}

impl Wake for Nudge {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let running =
            self.state
                .compare_exchange(RUNNING, AGAIN, Ordering::SeqCst, Ordering::SeqCst);
        if running == Err(RESTING) {
            self.outside.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn only_those_who_rest_are_woken_from_outside() {
        let count = Arc::new(Count::default());
        let nudge = Nudge::new(Waker::from(Arc::clone(&count)));
        let waker = Waker::from(Arc::clone(&nudge));
        let woken = || count.0.load(Ordering::Relaxed);

        waker.wake_by_ref();
        assert_eq!(woken(), 1);
        nudge.begin();
        waker.wake_by_ref();
        waker.wake_by_ref();
        assert!(nudge.end());
        assert_eq!(woken(), 1);
        nudge.begin();
        assert!(!nudge.end());
        waker.wake_by_ref();
        assert_eq!(woken(), 2);
        nudge.put_off();
        assert_eq!(woken(), 3);
    }
}
