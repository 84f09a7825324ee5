//! The performance lab: Ringside against the floor, against itself at another
//! commit, over its shards, and on a disk beside Redis.
//!
//! Every comparison works the same way: servers are started afresh in each
//! round, rounds alternate, and what counts is the server's processor time per
//! command, from the kernel's own accounts. `perf/README.md` is the method.

mod ab;
mod circumstances;
mod cli;
mod compare;
mod cores;
mod durable;
mod flame;
mod hiccups;
mod interrupt;
mod keys;
mod load;
mod metrics;
mod place;
mod report;
mod responder;
mod server;
mod stats;
mod talk;
mod under_load;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Lab::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}
