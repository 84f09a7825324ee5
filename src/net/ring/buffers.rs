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

use crate::limits::{RECEIVE_BUFFER_BYTES, RECEIVE_BUFFERS};

const ENTRIES_BYTES: usize = RECEIVE_BUFFERS as usize * size_of::<BufRingEntry>();
const MAPPED_BYTES: usize =
    ENTRIES_BYTES.next_multiple_of(4096) + RECEIVE_BUFFERS as usize * RECEIVE_BUFFER_BYTES;

/// A ring of buffer descriptions and the buffers, in one mapping of its own.
pub(super) struct ReceiveBuffers {
    base: NonNull<u8>,
    tail: u16,
}

impl ReceiveBuffers {
    /// The buffers' group number within the ring.
    pub(super) const GROUP: u16 = 0;

    /// Maps the buffers and registers them with the ring. The caller keeps
    /// them until the ring is gone.
    pub(super) fn register(submitter: &Submitter<'_>) -> io::Result<Self> {
        // SAFETY: a new private mapping at an address of the kernel's choice
        // touches no memory that Rust knows of.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                MAPPED_BYTES,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let mut buffers = Self { base, tail: 0 };
        // SAFETY: the mapping starts with RECEIVE_BUFFERS zeroed entries, is
        // page-aligned, and outlives the ring (the owner drops the ring first).
        unsafe {
            submitter.register_buf_ring_with_flags(
                base.as_ptr() as u64,
                RECEIVE_BUFFERS,
                Self::GROUP,
                0,
            )
        }?;
        for id in 0..RECEIVE_BUFFERS {
            buffers.give_back(id);
        }
        Ok(buffers)
    }

    /// The first `len` bytes of a buffer that a completion named.
    ///
    /// # Panics
    /// If the kernel names a buffer that does not exist.
    pub(super) fn bytes(&self, id: u16, len: usize) -> &[u8] {
        assert!(id < RECEIVE_BUFFERS && len <= RECEIVE_BUFFER_BYTES);
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
                .add(usize::from(self.tail & (RECEIVE_BUFFERS - 1)))
                .as_mut()
        };
        entry.set_addr(self.start(id) as u64);
        entry.set_len(RECEIVE_BUFFER_BYTES as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: `tail` points into the first entry of our live mapping, is
        // two-byte aligned, and is shared with the kernel as an atomic.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(entries.as_ptr()).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }

    fn start(&self, id: u16) -> *mut u8 {
        let offset = ENTRIES_BYTES.next_multiple_of(4096) + usize::from(id) * RECEIVE_BUFFER_BYTES;
        // SAFETY: within the mapping for every id below RECEIVE_BUFFERS.
        unsafe { self.base.as_ptr().add(offset) }
    }
}

impl Drop for ReceiveBuffers {
    fn drop(&mut self) {
        // SAFETY: our own mapping; the ring that knew it is gone, and no
        // slice of it outlives `&self`. A failure leaves it mapped: harmless.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), MAPPED_BYTES) };
    }
}
