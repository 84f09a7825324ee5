//! How often a disk can put a block on stable storage, by each way a server
//! on `io_uring` could ask for it.

#![allow(unsafe_code, reason = "ring entries name memory")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use io_uring::{IoUring, opcode, squeue, types};
use rustix::fs::{FallocateFlags, Mode, OFlags};

use crate::ThreadClock;

/// The file goes round within this many bytes.
const FILE_BYTES: u64 = 64 << 20;

/// How a block is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `pwrite`, then `fdatasync`.
    Calls,
    /// The same on a file that was allocated, but never written.
    CallsUnwritten,
    /// Two linked entries in one ring.
    Ring,
    /// One entry that is a write and a sync at once.
    RingDsync,
    /// glommio's direct file, write and sync awaited one after the other.
    Glommio,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 5] = [
        Self::Calls,
        Self::CallsUnwritten,
        Self::Ring,
        Self::RingDsync,
        Self::Glommio,
    ];

    /// What tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calls => "pwrite + fdatasync",
            Self::CallsUnwritten => "pwrite + fdatasync, file not zeroed before",
            Self::Ring => "own ring: write linked to fdatasync",
            Self::RingDsync => "own ring: write with RWF_DSYNC",
            Self::Glommio => "glommio: DmaFile write, then fdatasync",
        }
    }
}

/// What the writes of one span have taken.
#[derive(Clone, Debug)]
pub struct Writes {
    /// Each write's time, in ascending order; never empty.
    times: Vec<Duration>,
    /// Processor time of the thread that asked.
    cpu: Duration,
    wall: Duration,
}

impl Writes {
    fn new(mut times: Vec<Duration>, cpu: Duration, wall: Duration) -> Self {
        times.sort_unstable();
        Self { times, cpu, wall }
    }

    /// Writes per second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.wall.as_secs_f64()
    }

    /// The time that so many percent of the writes did not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let place = self.times.len() * percent / 100;
        self.times[place.min(self.times.len() - 1)]
    }

    /// Processor time of each write.
    pub fn cpu(&self) -> Duration {
        self.cpu / self.times.len() as u32
    }
}

/// Writes blocks of `bytes` bytes, one after the other, to a file in `folder`
/// that is deleted afterwards.
///
/// # Errors
/// What the kernel says; that direct writes are not possible there, for one.
pub fn measure(way: Way, folder: &Path, bytes: usize, time: Duration) -> Result<Writes> {
    let path = folder.join(format!("disk-floor-{}.tmp", std::process::id()));
    let measured = measure_file(way, &path, bytes, time);
    let _ = std::fs::remove_file(&path);
    measured
}

fn measure_file(way: Way, path: &Path, bytes: usize, time: Duration) -> Result<Writes> {
    let file = make(path, way != Way::CallsUnwritten)?;
    match way {
        Way::Glommio => {
            drop(file);
            glommio(path.to_owned(), bytes, time)
        }
        Way::Calls | Way::CallsUnwritten => {
            let block = Block::new(bytes);
            Ok(repeat(time, bytes, |offset| {
                rustix::io::pwrite(&file, block.bytes(), offset)?;
                rustix::fs::fdatasync(&file)?;
                Ok(())
            })?)
        }
        Way::Ring | Way::RingDsync => {
            let mut ring: IoUring = IoUring::builder()
                .setup_single_issuer()
                .setup_defer_taskrun()
                .build(8)?;
            let block = Block::new(bytes);
            repeat(time, bytes, |offset| {
                by_ring(&mut ring, &file, &block, offset, way == Way::RingDsync)
            })
        }
    }
}

fn make(path: &Path, zeroed: bool) -> Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::TRUNC | OFlags::DIRECT | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?;
    rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, FILE_BYTES)?;
    if zeroed {
        let zeros = Block::new(1 << 20);
        for offset in (0..FILE_BYTES).step_by(1 << 20) {
            rustix::io::pwrite(&file, zeros.bytes(), offset)?;
        }
    }
    rustix::fs::fsync(&file)?;
    Ok(file)
}

/// Runs `write` for so long, on offsets that go round in the file.
fn repeat(
    time: Duration,
    bytes: usize,
    mut write: impl FnMut(u64) -> Result<()>,
) -> Result<Writes> {
    let (start, cpu) = (Instant::now(), ThreadClock::start());
    let (mut times, mut offset, mut before) = (Vec::new(), 0, start);
    loop {
        write(offset)?;
        let now = Instant::now();
        times.push(now - before);
        before = now;
        offset = (offset + bytes as u64) % FILE_BYTES;
        if now - start >= time {
            return Ok(Writes::new(times, cpu.elapsed(), now - start));
        }
    }
}

fn by_ring(
    ring: &mut IoUring,
    file: &OwnedFd,
    block: &Block,
    offset: u64,
    dsync: bool,
) -> Result<()> {
    let file = types::Fd(file.as_raw_fd());
    let bytes = block.bytes();
    let write = opcode::Write::new(file, bytes.as_ptr(), bytes.len() as u32).offset(offset);
    let wanted = if dsync {
        let write = write.rw_flags(RWF_DSYNC).build();
        // SAFETY: the block outlives the wait below.
        unsafe { ring.submission().push(&write) }.map_err(Error::other)?;
        1
    } else {
        let write = write.build().flags(squeue::Flags::IO_LINK);
        let sync = opcode::Fsync::new(file)
            .flags(types::FsyncFlags::DATASYNC)
            .build();
        // SAFETY: as above.
        unsafe { ring.submission().push_multiple(&[write, sync]) }.map_err(Error::other)?;
        2
    };
    ring.submit_and_wait(wanted)?;
    for entry in ring.completion() {
        if entry.result() < 0 {
            return Err(Error::from_raw_os_error(-entry.result()));
        }
    }
    Ok(())
}

/// `RWF_DSYNC` of `pwritev2(2)`.
const RWF_DSYNC: i32 = 2;

fn glommio(path: PathBuf, bytes: usize, time: Duration) -> Result<Writes> {
    let executor = glommio::LocalExecutorBuilder::default()
        .make()
        .map_err(|error| Error::other(error.to_string()))?;
    executor.run(async move {
        let file = glommio::io::OpenOptions::new()
            .write(true)
            .read(true)
            .dma_open(path)
            .await
            .map_err(Error::from)?;
        let (start, cpu) = (Instant::now(), ThreadClock::start());
        let (mut times, mut offset, mut before) = (Vec::new(), 0, start);
        loop {
            let buffer = file.alloc_dma_buffer(bytes);
            file.write_at(buffer, offset).await.map_err(Error::from)?;
            file.fdatasync().await.map_err(Error::from)?;
            let now = Instant::now();
            times.push(now - before);
            before = now;
            offset = (offset + bytes as u64) % FILE_BYTES;
            if now - start >= time {
                let measured = Writes::new(times, cpu.elapsed(), now - start);
                file.close().await.map_err(Error::from)?;
                return Ok(measured);
            }
        }
    })
}

/// Zeros, aligned as direct writes need it.
struct Block {
    start: *mut u8,
    layout: Layout,
}

impl Block {
    fn new(bytes: usize) -> Self {
        let layout = Layout::from_size_align(bytes.max(4096), 4096).expect("a sane size");
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc_zeroed(layout) };
        assert!(!start.is_null(), "out of memory");
        Self { start, layout }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: allocated with this size and zeroed.
        unsafe { std::slice::from_raw_parts(self.start, self.layout.size()) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.start, self.layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = [3, 1, 2].map(Duration::from_millis).to_vec();
        let writes = Writes::new(times, Duration::from_millis(3), Duration::from_millis(6));
        assert_eq!(writes.percentile(0), Duration::from_millis(1));
        assert_eq!(writes.percentile(50), Duration::from_millis(2));
        assert_eq!(writes.percentile(100), Duration::from_millis(3));
        assert_eq!(writes.cpu(), Duration::from_millis(1));
        assert!((writes.rate() - 500.0).abs() < 1e-9);
    }
}
