//! The way from an HTTP connection to the shards and back. What is spoken is
//! of no matter here: see [`make`] and [`find`].

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use ringside::net::ring::Ended;
use ringside::{Config, Server};
use support::{Client, PATIENCE, Program, config, server, start};

fn connect(server: &Server) -> Client {
    Client::to(server.http_addresses()[0])
}

fn make(client: &mut Client, name: &str) -> String {
    client.ask(&format!("member {name}"))
}

fn find(client: &mut Client, id: &str) -> String {
    client.ask(&format!("find {id}"))
}

fn wait_for(server: &Server, what: &str, reached: impl Fn(&ringside::shard::Counters) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !reached(&server.counters()) {
        assert!(Instant::now() < deadline, "{what}: {:?}", server.counters());
        std::thread::yield_now();
    }
}

#[test]
fn operations_are_answered_wherever_their_owner_is() {
    for shards in [1, 3] {
        let server = server(shards);
        let mut clients: Vec<Client> = (0..6).map(|_| connect(&server)).collect();
        let ids: Vec<String> = (0..60)
            .map(|n| make(&mut clients[n % 6], &format!("m{n}")))
            .collect();
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(find(&mut clients[(n + 1) % 6], id), format!("m{n}"));
        }
        assert_eq!(clients[0].ask("all"), "0", "every shard was asked");
        assert_eq!(clients[0].ask("who"), "127.0.0.1");
        wait_for(&server, "crossing", |counters| {
            (counters.operations_forwarded > 0) == (shards > 1)
                && counters.http_connections_open == 6
                && counters.http_requests.sum() == 122
        });
        drop(clients);
        wait_for(&server, "closing", |counters| {
            counters.http_connections_open == 0 && counters.connections_open == 0
        });
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    for shards in [1, 3] {
        let server = server(shards);
        let mut client = connect(&server);
        let ids: Vec<String> = (0..10).map(|n| make(&mut client, &format!("m{n}"))).collect();
        // Far more than a connection may have waiting: it is paused.
        let rounds = 1_000;
        let mut writer = client.stream().try_clone().unwrap();
        let text: String = ids.iter().map(|id| format!("find {id}\n")).collect();
        let sender = std::thread::spawn(move || {
            use std::io::Write;
            for _ in 0..rounds {
                writer.write_all(text.as_bytes()).unwrap();
            }
        });
        for round in 0..rounds * 10 {
            assert_eq!(client.reply(), format!("m{}", round % 10), "{shards} shards");
        }
        sender.join().unwrap();
        client.half_close();
        assert!(client.is_closed());
    }
}

#[test]
fn clients_that_go_in_the_middle_leave_nothing() {
    for shards in [1, 3] {
        let server = server(shards);
        for n in 0..200 {
            let mut client = connect(&server);
            client.send(format!("member a{n}\nmember b{n}\nall\nmember c{n}\n"));
            if n % 3 == 0 {
                client.stream().set_nonblocking(true).unwrap();
                let _ = std::io::Read::read(&mut client.stream(), &mut [0; 10]);
            }
            // With bytes unread the kernel resets the connection.
            drop(client);
        }
        wait_for(&server, "closing", |counters| {
            counters.connections_open == 0
                && counters.http_connections_open == 0
                && counters.operations_waiting == 0
        });
        let mut client = connect(&server);
        let id = make(&mut client, "last");
        assert_eq!(find(&mut client, &id), "last");
        assert_eq!(server.stop().unwrap(), Ended::Drained);
    }
}

#[test]
fn draining_answers_what_was_received() {
    for shards in [1, 3] {
        let server = server(shards);
        let mut clients: Vec<Client> = (0..10).map(|_| connect(&server)).collect();
        for client in &mut clients {
            make(client, "warm");
            for n in 0..50 {
                client.send(format!("member d{n}\n"));
            }
            client.send("unfinis");
        }
        assert_eq!(server.stop().unwrap(), Ended::Drained);
        for client in &mut clients {
            let replies = String::from_utf8(client.read_to_end()).unwrap();
            assert_eq!(replies.lines().count(), 50, "{shards} shards: {replies}");
            assert!(!replies.contains("error"), "{replies}");
        }
    }
}

#[test]
fn on_a_durable_server_seats_operations_and_calls_go_side_by_side() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = start(&Config {
        data_dir: directory.path().display().to_string(),
        segment_bytes: 1 << 20,
        ..config(3)
    });
    let handle = server.engine();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::connect(&server);
            for n in 0..200 {
                assert_eq!(client.ask(&format!("RESERVE: A{n}")), "OK");
            }
        });
        scope.spawn(|| {
            let mut client = connect(&server);
            for n in 0..200 {
                let id = make(&mut client, &format!("m{n}"));
                assert_eq!(find(&mut client, &id), format!("m{n}"));
            }
        });
        for n in 0..200 {
            let outcome = handle.blocking().seat(ringside::inventory::Verb::Reserve, &format!("B{n}"));
            assert_eq!(outcome, Ok(ringside::inventory::Outcome::Ok));
        }
    });
    wait_for(&server, "the journal", |counters| {
        counters.journal_seconds.count() == counters.journal_frames
            && counters.journal_frames > 100
            && counters.gate_held == 0
            && counters.journal_pending_bytes == 0
    });
    assert_eq!(server.stop().unwrap(), Ended::Drained);
}

#[test]
fn the_drain_delay_serves_on_and_a_second_signal_skips_it() {
    let server = Program::start(&["--shards", "2", "--drain-delay", "1h"]);
    let mut client = Client::to(server.address);
    assert_eq!(client.ask("RESERVE: A1"), "OK");
    server.signal("TERM");
    // Time for the signal to be seen; what is tested holds before, too.
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(client.ask("RESERVE: A2"), "OK");
    assert_eq!(Client::to(server.address).ask("QUERY: A2"), "RESERVED");
    server.signal("TERM");
    assert!(client.is_closed());
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn readiness_ends_with_the_first_wish_to_stop() {
    use ringside::net::stop::Phase;
    let server = server(1);
    let standing = server.standing();
    assert!(standing.is_ready());
    assert_eq!(standing.counters().len(), 1);
    server.stopper().ask(Phase::Leaving);
    assert!(!standing.is_ready());
    let mut client = connect(&server);
    assert_eq!(client.ask("who"), "127.0.0.1", "and everything is served");
    drop(client);
    server.stop().unwrap();
}
