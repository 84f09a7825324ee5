//! Stopping: what was received is answered, and the port is free again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::net::TcpListener;

use ringside::net::ring::Ended;

use support::{Client, Program, SHARDS, program, server};

#[test]
fn a_signal_ends_the_program_with_zero_although_clients_are_connected() {
    for signal in ["TERM", "INT"] {
        let server = Program::start(&["--shards", "2"]);
        let mut client = Client::to(server.address);
        assert_eq!(client.ask("RESERVE: A1"), "OK");
        server.signal(signal);
        assert!(client.is_closed());
        assert_eq!(server.exit_code(), Some(0), "SIG{signal}");
    }
}

#[test]
fn it_stops_although_nobody_reads_its_log_any_more() {
    let mut server = Program::start(&["--shards", "2"]);
    drop(server.child.stderr.take());
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn what_was_received_is_answered_before_the_end() {
    for shards in SHARDS {
        let server = server(shards);
        let mut clients: Vec<Client> = (0..20).map(|_| Client::connect(&server)).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            assert_eq!(client.ask("QUERY: A1"), "FREE");
            for seat in 0..500 {
                client.send(format!("RESERVE: D{number}x{seat}\n"));
            }
        }
        assert_eq!(server.stop().unwrap(), Ended::Drained);
        for client in &mut clients {
            let replies = client.read_to_end();
            assert_eq!(replies, b"OK\n".repeat(500), "{shards} shards");
        }
    }
}

#[test]
fn a_client_that_does_not_read_cannot_hold_up_the_end() {
    let server = Program::start(&["--drain-timeout", "200ms", "--shards", "2"]);
    let client = Client::to(server.address);
    client.stream().set_nonblocking(true).unwrap();
    let question = b"QUERY: A1\n".repeat(10_000);
    while std::io::Write::write(&mut client.stream(), &question).is_ok() {}
    client.stream().set_nonblocking(false).unwrap();
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    drop(client);
}

#[test]
fn after_kill_the_same_port_can_be_had_at_once() {
    let first = Program::start(&[]);
    let mut client = Client::to(first.address);
    assert_eq!(client.ask("RESERVE: A1"), "OK");
    let port = first.address.port().to_string();
    first.signal("KILL");
    first.exit_code();

    let second = Program::spawn(program(&["--seat-port", &port]));
    assert_eq!(second.address.port().to_string(), port);
    assert_eq!(Client::to(second.address).ask("QUERY: A1"), "FREE");
}

#[test]
fn a_stopped_server_lets_go_of_its_port() {
    let server = server(2);
    let address = server.seat_addresses()[0];
    server.stop().unwrap();
    TcpListener::bind(address).expect("nobody listens there any more");
}

#[test]
fn servers_can_be_started_and_stopped_many_times_in_one_process() {
    for round in 0..10 {
        let server = server(1 + round % 3);
        assert_eq!(Client::connect(&server).ask("RESERVE: A1"), "OK");
        server.stop().unwrap();
    }
}
