//! Every bound: what happens over it, and that nothing else is harmed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{ErrorKind, Write};
use std::time::Duration;

use ringside::Config;
use ringside::config::Span;
use ringside::shard::Counters;

use support::{Client, PATIENCE, Program, SHARDS, config, start};

/// Waits until a counter of the server says what it should.
fn wait_for(server: &ringside::Server, what: &str, reached: impl Fn(&Counters) -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !reached(&server.counters()) {
        assert!(
            std::time::Instant::now() < deadline,
            "{what}: {:?}",
            server.counters()
        );
        std::thread::yield_now();
    }
}

#[test]
fn lines_and_names_may_be_as_long_as_the_settings_say() {
    let server = start(&Config {
        max_seat_bytes: 5,
        max_line_bytes: 14,
        ..config(2)
    });
    let mut client = Client::connect(&server);
    assert_eq!(client.ask("RESERVE: ABCDE"), "OK");
    assert_eq!(client.ask("RESERVE: ABCDEF"), "FAIL");
    assert_eq!(client.ask("QUERY: ABCDE"), "RESERVED");
    assert_eq!(client.ask("QUERY: ABCDEF"), "FAIL");
}

#[test]
fn over_the_seat_limit_new_seats_fail_and_known_ones_are_sold() {
    for shards in SHARDS {
        let server = start(&Config {
            max_seats: 100,
            ..config(shards)
        });
        let mut client = Client::connect(&server);
        let mut taken = Vec::new();
        for seat in 0..300 {
            if client.ask(&format!("RESERVE: S{seat}")) == "OK" {
                taken.push(seat);
            }
        }
        assert_eq!(taken.len(), 100, "{shards} shards");
        for seat in &taken {
            assert_eq!(client.ask(&format!("BUY: S{seat}")), "OK");
        }
        wait_for(&server, "refused", |counters| {
            counters.seats_refused_full == 200 && counters.seats_sold == 100
        });
    }
}

#[test]
fn over_the_connection_limit_new_ones_are_closed_and_the_others_live() {
    let server = start(&Config {
        max_connections: 3,
        ..config(2)
    });
    let mut clients: Vec<Client> = (0..3).map(|_| Client::connect(&server)).collect();
    for client in &mut clients {
        assert_eq!(client.ask("QUERY: A1"), "FREE");
    }
    assert!(Client::connect(&server).is_closed());
    wait_for(&server, "refused", |counters| {
        counters.connections_refused == 1
    });
    assert_eq!(clients[0].ask("QUERY: A1"), "FREE");

    // A place that becomes free can be taken.
    clients.pop();
    wait_for(&server, "closed", |counters| counters.connections_open == 2);
    assert_eq!(Client::connect(&server).ask("QUERY: A1"), "FREE");
}

#[test]
fn a_silent_connection_is_closed_after_the_idle_timeout_a_talking_one_is_not() {
    let server = start(&Config {
        idle_timeout: Span(Duration::from_millis(400)),
        ..config(2)
    });
    let mut silent = Client::connect(&server);
    assert_eq!(silent.ask("QUERY: A1"), "FREE");
    let mut talking = Client::connect(&server);
    while server.counters().connections_closed_idle == 0 {
        assert_eq!(talking.ask("QUERY: A1"), "FREE");
    }
    assert!(silent.is_closed());
    assert_eq!(talking.ask("QUERY: A1"), "FREE");
}

#[test]
fn a_client_that_never_reads_is_paused_then_closed_and_costs_no_memory() {
    for shards in [1, 2] {
        let server = Program::start(&[
            "--shards",
            &shards.to_string(),
            "--slow-client-timeout",
            "1s",
            "--pipeline-bytes",
            "20000",
        ]);
        let before = server.resident_bytes();
        let greedy = Client::to(server.address);
        // Asks without reading, until the server neither reads nor lives on.
        let question = b"QUERY: A1\nQUERY: A2\nQUERY: A3\nQUERY: A4\n".repeat(1_000);
        let error = loop {
            if let Err(error) = greedy.stream().write_all(&question) {
                break error;
            }
        };
        assert_ne!(
            error.kind(),
            ErrorKind::WouldBlock,
            "it was closed, not forgotten"
        );
        let grown = server.resident_bytes().saturating_sub(before);
        assert!(grown < 8 * 1024 * 1024, "grew by {grown} bytes");
        assert_eq!(Client::to(server.address).ask("QUERY: A1"), "FREE");
    }
}

#[test]
fn a_client_that_reads_late_gets_every_reply_in_order() {
    for shards in SHARDS {
        let server = start(&Config {
            pipeline_bytes: 1_000,
            ..config(shards)
        });
        let mut client = Client::connect(&server);
        let mut writer = client.stream().try_clone().unwrap();
        // Far more than the bound and the sockets hold together.
        let rounds = 100_000;
        let sender = std::thread::spawn(move || {
            for round in 0..rounds {
                let line = format!("QUERY: A{}\nnonsense\n", round % 50);
                writer.write_all(line.as_bytes()).unwrap();
            }
            writer.shutdown(std::net::Shutdown::Write).unwrap();
        });
        wait_for(&server, "paused", |counters| counters.reads_paused > 0);
        let replies = client.read_to_end();
        sender.join().unwrap();
        assert!(replies == b"FREE\nFAIL\n".repeat(rounds), "{shards} shards");
    }
}

#[test]
fn an_idle_connection_costs_little_memory() {
    const CONNECTIONS: u64 = 400;
    let server = Program::start(&["--shards", "2"]);
    // What is made once is made by the first connections.
    let mut first: Vec<Client> = (0..64).map(|_| Client::to(server.address)).collect();
    for client in &mut first {
        assert_eq!(client.ask("QUERY: A1"), "FREE");
    }
    let before = server.resident_bytes();
    let mut idle: Vec<Client> = (0..CONNECTIONS)
        .map(|_| Client::to(server.address))
        .collect();
    for client in &mut idle {
        assert_eq!(client.ask("QUERY: A1"), "FREE");
    }
    let each = server.resident_bytes().saturating_sub(before) / CONNECTIONS;
    assert!(each <= 4096, "{each} bytes each");
}

#[test]
fn an_idle_server_uses_no_cpu() {
    let server = Program::start(&["--shards", "2"]);
    let mut client = Client::to(server.address);
    assert_eq!(client.ask("QUERY: A1"), "FREE");
    // Idleness itself needs time to pass; nothing is waited for.
    std::thread::sleep(Duration::from_millis(300));
    let before = server.cpu_time();
    std::thread::sleep(Duration::from_secs(1));
    let used = server.cpu_time().saturating_sub(before);
    assert!(used < Duration::from_millis(2), "{used:?} in a second");
}
