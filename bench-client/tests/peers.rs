//! The same load in the words of Redis and memcached: against stand-ins, and
//! against the real ones where they are installed.

mod support;

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use support::{
    client::{self, Run},
    dialects::{self, Words},
    seats::Fault,
};

const BENCH: &str = env!("CARGO_BIN_EXE_ringside-bench");
const BOTH: [(&str, Words); 2] = [("redis", Words::Redis), ("memcached", Words::Memcached)];

fn load(address: &str, protocol: &str, more: &[&str]) -> Run {
    let mut arguments = vec!["seats", address, "--protocol", protocol, "--seats=200"];
    arguments.extend(["--connections=8", "--ops=10000"]);
    arguments.extend(more);
    client::run(BENCH, &arguments)
}

#[test]
fn a_right_server_passes_in_either_loop() {
    for (protocol, words) in BOTH {
        let address = dialects::start(words, Fault::None);
        for more in [
            &["--pipeline=1"][..],
            &["--pipeline=16"],
            &["--rate=30k", "--pipeline=4"],
        ] {
            let run = load(&address, protocol, more);
            run.assert(0, "check        passed");
            assert_eq!(run.requests("answered"), 10_000, "{run:#?}");
            let taken = [run.count("RESERVE", "OK"), run.count("BUY", "OK")];
            assert_eq!(taken, [200, 200], "{run:#?}");
            assert!(run.count("QUERY", "RESERVED") > 0, "{run:#?}");
        }
    }
}

#[test]
fn a_wrong_server_is_found() {
    for (protocol, words) in BOTH {
        for (fault, says) in [
            (Fault::SellsTwice(100), "seat sold twice"),
            (Fault::ReservesTwice(100), "seat reserved twice"),
            (
                Fault::ForgetsReservations,
                "the seat was reserved before this was asked",
            ),
        ] {
            let address = dialects::start(words, fault);
            load(&address, protocol, &["--pipeline=16"]).assert(1, says);
        }
    }
}

#[test]
fn one_protocol_is_no_reply_in_another() {
    let address = dialects::start(Words::Redis, Fault::None);
    let other = support::server::Server::start(0, Fault::None).expect("a free port");
    load(&other.address(), "redis", &[]).assert(1, "that is no reply");
    drop(address);
}

/// A real server on a free port, if it is installed.
struct Real(Child, String);

impl Real {
    fn start(program: &str, arguments: impl FnOnce(String) -> Vec<String>) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .ok()?
            .local_addr()
            .ok()?
            .port();
        let child = Command::new(program)
            .args(arguments(port.to_string()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            eprintln!("SKIPPED: {program} is not installed");
            return None;
        };
        let real = Self(child, format!("127.0.0.1:{port}"));
        for _ in 0..500 {
            if TcpStream::connect(&real.1).is_ok() {
                return Some(real);
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{program} does not listen");
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn the_real_redis_sells_no_seat_twice() {
    let arguments = |port| words(&format!("--port {port} --bind 127.0.0.1 --appendonly no"));
    let Some(redis) = Real::start("redis-server", arguments) else {
        return;
    };
    for more in [
        &["--pipeline=1"][..],
        &["--pipeline=64", "--ops=100000", "--seats=5000"],
    ] {
        load(&redis.1, "redis", more).assert(0, "passed");
    }
}

#[test]
fn the_real_memcached_sells_no_seat_twice() {
    let arguments = |port| words(&format!("-p {port} -l 127.0.0.1 -U 0 -u root"));
    let Some(memcached) = Real::start("memcached", arguments) else {
        return;
    };
    for more in [
        &["--pipeline=1"][..],
        &["--pipeline=64", "--ops=100000", "--seats=5000"],
    ] {
        load(&memcached.1, "memcached", more).assert(0, "passed");
    }
}

#[test]
fn a_comparison_skips_loudly_what_is_not_there() {
    let nowhere = ["peers", "--servers=ringside", "--ringside=/nowhere"];
    let run = client::run(BENCH, &nowhere);
    run.assert(2, "ringside: SKIPPED, there is no ringside");
    run.assert(2, "none of these servers is installed");
}

#[test]
fn a_server_that_does_not_start_is_told_with_its_words() {
    // A shell takes none of the flags.
    let run = client::run(
        BENCH,
        &["peers", "--servers=ringside", "--ringside=/bin/sh"],
    );
    run.assert(2, "ringside does not start: ");
}

#[test]
fn a_comparison_ends_with_medians_and_memory() {
    let file = std::env::temp_dir().join(format!("ringside-peers-{}.json", std::process::id()));
    let path = file.to_string_lossy();
    let run = client::run(
        BENCH,
        &[
            "peers",
            "--servers=redis",
            "--rounds=1",
            "--seconds=1",
            "--shapes=2x2",
            "--memory-seats=20000",
            "--json",
            &path,
        ],
    );
    if run.stdout.contains("SKIPPED") {
        eprintln!("SKIPPED: redis-server is not installed");
        return;
    }
    run.assert(0, "2x2");
    run.assert(0, "MB/M seats");
    let text = std::fs::read_to_string(&file).expect("it was written");
    std::fs::remove_file(&file).expect("it is there");
    assert!(text.contains("\"server\": \"redis\""), "{text}");
}
