//! Waiting rooms and clocks of checkouts over HTTP. Time is moved, never slept.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use http::sale::{Buyer, SECOND, START, concert, event, make, rows, with_room};
use http::{Client, Memory, Options, get, plain};
use ringside::inventory::Micros;
use serde_json::{Value, json};

/// A house with a clock.
struct House {
    client: Memory,
    now: Micros,
}

impl House {
    fn new() -> Self {
        let mut house = Self {
            client: Memory::new(Options::default()),
            now: START,
        };
        house.pass(0.0);
        house
    }

    fn pass(&mut self, seconds: f64) {
        self.now += (seconds * SECOND as f64) as Micros;
        self.client.door.set_now(self.now);
    }

    fn come(&mut self, event: &str) -> Buyer {
        Buyer::come(&mut self.client, event).0
    }

    fn states(&mut self, buyers: &[Buyer]) -> Vec<String> {
        let mut state = |buyer: &Buyer| buyer.state(&mut self.client);
        buyers.iter().map(&mut state).collect()
    }

    fn position(&mut self, buyer: &Buyer) -> Value {
        buyer.look(&mut self.client)["position"].clone()
    }
}

#[test]
fn what_a_checkout_held_is_free_again_when_its_time_is_over_and_no_more() {
    let mut house = House::new();
    let id = make(&mut house.client, &concert());
    let ada = house.come(&id);
    let option = event(&mut house.client, &id)["general"][0]["id"].clone();
    let client = &mut house.client;
    assert_eq!(ada.hold(client, &json!({"seats": [0, 5, 10]})).status, 200);
    let general = json!({"general": {"option": option, "quantity": 4}});
    assert_eq!(ada.hold(client, &general).status, 200);
    assert_eq!(event(client, &id)["available"], 15 - 7);
    let bob = house.come(&id);
    house.pass(599.999);
    let look = ada.look(&mut house.client);
    assert_eq!(
        (&look["state"], look["holds"].as_array().unwrap().len()),
        (&json!("admitted"), 3)
    );
    assert_eq!(look["seconds_left"], 0.001);
    house.pass(0.001);
    let client = &mut house.client;
    let fresh = event(client, &id);
    assert_eq!(
        (&fresh["available"], &fresh["general"][0]["available"]),
        (&json!(15), &json!(4))
    );
    assert_eq!(rows(client, &id), ["....", "....", "..."]);
    for reply in [
        ada.hold(client, &json!({"seats": [1]})),
        ada.release(client, &json!({})),
        ada.extend(client),
        ada.pay(client, "ok"),
        bob.hold(client, &general),
    ] {
        assert_eq!((reply.status, &*reply.code()), (410, "checkout_over"));
    }
    let look = ada.look(client);
    assert_eq!(
        (&look["state"], &look["reason"], &look["holds"]),
        (&json!("ended"), &json!("expired"), &json!([]))
    );
    // Everything can be sold now, and nothing twice.
    let buyers = [house.come(&id), house.come(&id)];
    let client = &mut house.client;
    for (buyer, seats) in buyers
        .iter()
        .zip([[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 10]])
    {
        assert_eq!(buyer.hold(client, &json!({"seats": seats})).status, 200);
        buyer.buy(client);
    }
    assert_eq!(rows(client, &id), ["ssss", "ssss", "sss"]);
    assert_eq!(event(client, &id)["available"], 4);
}

#[test]
fn one_enters_per_second_in_the_order_of_their_coming() {
    let mut house = House::new();
    let id = make(
        &mut house.client,
        &with_room(json!({"admit_per_second": 1})),
    );
    let buyers: Vec<Buyer> = (0..4).map(|_| house.come(&id)).collect();
    assert_eq!(
        house.states(&buyers),
        ["admitted", "queued", "queued", "queued"]
    );
    let last = buyers[3].look(&mut house.client);
    assert_eq!((&last["position"], &last["ahead"]), (&json!(3), &json!(2)));
    assert_eq!(last["wait_seconds"], 3);
    let early = buyers[3].hold(&mut house.client, &json!({"seats": [0]}));
    assert_eq!((early.status, &*early.code()), (403, "not_admitted"));
    assert_eq!(event(&mut house.client, &id)["queue_length"], 3);
    house.pass(1.0);
    assert_eq!(
        house.states(&buyers),
        ["admitted", "admitted", "queued", "queued"]
    );
    assert_eq!(house.position(&buyers[3]), 2);
    buyers[2].leave(&mut house.client);
    assert_eq!(house.position(&buyers[3]), 1);
    house.pass(1.0);
    assert_eq!(
        house.states(&buyers),
        ["admitted", "admitted", "ended", "admitted"]
    );
    assert_eq!(buyers[2].look(&mut house.client)["reason"], "left");
}

#[test]
fn the_next_gets_in_when_somebody_is_done() {
    let mut house = House::new();
    let id = make(&mut house.client, &with_room(json!({"max_active": 1})));
    let buyers: Vec<Buyer> = (0..4).map(|_| house.come(&id)).collect();
    assert_eq!(
        house.states(&buyers),
        ["admitted", "queued", "queued", "queued"]
    );
    assert_eq!(
        buyers[0]
            .hold(&mut house.client, &json!({"seats": [0]}))
            .status,
        200
    );
    buyers[0].buy(&mut house.client);
    assert_eq!(house.states(&buyers[1..]), ["admitted", "queued", "queued"]);
    buyers[1].leave(&mut house.client);
    assert_eq!(house.states(&buyers[2..]), ["admitted", "queued"]);
    for _ in 0..6 {
        house.pass(100.0);
        house.states(&buyers[3..]);
    }
    assert_eq!(house.states(&buyers[2..]), ["ended", "admitted"], "expired");
}

#[test]
fn lots_are_drawn_when_the_doors_open() {
    let mut house = House::new();
    let room = json!({
        "admit_per_second": 1, "order": "shuffle", "opens_at": "2026-11-21T19:01:00+01:00",
    });
    let id = make(&mut house.client, &with_room(room));
    assert_eq!(event(&mut house.client, &id)["state"], "upcoming");
    let early: Vec<Buyer> = (0..20).map(|_| house.come(&id)).collect();
    let look = early[0].look(&mut house.client);
    assert_eq!(
        (&look["state"], look.get("position")),
        (&json!("queued"), None)
    );
    assert!(look["wait_seconds"].as_u64().unwrap() >= 60, "{look}");
    house.pass(60.0);
    assert_eq!(event(&mut house.client, &id)["state"], "open");
    let late = house.come(&id);
    assert_eq!(house.position(&late), 20, "behind all who came before");
    let places: Vec<u64> = early
        .iter()
        .map(|buyer| house.position(buyer).as_u64().unwrap_or(0))
        .collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..20).collect::<Vec<u64>>());
    assert_ne!(places, sorted, "by lot, not by coming");
}

#[test]
fn a_place_that_nobody_looks_at_is_given_up() {
    let mut house = House::new();
    let room = json!({"max_active": 1, "absence_seconds": 30});
    let id = make(&mut house.client, &with_room(room));
    let _inside = house.come(&id);
    let (absent, present) = (house.come(&id), house.come(&id));
    assert_eq!(house.position(&present), 2);
    house.pass(29.0);
    assert_eq!(house.position(&present), 2);
    house.pass(1.0);
    assert_eq!(house.position(&present), 1);
    let look = absent.look(&mut house.client);
    assert_eq!(
        (&look["state"], &look["reason"]),
        (&json!("ended"), &json!("abandoned"))
    );
}

#[test]
fn a_token_keeps_its_place_over_a_reload() {
    let mut house = House::new();
    let id = make(&mut house.client, &with_room(json!({"max_active": 1})));
    let other = make(&mut house.client, &with_room(json!({"max_active": 1})));
    let (ada, bob) = (house.come(&id), house.come(&id));
    let mut again = |event: &str, token: Value| {
        let path = format!("/events/{event}/checkouts");
        let reply = house.client.ask(&plain(&path, &json!({"token": token})));
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["token"].as_str().unwrap().to_owned()
    };
    assert_eq!(again(&id, json!(bob.0)), bob.0, "shown again");
    assert_eq!(again(&id, json!(ada.0)), ada.0);
    for token in [json!(ada.0), json!("forged"), json!(7), Value::Null] {
        let new = again(&other, token);
        assert_ne!(new, ada.0, "of another event, or none at all");
    }
    ada.leave(&mut house.client);
    let path = format!("/events/{id}/checkouts");
    let used = house.client.ask(&plain(&path, &json!({"token": ada.0})));
    assert_ne!(used.json()["token"], json!(ada.0), "it is over");
}

#[test]
fn the_time_can_be_extended_once() {
    let mut house = House::new();
    let mut short = concert();
    short["session_seconds"] = json!(60);
    let id = make(&mut house.client, &short);
    let ada = house.come(&id);
    house.pass(50.0);
    let reply = ada.extend(&mut house.client);
    let extended = reply.json();
    assert_eq!(
        (&extended["seconds_left"], &extended["may_extend"]),
        (&json!(70.0), &json!(false))
    );
    assert_eq!(extended["server_time"], "2026-11-21T18:00:50.000000Z");
    assert_eq!(extended["expires_at"], "2026-11-21T18:02:00.000000Z");
    let again = ada.extend(&mut house.client);
    assert_eq!((again.status, &*again.code()), (409, "already_extended"));
    house.pass(69.0);
    assert_eq!(ada.state(&mut house.client), "admitted");
    house.pass(1.0);
    assert_eq!(ada.state(&mut house.client), "ended");
}

#[test]
fn a_slow_payment_keeps_the_holds_and_settles() {
    let mut house = House::new();
    let mut short = concert();
    short["session_seconds"] = json!(2);
    let id = make(&mut house.client, &short);
    let (ada, bob) = (house.come(&id), house.come(&id));
    let client = &mut house.client;
    ada.hold(client, &json!({"seats": [0, 1]}));
    let paying = ada.pay(client, "slow");
    assert_eq!(
        (paying.status, &paying.json()["state"]),
        (200, &json!("paying"))
    );
    for reply in [
        ada.hold(client, &json!({"seats": [2]})),
        ada.release(client, &json!({})),
        ada.pay(client, "ok"),
    ] {
        assert_eq!((reply.status, &*reply.code()), (409, "paying"));
    }
    house.pass(2.5);
    assert_eq!(
        ada.state(&mut house.client),
        "paying",
        "past its own deadline"
    );
    assert_eq!(bob.state(&mut house.client), "ended");
    house.pass(0.5);
    let done = ada.look(&mut house.client);
    assert_eq!(done["state"], "completed");
    assert_eq!(rows(&mut house.client, &id), ["ss..", "....", "..."]);
    assert_eq!(
        ada.buy(&mut house.client),
        done["booking"].as_str().unwrap()
    );
}

#[test]
fn no_money_is_asked_for_what_is_not_held_any_more() {
    let mut house = House::new();
    let id = make(&mut house.client, &concert());
    let ada = house.come(&id);
    let nothing = ada.pay(&mut house.client, "ok");
    assert_eq!((nothing.status, &*nothing.code()), (409, "nothing_held"));
    ada.hold(&mut house.client, &json!({"seats": [0]}));
    house.pass(600.0);
    let bob = house.come(&id);
    assert_eq!(
        bob.hold(&mut house.client, &json!({"seats": [0]})).status,
        200
    );
    let late = ada.pay(&mut house.client, "ok");
    assert_eq!((late.status, &*late.code()), (410, "checkout_over"));
    bob.buy(&mut house.client);
    assert_eq!(rows(&mut house.client, &id), ["s...", "....", "..."]);
}

#[test]
fn an_operator_pauses_resumes_and_drains() {
    let mut house = House::new();
    let id = make(
        &mut house.client,
        &with_room(json!({"admit_per_second": 1})),
    );
    let ada = house.come(&id);
    let path = format!("/admin/events/{id}/waiting-room");
    let steer = |house: &mut House, body: Value| {
        let reply = house.client.ask(&plain(&path, &body));
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    };
    assert_eq!(
        steer(&mut house, json!({"action": "pause"}))["state"],
        "paused"
    );
    assert_eq!(
        event(&mut house.client, &id)["waiting_room"]["paused"],
        true
    );
    let bob = house.come(&id);
    house.pass(60.0);
    assert_eq!(
        house.states(&[ada.clone(), bob.clone()]),
        ["admitted", "queued"]
    );
    assert_eq!(
        steer(&mut house, json!({"action": "resume"}))["queue_length"],
        0
    );
    assert_eq!(bob.state(&mut house.client), "admitted");
    let knobs = json!({"admit_per_second": 0.5, "max_active": 7});
    let room = steer(&mut house, knobs)["waiting_room"].clone();
    assert_eq!(
        (&room["admit_per_second"], &room["max_active"]),
        (&json!(0.5), &json!(7))
    );
    assert_eq!(
        steer(&mut house, json!({"action": "drain"}))["state"],
        "draining"
    );
    let closed = house
        .client
        .ask(&plain(&format!("/events/{id}/checkouts"), &json!({})));
    assert_eq!(
        (closed.status, &*closed.code()),
        (409, "waiting_room_closed")
    );

    ada.hold(&mut house.client, &json!({"seats": [0, 1]}));
    ada.buy(&mut house.client);
    bob.hold(&mut house.client, &json!({"seats": [4]}));
    house.pass(5.0);
    let all = house.client.ask(&get("/admin/events")).json();
    assert_eq!(all["server_time"], "2026-11-21T18:01:05.000000Z");
    let figures = &all["events"][0];
    let counts = ["sold", "held", "free", "queue_length", "active", "bookings"];
    let counts = counts.map(|name| figures[name].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 12, 0, 1, 1]);
    let sales = figures["sales_per_second"].as_array().unwrap();
    assert_eq!(
        (sales.len(), &sales[54], &sales[59]),
        (60, &json!(2), &json!(0))
    );
}
