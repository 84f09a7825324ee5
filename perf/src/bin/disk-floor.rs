//! The floor of the journal: how often this disk can put a block on stable
//! storage, by each way a server on `io_uring` could ask for it.

#![allow(unsafe_code, reason = "ring entries name memory")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Parser;
use io_uring::{IoUring, opcode, squeue, types};
use ringside_perf::ThreadClock;
use rustix::fs::{FallocateFlags, Mode, OFlags};

/// Where and how long to measure.
#[derive(Debug, Parser)]
struct Options {
    /// A directory on the disk in question.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// How long to measure each way.
    #[arg(long, default_value = "1s")]
    time: humantime::Duration,
    /// Bytes in each write; several may be given.
    #[arg(long, default_values_t = [4 << 10, 64 << 10, 1 << 20])]
    bytes: Vec<usize>,
}

/// The file goes round within this many bytes.
const FILE_BYTES: u64 = 64 << 20;

fn main() -> Result<()> {
    let options = Options::parse();
    let dir = options.dir.canonicalize()?;
    println!("{} (medians of all writes)", dir.display());
    println!(
        "{:>8}  {:<44} {:>8} {:>9} {:>9} {:>9} {:>8}",
        "bytes", "way", "per s", "MB/s", "p50 us", "p99 us", "CPU us"
    );
    for &bytes in &options.bytes {
        for way in Way::ALL {
            let path = dir.join(format!("disk-floor-{}.tmp", std::process::id()));
            let measured = measure(way, &path, bytes, *options.time);
            let _ = std::fs::remove_file(&path);
            let (mut times, cpu, wall) = measured?;
            times.sort_unstable();
            let rate = times.len() as f64 / wall.as_secs_f64();
            println!(
                "{bytes:>8}  {:<44} {rate:>8.0} {:>9.1} {:>9.0} {:>9.0} {:>8.1}",
                way.name(),
                rate * bytes as f64 / 1e6,
                micros(times[times.len() / 2]),
                micros(times[times.len() * 99 / 100]),
                micros(cpu) / times.len() as f64,
            );
        }
    }
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
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
    const ALL: [Self; 5] = [
        Self::Calls,
        Self::CallsUnwritten,
        Self::Ring,
        Self::RingDsync,
        Self::Glommio,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Calls => "pwrite + fdatasync",
            Self::CallsUnwritten => "pwrite + fdatasync, file not zeroed before",
            Self::Ring => "own ring: write linked to fdatasync",
            Self::RingDsync => "own ring: write with RWF_DSYNC",
            Self::Glommio => "glommio: DmaFile write, then fdatasync",
        }
    }
}

type Measured = (Vec<Duration>, Duration, Duration);

fn measure(way: Way, path: &Path, bytes: usize, time: Duration) -> Result<Measured> {
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
) -> Result<Measured> {
    let (start, cpu) = (Instant::now(), ThreadClock::start());
    let (mut times, mut offset, mut before) = (Vec::new(), 0, start);
    loop {
        write(offset)?;
        let now = Instant::now();
        times.push(now - before);
        before = now;
        offset = (offset + bytes as u64) % FILE_BYTES;
        if now - start >= time {
            return Ok((times, cpu.elapsed(), now - start));
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

fn glommio(path: PathBuf, bytes: usize, time: Duration) -> Result<Measured> {
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
                let measured = (times, cpu.elapsed(), now - start);
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
