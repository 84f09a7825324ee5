//! The match stream: likes in, in any order; matches out, in sequence order.
//!
//! ```text
//!  bytes ─▶ Run ─▶ wire::like ─▶ Window ─▶ Pairs ───────────▶ Release ─▶ bytes
//!           one a source         which     who likes whom,    matches that
//!                                numbers   in any order       are certain
//!                                arrived
//!                                   └──▶ Lanes ═▶ Tables ═▶ Lanes ─┘
//!                                        likes of pairs that
//!                                        another shard owns
//! ```
//!
//! Nothing is sorted. Events are matched as they arrive, in any order, with the
//! few others between the same two users; what that decides is a bit for each
//! sequence number. The window knows how far the sequence has no gap. A match
//! leaves when every event up to it has arrived, and every shard has answered
//! for those it owns: then nothing can change it any more.
//!
//! So an event that waits for its turn takes two bits, and one that is a like
//! a slot in its pair's table; see [`Pairs`] and [`Window`].
//!
//! Like [`crate::inventory`], this is deterministic: no I/O, no clock, no
//! randomness, no logging. Batches between shards are plain values, and it is
//! the network loop that carries them.

mod batch;
mod error;
mod event;
mod lanes;
mod matcher;
mod pairs;
mod release;
mod ring;
mod rule;
mod run;
mod summary;
mod tables;
mod window;

pub use batch::{Batch, RunId, Terms};
pub use error::RunError;
pub use event::{LikeEvent, MAX_SEQUENCE, Opinion};
pub use matcher::{Blocked, RunOptions};
pub use pairs::{Pairs, TooManyPairs};
pub use rule::Rule;
pub use run::Run;
pub use summary::Summary;
pub use tables::Tables;
pub use window::{Placed, Window};

#[cfg(test)]
mod model;
