//! Bytes in, bytes out: sockets, connections and the order of replies.
//!
//! [`desk`] and [`inbox`] are the ways in for operations: from within a shard,
//! and from other threads. [`session`] is a conversation and [`mod@matches`] are match runs, without I/O;
//! [`ring`] moves the bytes;
//! [`listener`] opens the doors; [`stop`] closes them.

pub mod desk;
pub mod inbox;
pub mod listener;
pub mod matches;
pub mod numbers;
pub mod outside;
pub mod replies;
pub mod ring;
pub mod session;
pub mod stop;
