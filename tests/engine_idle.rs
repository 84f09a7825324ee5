//! Holds end in time, and until then an idle shard costs nothing. In a file of
//! its own: it looks at the whole process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use ringside::Engine;
use ringside::api::{Door, Target};
use ringside::inventory::{Operation, Step};
use support::{PATIENCE, config};

/// CPU time that all shards of this process have used.
fn shards_cpu() -> Duration {
    let nanos = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|task| task.unwrap().path())
        .filter(|task| {
            let name = std::fs::read_to_string(task.join("comm"));
            name.is_ok_and(|name| name.starts_with("shard-"))
        })
        .map(|task| {
            let text = std::fs::read_to_string(task.join("schedstat")).unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap()
        })
        .sum();
    Duration::from_nanos(nanos)
}

#[test]
fn holds_end_in_time_and_an_idle_shard_costs_nothing_until_then() {
    let engine = Engine::start(&config(1)).unwrap();
    let hold = |time: Duration| {
        let ticket = engine.new_id();
        let until = engine.door().now() + time.as_micros() as u64;
        let step = Step::Hold { until: Some(until) };
        let operation = Operation::MoveTicket {
            ticket,
            member: engine.new_id(),
            step,
        };
        pollster::block_on(engine.door().call(Target::Locator(0), operation)).unwrap();
    };
    let sweeps = || engine.server().counters().expiry_sweeps;
    let wait_for = |count: u64| {
        let deadline = Instant::now() + PATIENCE;
        while sweeps() < count {
            assert!(Instant::now() < deadline, "{} sweeps of {count}", sweeps());
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    hold(Duration::from_millis(50));
    wait_for(1);
    // One that ends earlier than what the clock is set for.
    hold(Duration::from_secs(600));
    std::thread::sleep(Duration::from_millis(20));
    hold(Duration::from_millis(50));
    wait_for(2);
    // Idleness itself needs time to pass; nothing is waited for.
    std::thread::sleep(Duration::from_millis(100));
    let before = shards_cpu();
    std::thread::sleep(Duration::from_secs(1));
    let used = shards_cpu().saturating_sub(before);
    assert!(used < Duration::from_millis(2), "{used:?} in a second");
    assert_eq!(sweeps(), 2, "the long hold goes on");
    engine.stop().unwrap();
}
