//! A waker that knows whether it is still registered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// Stands between a glommio channel, which forgets a waker when it rings it,
/// and a shard, which must know whether to register one again.
#[derive(Default)]
pub(super) struct Bell {
    armed: AtomicBool,
    shard: Mutex<Option<Waker>>,
}

impl Bell {
    /// Sets whom to wake. `true`: the bell is not registered with the channel
    /// and the caller must do so.
    pub(super) fn arm(&self, waker: &Waker) -> bool {
        let mut shard = self.shard.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *shard {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        !self.armed.swap(true, Ordering::AcqRel)
    }

    /// Notes that the channel did not register the bell after all.
    pub(super) fn disarm(&self) {
        self.armed.store(false, Ordering::Release);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.armed.store(false, Ordering::Release);
        let shard = self
            .shard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(shard) = shard {
            shard.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(std::sync::atomic::AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_registered_once_until_it_rings() {
        let count = Arc::new(Count(0.into()));
        let waker = Waker::from(Arc::clone(&count));
        let bell = Arc::new(Bell::default());
        assert!(bell.arm(&waker));
        assert!(!bell.arm(&waker), "still registered");
        Waker::from(Arc::clone(&bell)).wake();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(bell.arm(&waker), "it rang: register again");
        bell.disarm();
        assert!(bell.arm(&waker));
    }
}
