//! The options that every load has.

use clap::{Args, value_parser};

use crate::{
    cpus::CpuList,
    plan::{arrivals::Arrivals, rate::Rate},
};

/// How a load is put on a server, whatever it asks.
#[derive(Args, Clone, Debug)]
pub(crate) struct LoadArgs {
    /// Open loop: requests per second, such as 250, 50k or 1.5M; closed loop without it.
    #[arg(long, short, value_name = "RATE")]
    pub(crate) rate: Option<Rate>,
    /// How requests of an open loop arrive: constant, poisson, ramp:FROM..TO or spike:TIMES.
    #[arg(long)]
    pub(crate) arrivals: Option<Arrivals>,
    /// Connections to open.
    #[arg(long, short, default_value_t = 64, value_parser = value_parser!(u16).range(1..))]
    pub(crate) connections: u16,
    /// Requests under way on each connection: always so many in a closed loop, at most in an open one.
    #[arg(long, short, default_value_t = 1, value_parser = value_parser!(u16).range(1..=4096))]
    pub(crate) pipeline: u16,
    /// Requests of an open loop that may wait for room on a connection; more are dropped.
    #[arg(long, default_value_t = 65_536, value_parser = value_parser!(u32).range(1..=16_777_216))]
    pub(crate) backlog: u32,
    /// Threads that drive the connections.
    #[arg(long, short, default_value_t = 1, value_parser = value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Cores for the threads, such as 1 or 2-5,7, one each in turn; off the server's cores if --server-pid tells them.
    #[arg(long, value_name = "CPUS")]
    pub(crate) pin: Option<CpuList>,
    /// The server's process, if it runs here: tells its CPU time, memory and cores.
    #[arg(long, value_name = "PID")]
    pub(crate) server_pid: Option<u32>,
    /// Send exactly so many requests, then end.
    #[arg(long, conflicts_with = "duration", value_parser = value_parser!(u64).range(1..))]
    pub(crate) ops: Option<u64>,
    /// Measure for so long, such as 500ms, 10s or 2m.
    #[arg(long, default_value = "10s", value_name = "TIME")]
    pub(crate) duration: humantime::Duration,
    /// Load before measuring begins, checked but not counted; 1s if --duration is 5s or more, else none.
    #[arg(long, value_name = "TIME")]
    pub(crate) warm_up: Option<humantime::Duration>,
    /// Seed of the load: the same seed draws the same requests, in an open loop at the same times.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Longest time to wait for a reply, such as 500ms or 30s.
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: humantime::Duration,
    /// No live line.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
