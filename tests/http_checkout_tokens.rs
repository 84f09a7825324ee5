//! Who may do what at the sale of events, and in which form.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use http::sale::{Buyer, concert, make};
use http::{Client, JSON_API, Memory, NOBODY, Options, Reply, get, on_each, plain, settings};
use ringside::http::{Settings, Token, TokenSecret};
use ringside::inventory::events::EventBounds;
use serde_json::{Value, json};

#[test]
fn a_token_that_this_server_has_not_signed_opens_nothing() {
    let mut client = Memory::new(Options::default());
    let id = make(&mut client, &concert());
    let (ada, _) = Buyer::come(&mut client, &id);
    let other = TokenSecret::new([8; 32]);
    let mut stranger = Memory::new(Options {
        settings: Settings {
            secret: other,
            ..settings()
        },
        door: client.door.clone(),
        ..Options::default()
    });
    assert_eq!(stranger.ask(&get(&ada.path(""))).code(), "no_such_checkout");
    let mut forged = ada.0.clone().into_bytes();
    forged[40] = if forged[40] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for token in [
        &forged[..],
        &ada.0[..63],
        &format!("{}A", ada.0),
        "x",
        "%00",
    ] {
        let buyer = Buyer(token.to_owned());
        for (method, rest) in [
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/extend"),
            ("POST", "/holds"),
            ("DELETE", "/holds"),
            ("POST", "/complete"),
        ] {
            let request = plain(&buyer.path(rest), &json!({"seats": [0]})).method(method);
            let reply = client.ask(&request);
            let found = (reply.status, &*reply.code());
            assert_eq!(found, (404, "no_such_checkout"), "{method} {rest} {token}");
        }
    }
    assert_eq!(ada.state(&mut client), "admitted");
}

#[test]
fn the_servers_token_guards_what_operators_do() {
    let token = "an operator's own secret".replace(['\'', ' '], "-");
    let mut client = Memory::new(Options {
        settings: Settings {
            token: Some(Token::parse(&token).unwrap()),
            ..settings()
        },
        ..Options::default()
    });
    let bearer = format!("Bearer {token}");
    let guarded = |path: &str, body: &Value| plain(path, body).field("Authorization", &bearer);
    for request in [
        plain("/events", &concert()),
        get("/admin/events"),
        plain(
            &format!("/admin/events/{NOBODY}/waiting-room"),
            &json!({"action": "pause"}),
        ),
    ] {
        let reply = client.ask(&request);
        assert_eq!((reply.status, &*reply.code()), (401, "unauthorized"));
    }
    let made = client.ask(&guarded("/events", &concert()));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let steer = format!("/admin/events/{id}/waiting-room");
    for (body, status, code) in [
        (json!({"action": "stop"}), 422, "unknown_action"),
        (json!({"action": 1}), 422, "unknown_action"),
        (json!({"admit_per_second": -2}), 400, "invalid_attribute"),
        (json!({"max_active": 0.5}), 400, "invalid_attribute"),
    ] {
        let reply = client.ask(&guarded(&steer, &body));
        assert_eq!((reply.status, &*reply.code()), (status, code), "{body}");
    }
    let (ada, _) = Buyer::come(&mut client, &id);
    ada.hold(&mut client, &json!({"seats": [0]}));
    let path = format!("/bookings/{}", ada.buy(&mut client));
    assert_eq!(client.ask(&get(&path)).status, 404);
    let booking = client.ask(&get(&path).field("Authorization", &bearer));
    assert_eq!(
        (booking.status, &booking.json()["name"]),
        (200, &json!("Ada Lovelace"))
    );
}

#[test]
fn the_sale_speaks_plain_json_only() {
    on_each(|client| {
        let typed = plain("/events", &concert()).instead("Content-Type", JSON_API);
        assert_eq!(client.ask(&typed).code(), "unsupported_media_type");
        let form = "application/x-www-form-urlencoded";
        let form = plain("/events", &concert()).instead("Content-Type", form);
        assert_eq!(client.ask(&form).code(), "unsupported_media_type");
        let id = make(client, &concert());
        let path = format!("/events/{id}");
        for accept in ["application/vnd.api+json", "text/html", "*/*"] {
            let reply = client.ask(&get(&path).field("Accept", accept));
            assert_eq!(
                (reply.status, reply.kind()),
                (200, "application/json"),
                "{accept}"
            );
        }
        let wrong = client.ask(&get(&format!("{path}?page=1")));
        assert_eq!((wrong.status, &*wrong.code()), (400, "invalid_parameter"));
        let method = client.ask(&get(&path).method("DELETE"));
        assert_eq!(
            (method.status, method.field("allow")),
            (405, Some("GET, HEAD"))
        );
    });
}

#[test]
fn what_is_full_names_its_setting() {
    let mut client = Memory::new(Options::default());
    client.door.limit_events(EventBounds {
        events: 1,
        seats: 11,
        checkouts: 3,
        bookings: 1,
        payments: 2,
        ..EventBounds::default()
    });
    let full = |reply: &Reply, setting: &str| {
        let found = (reply.status, reply.code(), reply.field("retry-after"));
        assert_eq!(found, (503, "capacity_reached".to_owned(), Some("60")));
        assert!(reply.text().contains(setting), "{}", reply.text());
    };
    let id = make(&mut client, &concert());
    full(&client.ask(&plain("/events", &concert())), "--max-events");
    let buyers: Vec<Buyer> = (0..3).map(|_| Buyer::come(&mut client, &id).0).collect();
    let path = format!("/events/{id}/checkouts");
    full(&client.ask(&plain(&path, &json!({}))), "--max-checkouts");
    for (seat, buyer) in buyers.iter().enumerate() {
        assert_eq!(
            buyer.hold(&mut client, &json!({"seats": [seat]})).status,
            200
        );
    }
    buyers[0].buy(&mut client);
    full(&buyers[1].pay(&mut client, "ok"), "--max-bookings");
    assert_eq!(buyers[1].state(&mut client), "admitted");
    assert_eq!(buyers[1].pay(&mut client, "slow").status, 200);
    full(&buyers[2].pay(&mut client, "ok"), "--max-payments");

    let too_large = " ".repeat((4 << 20) + 1);
    let reply = client.ask(&plain("/events", &concert()).body(too_large));
    assert_eq!((reply.status, &*reply.code()), (413, "body_too_large"));
}
