//! Events and their sale, as the tests of the HTTP door ask for them.

use ringside::inventory::Micros;
use serde_json::{Value, json};

use super::client::Client;
use super::message::{JSON, Reply, get, plain};

pub const SECOND: Micros = 1_000_000;

/// Where the clock of tests without shards stands at first: 2026-11-21T18:00Z.
pub const START: Micros = 1_795_284_000 * SECOND;

/// Stalls: A 1-4, B 1-4 at 50.00; Balcony: three seats with labels of their own
/// at 30.00; four standing places at 20.00.
pub fn concert() -> Value {
    json!({
        "name": "Night of the Bells",
        "description": "With the town's own choir.",
        "date": "2027-05-01T20:00:00+02:00",
        "venue": "Old Town Hall",
        "currency": "EUR",
        "sections": [
            {"name": "Stalls", "price": 5000, "template": {"rows": 2, "seats": 4}},
            {"name": "Balcony", "price": 3000, "rows": [{"label": "1", "seats": ["2", "4", "6"]}]},
        ],
        "general": [{"name": "Standing", "price": 2000, "allocation": 4}],
    })
}

/// The concert with a waiting room.
pub fn with_room(room: Value) -> Value {
    let mut event = concert();
    event["waiting_room"] = room;
    event
}

/// Makes an event and says its id.
pub fn make(client: &mut dyn Client, event: &Value) -> String {
    let reply = client.ask(&plain("/events", event));
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// What an event is now.
pub fn event(client: &mut dyn Client, id: &str) -> Value {
    read(client, &format!("/events/{id}"))
}

/// The seats of an event, row by row.
pub fn rows(client: &mut dyn Client, id: &str) -> Vec<String> {
    let map = read(client, &format!("/events/{id}/seats"));
    let rows = map["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row.as_str().unwrap().to_owned())
        .collect()
}

fn read(client: &mut dyn Client, path: &str) -> Value {
    let reply = client.ask(&get(path));
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()
}

/// A buyer: the token of a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer(pub String);

impl Buyer {
    /// Enters the waiting room of an event.
    pub fn come(client: &mut dyn Client, event: &str) -> (Self, Value) {
        let reply = client.ask(&plain(&format!("/events/{event}/checkouts"), &json!({})));
        assert_eq!(reply.status, 201, "{}", reply.text());
        let checkout = reply.json();
        let token = checkout["token"].as_str().unwrap().to_owned();
        (Self(token), checkout)
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/checkouts/{}{rest}", self.0)
    }

    pub fn look(&self, client: &mut dyn Client) -> Value {
        read(client, &self.path(""))
    }

    /// Whether it waits, shops, pays, and so on.
    pub fn state(&self, client: &mut dyn Client) -> String {
        self.look(client)["state"].as_str().unwrap().to_owned()
    }

    pub fn hold(&self, client: &mut dyn Client, what: &Value) -> Reply {
        client.ask(&plain(&self.path("/holds"), what))
    }

    pub fn release(&self, client: &mut dyn Client, what: &Value) -> Reply {
        client.ask(&plain(&self.path("/holds"), what).method("DELETE"))
    }

    pub fn extend(&self, client: &mut dyn Client) -> Reply {
        client.ask(&get(&self.path("/extend")).method("POST"))
    }

    pub fn leave(&self, client: &mut dyn Client) {
        let reply = client.ask(&get(&self.path("")).method("DELETE"));
        assert_eq!((reply.status, reply.body.len()), (204, 0));
    }

    /// Pays with a card of the test provider.
    pub fn pay(&self, client: &mut dyn Client, card: &str) -> Reply {
        let payment = json!({
            "payment": {"provider": "test", "card": card},
            "name": "Ada Lovelace",
            "email": "ada@example.org",
        });
        client.ask(&plain(&self.path("/complete"), &payment))
    }

    /// Pays, and says the booking's reference.
    pub fn buy(&self, client: &mut dyn Client) -> String {
        let reply = self.pay(client, "ok");
        assert_eq!(
            (reply.status, reply.kind()),
            (200, JSON),
            "{}",
            reply.text()
        );
        let checkout = reply.json();
        assert_eq!(checkout["state"], "completed");
        checkout["booking"].as_str().unwrap().to_owned()
    }
}
