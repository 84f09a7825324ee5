//! The sale of an event over HTTP, from its creation to the booking.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use http::sale::{Buyer, concert, event, make, rows};
use http::{JSON, NOBODY, get, on_each, plain};
use serde_json::{Value, json};

#[test]
fn an_event_is_created_shown_and_listed() {
    on_each(|client| {
        let made = client.ask(&plain("/events", &concert()));
        assert_eq!((made.status, made.kind()), (201, JSON), "{}", made.text());
        let shown = made.json();
        let id = shown["id"].as_str().unwrap();
        let location = made.field("location").unwrap();
        assert_eq!(location, format!("/events/{id}"));
        let option = &shown["general"][0]["id"];
        assert!(option.is_string());
        assert_eq!(
            shown,
            json!({
                "id": id,
                "name": "Night of the Bells",
                "description": "With the town's own choir.",
                "date": "2027-05-01T20:00:00+02:00",
                "venue": "Old Town Hall",
                "currency": "EUR",
                "state": "open",
                "available": 15,
                "capacity": 15,
                "from_price": 2000,
                "general": [{"id": option, "name": "Standing", "price": 2000, "available": 4}],
                "waiting_room": {
                    "admit_per_second": 0.0, "max_active": 0, "opens_at": null, "order": "fifo",
                    "paused": false, "draining": false, "absence_seconds": 120,
                },
                "session_seconds": 600,
                "max_tickets": 8,
                "queue_length": 0,
                "payment": "test",
                "plan_version": "1",
            })
        );
        assert_eq!(event(client, id), shown);
        let list = client.ask(&get("/events")).json();
        let listed = &list["events"][0];
        for (name, value) in listed.as_object().unwrap() {
            assert_eq!(*value, shown[name], "{name}");
        }
        assert_eq!(listed.as_object().unwrap().len(), 9);
        let plan = client.ask(&get(&format!("/events/{id}/plan?v=1"))).json();
        assert_eq!(
            plan,
            json!({"sections": [
                {"name": "Stalls", "price": 5000, "rows": [
                    {"label": "A", "seats": ["1", "2", "3", "4"]},
                    {"label": "B", "seats": ["1", "2", "3", "4"]},
                ]},
                {"name": "Balcony", "price": 3000, "rows": [{"label": "1", "seats": ["2", "4", "6"]}]},
            ]})
        );
        assert_eq!(rows(client, id), ["....", "....", "..."]);
        for path in ["", "/plan", "/seats"] {
            let reply = client.ask(&get(&format!("/events/{NOBODY}{path}")));
            assert_eq!((reply.status, &*reply.code()), (404, "no_such_event"));
        }
    });
}

#[test]
fn a_buyer_holds_pays_and_has_a_booking() {
    on_each(|client| {
        let id = make(client, &concert());
        let (ada, checkout) = Buyer::come(client, &id);
        assert_eq!(checkout["state"], "admitted");
        assert_eq!(
            (&checkout["event"], &checkout["may_extend"]),
            (&json!(id), &json!(true))
        );
        assert!(checkout["seconds_left"].as_f64().unwrap() > 590.0);

        let held = ada.hold(client, &json!({"seats": [1, 9]}));
        assert_eq!((held.status, held.kind()), (200, JSON), "{}", held.text());
        let held = held.json();
        assert_eq!(
            held["holds"],
            json!([
                {"seat": 1, "section": "Stalls", "row": "A", "label": "2", "price": 5000},
                {"seat": 9, "section": "Balcony", "row": "1", "label": "4", "price": 3000},
            ])
        );
        let option = event(client, &id)["general"][0]["id"].clone();
        let general = json!({"general": {"option": option, "quantity": 2}});
        let held = ada.hold(client, &general).json();
        assert_eq!(
            (&held["total"], &held["currency"]),
            (&json!(12000), &json!("EUR"))
        );
        assert_eq!(
            held["general"],
            json!([{"option": option, "name": "Standing", "quantity": 2, "price": 2000}])
        );
        assert_eq!(rows(client, &id), [".h..", "....", ".h."]);

        let (bob, _) = Buyer::come(client, &id);
        let refused = bob.hold(client, &json!({"seats": [0, 1, 9]}));
        assert_eq!((refused.status, &*refused.code()), (409, "seats_taken"));
        assert_eq!(refused.json()["seats"], json!([1, 9]));
        assert_eq!(rows(client, &id), [".h..", "....", ".h."], "all or nothing");

        let declined = ada.pay(client, "declined");
        assert_eq!(
            (declined.status, &*declined.code()),
            (402, "payment_declined")
        );
        let reference = ada.buy(client);
        assert_eq!(ada.buy(client), reference, "once");
        assert_eq!(rows(client, &id), [".s..", "....", ".s."]);
        let look = ada.look(client);
        assert_eq!(
            (&look["state"], &look["booking"]),
            (&json!("completed"), &json!(reference))
        );

        let path = format!("/bookings/{reference}");
        let booking = client.ask(&get(&format!("{path}?token={}", ada.0))).json();
        assert_eq!(booking["seats"], held["holds"]);
        assert_eq!(booking["general"], held["general"]);
        let rest = ["reference", "total", "currency", "name"].map(|name| booking[name].clone());
        assert_eq!(
            Value::from(rest.to_vec()),
            json!([reference, 12000, "EUR", "Ada Lovelace"])
        );
        assert_eq!(
            booking["event"],
            json!({"id": id, "name": "Night of the Bells",
                "date": "2027-05-01T20:00:00+02:00", "venue": "Old Town Hall"})
        );
        for stranger in [path.clone(), format!("{path}?token={}", bob.0)] {
            let reply = client.ask(&get(&stranger));
            assert_eq!((reply.status, &*reply.code()), (404, "no_such_booking"));
        }
    });
}
