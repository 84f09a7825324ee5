//! Many buyers at once, at real servers; and what a restart keeps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use std::collections::HashMap;
use std::net::SocketAddr;

use http::sale::{Buyer, concert, event, make, rows};
use http::{Client, Memory, Options, Socket, connect, get, plain, server};
use ringside::{Config, Server};
use serde_json::{Value, json};

const BUYERS: usize = 8;

/// Buys at random until nothing is left: what it has booked.
fn shop(address: SocketAddr, event: &str, seed: u64) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut client = Socket::to(address);
    let mut bought = Vec::new();
    for _ in 0..1000 {
        let (buyer, _) = Buyer::come(&mut client, event);
        let wanted = match random.u8(0..3) {
            0 => json!({"best": {"count": random.u32(1..=2)}}),
            _ => json!({"seats": [random.u32(0..96), random.u32(0..96), random.u32(0..96)]}),
        };
        let held = buyer.hold(&mut client, &wanted);
        if held.status == 200 {
            let holds = held.json()["holds"].clone();
            if random.u8(0..4) == 0 {
                buyer.leave(&mut client);
                continue;
            }
            let reference = buyer.buy(&mut client);
            let path = format!("/bookings/{reference}?token={}", buyer.0);
            let booking = client.ask(&get(&path)).json();
            assert_eq!(booking["seats"], holds, "what was held is what is booked");
            let seats = booking["seats"].as_array().unwrap().iter();
            bought.extend(seats.map(|it| it["seat"].as_u64().unwrap()));
        } else {
            assert_eq!(held.status, 409, "{}", held.text());
            let json = held.json();
            if json["available"] == 0 {
                return bought;
            }
            if let Some(gone) = json["seats"].as_array() {
                let asked = wanted["seats"].as_array().unwrap();
                assert!(!gone.is_empty() && gone.iter().all(|seat| asked.contains(seat)));
            }
            buyer.leave(&mut client);
        }
    }
    panic!("the event was never sold out");
}

#[test]
fn no_seat_is_sold_twice_and_none_is_left_over() {
    for shards in [1, 3] {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let server = server(shards);
        let mut client = connect(&server);
        let mut hall = concert();
        hall["sections"] = json!([
            {"name": "Stalls", "price": 100, "template": {"rows": 8, "seats": 12}},
        ]);
        let id = make(&mut client, &hall);
        let address = server.http_addresses()[0];
        let bought: Vec<u64> = std::thread::scope(|scope| {
            let buyers: Vec<_> = (0..BUYERS as u64)
                .map(|number| {
                    let id = &id;
                    scope.spawn(move || shop(address, id, seed ^ number))
                })
                .collect();
            buyers
                .into_iter()
                .flat_map(|it| it.join().unwrap())
                .collect()
        });
        let mut sorted = bought.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..96).collect::<Vec<_>>());
        assert_eq!(rows(&mut client, &id).concat(), "s".repeat(96));
        assert_eq!(event(&mut client, &id)["available"], 4);
        let figures = client.ask(&get("/admin/events")).json()["events"][0].clone();
        assert_eq!(
            (&figures["sold"], &figures["held"]),
            (&json!(96), &json!(0))
        );
        for step in ["hold", "complete"] {
            let latency = &figures["latency"][step];
            assert!(latency["p50_us"].as_u64() > Some(0), "{figures}");
            assert!(latency["p99_us"].as_u64() >= latency["p50_us"].as_u64());
        }
        server.stop().unwrap();
    }
}

/// Answers that wait for other shards: all are asked before any is told.
#[test]
fn of_many_who_ask_at_once_one_has_each_seat() {
    let first = Memory::new(Options::default());
    let mut clients: Vec<Memory> = (0..20).map(|_| first.another()).collect();
    let id = make(&mut clients[0], &concert());
    let buyers: Vec<Buyer> = clients
        .iter_mut()
        .map(|client| Buyer::come(client, &id).0)
        .collect();
    first.door.set_slow(true);
    for (number, (client, buyer)) in clients.iter_mut().zip(&buyers).enumerate() {
        let seats = [number % 5, number % 5 + 1];
        client.send(&plain(&buyer.path("/holds"), &json!({"seats": seats})).bytes());
    }
    first.door.set_slow(false);
    let mut owners = HashMap::new();
    let mut refused = 0;
    for client in &mut clients {
        let reply = client.reply(false);
        if reply.status == 409 {
            assert_eq!(reply.code(), "seats_taken");
            refused += 1;
            continue;
        }
        let json = reply.json();
        for seat in json["holds"].as_array().unwrap() {
            let token = json["token"].to_string();
            let before = owners.insert(seat["seat"].as_u64().unwrap(), token);
            assert_eq!(before, None, "held twice");
        }
    }
    // 0 and 1, 2 and 3, 4 and 5: whoever wanted two of different pairs has none.
    assert_eq!((owners.len(), refused), (6, 17));
    assert_eq!(rows(&mut clients[0], &id).concat(), "hhhhhh.....");
}

fn start(directory: &tempfile::TempDir) -> Server {
    let config = Config {
        seat_port: 0,
        source_port: 0,
        listener_port: 0,
        http_port: 0,
        shards: 2,
        max_connections: 64,
        no_pin: true,
        data_dir: directory.path().to_string_lossy().into_owned(),
        ..Config::default()
    };
    Server::start(&config).unwrap()
}

#[test]
fn tokens_baskets_and_bookings_outlive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory);
    let mut client = connect(&server);
    let id = make(&mut client, &concert());
    let (ada, _) = Buyer::come(&mut client, &id);
    let (bob, _) = Buyer::come(&mut client, &id);
    ada.hold(&mut client, &json!({"seats": [0, 1]}));
    let reference = ada.buy(&mut client);
    bob.hold(&mut client, &json!({"seats": [5]}));
    let tag = |client: &mut Socket| {
        let map = client.ask(&get(&format!("/events/{id}/seats")));
        (map.field("etag").unwrap().to_owned(), map.json())
    };
    let (old_tag, old_map) = tag(&mut client);
    server.stop().unwrap();

    let server = start(&directory);
    let mut client = connect(&server);
    let (new_tag, new_map) = tag(&mut client);
    assert_eq!(new_map, old_map);
    assert_ne!(new_tag, old_tag, "versions may be counted anew");
    let path = format!("/bookings/{reference}?token={}", ada.0);
    assert_eq!(
        client.ask(&get(&path)).json()["reference"],
        Value::from(reference)
    );
    let look = bob.look(&mut client);
    assert_eq!(
        (&look["state"], &look["holds"][0]["seat"]),
        (&json!("admitted"), &json!(5))
    );
    bob.buy(&mut client);
    assert_eq!(rows(&mut client, &id), ["ss..", ".s..", "..."]);
    server.stop().unwrap();
}
