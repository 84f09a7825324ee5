//! What is refused at the sale of events, in words and with its place.

#![allow(
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a table of cases is long, and a test fails by panicking"
)]

mod http;

use http::sale::{Buyer, concert, event, make, rows};
use http::{NOBODY, get, on_each, plain};
use serde_json::{Value, json};

/// The concert with one member in place of another, by its JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut event = concert();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap();
    match name.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[name] = value,
    }
    event
}

#[test]
fn an_event_that_cannot_be_is_refused_with_the_place_of_each_mistake() {
    let long = |bytes: usize| json!("é".repeat(bytes / 2) + "x");
    let row = |label: Value, seats: Value| json!([{"label": label, "seats": seats}]);
    let cases = [
        ("/name", json!(" "), "/name"),
        ("/name", json!(7), "/name"),
        ("/name", Value::Null, "/name"),
        ("/name", long(512), "/name"),
        ("/description", long(4096), "/description"),
        ("/date", json!("tomorrow"), "/date"),
        ("/date", json!("2027-02-30T20:00:00Z"), "/date"),
        ("/venue", long(512), "/venue"),
        ("/currency", json!("eur"), "/currency"),
        ("/currency", json!("EURO"), "/currency"),
        ("/session_seconds", json!(0), "/session_seconds"),
        ("/session_seconds", json!(86_401), "/session_seconds"),
        ("/max_tickets", json!(0), "/max_tickets"),
        ("/max_tickets", json!(101), "/max_tickets"),
        ("/max_tickets", json!(1.5), "/max_tickets"),
        ("/sections", json!({}), "/sections"),
        ("/sections", json!(vec![0; 501]), "/sections"),
        ("/sections/1", json!("x"), "/sections/1"),
        ("/sections/1/name", json!("Stalls"), "/sections/1/name"),
        ("/sections/1/name", json!(""), "/sections/1/name"),
        ("/sections/0/price", json!(-1), "/sections/0/price"),
        ("/sections/0/price", json!(10.5), "/sections/0/price"),
        (
            "/sections/0/price",
            json!(1_000_000_000_001_u64),
            "/sections/0/price",
        ),
        ("/sections/0/template", Value::Null, "/sections/0/rows"),
        ("/sections/0/template", json!(7), "/sections/0/template"),
        (
            "/sections/0/template/rows",
            json!(0),
            "/sections/0/template/rows",
        ),
        (
            "/sections/0/template/seats",
            json!("4"),
            "/sections/0/template/seats",
        ),
        (
            "/sections/0/template/seats",
            json!(1_000_000_000),
            "/sections",
        ),
        ("/sections/1/rows", json!([]), "/sections/1/rows"),
        ("/sections/1/rows", json!([[]]), "/sections/1/rows/0"),
        (
            "/sections/1/rows/0/label",
            json!(""),
            "/sections/1/rows/0/label",
        ),
        (
            "/sections/1/rows/0/label",
            long(64),
            "/sections/1/rows/0/label",
        ),
        (
            "/sections/1/rows/0/seats",
            json!(0),
            "/sections/1/rows/0/seats",
        ),
        (
            "/sections/1/rows/0/seats",
            json!([]),
            "/sections/1/rows/0/seats",
        ),
        (
            "/sections/1/rows/0/seats",
            json!("ten"),
            "/sections/1/rows/0/seats",
        ),
        (
            "/sections/1/rows/0/seats/1",
            json!({}),
            "/sections/1/rows/0/seats/1",
        ),
        (
            "/sections/1/rows/0/seats/2",
            json!("2"),
            "/sections/1/rows/0/seats/2",
        ),
        (
            "/sections/1/rows/0/seats/0",
            long(64),
            "/sections/1/rows/0/seats/0",
        ),
        (
            "/sections/0/rows",
            row(json!("A"), json!(1)),
            "/sections/0/rows",
        ),
        ("/general/0", json!(1), "/general/0"),
        ("/general/0/name", json!(""), "/general/0/name"),
        ("/general/0/price", Value::Null, "/general/0/price"),
        ("/general/0/allocation", json!(0), "/general/0/allocation"),
        (
            "/general/0/allocation",
            json!(4_294_967_296_u64),
            "/general/0/allocation",
        ),
        ("/general", json!(vec![0; 101]), "/general"),
        ("/waiting_room", json!([]), "/waiting_room"),
        (
            "/waiting_room",
            json!({"admit_per_second": -1}),
            "/waiting_room/admit_per_second",
        ),
        (
            "/waiting_room",
            json!({"admit_per_second": "1"}),
            "/waiting_room/admit_per_second",
        ),
        (
            "/waiting_room",
            json!({"admit_per_second": 1e-4}),
            "/waiting_room/admit_per_second",
        ),
        (
            "/waiting_room",
            json!({"max_active": -1}),
            "/waiting_room/max_active",
        ),
        (
            "/waiting_room",
            json!({"opens_at": "noon"}),
            "/waiting_room/opens_at",
        ),
        (
            "/waiting_room",
            json!({"opens_at": 12}),
            "/waiting_room/opens_at",
        ),
        (
            "/waiting_room",
            json!({"order": "lifo"}),
            "/waiting_room/order",
        ),
        (
            "/waiting_room",
            json!({"absence_seconds": 0}),
            "/waiting_room/absence_seconds",
        ),
    ];
    on_each(|client| {
        for (pointer, value, place) in &cases {
            let reply = client.ask(&plain("/events", &with(pointer, value.clone())));
            let found = (reply.status, reply.code(), reply.place());
            let expected = (422, "invalid_event".to_owned(), format!("#{place}"));
            assert_eq!(found, expected, "{pointer} {}", reply.text());
            let detail = reply.json()["detail"].as_str().unwrap().to_owned();
            let name = place.rsplit('/').find(|part| part.parse::<u32>().is_err());
            assert!(detail.starts_with(name.unwrap()), "{detail}");
        }
        let several = client.ask(&plain(
            "/events",
            &json!({"sections": [{}], "max_tickets": "8"}),
        ));
        let json = several.json();
        let errors = json["errors"].as_array().unwrap().iter();
        let places: Vec<_> = errors.map(|it| it["pointer"].as_str().unwrap()).collect();
        let expected = [
            "#/name",
            "#/date",
            "#/sections/0/name",
            "#/sections/0/price",
            "#/sections/0/rows",
            "#/max_tickets",
        ];
        assert_eq!(places, expected);
        let many = json!({"sections": vec![json!({}); 300]});
        let told = client.ask(&plain("/events", &many)).json();
        assert_eq!(told["errors"].as_array().unwrap().len(), 20);
        for (body, code) in [
            ("", "invalid_json"),
            ("{", "invalid_json"),
            ("[]", "invalid_document"),
        ] {
            let reply = client.ask(&plain("/events", &json!({})).body(body));
            assert_eq!((reply.status, &*reply.code()), (400, code), "{body}");
        }
        assert_eq!(client.ask(&get("/events")).json(), json!({"events": []}));
    });
}

#[test]
fn what_is_at_a_bound_can_be() {
    on_each(|client| {
        let mut event = concert();
        event["name"] = json!("é".repeat(256));
        event["description"] = json!("日本".repeat(682));
        event["max_tickets"] = json!(100);
        event["session_seconds"] = json!(86_400);
        event["sections"][1]["rows"][0] = json!({
            "label": "\u{1F3AD} \"Loge\" \\ \t", "seats": ["☆".repeat(21), 7, "\u{1}"],
        });
        event["sections"][1]["price"] = json!(0);
        event["general"][0]["allocation"] = json!(u32::MAX);
        event["waiting_room"] = json!({"admit_per_second": 0.001, "opens_at": null});
        let id = make(client, &event);
        let plan = client.ask(&get(&format!("/events/{id}/plan"))).json();
        let row = json!({
            "label": "\u{1F3AD} \"Loge\" \\ \t", "seats": ["☆".repeat(21), "7", "\u{1}"],
        });
        assert_eq!(plan["sections"][1]["rows"][0], row);
        let (ada, _) = Buyer::come(client, &id);
        let held = ada.hold(client, &json!({"seats": [8]})).json();
        assert_eq!(held["holds"][0]["row"], row["label"]);
        assert_eq!(held["holds"][0]["label"], row["seats"][0]);
    });
}

#[test]
fn holds_that_cannot_be_are_refused_and_change_nothing() {
    on_each(|client| {
        let mut small = concert();
        small["max_tickets"] = json!(4);
        let id = make(client, &small);
        let option = event(client, &id)["general"][0]["id"].clone();
        let (ada, _) = Buyer::come(client, &id);
        ada.hold(client, &json!({"seats": [0]}));
        let general = |option: &Value, quantity: Value| json!({"general": {"option": option, "quantity": quantity}});
        let cases = [
            (json!({}), 400, "invalid_document", ""),
            (
                json!({"seats": [1], "best": {"count": 1}}),
                400,
                "invalid_document",
                "",
            ),
            (json!({"seats": "1"}), 400, "invalid_document", "#/seats"),
            (json!({"best": 2}), 400, "invalid_document", "#/best"),
            (json!({"general": []}), 400, "invalid_document", "#/general"),
            (
                json!({"seats": [1, -1]}),
                400,
                "invalid_attribute",
                "#/seats/1",
            ),
            (
                json!({"seats": [1, 2, "3"]}),
                400,
                "invalid_attribute",
                "#/seats/2",
            ),
            (
                json!({"seats": [4_294_967_296_u64]}),
                400,
                "invalid_attribute",
                "#/seats/0",
            ),
            (json!({"seats": []}), 400, "invalid_attribute", "#/seats"),
            (json!({"seats": [11]}), 422, "no_such_seat", ""),
            (json!({"seats": [1, 2, 3, 4]}), 409, "too_many", ""),
            (
                json!({"seats": (0..200).map(|it| it % 11).collect::<Vec<_>>()}),
                409,
                "too_many",
                "",
            ),
            (
                json!({"best": {}}),
                400,
                "invalid_attribute",
                "#/best/count",
            ),
            (
                json!({"best": {"count": 0}}),
                400,
                "invalid_attribute",
                "#/best/count",
            ),
            (json!({"best": {"count": 4}}), 409, "too_many", ""),
            (
                json!({"best": {"count": 1, "section": 1}}),
                400,
                "invalid_attribute",
                "#/best/section",
            ),
            (
                json!({"best": {"count": 1, "section": "Pit"}}),
                404,
                "no_such_section",
                "",
            ),
            (general(&json!(NOBODY), json!(1)), 404, "no_such_option", ""),
            (general(&json!("x"), json!(1)), 404, "no_such_option", ""),
            (
                general(&json!(1), json!(1)),
                400,
                "invalid_attribute",
                "#/general/option",
            ),
            (
                general(&option, json!(0)),
                400,
                "invalid_attribute",
                "#/general/quantity",
            ),
            (general(&option, json!(4)), 409, "too_many", ""),
        ];
        for (body, status, code, place) in &cases {
            let reply = ada.hold(client, body);
            let found = (reply.status, reply.code(), reply.place());
            assert_eq!(
                found,
                (*status, (*code).to_owned(), (*place).to_owned()),
                "{body}"
            );
        }
        assert_eq!(
            ada.hold(client, &json!({"best": {"count": 4}})).json()["max_tickets"],
            4
        );
        assert_eq!(rows(client, &id), ["h...", "....", "..."]);

        for (body, status, code) in [
            (json!({"seats": [0, 1]}), 409, "not_held"),
            (json!({"seats": [99]}), 409, "not_held"),
            (general(&option, json!(1)), 409, "not_held"),
            (json!({"best": {"count": 1}}), 400, "invalid_document"),
        ] {
            let reply = ada.release(client, &body);
            assert_eq!((reply.status, &*reply.code()), (status, code), "{body}");
        }
        let (bob, _) = Buyer::come(client, &id);
        bob.hold(client, &general(&option, json!(3)));
        let short = ada.hold(client, &general(&option, json!(2)));
        assert_eq!((short.status, &*short.code()), (409, "not_enough"));
        assert_eq!(short.json()["available"], 1);
        for seats in [[1, 2, 3], [4, 5, 6]] {
            let (other, _) = Buyer::come(client, &id);
            assert_eq!(other.hold(client, &json!({"seats": seats})).status, 200);
        }
        let section = ada.hold(client, &json!({"best": {"count": 2, "section": "Stalls"}}));
        assert_eq!(
            (&*section.code(), &section.json()["available"]),
            ("not_enough", &json!(1))
        );
        let best = ada.hold(client, &json!({"best": {"count": 3}})).json();
        let seats: Vec<_> = best["holds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["seat"])
            .collect();
        assert_eq!(seats, [0, 8, 9, 10]);
        let back = ada.release(client, &json!({"seats": [8, 9]})).json();
        assert_eq!(back["holds"].as_array().unwrap().len(), 2);
        let back = client
            .ask(&get(&ada.path("/holds")).method("DELETE"))
            .json();
        assert_eq!((&back["holds"], &back["total"]), (&json!([]), &json!(0)));
    });
}

#[test]
fn a_booking_needs_a_buyer_and_a_payment() {
    on_each(|client| {
        let mut event = concert();
        event["sections"][1]["price"] = json!(0);
        let id = make(client, &event);
        let (ada, _) = Buyer::come(client, &id);
        ada.hold(client, &json!({"seats": [0]}));
        let whole = json!({
            "payment": {"provider": "test", "card": "ok"}, "name": "Ada", "email": "a@b.c",
        });
        for (pointer, value, code, place) in [
            ("name", json!(" "), "invalid_buyer", "#/name"),
            ("name", Value::Null, "invalid_buyer", "#/name"),
            ("name", json!("é".repeat(257)), "invalid_buyer", "#/name"),
            ("email", json!("ada"), "invalid_buyer", "#/email"),
            ("email", json!("a b@c"), "invalid_buyer", "#/email"),
            (
                "email",
                json!(format!("{}@b", "a".repeat(511))),
                "invalid_buyer",
                "#/email",
            ),
            ("payment", json!("ok"), "invalid_payment", "#/payment"),
            ("payment", Value::Null, "invalid_payment", "#/payment"),
            (
                "payment",
                json!({"provider": "gold"}),
                "invalid_payment",
                "#/payment/provider",
            ),
            (
                "payment",
                json!({"provider": "test"}),
                "invalid_payment",
                "#/payment/card",
            ),
            (
                "payment",
                json!({"provider": "test", "card": "x"}),
                "invalid_payment",
                "#/payment/card",
            ),
        ] {
            let mut body = whole.clone();
            body[pointer] = value;
            let reply = client.ask(&plain(&ada.path("/complete"), &body));
            let found = (reply.status, reply.code(), reply.place());
            assert_eq!(found, (422, code.to_owned(), place.to_owned()), "{body}");
        }
        assert_eq!(rows(client, &id), ["h...", "....", "..."]);

        // What costs nothing needs no payment.
        let (bob, _) = Buyer::come(client, &id);
        bob.hold(client, &json!({"seats": [8]}));
        let free = json!({"name": "Bob 🎫", "email": "bob@example.org"});
        let reply = client.ask(&plain(&bob.path("/complete"), &free));
        assert_eq!(
            (reply.status, &reply.json()["state"]),
            (200, &json!("completed"))
        );
        let reference = reply.json()["booking"].as_str().unwrap().to_lowercase();
        let path = format!(
            "/bookings/{}-%20{}?token={}",
            &reference[..4],
            &reference[4..],
            bob.0
        );
        let booking = client.ask(&get(&path)).json();
        assert_eq!(
            (&booking["name"], &booking["total"]),
            (&json!("Bob 🎫"), &json!(0))
        );
        for wrong in [
            "/bookings/x",
            "/bookings/%F0",
            &format!("/bookings/{NOBODY}"),
        ] {
            assert_eq!(client.ask(&get(wrong)).code(), "no_such_booking", "{wrong}");
        }
    });
}
