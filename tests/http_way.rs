//! The way from an HTTP connection to the shards and back, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;
mod support;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use http::{
    Client as _, Socket, connect, create_member, create_option, document, get, post, server,
};
use ringside::net::ring::Ended;
use ringside::{Config, Server};
use serde_json::json;
use support::{Client, PATIENCE, Program, config, start};

fn member(name: &str) -> http::Request {
    post("/members", &document("members", json!({ "name": name })))
}

fn name_of(client: &mut Socket, id: &str) -> String {
    let reply = client.ask(&get(&format!("/members/{id}")));
    let json = reply.json();
    json["data"]["attributes"]["name"]
        .as_str()
        .unwrap()
        .to_owned()
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
        let mut clients: Vec<Socket> = (0..6).map(|_| connect(&server)).collect();
        let ids: Vec<String> = (0..60)
            .map(|n| create_member(&mut clients[n % 6], &format!("m{n}")))
            .collect();
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(name_of(&mut clients[(n + 1) % 6], id), format!("m{n}"));
        }
        create_option(&mut clients[1], 3);
        let reply = clients[0].ask(&get("/ticket_options"));
        let options = reply.json()["data"].as_array().unwrap().len();
        assert_eq!(options, 1, "every shard was asked");
        wait_for(&server, "crossing", |counters| {
            (counters.operations_forwarded > 0) == (shards > 1)
                && counters.http_connections_open == 6
                && counters.http_requests.sum() == 122
                && counters.http_seconds.count() == 122
                && counters.http_seconds.sum() > 0.0
                && (counters.members, counters.options) == (60, 1)
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
        let ids: Vec<String> = (0..10)
            .map(|n| create_member(&mut client, &format!("m{n}")))
            .collect();
        // Far more than a connection may have waiting: it is paused.
        let rounds = 300;
        let mut writer = client.stream().try_clone().unwrap();
        let requests: Vec<u8> = ids
            .iter()
            .flat_map(|id| get(&format!("/members/{id}")).bytes())
            .collect();
        let sender = std::thread::spawn(move || {
            for _ in 0..rounds {
                writer.write_all(&requests).unwrap();
            }
        });
        for round in 0..rounds * 10 {
            let reply = client.reply(false).json();
            let name = &reply["data"]["attributes"]["name"];
            assert_eq!(*name, format!("m{}", round % 10), "{shards} shards");
        }
        sender.join().unwrap();
        client.stream().shutdown(std::net::Shutdown::Write).unwrap();
        assert!(client.rest().is_empty());
    }
}

#[test]
fn clients_that_go_in_the_middle_leave_nothing() {
    for shards in [1, 3] {
        let server = server(shards);
        for n in 0..200 {
            let mut client = connect(&server);
            for name in ["a", "b", "c"] {
                client.send(&member(&format!("{name}{n}")).bytes());
            }
            client.send(&get("/ticket_options").bytes());
            if n % 3 == 0 {
                client.stream().set_nonblocking(true).unwrap();
                let _ = client.stream().read(&mut [0; 10]);
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
        let id = create_member(&mut client, "last");
        assert_eq!(name_of(&mut client, &id), "last");
        drop(client);
        assert_eq!(server.stop().unwrap(), Ended::Drained);
    }
}

#[test]
fn draining_answers_what_was_received() {
    for shards in [1, 3] {
        let server = server(shards);
        let mut clients: Vec<Socket> = (0..10).map(|_| connect(&server)).collect();
        for client in &mut clients {
            create_member(client, "warm");
            for n in 0..50 {
                client.send(&member(&format!("d{n}")).bytes());
            }
            client.send(b"POST /unfinis");
        }
        assert_eq!(server.stop().unwrap(), Ended::Drained);
        for client in clients {
            let replies = client.rest();
            assert_eq!(replies.len(), 50, "{shards} shards");
            assert!(replies.iter().all(|reply| reply.status == 201));
        }
    }
}

#[test]
fn on_a_durable_server_seats_operations_and_calls_go_side_by_side() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let config = Config {
        data_dir: directory.path().display().to_string(),
        segment_bytes: 1 << 20,
        ..config(3)
    };
    let server = start(&config);
    let handle = server.engine();
    let ids = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::connect(&server);
            for n in 0..200 {
                assert_eq!(client.ask(&format!("RESERVE: A{n}")), "OK");
            }
        });
        let made = scope.spawn(|| {
            let mut client = connect(&server);
            let make = |n| create_member(&mut client, &format!("m{n}"));
            (0..200).map(make).collect::<Vec<String>>()
        });
        for n in 0..200 {
            let outcome = handle
                .blocking()
                .seat(ringside::inventory::Verb::Reserve, &format!("B{n}"));
            assert_eq!(outcome, Ok(ringside::inventory::Outcome::Ok));
        }
        made.join().unwrap()
    });
    wait_for(&server, "the journal", |counters| {
        counters.journal_seconds.count() == counters.journal_frames
            && counters.journal_frames > 100
            && counters.gate_held == 0
            && counters.journal_pending_bytes == 0
    });
    assert_eq!(server.stop().unwrap(), Ended::Drained);

    let server = start(&config);
    let mut client = connect(&server);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(name_of(&mut client, id), format!("m{n}"));
    }
    drop(client);
    assert_eq!(server.stop().unwrap(), Ended::Drained);
}

#[test]
fn an_idempotency_key_outlives_a_restart() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let config = |shards| Config {
        data_dir: directory.path().display().to_string(),
        segment_bytes: 1 << 20,
        ..config(shards)
    };
    let server = start(&config(1));
    let mut client = connect(&server);
    let option = create_option(&mut client, 10);
    let purchase = |quantity: u64| {
        post("/purchases", &http::purchase(&option, json!(quantity)))
            .field("Idempotency-Key", "k-1")
    };
    let first = client.ask(&purchase(4));
    assert_eq!(first.status, 201, "{}", first.text());
    drop(client);
    server.stop().unwrap();
    for shards in [1, 3] {
        let server = start(&config(shards));
        let mut client = connect(&server);
        let again = client.ask(&purchase(4));
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.field("idempotency-replayed"), Some("true"));
        assert_eq!(client.ask(&purchase(5)).status, 422);
        assert_eq!(http::available(&mut client, &option), 6, "taken once");
        drop(client);
        server.stop().unwrap();
    }
}

#[test]
fn a_hot_option_is_sold_out_exactly_and_never_over() {
    for shards in [1, 3] {
        let server = server(shards);
        let option = create_option(&mut connect(&server), 501);
        let bought: u64 = std::thread::scope(|scope| {
            let buyers: Vec<_> = (0..8)
                .map(|buyer| {
                    let (option, server) = (&option, &server);
                    scope.spawn(move || {
                        let mut client = connect(server);
                        let quantity = 1 + buyer % 3;
                        let request = post("/purchases", &http::purchase(option, json!(quantity)));
                        let mut bought = 0;
                        loop {
                            let reply = client.ask(&request);
                            if reply.status == 201 {
                                bought += quantity;
                                continue;
                            }
                            assert_eq!(reply.code(), "invalid_purchase_quantity");
                            assert_eq!(reply.place(), "/data/attributes/quantity");
                            assert!(http::available(&mut client, option) < quantity);
                            return bought;
                        }
                    })
                })
                .collect();
            buyers.into_iter().map(|buyer| buyer.join().unwrap()).sum()
        });
        let left = http::available(&mut connect(&server), &option);
        assert_eq!((bought, left), (501, 0), "single buyers take the last ones");
        server.stop().unwrap();
    }
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
    let mut client = connect(&server);
    assert_eq!(client.ask(&get("/readyz")).status, 200);
    server.stopper().ask(Phase::Leaving);
    assert!(!standing.is_ready());
    assert_eq!(client.ask(&get("/readyz")).status, 503);
    assert_eq!(
        client.ask(&get("/livez")).status,
        200,
        "and everything is served"
    );
    drop(client);
    server.stop().unwrap();
}
