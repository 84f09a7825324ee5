//! The usual way to solve the match stream, measured beside Ringside: collect
//! all lines, split them, sort by sequence number, and look likes up in a map.
//!
//! It follows what public solutions do, in Rust: so it is what this approach
//! costs at its best, without a slower language or a log line for each event.

use std::collections::HashSet;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Error, Result};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use ringside_perf::{Options, ThreadClock, report};

fn main() -> Result<()> {
    let options = Options::parse();
    let stream = options.stream();
    println!("{} events, {} bytes", options.events, stream.len());

    let core = || {
        let start = ThreadClock::start();
        black_box(solve(stream.as_slice())?);
        Ok(start.elapsed())
    };
    let times = (0..options.rounds).map(|_| core()).collect::<Result<_>>()?;
    report("collect, sort, map: in process", times, options.events);
    let times = (0..options.rounds)
        .map(|_| over_loopback(&stream, &options))
        .collect::<Result<_>>()?;
    report("collect, sort, map: loopback", times, options.events);
    Ok(())
}

/// The listener's lines for all events of a source.
fn solve(source: impl BufRead) -> Result<String> {
    let mut events: Vec<(u64, String, String, String)> = Vec::new();
    for line in source.lines() {
        let line = line?;
        let fields: Vec<&str> = line.split('|').collect();
        let [sequence, kind, from, to] = fields[..] else {
            continue; // EVENT BEGIN, EVENT END
        };
        let sequence = sequence.parse().map_err(Error::other)?;
        events.push((sequence, kind.into(), from.into(), to.into()));
    }
    events.sort_by_key(|event| event.0);
    let mut likes = HashSet::new();
    let mut output = String::new();
    for (sequence, kind, from, to) in events {
        if kind == "LIKE_LIKED" {
            if likes.contains(&format!("{to}:{from}")) {
                output.push_str(&format!("{sequence}\n"));
            }
            likes.insert(format!("{from}:{to}"));
        }
    }
    Ok(output)
}

/// The time from the connection to the last match.
fn over_loopback(stream: &[u8], options: &Options) -> Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::scope(|scope| {
        let sender = scope.spawn(move || options.send(stream, address));
        let (source, _) = listener.accept()?;
        let start = Instant::now();
        black_box(solve(BufReader::with_capacity(options.chunk, source))?);
        let time = start.elapsed();
        sender.join().unwrap_or(Ok(()))?;
        Ok(time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_document_is_answered() {
        let source = b"EVENT BEGIN\n5|LIKE_LIKED|300|100\n3|LIKE_NOT_LIKED|300|200\n\
            7|LIKE_LIKED|100|300\n2|LIKE_LIKED|100|200\n4|LIKE_LIKED|200|100\n\
            6|LIKE_UNSPECIFIED|200|300\n1|LIKE_UNSPECIFIED|300|100\nEVENT END\n";
        assert_eq!(solve(&source[..]).expect("read"), "4\n7\n");
    }
}
