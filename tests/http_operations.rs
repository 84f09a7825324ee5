//! What operators ask, and what guards the door.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use std::collections::BTreeSet;
use std::sync::Arc;

use http::{Client, JSON, Memory, Options, Request, document, get, on_each, plain, post, settings};
use ringside::http::{Clients, Settings, Token};
use ringside::shard::HttpMethod;
use serde_json::{Value, json};

#[test]
fn probes_and_version_answer() {
    on_each(|client| {
        for (path, member) in [
            ("/livez", "status"),
            ("/readyz", "status"),
            ("/version", "version"),
        ] {
            let reply = client.ask(&get(path).field("Accept", "text/html"));
            assert_eq!((reply.status, reply.kind()), (200, JSON), "{path}");
            assert!(reply.json()[member].is_string());
        }
        let page = client.ask(&get("/metrics"));
        assert!(page.kind().starts_with("application/openmetrics-text"));
        assert!(
            page.text()
                .contains("ringside_seats{shard=\"0\",state=\"sold\"} 0")
        );
        let problems = client.ask(&get("/problems")).json();
        for problem in problems.as_array().unwrap() {
            let path = format!("/problems/{}", problem["code"].as_str().unwrap());
            assert_eq!(client.ask(&get(&path)).json(), *problem);
        }
    });
    let mut stopping = Memory::new(Options {
        is_ready: false,
        ..Options::default()
    });
    assert_eq!(stopping.ask(&get("/readyz")).status, 503);
    assert_eq!(stopping.ask(&get("/livez")).status, 200);
}

#[test]
fn the_description_is_valid_and_has_every_route() {
    let mut client = Memory::new(Options::default());
    let text = client.ask(&get("/openapi.json"));
    let spec = oas3::from_json(text.text()).unwrap();
    let operations: BTreeSet<_> = spec
        .operations()
        .map(|(path, method, _)| format!("{method} {path}"))
        .collect();
    let expected: BTreeSet<_> = [
        "POST /ticket_options",
        "GET /ticket_options",
        "GET /ticket_options/{id}",
        "POST /purchases",
        "GET /purchases/{id}",
        "POST /members",
        "GET /members/{id}",
        "POST /tickets",
        "GET /tickets",
        "GET /tickets/{id}",
        "POST /tickets/{id}/hold",
        "POST /tickets/{id}/free",
        "POST /tickets/{id}/purchase",
        "GET /ledger",
        "GET /ledger/balances",
        "POST /events",
        "GET /events",
        "GET /events/{id}",
        "GET /events/{id}/plan",
        "GET /events/{id}/seats",
        "POST /events/{id}/checkouts",
        "GET /checkouts/{token}",
        "DELETE /checkouts/{token}",
        "POST /checkouts/{token}/extend",
        "POST /checkouts/{token}/holds",
        "DELETE /checkouts/{token}/holds",
        "DELETE /checkouts/{token}/payment",
        "POST /webhooks/payments/{provider}",
        "POST /checkouts/{token}/complete",
        "GET /bookings/{reference}",
        "GET /bookings/{reference}/qr.svg",
        "GET /events/{id}/live",
        "GET /admin/events",
        "POST /admin/events/{id}/waiting-room",
        "GET /livez",
        "GET /readyz",
        "GET /version",
        "GET /metrics",
        "GET /openapi.json",
        "GET /problems",
        "GET /problems/{code}",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(operations, expected);
    // Described is what is served: nothing described is unknown to the router.
    for operation in &operations {
        let (method, path) = operation.split_once(' ').unwrap();
        let request = get(&path
            .replace("{id}", http::NOBODY)
            .replace("{code}", "not_found"))
        .method(method);
        let reply = client.ask(&request.body(""));
        assert!(reply.status != 405, "{operation}");
        assert!(
            reply.status != 404
                || reply.text().contains("this id")
                || reply.text().contains("no_such_"),
            "{operation}: {}",
            reply.text()
        );
    }
    let json = text.json();
    let mut references = Vec::new();
    collect_references(&json, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(json.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect_references(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "$ref" {
                    found.push(value.as_str().unwrap().to_owned());
                }
                collect_references(value, found);
            }
        }
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

#[test]
fn the_token_guards_inventory_and_books_and_nothing_else() {
    let secret = "a-long-secret-for-tests";
    let mut client = Memory::new(Options {
        settings: Settings {
            token: Some(Token::parse(secret).unwrap()),
            ..settings()
        },
        ..Options::default()
    });
    let option = document("ticket_options", json!({"name": "a", "allocation": 1}));
    let guarded = || -> [(Request, u16); 4] {
        [
            (post("/ticket_options", &option), 201),
            (
                plain("/tickets", &json!({"section": "A", "row": 1, "seat": 1})),
                201,
            ),
            (get("/ledger"), 200),
            (get("/ledger/balances"), 200),
        ]
    };
    for authorization in [None, Some("Bearer wrong-wrong-wrong"), Some("Basic YTpi")] {
        for (request, _) in guarded() {
            let request = match authorization {
                Some(value) => request.field("Authorization", value),
                None => request,
            };
            let reply = client.ask(&request);
            assert_eq!((reply.status, reply.code().as_str()), (401, "unauthorized"));
            assert!(
                reply
                    .field("www-authenticate")
                    .unwrap()
                    .starts_with("Bearer")
            );
            assert!(!reply.text().contains(secret));
        }
    }
    for (request, status) in guarded() {
        let reply = client.ask(&request.field("Authorization", &format!("Bearer {secret}")));
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    for path in ["/ticket_options", "/tickets", "/metrics", "/readyz"] {
        assert_eq!(client.ask(&get(path)).status, 200, "{path}");
    }
    assert_eq!(
        client
            .ask(&plain("/members", &json!({"name": "Ada"})))
            .status,
        201
    );
}

#[test]
fn clients_that_ask_too_often_are_told_when_to_come_again() {
    let clients = Arc::new(Clients::new(3, 1));
    let mut client = Memory::new(Options {
        clients: Some(clients),
        ..Options::default()
    });
    client.door.set_now(1_000_000);
    for left in [2, 1, 0] {
        let reply = client.ask(&get("/ticket_options"));
        assert_eq!(reply.status, 200);
        assert_eq!(reply.field("ratelimit-policy"), Some("\"address\";q=3;w=1"));
        assert_eq!(
            reply.field("ratelimit"),
            Some(format!("\"address\";r={left};t=1").as_str())
        );
    }
    let mut another = client.another();
    for client in [&mut client, &mut another] {
        let reply = client.ask(&get("/ticket_options"));
        assert_eq!((reply.status, reply.code().as_str()), (429, "rate_limited"));
        assert_eq!(reply.field("retry-after"), Some("1"));
        assert_eq!(
            client.ask(&get("/readyz")).status,
            200,
            "probes are not limited"
        );
    }
    client.door.set_now(2_000_000);
    assert_eq!(client.ask(&get("/ticket_options")).status, 200);
    let counters = client.counters.borrow();
    let gets = |class: usize| counters.requests.get(HttpMethod::Get as usize, class - 1);
    assert_eq!((gets(2), gets(4), counters.requests.sum()), (6, 2, 8));
    assert_eq!(counters.rate_limited, 2);
}
