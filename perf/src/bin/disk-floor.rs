//! The floor of the journal: how often this disk can put a block on stable
//! storage, by each way a server on `io_uring` could ask for it.

use std::io::Result;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use ringside_perf::disk::{self, Way};

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
            let writes = disk::measure(way, &dir, bytes, *options.time)?;
            let rate = writes.rate();
            println!(
                "{bytes:>8}  {:<44} {rate:>8.0} {:>9.1} {:>9.0} {:>9.0} {:>8.1}",
                way.name(),
                rate * bytes as f64 / 1e6,
                micros(writes.percentile(50)),
                micros(writes.percentile(99)),
                micros(writes.cpu()),
            );
        }
    }
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
