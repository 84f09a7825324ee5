//! Why a command could not come to a verdict.

use std::io;

use thiserror::Error;

use crate::{plan::arrivals::Mismatch, target::ConnectError};

/// An error that ends a command without a verdict on the server: exit code 2.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The options do not go together.
    #[error("{0}; see `ringside-bench seats --help`")]
    Load(#[from] Mismatch),
    /// There is no such process.
    #[error("no process {pid} ({source}); give --server-pid the number that `pidof` tells")]
    NoProcess { pid: u32, source: io::Error },
    /// The cores cannot be had.
    #[error("this process may only use the cores {own}; give --pin some of these")]
    Pin { own: String },
    /// A connection was lost in the middle of a run.
    #[error("connection lost: {0}; see the server's log for why, then start both again")]
    Lost(String),
    /// Nobody can dial in.
    #[error("cannot listen on {address} ({source}); give HOST:PORT with a free port, or port 0")]
    Bind { address: String, source: io::Error },
    /// Nothing moved for too long.
    #[error("{0}; see the server's log for why, or give it more time with --timeout")]
    Stalled(String),
    /// The report cannot be written.
    #[error("cannot write the report to {path} ({source}); give --json another file")]
    Json { path: String, source: io::Error },
    /// The system refused something that every run needs.
    #[error("the system refused to poll sockets or to print: {0}; check `ulimit -a`")]
    System(#[from] io::Error),
}
