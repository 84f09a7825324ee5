//! The network path of the line protocols: one io_uring per shard, driven by
//! one glommio task.
//!
//! ```text
//!        ┌────────────── one turn = one io_uring_enter ──────────────┐
//!  submit sends, collect completions ─▶ sessions run what arrived ─▶ │
//!  batches from other shards: serve, answer ─▶ outcomes into slots ─▶│
//!  one send per connection with replies ─▶ one batch per shard ─────▶┘
//!        nothing to do: look once more, doze in the ring, then sleep in the runtime
//! ```
//!
//! Why not glommio's own streams: their receive and send are one system call
//! each, and waiting goes through three rings. A ring of our own with
//! multishot receives and deferred task work costs a fifth less per command
//! (`docs/architecture.md` has the measurements).

mod buffers;
mod connection;
mod disk_thread;
mod doze;
mod driver;
mod durable;
mod ending;
mod flow;
mod gather;
mod http;
mod likes;
mod live;
mod op;
mod operations;
mod rest;
mod settings;
mod submit;
mod wake;
mod woken;

pub use doze::Dozers;
pub use driver::{Driver, Parts};
pub use settings::{DriverError, DriverSettings, Ended, JournalFailure, MatchSettings};
pub(crate) use submit::builder;
pub(crate) use wake::{eventfd, signal};
