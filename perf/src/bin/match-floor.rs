//! The floor of the match stream: a sender writes the events over loopback in
//! large chunks, and a bare program reads them and throws them away.

use std::io::{Read, Result};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use ringside_perf::{Options, report};

fn main() -> Result<()> {
    let options = Options::parse();
    let stream = options.stream();
    println!("{} events, {} bytes", options.events, stream.len());
    let times = (0..options.rounds)
        .map(|_| round(&stream, &options))
        .collect::<Result<_>>()?;
    report("receive and discard", times, options.events);
    Ok(())
}

/// The time from the connection to the last byte.
fn round(stream: &[u8], options: &Options) -> Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::scope(|scope| {
        let sender = scope.spawn(move || options.send(stream, address));
        let (mut source, _) = listener.accept()?;
        let mut buffer = vec![0; options.chunk];
        let start = Instant::now();
        while source.read(&mut buffer)? > 0 {}
        let time = start.elapsed();
        // A panic of the sender ends the scope with a panic of its own.
        sender.join().unwrap_or(Ok(()))?;
        Ok(time)
    })
}
