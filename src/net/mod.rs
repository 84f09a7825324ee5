//! Bytes in, bytes out: sockets, connections and the order of replies.
//!
//! [`session`] is a conversation and [`mod@matches`] are match runs, without I/O;
//! [`ring`] moves the bytes;
//! [`listener`] opens the doors; [`stop`] closes them.

pub mod listener;
pub mod matches;
pub mod replies;
pub mod ring;
pub mod session;
pub mod stop;
