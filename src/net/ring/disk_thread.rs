//! The thread that writes one shard's frames.
//!
//! It blocks where a ring would hand the end of each write to a kernel worker:
//! after the data the disk must be told to flush, which takes a thread. That
//! worker runs on the core that the disk interrupts, behind whatever is busy
//! there; this thread runs on its shard's core, which waits for the disk then.

#![allow(unsafe_code, reason = "writes memory that the journal owns")]

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::slice;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use io_uring::{IoUring, opcode, types};
use rustix::io::{Errno, ReadWriteFlags, pwritev2};

use super::op::Op;
use crate::route::ShardId;

/// Between two attempts to tell the shard, should the kernel lack memory.
const TELL_AGAIN_AFTER: Duration = Duration::from_millis(1);

/// Writes frames, one at a time. Dropping it waits for the one under way.
pub(super) struct DiskThread {
    /// `None` while it is dropped: the thread ends.
    requests: Option<SyncSender<Request>>,
    thread: Option<JoinHandle<()>>,
}

struct Request {
    file: RawFd,
    bytes: *const u8,
    len: usize,
    offset: u64,
}

// SAFETY: whoever asks keeps the bytes where they are, unchanged, and the file
// open, by the contract of [`DiskThread::write`].
unsafe impl Send for Request {}

impl DiskThread {
    /// Starts the thread, on the cores of the calling one. It completes
    /// [`Op::Journal`] on the ring `shard_ring`, which must outlive it.
    pub(super) fn start(shard: ShardId, shard_ring: RawFd) -> io::Result<Self> {
        // Room for one: asking never waits, and never allocates.
        let (requests, inbox) = sync_channel(1);
        let ring = IoUring::new(1)?;
        let thread = thread::Builder::new()
            .name(format!("disk-{}", shard.index()))
            .spawn(move || serve(&inbox, ring, shard_ring))?;
        Ok(Self {
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    /// Writes to a file, through all caches: when [`Op::Journal`] completes
    /// with the number of bytes, they are on stable storage.
    ///
    /// # Safety
    /// `bytes` must stay where they are, unchanged, and `file` open, until
    /// that completion, or until `self` was dropped.
    pub(super) unsafe fn write(
        &self,
        file: BorrowedFd<'_>,
        bytes: &[u8],
        offset: u64,
    ) -> io::Result<()> {
        let request = Request {
            file: file.as_raw_fd(),
            bytes: bytes.as_ptr(),
            len: bytes.len(),
            offset,
        };
        match &self.requests {
            Some(requests) => requests
                .send(request)
                .map_err(|_| io::Error::other("the thread that writes the journal has ended")),
            None => Ok(()),
        }
    }
}

impl Drop for DiskThread {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // It never panics; and there is nobody to tell.
            let _ = thread.join();
        }
    }
}

fn serve(inbox: &Receiver<Request>, mut ring: IoUring, shard_ring: RawFd) {
    while let Ok(request) = inbox.recv() {
        let result = write(&request);
        while let Err(error) = tell(&mut ring, shard_ring, result) {
            tracing::warn!(%error, "cannot tell a shard that its frame is written; trying again");
            thread::sleep(TELL_AGAIN_AFTER);
        }
    }
}

/// Bytes, or a negative errno.
fn write(request: &Request) -> i32 {
    // SAFETY: both are valid until this frame's completion, by the contract of
    // [`DiskThread::write`].
    let (file, bytes) = unsafe {
        (
            BorrowedFd::borrow_raw(request.file),
            slice::from_raw_parts(request.bytes, request.len),
        )
    };
    let whole = [IoSlice::new(bytes)];
    loop {
        match pwritev2(file, &whole, request.offset, ReadWriteFlags::DSYNC) {
            // Nothing was written yet.
            Err(Errno::INTR) => {}
            Err(error) => return -error.raw_os_error(),
            // A frame is far smaller than 2 GiB.
            Ok(written) => return written as i32,
        }
    }
}

/// Completes [`Op::Journal`] on another ring.
fn tell(ring: &mut IoUring, shard_ring: RawFd, result: i32) -> io::Result<()> {
    let entry =
        opcode::MsgRingData::new(types::Fd(shard_ring), result, Op::Journal.pack(), None).build();
    // SAFETY: names no memory. One that could not be submitted is still there.
    let _ = unsafe { ring.submission().push(&entry) };
    loop {
        match ring.submit_and_wait(1) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        if let Some(told) = ring.completion().next() {
            return match told.result() {
                error if error < 0 => Err(io::Error::from_raw_os_error(-error)),
                _ => Ok(()),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_frame_is_written_and_its_shard_told() {
        let mut shard_ring = super::super::submit::builder().build(8).unwrap();
        let disk = DiskThread::start(ShardId(0), shard_ring.as_raw_fd()).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let bytes = [7; 4096];
        // SAFETY: the bytes and the file live until the completion is there.
        unsafe { disk.write(file.as_fd(), &bytes, 0).unwrap() };
        shard_ring.submit_and_wait(1).unwrap();
        let told = shard_ring.completion().next().unwrap();
        assert_eq!(Op::unpack(told.user_data()), Some(Op::Journal));
        assert_eq!(told.result(), 4096);
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
    }

    #[test]
    fn a_write_that_fails_is_told_as_it_failed() {
        let mut shard_ring = super::super::submit::builder().build(8).unwrap();
        let disk = DiskThread::start(ShardId(0), shard_ring.as_raw_fd()).unwrap();
        let read_only = std::fs::File::open("/dev/null").unwrap();
        // SAFETY: the bytes are static; the file lives until the completion.
        unsafe { disk.write(read_only.as_fd(), b"frame", 0).unwrap() };
        shard_ring.submit_and_wait(1).unwrap();
        let told = shard_ring.completion().next().unwrap();
        assert_eq!(told.result(), -Errno::BADF.raw_os_error());
    }
}
