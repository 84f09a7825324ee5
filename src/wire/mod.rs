//! Bytes to commands and outcomes to bytes. Pure: no sockets, no runtime.

pub mod like;
pub mod seat;
