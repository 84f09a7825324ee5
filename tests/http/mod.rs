//! What the tests of the HTTP door share: a door to no shards at all, clients,
//! requests and answers.
#![allow(
    dead_code,
    unused_imports,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "each test file uses its own part, and a test fails by panicking"
)]

pub mod client;
pub mod memory;
pub mod message;
pub mod real;
pub mod sale;
pub mod stand_in;

pub use client::Client;
pub use memory::{Memory, Options, settings};
pub use message::{JSON, JSON_API, PROBLEM, Reply, Request, get, plain, post};
pub use real::{Socket, connect, server};
pub use stand_in::StandIn;

use serde_json::{Value, json};

/// Runs a test of requests and answers on a fresh, empty house: one without
/// shards, and servers of one and of three.
pub fn on_each(test: impl Fn(&mut dyn Client)) {
    test(&mut Memory::new(Options::default()));
    for shards in [1, 3] {
        let server = server(shards);
        test(&mut connect(&server));
        server.stop().unwrap();
    }
}

/// An id that nothing has.
pub const NOBODY: &str = "01234567-89ab-7fff-bfff-ffffdeadbeef";

/// A JSON:API document with a new resource.
pub fn document(kind: &str, attributes: Value) -> Value {
    json!({"data": {"type": kind, "attributes": attributes}})
}

/// A JSON:API document that asks for a purchase.
pub fn purchase(option: &str, quantity: Value) -> Value {
    json!({"data": {
        "type": "purchases",
        "attributes": {"quantity": quantity},
        "relationships": {
            "ticket_option": {"data": {"type": "ticket_options", "id": option}},
            "user": {"data": {"type": "users", "id": NOBODY}},
        },
    }})
}

/// A JSON:API document in which a member does something with a ticket.
pub fn by(member: &str) -> Value {
    json!({"data": {
        "type": "tickets",
        "relationships": {"member": {"data": {"type": "members", "id": member}}},
    }})
}

/// Creates something and says its id.
pub fn create(client: &mut dyn Client, path: &str, document: &Value) -> String {
    let reply = client.ask(&post(path, document));
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["data"]["id"].as_str().unwrap().to_owned()
}

pub fn create_option(client: &mut dyn Client, allocation: u64) -> String {
    let attributes = json!({"name": "Floor", "description": "", "allocation": allocation});
    let document = document("ticket_options", attributes);
    create(client, "/ticket_options", &document)
}

pub fn create_member(client: &mut dyn Client, name: &str) -> String {
    create(
        client,
        "/members",
        &document("members", json!({"name": name})),
    )
}

pub fn create_ticket(client: &mut dyn Client, section: &str, row: u32, seat: u32) -> String {
    let attributes = json!({"section": section, "row": row, "seat": seat});
    create(client, "/tickets", &document("tickets", attributes))
}

/// What is left of a ticket option.
pub fn available(client: &mut dyn Client, option: &str) -> u64 {
    let reply = client.ask(&get(&format!("/ticket_options/{option}")));
    reply.json()["data"]["attributes"]["available"]
        .as_u64()
        .unwrap()
}
