//! Options of `peers`.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{peer::Peer, shape::Shape};
use crate::{cpus::CpuList, plan::mix::Mix};

/// What `peers --help` says at the end.
const HELP: &str = "\
Starts each server that is installed, fresh for each run, on a free port of
127.0.0.1, pinned to --server-cpus, and puts the same closed loop on one after
the other, pinned to --client-cpus, in --rounds rounds that begin with another
server each time. The table tells medians. `R/x` is Ringside's figure divided by that server's: above
1 is better for Ringside in throughput, below 1 in CPU time, latency and memory.
Every reply is checked, as by `seats`. What each verb is for each server, and
what is unfair about it: `ringside-bench seats --help`.

Memory is measured apart: what resident memory grows by when
--memory-seats seats are reserved, scaled to a million.

Durable against durable, on the same disk ({dir} is a fresh directory for each
server, removed afterwards; put it on the disk with TMPDIR):
  ringside-bench peers --servers ringside,redis \\
    --ringside-flags '--data-dir {dir}' \\
    --redis-flags '--dir {dir} --appendonly yes --appendfsync always'

Examples:
  ringside-bench peers                             about two minutes
  ringside-bench peers --rounds 9 --seconds 5      figures to publish
  ringside-bench peers --shapes 64x16 --servers ringside,redis

Exit codes: 0 measured, 1 a server answered wrongly, 2 no verdict.";

/// Options of `peers`.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct PeersArgs {
    /// Servers to compare; those that are not installed are skipped, and it is said so.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "ringside,redis,memcached"
    )]
    pub(crate) servers: Vec<Peer>,
    /// Connections x requests under way on each.
    #[arg(long, value_delimiter = ',', default_value = "1x1,64x1,64x16,64x64")]
    pub(crate) shapes: Vec<Shape>,
    /// Runs of each server in each shape.
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u16).range(1..=1000))]
    pub(crate) rounds: u16,
    /// Length of each run, in seconds; half a second of warm-up comes before it.
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u16).range(1..=3600))]
    pub(crate) seconds: u16,
    /// Seats to draw from, new ones for each run.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=10_000_000))]
    pub(crate) seats: u32,
    /// How often each verb is sent, as weights reserve:buy:query.
    #[arg(long, default_value = "1:1:2")]
    pub(crate) mix: Mix,
    /// Seats to reserve to measure memory; 0 leaves that out.
    #[arg(long, default_value_t = 1_000_000, value_parser = value_parser!(u32).range(..=40_000_000))]
    pub(crate) memory_seats: u32,
    /// Cores of the server, one thread or shard for each; the first one unless given.
    #[arg(long, value_name = "CPUS")]
    pub(crate) server_cpus: Option<CpuList>,
    /// Cores of the client, one thread for each; the one after the server's unless given.
    #[arg(long, value_name = "CPUS")]
    pub(crate) client_cpus: Option<CpuList>,
    /// Seed of the load.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Ringside's program; beside this one or in PATH unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) ringside: Option<PathBuf>,
    /// More flags for Ringside, separated by blanks; {dir} is a fresh directory.
    #[arg(
        long,
        default_value = "",
        value_name = "FLAGS",
        allow_hyphen_values = true
    )]
    pub(crate) ringside_flags: String,
    /// More flags for redis-server.
    #[arg(
        long,
        default_value = "",
        value_name = "FLAGS",
        allow_hyphen_values = true
    )]
    pub(crate) redis_flags: String,
    /// More flags for memcached.
    #[arg(
        long,
        default_value = "",
        value_name = "FLAGS",
        allow_hyphen_values = true
    )]
    pub(crate) memcached_flags: String,
    /// Write every run to this file, as JSON: a list of objects with `server`, `shape`, `round` and `run`, the latter as `seats --json` writes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// No progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
