//! Asking all shards to stop, and knowing when none has work left.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};

use super::ring::{eventfd, signal};

/// What the shards are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Serve.
    Running,
    /// Serve, and say that soon nothing will be served any more.
    Leaving,
    /// Take no more connections and messages, answer what was received, end.
    Draining,
    /// End now.
    Aborting,
}

/// Shared by all shards and the thread that started them.
#[derive(Debug)]
pub struct Stop {
    phase: AtomicU8,
    /// Shards that still have connections. A shard without any serves the
    /// others until this is zero.
    busy: AtomicU16,
    /// Shards that have not ended their work in good order.
    open: AtomicU16,
    eventfds: Vec<OwnedFd>,
}

impl Stop {
    /// For `shards` shards, all busy.
    ///
    /// # Errors
    /// When the process may not open that many descriptors.
    pub fn new(shards: u16) -> std::io::Result<Self> {
        Ok(Self {
            phase: AtomicU8::new(Phase::Running as u8),
            busy: AtomicU16::new(shards),
            open: AtomicU16::new(shards),
            eventfds: (0..shards).map(|_| eventfd()).collect::<Result<_, _>>()?,
        })
    }

    /// What the shards are asked to do now.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Running,
            1 => Phase::Leaving,
            2 => Phase::Draining,
            _ => Phase::Aborting,
        }
    }

    /// Asks for a later phase and wakes all shards. Asking for an earlier one
    /// changes nothing.
    pub fn ask(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
        self.wake_all();
    }

    /// Wakes the `index`-th shard thread, to look for something new.
    pub(crate) fn wake(&self, index: u16) {
        signal(self.eventfd(index));
    }

    /// The eventfd of the `index`-th shard thread.
    pub(crate) fn eventfd(&self, index: u16) -> &OwnedFd {
        &self.eventfds[usize::from(index)]
    }

    /// A shard has closed its last connection. Called once by each.
    pub(crate) fn one_is_idle(&self) {
        if self.busy.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.wake_all();
        }
    }

    /// Whether no shard has connections any more.
    pub(crate) fn all_are_idle(&self) -> bool {
        self.busy.load(Ordering::Acquire) == 0
    }

    /// A shard has nothing left to do, its journal is closed. Called once by
    /// each, when [`Stop::all_are_idle`].
    pub(crate) fn one_is_done(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.wake_all();
        }
    }

    /// Whether every shard may end.
    pub(crate) fn all_are_done(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// Wakes all shard threads, to look for something new.
    pub(crate) fn wake_all(&self) {
        self.eventfds.iter().for_each(signal);
    }
}
