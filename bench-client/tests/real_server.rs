//! Ringside itself passes the harness and the load's checks, on one shard and
//! on several.

mod support;

use ringside::{Config, Server};

use support::client::{self, Run};

fn server(shards: u16) -> Server {
    Server::start(&Config {
        seat_port: 0,
        source_port: 0,
        listener_port: 0,
        http_port: 0,
        shards,
        no_pin: true,
        max_connections: 512,
        ..Config::default()
    })
    .expect("the server starts")
}

fn run(command: &str, shards: u16, more: &[&str]) -> Run {
    let server = server(shards);
    let address = server.seat_addresses()[0].to_string();
    let mut arguments = vec![command, address.as_str()];
    arguments.extend(more);
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), &arguments)
}

#[test]
fn it_passes_the_harness() {
    for shards in [1, 3] {
        run("harness", shards, &["--seats", "6000"]).assert(0, "TEST SUCCESSFUL");
    }
}

#[test]
fn it_sells_no_seat_twice_under_load() {
    for (shards, pipeline) in [("1", "1"), ("3", "1"), ("3", "64")] {
        let more = ["--ops", "200000", "--pipeline", pipeline, "--seats", "5000"];
        let shards = shards.parse().expect("a number");
        run("seats", shards, &more).assert(0, "passed: no seat was reserved or sold twice");
    }
}

fn match_run(shards: u16, more: &[&str]) -> Run {
    let server = server(shards);
    let source = server.source_addresses()[0].to_string();
    let listener = server.listener_addresses()[0].to_string();
    let mut arguments = vec!["match", "--source", &source, "--listener", &listener];
    arguments.extend(more);
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), &arguments)
}

#[test]
fn it_finds_the_matches_of_a_million_events() {
    for shards in [1, 3] {
        match_run(shards, &[]).assert(0, "MATCH END - OK");
    }
}

#[test]
fn it_finds_the_matches_whatever_the_order_the_writes_and_the_noise() {
    for more in [
        &["--shuffle", "window:100", "--users", "50"][..],
        &["--shuffle", "none", "--write", "line", "--users", "50"],
        &["--noise", "20000", "--holes", "1000", "--users", "20"],
        &["--noise", "20000", "--write", "chunk:77", "--users", "200"],
    ] {
        for shards in [1, 3] {
            let events = ["--events", "30000"];
            match_run(shards, &[&events, more].concat()).assert(0, "MATCH END - OK");
        }
    }
}

#[test]
fn it_dials_in_where_the_peers_listen() {
    use std::io::{BufRead, BufReader};
    let mut client = std::process::Command::new(env!("CARGO_BIN_EXE_ringside-bench"))
        .args(["match", "--serve", "--events", "30000", "--users", "100"])
        .args(["--source", "127.0.0.1:0", "--listener", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the client runs");
    let mut line = String::new();
    BufReader::new(client.stdout.as_mut().expect("piped"))
        .read_line(&mut line)
        .expect("a line");
    let words: Vec<&str> = line.split_whitespace().collect();
    let [.., source, _, listener] = words[..] else {
        panic!("no addresses in {line:?}");
    };
    let server = server(2);
    server.dial_match(source.to_owned(), listener.to_owned());
    assert_eq!(client.wait().expect("it ends").code(), Some(0));
}
