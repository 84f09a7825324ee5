//! What the tests share: small servers with faults to order, and ways to run
//! the client against them.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "compiled into several tests and an example, each using a part"
)]

pub mod box_office;
pub mod client;
pub mod dialects;
pub mod match_run;
pub mod matcher;
pub mod seat_sale;
pub mod seats;
pub mod server;
pub mod web;
