//! Ringside itself passes the harness and the load's checks, on one shard and
//! on several.

mod support;

use ringside::{Config, Server};

use support::client::{self, Run};

fn run(command: &str, shards: u16, more: &[&str]) -> Run {
    let server = Server::start(&Config {
        seat_port: 0,
        shards,
        no_pin: true,
        max_connections: 512,
        ..Config::default()
    })
    .expect("the server starts");
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
