//! What the tests share: a small server with faults to order, and a way to run
//! the client against it.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "compiled into several tests and an example, each using a part"
)]

pub mod client;
pub mod seats;
pub mod server;
