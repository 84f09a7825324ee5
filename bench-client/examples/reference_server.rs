//! The reference server of the tests, to be run by hand:
//! `cargo run --release -p ringside-bench --example reference_server -- 8099`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::{env, io};

use support::{seats::Fault, server::Server};

fn main() -> io::Result<()> {
    let port = env::args().nth(1).map_or(Ok(0), |port| port.parse());
    let port = port.map_err(|_| io::Error::other("give a port number, such as 8099"))?;
    let server = Server::start(port, Fault::None)?;
    println!("{}", server.address());
    // Serves until standard input ends.
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
