//! What clients may keep of an event, and what is done once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use http::sale::{Buyer, concert, make};
use http::{Client, Memory, Options, get, on_each, plain};
use serde_json::json;

#[test]
fn a_plan_is_kept_for_ever() {
    on_each(|client| {
        let id = make(client, &concert());
        let path = format!("/events/{id}/plan?v=1");
        let first = client.ask(&get(&path));
        let tag = first.field("etag").unwrap().to_owned();
        assert_eq!(
            first.field("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
        assert_eq!(first.field("vary"), None);
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let again = client.ask(&get(&path).field("If-None-Match", &known));
            assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
            assert_eq!(again.field("etag"), Some(&*tag));
            assert_eq!(again.field("cache-control"), first.field("cache-control"));
        }
        let other = client.ask(&get(&path).field("If-None-Match", "\"x\""));
        assert_eq!((other.status, &other.body), (200, &first.body));
        let head = client.ask(&get(&path).method("HEAD"));
        assert_eq!((head.status, head.field("etag")), (200, Some(&*tag)));
    });
}

#[test]
fn a_seat_map_is_never_older_than_its_tag() {
    on_each(|client| {
        let id = make(client, &concert());
        let path = format!("/events/{id}/seats");
        let (ada, _) = Buyer::come(client, &id);
        let mut tags = Vec::new();
        for seat in 0..8 {
            let map = client.ask(&get(&path));
            assert_eq!(map.json()["version"], seat);
            let rows = map.json()["rows"].to_string();
            assert_eq!(rows.matches('h').count(), seat);
            assert_eq!(map.field("cache-control"), Some("no-cache"));
            let tag = map.field("etag").unwrap().to_owned();
            let again = client.ask(&get(&path).field("If-None-Match", &tag));
            assert_eq!((again.status, again.body.len()), (304, 0));
            assert!(!tags.contains(&tag));
            tags.push(tag.clone());
            ada.hold(client, &json!({"seats": [seat]}));
            let changed = client.ask(&get(&path).field("If-None-Match", &tag));
            assert_eq!(changed.status, 200);
        }
    });
}

#[test]
fn another_life_of_the_server_has_other_tags() {
    let tag = |life: u64| {
        let mut settings = http::settings();
        settings.life = life;
        let mut client = Memory::new(Options {
            settings,
            ..Options::default()
        });
        let id = make(&mut client, &concert());
        let map = client.ask(&get(&format!("/events/{id}/seats")));
        map.field("etag").unwrap().to_owned()
    };
    assert_ne!(tag(1), tag(2));
}

#[test]
fn an_event_is_made_once_for_each_key_however_large_it_is() {
    on_each(|client| {
        let mut large = concert();
        let labels: Vec<String> = (0..12_000).map(|seat| format!("seat {seat}")).collect();
        large["sections"][1]["rows"][0]["seats"] = json!(labels);
        let names = (0..100).map(|it| format!("{it} {}", "standing ".repeat(20)));
        let option = |name| json!({"name": name, "price": 1, "allocation": 2});
        large["general"] = names.map(option).collect();
        for event in [concert(), large] {
            let name = format!("\"{}\"", event["general"].as_array().unwrap().len());
            let request = plain("/events", &event).field("Idempotency-Key", &name);
            let first = client.ask(&request);
            assert_eq!(first.status, 201, "{}", first.text());
            let again = client.ask(&request);
            assert_eq!((again.status, again.json()), (201, first.json()));
            assert_eq!(again.field("location"), first.field("location"));
            assert_eq!(again.field("idempotency-replayed"), Some("true"));
            let mut other = event.clone();
            other["name"] = json!("Another");
            let other = plain("/events", &other).field("Idempotency-Key", &name);
            assert_eq!(client.ask(&other).code(), "idempotency_key_reused");
        }
        let events = client.ask(&get("/events")).json();
        assert_eq!(events["events"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn an_event_that_was_refused_can_be_mended_under_its_key() {
    on_each(|client| {
        let mut wrong = concert();
        wrong["sections"][1]["name"] = json!("Stalls");
        let send = |client: &mut dyn Client, event| {
            client
                .ask(&plain("/events", event).field("Idempotency-Key", "k"))
                .status
        };
        assert_eq!(send(client, &wrong), 422);
        assert_eq!(send(client, &concert()), 201);
    });
}

#[test]
fn events_are_listed_in_pages() {
    on_each(|client| {
        let ids: Vec<String> = (0..5).map(|_| make(client, &concert())).collect();
        let mut seen = Vec::new();
        let mut next = Some("/events?page[size]=2".to_owned());
        while let Some(path) = next {
            let page = client.ask(&get(&path)).json();
            let events = page["events"].as_array().unwrap();
            assert!(events.len() <= 2);
            seen.extend(
                events
                    .iter()
                    .map(|it| it["id"].as_str().unwrap().to_owned()),
            );
            next = page["next"].as_str().map(str::to_owned);
        }
        assert_eq!(seen, ids);
        let all = client.ask(&get("/admin/events")).json();
        assert_eq!(all["events"].as_array().unwrap().len(), 5);
    });
}
