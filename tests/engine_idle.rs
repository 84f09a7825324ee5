//! Holds end in time, and until then an idle shard costs nothing. In a file of
//! its own: it looks at the whole process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use ringside::Engine;
use ringside::api::HoldFor;
use ringside::inventory::{Places, id};
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
    let member = engine.blocking().create_member("Ada").unwrap().id;
    let places = Places {
        section: "A".to_owned(),
        rows: (1, 1),
        seats: (1, 3),
    };
    let first = engine.blocking().create_tickets(places).unwrap();
    let hold = |ticket: u64, time: Duration| {
        let ticket = id::nth(first, ticket);
        let held = engine.blocking().hold(ticket, member, HoldFor::Time(time));
        held.unwrap();
    };
    let sweeps = || engine.server().counters().expiry_sweeps;
    let wait_for = |count: u64| {
        let deadline = Instant::now() + PATIENCE;
        while sweeps() < count {
            assert!(Instant::now() < deadline, "{} sweeps of {count}", sweeps());
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    hold(0, Duration::from_millis(50));
    wait_for(1);
    // One that ends earlier than what the clock is set for.
    hold(1, Duration::from_secs(600));
    std::thread::sleep(Duration::from_millis(20));
    hold(2, Duration::from_millis(50));
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
