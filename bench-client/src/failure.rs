//! Why a command could not come to a verdict.

use std::io;

use thiserror::Error;

use crate::{
    record::run::{BadHistogram, BadRecord},
    target::ConnectError,
};

/// An error that ends a command without a verdict on the server: exit code 2.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
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
    #[error("cannot write the report to {path} ({source}); give {flag} another path")]
    Output {
        flag: &'static str,
        path: String,
        source: io::Error,
    },
    /// The run did not reach its end.
    #[error("broken off: {0}; the report holds what there was until then")]
    BrokenOff(String),
    /// A stored histogram cannot be read.
    #[error("a histogram of the record is damaged: {0}")]
    Histogram(#[from] BadHistogram),
    /// A file is no record.
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// Two records cannot be compared.
    #[error("not comparable: {0}")]
    NotComparable(String),
    /// The system refused something that every run needs.
    #[error("the system refused to poll sockets or to print: {0}; check `ulimit -a`")]
    System(#[from] io::Error),
}
