//! The reference match server of the tests, to be run by hand, one run:
//! `cargo run --release -p ringside-bench --example reference_matcher -- 9090 9099`.
//! A third word `silent` makes it read everything and answer nothing.

#[path = "../tests/support/mod.rs"]
mod support;

use std::{env, io};

use support::matcher::{Flaw, Matcher};

fn main() -> io::Result<()> {
    let mut words = env::args().skip(1);
    let mut port = || words.next().map_or(Ok(0), |port| port.parse());
    let ports = port().and_then(|source| Ok([source, port()?]));
    let ports = ports.map_err(|_| io::Error::other("give two port numbers, such as 9090 9099"))?;
    let flaw = match words.next().as_deref() {
        Some("silent") => Flaw::NeverAnswers,
        _ => Flaw::None,
    };
    let matcher = Matcher::listen(ports, flaw)?;
    println!("source {} listener {}", matcher.source, matcher.listener);
    // Serves until standard input ends.
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
