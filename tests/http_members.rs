//! Members, tickets, the ledger and idempotency keys over HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use std::time::Duration;

use http::{
    Client, Memory, NOBODY, Options, Reply, Request, by, create_member, create_option,
    create_ticket, document, get, on_each, plain, post, purchase, settings,
};
use serde_json::{Value, json};

fn act(client: &mut dyn Client, ticket: &str, step: &str, member: &str) -> Reply {
    client.ask(&post(&format!("/tickets/{ticket}/{step}"), &by(member)))
}

#[test]
fn a_ticket_goes_its_way_and_no_other() {
    on_each(|client| {
        let ticket = create_ticket(client, "A", 1, 2);
        let (ada, bob) = (create_member(client, "Ada"), create_member(client, "Bob"));
        let moves = [
            ("free", &ada, 409, "ticket_not_held"),
            ("purchase", &ada, 409, "ticket_not_held"),
            ("hold", &ada, 200, "held"),
            ("hold", &bob, 409, "ticket_held"),
            ("hold", &ada, 409, "ticket_held"),
            ("free", &bob, 409, "not_holder"),
            ("purchase", &bob, 409, "not_holder"),
            ("free", &ada, 200, "free"),
            ("hold", &bob, 200, "held"),
            ("purchase", &bob, 200, "purchased"),
            ("hold", &ada, 409, "ticket_purchased"),
            ("free", &bob, 409, "ticket_purchased"),
            ("purchase", &bob, 409, "ticket_purchased"),
        ];
        for (step, member, status, word) in moves {
            let reply = act(client, &ticket, step, member);
            assert_eq!(reply.status, status, "{step}: {}", reply.text());
            if status == 200 {
                let json = reply.json();
                assert_eq!(json["data"]["attributes"]["state"], word);
                let owner = &json["data"]["relationships"]["member"]["data"];
                let expected = if word == "free" {
                    Value::Null
                } else {
                    json!(member)
                };
                assert_eq!(owner.get("id").cloned().unwrap_or_default(), expected);
            } else {
                assert_eq!(reply.code(), word);
            }
        }
        let shown = client.ask(&get(&format!("/members/{bob}"))).json();
        let tickets = &shown["data"]["relationships"]["tickets"];
        assert_eq!(tickets["data"], json!([{"type": "tickets", "id": ticket}]));
        assert_eq!(shown["included"][0]["attributes"]["section"], "A");
        let related = tickets["links"]["related"].as_str().unwrap();
        assert_eq!(
            client.ask(&get(related)).json()["data"][0]["id"],
            ticket.as_str()
        );
    });
}

#[test]
fn tickets_are_made_one_by_one_or_by_the_range() {
    on_each(|client| {
        let range =
            json!({"section": "B &", "rows": {"from": 1, "to": 3}, "seats": {"from": 5, "to": 6}});
        let made = client.ask(&post("/tickets", &document("tickets", range)));
        assert_eq!(made.status, 201, "{}", made.text());
        let json = made.json();
        assert_eq!(json["meta"]["created"], 6);
        assert_eq!(made.field("location"), None);
        let list = client.ask(&get(json["links"]["related"].as_str().unwrap()));
        let list = list.json();
        let places: Vec<_> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    one["attributes"]["row"].as_u64().unwrap(),
                    one["attributes"]["seat"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(places, [(1, 5), (1, 6), (2, 5), (2, 6), (3, 5), (3, 6)]);
        assert_eq!(list["data"][0]["id"], json["meta"]["first"]);

        let again = json!({"section": "B &", "row": 3, "seat": 6});
        let again = client.ask(&plain("/tickets", &again));
        assert_eq!(
            (again.status, again.code().as_str()),
            (409, "ticket_exists")
        );
        let number = client.ask(&plain(
            "/tickets",
            &json!({"section": 7, "row": 1, "seat": 1}),
        ));
        assert_eq!(number.json()["data"]["attributes"]["section"], "7");
        for (filter, count) in [("state]=free", 7), ("section]=7", 1), ("state]=held", 0)] {
            let list = client
                .ask(&get(&format!("/tickets?filter[{filter}")))
                .json();
            assert_eq!(list["data"].as_array().unwrap().len(), count, "{filter}");
        }
        for (attributes, place) in [
            (json!({"row": 1, "seat": 1}), "#/section"),
            (json!({"section": "", "row": 1, "seat": 1}), "#/section"),
            (json!({"section": "C", "seat": 1}), "#/row"),
            (json!({"section": "C", "row": 0, "seat": 1}), "#/row"),
            (
                json!({"section": "C", "row": 1, "seat": 4_294_967_296_u64}),
                "#/seat",
            ),
            (
                json!({"section": "C", "row": 1, "rows": {"from": 1, "to": 2}, "seat": 1}),
                "#/rows",
            ),
            (
                json!({"section": "C", "rows": {"from": 2, "to": 1}, "seat": 1}),
                "#/rows",
            ),
            (
                json!({"section": "C", "rows": {"from": 2}, "seat": 1}),
                "#/rows/to",
            ),
            (json!({"section": "C", "rows": [1], "seat": 1}), "#/rows"),
            (
                json!({"section": "C", "rows": {"from": 1, "to": 4_000_000_000_u32}, "seat": 1}),
                "#/seat",
            ),
        ] {
            let reply = client.ask(&plain("/tickets", &attributes));
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "invalid_attribute"),
                "{attributes}"
            );
            assert_eq!(reply.place(), place, "{attributes}");
        }
    });
}

#[test]
fn who_moves_a_ticket_is_named_in_any_of_three_ways() {
    on_each(|client| {
        let ticket = create_ticket(client, "A", 1, 1);
        let ada = create_member(client, "Ada");
        let hold = format!("/tickets/{ticket}/hold");
        let attribute = document("tickets", json!({"member": ada, "seconds": 5}));
        for request in [
            plain(&hold, &json!({"member": ada})),
            post(&hold, &attribute),
            post(&hold, &by(&ada)),
        ] {
            let reply = client.ask(&request);
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(act(client, &ticket, "free", &ada).status, 200);
        }
        let mut with_id = by(&ada);
        with_id["data"]["id"] = json!(ticket);
        assert_eq!(client.ask(&post(&hold, &with_id)).status, 200);
        with_id["data"]["id"] = json!(NOBODY);
        assert_eq!(client.ask(&post(&hold, &with_id)).status, 409);
        assert_eq!(act(client, &ticket, "free", &ada).status, 200);
        for (request, status, code) in [
            (plain(&hold, &json!({})), 400, "invalid_relationship"),
            (
                plain(&hold, &json!({"member": "x"})),
                400,
                "invalid_relationship",
            ),
            (
                plain(&hold, &json!({"member": NOBODY})),
                404,
                "related_not_found",
            ),
            (
                plain(&hold, &json!({"member": ada, "seconds": 0})),
                400,
                "invalid_attribute",
            ),
            (
                plain(&format!("/tickets/{NOBODY}/hold"), &json!({"member": ada})),
                404,
                "not_found",
            ),
        ] {
            let reply = client.ask(&request);
            assert_eq!((reply.status, reply.code().as_str()), (status, code));
        }
    });
}

#[test]
fn holds_end_when_they_were_said_to() {
    let options = Options {
        settings: ringside::http::Settings {
            hold_time: Some(Duration::from_secs(60)),
            ..settings()
        },
        ..Options::default()
    };
    let mut client = Memory::new(options);
    client.door.set_now(1_000_000);
    let ticket = create_ticket(&mut client, "A", 1, 1);
    let (ada, bob) = (
        create_member(&mut client, "Ada"),
        create_member(&mut client, "Bob"),
    );
    let held = act(&mut client, &ticket, "hold", &ada).json();
    assert_eq!(
        held["data"]["attributes"]["held_until"],
        "1970-01-01T00:01:01.000000Z"
    );
    client.door.set_now(61_000_000);
    let request = plain(
        &format!("/tickets/{ticket}/hold"),
        &json!({"member": bob, "seconds": 2}),
    );
    let held = client.ask(&request).json();
    assert_eq!(
        held["data"]["attributes"]["held_until"],
        "1970-01-01T00:01:03.000000Z"
    );
}

#[test]
fn the_ledger_tells_what_moved_and_balances() {
    on_each(|client| {
        let option = create_option(client, 5);
        let other = create_option(client, 7);
        client.ask(&post("/purchases", &purchase(&option, json!(3))));
        let path = format!("/ledger?filter[ticket_option]={option}");
        let entries = client.ask(&get(&path)).json();
        let reasons: Vec<_> = entries["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["attributes"]["reason"])
            .collect();
        assert_eq!(reasons, ["created", "purchased"]);
        let sale = &entries["data"][1];
        assert_eq!(
            sale["attributes"]["debit"],
            json!({"book": "available", "member": null})
        );
        assert_eq!(
            sale["attributes"]["credit"],
            json!({"book": "sold", "member": NOBODY})
        );
        assert_eq!(
            sale["relationships"]["subject"]["data"]["id"],
            option.as_str()
        );
        let page = client.ask(&get(&format!("{path}&page[size]=1"))).json();
        let next = client
            .ask(&get(page["links"]["next"].as_str().unwrap()))
            .json();
        assert_eq!(next["data"][0], *sale);
        let balances = client.ask(&get("/ledger/balances")).json();
        assert_eq!(balances["meta"]["sum"], 0);
        let of_other = client
            .ask(&get(&format!(
                "/ledger/balances?filter[ticket_option]={other}"
            )))
            .json();
        let books: Vec<_> = of_other["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["attributes"])
            .filter(|one| one["quantity"] != 0)
            .collect();
        assert_eq!(
            books,
            [
                &json!({"book": "issued", "quantity": -7}),
                &json!({"book": "available", "quantity": 7})
            ]
        );
        client.ask(&post("/purchases", &purchase(&option, json!(2))));
        client.ask(&post("/purchases", &purchase(&other, json!(6))));
        for (filter, quantity) in [
            (String::new(), 11),
            (format!("&filter[ticket_option]={option}"), 5),
            (format!("&filter[ticket_option]={other}"), 6),
        ] {
            let path = format!("/ledger/balances?filter[member]={NOBODY}{filter}");
            let balances = client.ask(&get(&path)).json();
            let sold = json!({"book": "sold", "quantity": quantity});
            assert_eq!(balances["data"].as_array().unwrap().len(), 1, "{balances}");
            let found = &balances["data"][0]["attributes"];
            assert_eq!(
                (&found["book"], &found["quantity"]),
                (&sold["book"], &sold["quantity"])
            );
        }
        assert_eq!(
            client.ask(&get("/ledger?filter[ticket]=x")).place(),
            "filter[ticket]"
        );
    });
}

fn keyed(request: Request, key: &str) -> Request {
    request.field("Idempotency-Key", key)
}

#[test]
fn a_key_does_it_once() {
    on_each(|client| {
        let option = create_option(client, 5);
        let request = keyed(post("/purchases", &purchase(&option, json!(2))), "k-1");
        let first = client.ask(&request);
        assert_eq!(
            (first.status, first.field("idempotency-replayed")),
            (201, None)
        );
        for key in ["k-1", "\"k-1\""] {
            let again = client.ask(&request.clone().instead("Idempotency-Key", key));
            assert_eq!((again.status, &again.body), (201, &first.body));
            assert_eq!(again.field("idempotency-replayed"), Some("true"));
            assert_eq!(again.field("location"), first.field("location"));
            assert_eq!(again.kind(), first.kind());
        }
        assert_eq!(http::available(client, &option), 3);
        for other in [
            keyed(post("/purchases", &purchase(&option, json!(1))), "k-1"),
            keyed(plain("/members", &json!({"name": "Ada"})), "k-1"),
        ] {
            let reply = client.ask(&other);
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (422, "idempotency_key_reused")
            );
        }
        // What the rules refuse is an answer like any other.
        let request = keyed(post("/purchases", &purchase(&option, json!(9))), "k-2");
        let refused = client.ask(&request);
        let again = client.ask(&request);
        assert_eq!((again.status, &again.body), (400, &refused.body));
        assert_eq!(again.field("idempotency-replayed"), Some("true"));
        // What was not valid may be corrected under the same key.
        let wrong = keyed(post("/purchases", &purchase(&option, json!(0))), "k-3");
        assert_eq!(client.ask(&wrong).status, 400);
        let right = keyed(post("/purchases", &purchase(&option, json!(1))), "k-3");
        assert_eq!(client.ask(&right).status, 201);
        for key in ["", "a b", "\"", &"x".repeat(256)] {
            let reply = client.ask(&keyed(
                post("/purchases", &purchase(&option, json!(1))),
                key,
            ));
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "invalid_idempotency_key")
            );
        }
        assert_eq!(http::available(client, &option), 2);
    });
}

#[test]
fn every_post_takes_a_key() {
    on_each(|client| {
        let ada = create_member(client, "Ada");
        let ticket = create_ticket(client, "Z", 1, 1);
        let option = create_option(client, 1);
        let long = "\"".repeat(4096);
        for (number, (path, body)) in [
            (
                "/ticket_options".to_owned(),
                json!({"name": "a", "allocation": 1}),
            ),
            (
                "/ticket_options".to_owned(),
                json!({"name": long, "description": long, "allocation": 1}),
            ),
            ("/members".to_owned(), json!({"name": "a"})),
            ("/members".to_owned(), json!({"name": "\u{1}".repeat(4096)})),
            (
                "/tickets".to_owned(),
                json!({"section": "A", "row": 1, "seat": 1}),
            ),
            (
                "/tickets".to_owned(),
                json!({"section": "A", "row": 2, "seats": {"from": 1, "to": 3}}),
            ),
            (
                "/tickets".to_owned(),
                json!({"section": "ü".repeat(2048), "row": 2, "seats": {"from": 1, "to": 3}}),
            ),
            (
                "/purchases".to_owned(),
                json!({"quantity": 1, "ticket_option": option, "user": ada}),
            ),
            (format!("/tickets/{ticket}/hold"), json!({"member": ada})),
            (format!("/tickets/{ticket}/free"), json!({"member": ada})),
            (format!("/tickets/{ticket}/hold"), json!({"member": ada})),
            (
                format!("/tickets/{ticket}/purchase"),
                json!({"member": ada}),
            ),
            (format!("/tickets/{ticket}/free"), json!({"member": ada})),
        ]
        .into_iter()
        .enumerate()
        {
            let request = keyed(plain(&path, &body), &format!("post-{number}"));
            let (first, again) = (client.ask(&request), client.ask(&request));
            assert_eq!(
                (first.status, &first.body),
                (again.status, &again.body),
                "{path}"
            );
            assert_eq!(first.kind(), again.kind());
            assert_eq!(first.field("location"), again.field("location"));
            assert_eq!(again.field("idempotency-replayed"), Some("true"), "{path}");
        }
    });
}

#[test]
fn a_request_under_way_is_not_begun_again() {
    let mut one = Memory::new(Options::default());
    let mut other = one.another();
    let option = create_option(&mut one, 5);
    let request = keyed(post("/purchases", &purchase(&option, json!(1))), "k");
    one.door.set_slow(true);
    one.send(&request.bytes());
    assert!(one.conversation.is_waiting() && one.try_reply(false).is_none());
    other.send(&request.bytes());
    let woken = one.wakes();
    one.door.set_slow(false);
    assert!(one.wakes() > woken, "the owner is told to poll");
    let second = other.reply(false);
    assert_eq!(
        (second.status, second.code().as_str()),
        (409, "idempotency_key_in_flight")
    );
    assert_eq!(one.reply(false).status, 201);
    assert!(!one.conversation.is_waiting());
    assert_eq!(one.door.purchases(), 1);
}

#[test]
fn a_request_that_a_crash_has_cut_off_is_finished_and_not_done_again() {
    let mut client = Memory::new(Options::default());
    let option = create_option(&mut client, 5);
    let (ada, ticket) = (
        create_member(&mut client, "Ada"),
        create_ticket(&mut client, "A", 1, 1),
    );
    for (number, (path, body)) in [
        (
            "/purchases".to_owned(),
            json!({"quantity": 1, "ticket_option": option, "user": ada}),
        ),
        (format!("/tickets/{ticket}/hold"), json!({"member": ada})),
        (
            format!("/tickets/{ticket}/purchase"),
            json!({"member": ada}),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let request = keyed(plain(&path, &body), &format!("cut-{number}"));
        let first = client.ask(&request);
        client.door.restart(true);
        let again = client.ask(&request);
        assert_eq!(
            (again.status, &again.body),
            (first.status, &first.body),
            "{path}"
        );
    }
    assert_eq!(client.door.purchases(), 1);
}

#[test]
fn a_failure_that_may_pass_leaves_the_key_free() {
    let mut client = Memory::new(Options::default());
    let body =
        json!({"section": "A", "rows": {"from": 1, "to": 200}, "seats": {"from": 1, "to": 200}});
    let request = keyed(plain("/tickets", &body), "k");
    assert_eq!(client.ask(&request).status, 400, "too many at once");
    assert_eq!(client.door.asked(), ["Claim", "Abandon"]);
    let request = keyed(
        plain("/tickets", &json!({"section": "A", "row": 1, "seat": 1})),
        "k",
    );
    assert_eq!(client.ask(&request).status, 201);
    assert_eq!(client.door.asked(), ["Claim", "CreateTickets", "Settle"]);
}
