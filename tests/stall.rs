//! The stall hunt: every request is answered, however work and sleep meet.
//!
//! A lost wake-up shows only when work arrives just as a shard goes to sleep,
//! or when something comes between a look and a sleep. So: bursts with random
//! pauses around that edge, a busy neighbour on the shards' core, and the
//! whole process stopped now and then. A few seconds here; `just stall` hunts
//! for minutes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::{Program, program};

/// An answer that takes longer was lost: even a stopped process is back after
/// [`STOPPED_FOR`].
const LOST_AFTER: Duration = Duration::from_secs(5);

/// Longer than glommio's preemption timer of 100 ms would be.
const STOPPED_FOR: Duration = Duration::from_millis(150);

/// How long to hunt, in all: `RINGSIDE_STALL_SECONDS`, or a few seconds.
fn seconds() -> u64 {
    std::env::var("RINGSIDE_STALL_SECONDS").map_or(6, |text| {
        text.parse()
            .expect("RINGSIDE_STALL_SECONDS is a number of seconds")
    })
}

#[test]
fn every_request_is_answered() {
    let settings = [
        &["--shards", "1"][..],
        &["--shards", "2"],
        &["--shards", "2", "--busy-poll", "50us"],
    ];
    let each = Duration::from_secs(seconds()) / settings.len() as u32;
    for args in settings {
        let seed = fastrand::u64(..1 << 32);
        println!("{args:?}, seed {seed}, for {each:?}");
        let (bursts, requests) = hunt(args, seed, each);
        println!("  {bursts} bursts, {requests} requests, every one answered");
        assert!(bursts > 10);
    }
}

fn hunt(args: &[&str], seed: u64, duration: Duration) -> (u64, u64) {
    let cpu = ringside::host::usable_cpus()[0];
    let mut command = program(args);
    command.args(["--no-pin=false", "--cpus", &cpu.to_string()]);
    let server = Program::spawn(command);
    let mut clients: Vec<TcpStream> = (0..64)
        .map(|_| {
            let client = TcpStream::connect(server.address).unwrap();
            client.set_nodelay(true).unwrap();
            client.set_read_timeout(Some(LOST_AFTER)).unwrap();
            client
        })
        .collect();

    let hog = AtomicBool::new(false);
    let over = AtomicBool::new(false);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut bursts, mut requests) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| be_busy(cpu, &hog, &over));
        // The neighbour ends with this scope, whatever happens in it.
        let _over = SetOnDrop(&over);
        let end = Instant::now() + duration;
        while Instant::now() < end {
            hog.store(random.u8(0..3) == 0, Ordering::Relaxed);
            let size = random.usize(8..=64);
            let stopped = random.u8(0..50) == 0;
            let halfway = random.usize(0..size);
            for (number, client) in clients[..size].iter_mut().enumerate() {
                let seat = random.u32(0..1_000_000);
                client
                    .write_all(format!("QUERY: S{seat}\n").as_bytes())
                    .unwrap();
                if stopped && number == halfway {
                    server.signal("STOP");
                    std::thread::sleep(STOPPED_FOR);
                    server.signal("CONT");
                }
            }
            for client in &mut clients[..size] {
                let mut reply = [0; 5];
                if let Err(error) = client.read_exact(&mut reply) {
                    panic!("burst {bursts} of {size}, seed {seed}: no answer ({error})");
                }
                assert_eq!(&reply, b"FREE\n");
            }
            bursts += 1;
            requests += size as u64;
            let pause = Duration::from_micros(random.u64(0..10_000));
            if random.bool() {
                std::thread::sleep(pause);
            } else {
                // Shorter than a sleep can be: the very edge.
                let until = Instant::now() + pause / 200;
                while Instant::now() < until {
                    std::hint::spin_loop();
                }
            }
        }
    });
    (bursts, requests)
}

/// Uses up the shards' core whenever told to.
fn be_busy(cpu: usize, hog: &AtomicBool, over: &AtomicBool) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    rustix::thread::sched_setaffinity(None, &set).unwrap();
    while !over.load(Ordering::Relaxed) {
        if hog.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        } else {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
