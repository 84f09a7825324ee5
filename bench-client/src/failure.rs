//! Why a command could not come to a verdict.

use std::io;

use thiserror::Error;

use crate::{
    http::{BadToken, HttpError},
    plan::arrivals::Mismatch,
    record::run::{BadHistogram, BadRecord},
    target::ConnectError,
};

/// An error that ends a command without a verdict on the server: exit code 2.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server does not answer by HTTP.
    #[error("{0}; see the server's log for why")]
    Http(#[from] HttpError),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] BadToken),
    /// The server does not make what the run needs.
    #[error("the server makes no {what}: {said}")]
    NotMade { what: &'static str, said: String },
    /// What the run is about is not there.
    #[error("the server knows no such {what}: {said}")]
    NotThere { what: &'static str, said: String },
    /// The time was over before all was done.
    #[error(
        "--limit was over before every ticket was purchased; give it more, or fewer --tickets or --members"
    )]
    Unfinished,
    /// The library in this process cannot be started, or has failed.
    #[error("the library: {0}")]
    Library(String),
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
    #[error("cannot write the report to {path} ({source}); give {flag} another path")]
    Output {
        flag: &'static str,
        path: String,
        source: io::Error,
    },
    /// The run did not reach its end.
    #[error("broken off: {0}; the report holds what there was until then")]
    BrokenOff(String),
    /// None of the servers to compare is there.
    #[error("none of these servers is installed; see `ringside-bench peers --help`")]
    NoPeers,
    /// A server to compare does not start.
    #[error("{peer} does not start: {said}; give other flags, see `ringside-bench peers --help`")]
    Peer { peer: String, said: String },
    /// A stored histogram cannot be read.
    #[error("a histogram of the record is damaged: {0}")]
    Histogram(#[from] BadHistogram),
    /// A file is no record.
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// Two records cannot be compared.
    #[error("not comparable: {0}")]
    NotComparable(String),
    /// The search for a rate cannot begin or go on.
    #[error("{0}")]
    Search(String),
    /// The server answered wrongly in the middle of a search.
    #[error("the server answered wrongly, its speed means nothing: {0}")]
    WrongAnswer(String),
    /// The system refused something that every run needs.
    #[error("the system refused to poll sockets or to print: {0}; check `ulimit -a`")]
    System(#[from] io::Error),
}

impl Failure {
    /// How the program ends: as after SIGINT if somebody broke it off, and with 1
    /// if the server answered wrongly.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::BrokenOff(_) => 130,
            Self::WrongAnswer(_) => 1,
            _ => 2,
        }
    }
}
