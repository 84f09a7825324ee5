//! Receive buffers that the kernel chooses from.
//!
//! All connections of a shard share them: a connection that is silent holds
//! none. The kernel takes a buffer when bytes arrive; the shard gives it back
//! within the turn in which it sees them.

#![allow(unsafe_code, reason = "memory shared with the kernel")]

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::limits::{RECEIVE_BUFFER_BYTES, RECEIVE_BUFFERS, STREAM_BUFFER_BYTES, STREAM_BUFFERS};

/// Which buffers a connection's bytes go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Many small ones: for many connections with little to say each.
    Small,
    /// A few large ones: for streams.
    Large,
}

impl Group {
    /// Its number within the ring.
    pub(super) const fn number(self) -> u16 {
        self as u16
    }

    /// How many buffers it has, and of how many bytes.
    const fn shape(self) -> (u16, usize) {
        match self {
            Self::Small => (RECEIVE_BUFFERS, RECEIVE_BUFFER_BYTES),
            Self::Large => (STREAM_BUFFERS, STREAM_BUFFER_BYTES),
        }
    }
}

/// A ring of buffer descriptions and the buffers, in one mapping of its own.
pub(super) struct ReceiveBuffers {
    base: NonNull<u8>,
    buffers: u16,
    buffer_bytes: usize,
    tail: u16,
}

impl ReceiveBuffers {
    /// Maps the buffers and registers them with the ring. The caller keeps
    /// them until the ring is gone.
    pub(super) fn register(submitter: &Submitter<'_>, group: Group) -> io::Result<Self> {
        let (buffers, buffer_bytes) = group.shape();
        // SAFETY: a new private mapping at an address of the kernel's choice
        // touches no memory that Rust knows of.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                mapped_bytes(buffers, buffer_bytes),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let mut ring = Self {
            base,
            buffers,
            buffer_bytes,
            tail: 0,
        };
        // SAFETY: the mapping starts with as many zeroed entries, is
        // page-aligned, and outlives the ring (the owner drops the ring first).
        unsafe {
            submitter.register_buf_ring_with_flags(base.as_ptr() as u64, buffers, group.number(), 0)
        }?;
        for id in 0..buffers {
            ring.give_back(id);
        }
        Ok(ring)
    }

    /// The first `len` bytes of a buffer that a completion named.
    ///
    /// # Panics
    /// If the kernel names a buffer that does not exist.
    pub(super) fn bytes(&self, id: u16, len: usize) -> &[u8] {
        assert!(id < self.buffers && len <= self.buffer_bytes);
        // SAFETY: in bounds by the assertion; the kernel wrote `len` bytes
        // before it posted the completion and does not write again until
        // `give_back`, which needs `&mut self`.
        unsafe { std::slice::from_raw_parts(self.start(id), len) }
    }

    /// Lets the kernel use a buffer again.
    pub(super) fn give_back(&mut self, id: u16) {
        let entries = self.base.cast::<BufRingEntry>();
        // SAFETY: the index is masked into the ring's entries; the entry at
        // the tail belongs to us until the tail is published below.
        let entry = unsafe {
            entries
                .add(usize::from(self.tail & (self.buffers - 1)))
                .as_mut()
        };
        entry.set_addr(self.start(id) as u64);
        entry.set_len(self.buffer_bytes as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: `tail` points into the first entry of our live mapping, is
        // two-byte aligned, and is shared with the kernel as an atomic.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(entries.as_ptr()).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }

    fn start(&self, id: u16) -> *mut u8 {
        let offset = entries_bytes(self.buffers) + usize::from(id) * self.buffer_bytes;
        // SAFETY: within the mapping for every id below `buffers`.
        unsafe { self.base.as_ptr().add(offset) }
    }
}

impl Drop for ReceiveBuffers {
    fn drop(&mut self) {
        let bytes = mapped_bytes(self.buffers, self.buffer_bytes);
        // SAFETY: our own mapping; the ring that knew it is gone, and no
        // slice of it outlives `&self`. A failure leaves it mapped: harmless.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), bytes) };
    }
}

/// Bytes of the descriptions, in whole pages.
const fn entries_bytes(buffers: u16) -> usize {
    (buffers as usize * size_of::<BufRingEntry>()).next_multiple_of(4096)
}

const fn mapped_bytes(buffers: u16, buffer_bytes: usize) -> usize {
    entries_bytes(buffers) + buffers as usize * buffer_bytes
}
