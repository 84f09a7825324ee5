//! Which cores the server has, and which the load.

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Which cores the server has, and which the load.
pub(crate) struct Cores {
    pub(crate) server: Vec<usize>,
    pub(crate) load: Vec<usize>,
    /// They have none in common.
    pub(crate) apart: bool,
}

/// The first cores are for the shards, the rest for the load; where there is
/// no rest, the load may use all of them.
pub(crate) fn cores(shards: u16) -> Cores {
    let usable = ringside::host::usable_cpus();
    let (server, rest) = usable.split_at(usable.len().min(usize::from(shards)));
    Cores {
        server: server.to_vec(),
        load: if rest.is_empty() { &usable } else { rest }.to_vec(),
        apart: !rest.is_empty(),
    }
}

/// Keeps the calling thread on some cores; lets it go back when dropped.
pub(crate) struct Pinned(CpuSet);

impl Pinned {
    pub(crate) fn to(cpus: &[usize]) -> Result<Self> {
        let before = rustix::thread::sched_getaffinity(None)?;
        let mut set = CpuSet::new();
        for &cpu in cpus {
            set.set(cpu);
        }
        sched_setaffinity(None, &set).context("cannot choose the cores to run on")?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.0);
    }
}
