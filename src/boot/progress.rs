//! Says how far recovery has come, when it takes long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the log hears of it.
const EVERY: Duration = Duration::from_secs(1);

/// Bytes read of all that there is to read, over all shards.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: AtomicU64,
    of: AtomicU64,
}

/// One shard's part.
pub(super) struct Part<'a> {
    whole: &'a Progress,
    done: std::cell::Cell<u64>,
    of: std::cell::Cell<u64>,
}

impl Progress {
    /// A part that counts for itself.
    pub(super) fn part(&self) -> Part<'_> {
        Part {
            whole: self,
            done: 0.into(),
            of: 0.into(),
        }
    }
}

impl Part<'_> {
    /// It has read `done` of `of` bytes.
    pub(super) fn set(&self, done: u64, of: u64) {
        // Relaxed: only a person looks at it. Wrapping: a part may shrink.
        let more = |all: &AtomicU64, mine: &std::cell::Cell<u64>, now: u64| {
            all.fetch_add(now.wrapping_sub(mine.replace(now)), Ordering::Relaxed);
        };
        more(&self.whole.done, &self.done, done);
        more(&self.whole.of, &self.of, of);
    }
}

/// Logs progress until dropped.
pub(super) struct Teller {
    thread: Option<JoinHandle<()>>,
    over: Option<mpsc::Sender<()>>,
}

impl Teller {
    /// Starts to log. If there can be no thread, nothing is told.
    pub(super) fn start(progress: Arc<Progress>) -> Self {
        let (over, is_over) = mpsc::channel();
        let tell = move || {
            while is_over.recv_timeout(EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                let of = progress.of.load(Ordering::Relaxed).max(1);
                let done = progress.done.load(Ordering::Relaxed).min(of);
                tracing::info!("recovering: {} % of {} MB", done * 100 / of, of / 1_000_000);
            }
        };
        Self {
            thread: std::thread::Builder::new()
                .name("recovery".into())
                .spawn(tell)
                .ok(),
            over: Some(over),
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.over.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up() {
        let progress = Progress::default();
        let (one, other) = (progress.part(), progress.part());
        one.set(5, 10);
        other.set(0, 20);
        one.set(7, 10);
        assert_eq!(progress.done.load(Ordering::Relaxed), 7);
        assert_eq!(progress.of.load(Ordering::Relaxed), 30);
    }
}
