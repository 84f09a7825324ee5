//! The pure core of the match stream, in process and in one thread: what one
//! event costs, in all and in each part.

use std::hint::black_box;
use std::time::Duration;

use clap::Parser;
use ringside::limits::{MATCH_CHUNK_EVENTS, MATCH_PREPARED_PAIRS};
use ringside::matching::{LikeEvent, Opinion, Pairs, Placed, Rule, Run, RunId, RunOptions, Window};
use ringside::route::{Router, ShardId};
use ringside::wire::like::{Decoded, Decoder};
use ringside_perf::{Options, ThreadClock, report};

fn main() {
    let options = Options::parse();
    let stream = options.stream();
    let mut events = Vec::new();
    decode(&stream, |some| events.extend_from_slice(some));
    println!("{} events, {} bytes", options.events, stream.len());
    for rule in [Rule::Literal, Rule::Latest] {
        let bytes = memory(&stream, rule, options.events);
        println!("memory, {rule:?}: {bytes:.1} bytes/event");
    }

    let measure = |what: &str, part: &dyn Fn() -> Duration| {
        let times = (0..options.rounds).map(|_| part()).collect();
        report(what, times, options.events);
    };
    measure("decode", &|| {
        decode(&stream, |events| {
            black_box(events);
        })
    });
    measure("place in the window", &|| place(&events));
    let liked: Vec<LikeEvent> = events.iter().copied().filter(LikeEvent::is_liked).collect();
    measure("match likes (literal)", &|| pair(&liked, Rule::Literal));
    measure("match all events (latest)", &|| pair(&events, Rule::Latest));
    for rule in [Rule::Literal, Rule::Latest] {
        let run = |last: bool| {
            let (all, after_last) = run(&stream, rule, options.chunk);
            if last { after_last } else { all }
        };
        measure(&format!("run, {rule:?}"), &|| run(false));
        measure("  of that after the last chunk", &|| run(true));
    }
}

/// Decodes the stream as a run does, and gives the events to `take`.
fn decode(stream: &[u8], mut take: impl FnMut(&[LikeEvent])) -> Duration {
    let start = ThreadClock::start();
    let mut decoder = Decoder::default();
    let mut events = vec![LikeEvent::new(0, Opinion::Liked, 0, 0); MATCH_CHUNK_EVENTS];
    let mut at = 0;
    loop {
        let (count, consumed) = decoder.decode_events(&stream[at..], &mut events);
        at += consumed;
        take(&events[..count]);
        if count == 0 {
            at += match decoder.decode(&stream[at..]) {
                Decoded::Event { event, consumed } => {
                    take(&[event]);
                    consumed
                }
                Decoded::Begin { consumed } => consumed,
                _ => return start.elapsed(),
            };
        }
    }
}

fn place(events: &[LikeEvent]) -> Duration {
    let start = ThreadClock::start();
    let mut window = Window::new(1 << 22, None);
    let new = events
        .iter()
        .filter(|event| window.insert(event.sequence()) == Placed::New)
        .count();
    window.advance();
    black_box((new, window.passed()));
    start.elapsed()
}

fn pair(events: &[LikeEvent], rule: Rule) -> Duration {
    let start = ThreadClock::start();
    let mut pairs = Pairs::new(rule, 1 << 24, 7);
    pairs.prepare(MATCH_PREPARED_PAIRS);
    let mut decided = 0u64;
    for chunk in events.chunks(85) {
        let taken = pairs.apply(chunk, 0, |sequence, _| decided += sequence);
        black_box(taken.is_ok());
    }
    let time = start.elapsed();
    black_box(decided);
    time
}

fn new_run(rule: Rule) -> Run {
    let options = RunOptions {
        rule,
        prepared_pairs: MATCH_PREPARED_PAIRS,
        ..RunOptions::default()
    };
    let id = RunId {
        shard: ShardId(0),
        number: 0,
    };
    let mut run = Run::new(id, Router::new(1, ShardId(0)), &options, 7);
    run.prepare();
    run
}

/// A whole run on one shard: all of it, and what came after the last chunk
/// was there.
fn run(stream: &[u8], rule: Rule, chunk: usize) -> (Duration, Duration) {
    let start = ThreadClock::start();
    let mut run = new_run(rule);
    let (mut output, mut written) = (Vec::new(), 0);
    let mut last = start;
    for bytes in stream.chunks(chunk) {
        last = ThreadClock::start();
        let mut going = run.on_bytes(bytes);
        while run.has_output() {
            output = run.take_output(output);
            written += output.len();
            run.on_sent(output.len());
            going = going.and_then(|()| run.resume());
        }
        if let Err(error) = going {
            println!("the run failed: {error}");
        }
    }
    let after_last = last.elapsed();
    black_box(written);
    (start.elapsed(), after_last)
}

/// Resident memory that a run takes before its last event, in bytes for each
/// event.
fn memory(stream: &[u8], rule: Rule, events: u64) -> f64 {
    let before = resident_kib();
    let mut run = new_run(rule);
    let all_but_the_end = &stream[..stream.len() - "EVENT END\n".len()];
    if let Err(error) = run.on_bytes(all_but_the_end) {
        println!("the run failed: {error}");
    }
    (resident_kib() - before) * 1024.0 / events as f64
}

/// What the kernel says this process has in memory.
fn resident_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0.0)
}
