//! The disk: a folder on it that goes when the measurement is over, and how
//! fast it is by itself.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ringside_perf::disk::{self, Way, Writes};
use tempfile::TempDir;

use crate::cores::{Pinned, cores};
use crate::stats;

/// Bytes of a write: the least that a frame of the journal has.
const BYTES: usize = 4096;
/// How long the disk is measured in each round.
const TIME: Duration = Duration::from_millis(500);

/// `f_type` of file systems that are memory, from `linux/magic.h`.
const IN_MEMORY: [(u64, &str); 2] = [(0x0102_1994, "tmpfs"), (0x8584_58f6, "ramfs")];

/// Makes an empty folder below `parent`.
pub(super) fn folder(parent: &Path) -> Result<TempDir> {
    let place = || format!("cannot put data below {}", parent.display());
    let stat = rustix::fs::statfs(parent).with_context(place)?;
    let kind = in_memory(stat.f_type as u64);
    ensure!(
        kind.is_none(),
        "{} is on {}, which is memory: there is no disk to measure; name a directory on one with \
         --dir",
        parent.display(),
        kind.unwrap_or_default()
    );
    tempfile::Builder::new()
        .prefix("ringside-durable-")
        .tempdir_in(parent)
        .with_context(place)
}

fn in_memory(kind: u64) -> Option<&'static str> {
    // Some kernels' structures have the number with a sign.
    let found = IN_MEMORY
        .iter()
        .find(|(magic, _)| *magic == kind & u64::from(u32::MAX));
    found.map(|(_, name)| *name)
}

/// What the disk can do, measured once in each round.
pub(super) struct Disk<'a> {
    folder: &'a Path,
    rounds: Vec<Writes>,
}

impl<'a> Disk<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            rounds: Vec::new(),
        }
    }

    /// Measures it, one write after the other, each on the disk before the next.
    pub(super) fn measure(&mut self) -> Result<()> {
        let _back = Pinned::to(&cores(1).load)?;
        let writes = disk::measure(Way::RingDsync, self.folder, BYTES, TIME)
            .context("the disk takes no direct, synchronous writes")?;
        self.rounds.push(writes);
        Ok(())
    }

    /// Writes per second: the median of the rounds.
    pub(super) fn rate(&self) -> f64 {
        stats::median(&self.each(Writes::rate))
    }

    /// One line about it.
    pub(super) fn describe(&self) -> String {
        let percentile = |percent| {
            stats::median(&self.each(|writes| writes.percentile(percent).as_secs_f64() * 1e6))
        };
        let rates = self.each(Writes::rate);
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        let most = rates.iter().copied().fold(0.0, f64::max);
        format!(
            "the disk right before each round, {BYTES} bytes with RWF_DSYNC, one at a time: \
             {:.0} per second ({least:.0} .. {most:.0}), p50 {:.0} µs, p99 {:.0} µs",
            self.rate(),
            percentile(50),
            percentile(99),
        )
    }

    fn each(&self, figure: impl Fn(&Writes) -> f64) -> Vec<f64> {
        self.rounds.iter().map(figure).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_from_disks() {
        assert_eq!(in_memory(0x0102_1994), Some("tmpfs"));
        assert_eq!(in_memory(0xffff_ffff_8584_58f6), Some("ramfs"));
        assert_eq!(in_memory(0xef53), None);
    }

    #[test]
    fn a_folder_in_memory_is_refused_with_advice() {
        let memory = Path::new("/dev/shm");
        let stat = rustix::fs::statfs(memory);
        if !stat.is_ok_and(|stat| in_memory(stat.f_type as u64).is_some()) {
            eprintln!("skipped: /dev/shm is not in memory here");
            return;
        }
        let error = folder(memory).expect_err("memory").to_string();
        assert!(
            error.contains("/dev/shm is on tmpfs") && error.contains("--dir"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = folder(Path::new("/no/such/place")).expect_err("nothing there");
        assert!(error.to_string().contains("/no/such/place"), "{error}");
    }
}
