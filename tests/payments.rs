//! Hosted payments against a stand-in for the provider: whatever is lost,
//! late, twice or out of order, money ends as tickets or goes back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/house.rs"]
mod house;
mod http;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "support/provider/mod.rs"]
mod provider;

use std::time::Duration;

use house::{House, payment};
use http::sale;
use http::{Client, get, plain};
use provider::{SECRET, Trouble, TroubleKind, now};
use ringside::config::{PaymentProvider, Span};
use serde_json::{Value, json};

const SHARDS: [u16; 2] = [1, 3];

#[test]
fn what_is_paid_is_booked_once_however_often_it_is_said() {
    for shards in SHARDS {
        let mut house = House::new(shards);
        let shown = sale::event(&mut house.client, &house.event);
        assert_eq!(shown["payment"], "hosted");
        let buyer = house.holder(&[0, 1]);
        let session = house.send_to_pay(&buyer);
        let form = house.provider.sessions()[0].form.clone();
        assert_eq!(form["line_items[0][price_data][unit_amount]"], "10000");
        assert_eq!(form["line_items[0][price_data][currency]"], "eur");
        assert_eq!(
            form["line_items[0][price_data][product_data][name]"],
            "Night of the Bells"
        );
        let back = format!("https://tickets.example/e/{}?payment=", house.event);
        assert_eq!(form["success_url"], format!("{back}done"));
        assert_eq!(form["cancel_url"], format!("{back}cancelled"));
        assert_eq!(house.state(&buyer), "paying");
        let again = house.send_to_pay(&buyer);
        assert_eq!(again, session, "who comes back is sent to the same session");

        house.provider.pay(&session);
        house.tell("completed", &session);
        let checkout = buyer.look(&mut house.client);
        assert_eq!(checkout["state"], "completed");
        // Twice, and what should have come before.
        house.tell("completed", &session);
        house.tell("expired", &session);
        house.tell("async_payment_failed", &session);
        assert_eq!(
            buyer.look(&mut house.client)["booking"],
            checkout["booking"]
        );
        assert_eq!(house.rows()[0], "ss..");
        assert_eq!(house.metric("payment_outcomes_total{outcome=\"paid\"}"), 1);
        assert_eq!(house.metric("webhooks_in_total{outcome=\"taken\"}"), 4);
        assert!(house.provider.refunds().is_empty());
        house.server.stop().unwrap();
    }
}

#[test]
fn money_that_takes_its_time_keeps_the_holds_and_may_fail() {
    let mut house = House::new(1);
    let buyer = house.holder(&[0]);
    let first = house.send_to_pay(&buyer);
    house.provider.pay_slowly(&first);
    house.tell("completed", &first);
    assert_eq!(house.state(&buyer), "paying");
    house.tell("async_payment_failed", &first);
    assert_eq!(house.state(&buyer), "admitted");
    assert_eq!(house.rows()[0], "h...", "the holds stay");
    let second = house.send_to_pay(&buyer);
    assert_ne!(first, second);
    house.provider.pay_slowly(&second);
    house.tell("async_payment_succeeded", &second);
    assert_eq!(house.state(&buyer), "completed");
    // The first one comes through after all: it is for nothing.
    house.provider.pay(&first);
    house.tell("async_payment_succeeded", &first);
    let intent = first.replace("cs_", "pi_");
    assert_eq!(house.provider.wait_for_refunds(1), [intent]);
    assert_eq!(house.rows()[0], "s...");
    house.server.stop().unwrap();
}

#[test]
fn money_after_the_end_is_worth_the_same_tickets_or_goes_back() {
    for shards in SHARDS {
        let mut house = House::new(shards);
        let lucky = house.holder(&[0, 1]);
        let unlucky = house.holder(&[4, 5]);
        let sessions = [house.send_to_pay(&lucky), house.send_to_pay(&unlucky)];
        for buyer in [&lucky, &unlucky] {
            buyer.leave(&mut house.client);
        }
        assert_eq!(house.rows()[..2], ["....", "...."]);
        let other = house.holder(&[5]);
        for session in &sessions {
            house.provider.pay(session);
            house.tell("completed", session);
        }
        assert_eq!(house.state(&lucky), "completed");
        assert_eq!(house.state(&unlucky), "ended");
        assert_eq!(house.rows()[..2], ["ss..", ".h.."]);
        let intent = sessions[1].replace("cs_", "pi_");
        assert_eq!(
            house.provider.wait_for_refunds(1)[..],
            *std::slice::from_ref(&intent)
        );
        assert_eq!(house.state(&other), "admitted");
        // Said once more, it does not go back twice.
        house.tell("completed", &sessions[1]);
        assert_eq!(house.provider.refunds(), [intent]);
        house.server.stop().unwrap();
    }
}

#[test]
fn what_is_not_signed_by_the_provider_now_changes_nothing() {
    let mut house = House::new(3);
    let buyer = house.holder(&[0]);
    let session = house.send_to_pay(&buyer);
    house.provider.pay(&session);
    let body = house.provider.event("completed", &session);
    let to = house.address;
    let altered = String::from_utf8(body.clone())
        .unwrap()
        .replace("10000", "1");
    let signature = ringside::payment::sign(&body, SECRET.as_bytes(), now());
    for (path, signature, body, status) in [
        ("hosted", None, &body[..], 400),
        ("hosted", Some("t=1,v1=00"), &body, 400),
        (
            "hosted",
            Some(&*signature),
            &[&body[..], b" "].concat(),
            400,
        ),
        (
            "hosted",
            Some(&*signature),
            altered.replace("5000", "1").as_bytes(),
            400,
        ),
        ("other", Some(&*signature), &body, 404),
        ("hosted", Some(&*signature), &vec![b'x'; 70_000], 413),
    ] {
        let fields: Vec<_> = signature
            .iter()
            .map(|it| ("Stripe-Signature", *it))
            .collect();
        let path = format!("/webhooks/payments/{path}");
        let answer = loopback::post(to, &path, &fields, body).unwrap();
        assert_eq!(answer.0, status, "{}", answer.1);
    }
    let send = |secret: &str, seconds| provider::send(to, &body, secret.as_bytes(), seconds);
    assert_eq!(send("whsec_other", now()), 400);
    assert_eq!(send(SECRET, now() - 301), 400, "an old one, played again");
    assert_eq!(send(SECRET, now() + 400), 400);
    assert_eq!(house.state(&buyer), "paying");
    assert_eq!(house.metric("webhooks_in_total{outcome=\"rejected\"}"), 7);
    // Either secret is good while they are changed.
    assert_eq!(send("whsec_new_one", now()), 200);
    assert_eq!(house.state(&buyer), "completed");
    house.server.stop().unwrap();
}

#[test]
fn money_that_nobody_knows_goes_back_if_it_is_this_servers() {
    let mut house = House::new(3);
    let buyer = house.holder(&[0]);
    let session = house.send_to_pay(&buyer);
    house.provider.pay(&session);
    let whole: Value =
        serde_json::from_slice(&house.provider.event("completed", &session)).unwrap();
    let object = &whole["data"]["object"];
    let told = |id: &str, change: &dyn Fn(&mut Value)| {
        let mut object = object.clone();
        object["id"] = json!(id);
        object["payment_intent"] = json!(format!("pi_{id}"));
        change(&mut object);
        house
            .provider
            .send(house.address, &provider::event("completed", &object))
    };
    // Another shop with the same account; something made by hand.
    assert_eq!(
        told("1", &|it| it["metadata"]["ringside_site"] =
            json!("https://x")),
        200
    );
    assert_eq!(told("2", &|it| it["metadata"] = json!({})), 200);
    assert!(house.provider.refunds().is_empty());
    assert_eq!(
        told("3", &|it| it["metadata"]["ringside_payment"] =
            json!(http::NOBODY)),
        200
    );
    assert_eq!(house.provider.refunds(), ["pi_3"], "before it was answered");
    // The refund cannot be made: the provider has to tell again.
    house.provider.trouble(Some(Trouble {
        path: "/v1/refunds",
        kind: TroubleKind::Status(500),
        times: 0,
    }));
    let unknown: &dyn Fn(&mut Value) = &|it| it["metadata"]["ringside_event"] = json!(http::NOBODY);
    assert_eq!(told("4", unknown), 503);
    house.provider.trouble(None);
    assert_eq!(told("4", unknown), 200);
    assert_eq!(house.provider.refunds(), ["pi_3", "pi_4"]);
    // Not what was asked for: it goes back, and nothing is booked for it.
    assert_eq!(told("5", &|it| it["amount_total"] = json!(1)), 200);
    assert_eq!(house.provider.refunds(), ["pi_3", "pi_4", "pi_5"]);
    assert_eq!(house.state(&buyer), "admitted");
    house.server.stop().unwrap();
}

#[test]
fn while_the_provider_is_away_the_holds_stay() {
    for shards in SHARDS {
        let mut house = House::new(shards);
        let buyer = house.holder(&[0]);
        house.provider.trouble(Some(Trouble {
            path: "/v1/checkout",
            kind: TroubleKind::Status(503),
            times: 0,
        }));
        let reply = house.complete(&buyer);
        assert_eq!((reply.status, &*reply.code()), (503, "payment_unavailable"));
        assert!(reply.field("retry-after").is_some());
        assert!(house.provider.calls().len() > 1, "it is tried again");
        assert_eq!(
            (house.state(&buyer).as_str(), &*house.rows()[0]),
            ("admitted", "h...")
        );
        // It does it, and nobody hears of it: the same key finds the session.
        let before = house.provider.sessions().len();
        house.provider.trouble(Some(Trouble {
            path: "/v1/checkout",
            kind: TroubleKind::LostAnswer,
            times: 1,
        }));
        let session = house.send_to_pay(&buyer);
        assert_eq!(house.provider.sessions().len(), before + 1);
        house.provider.pay(&session);
        house.tell("completed", &session);
        assert_eq!(house.state(&buyer), "completed");
        assert_eq!(
            house.metric("payment_outcomes_total{outcome=\"unavailable\"}"),
            1
        );
        house.server.stop().unwrap();
    }
}

#[test]
fn a_refusal_by_the_provider_is_not_tried_again() {
    let mut house = House::new(1);
    let buyer = house.holder(&[0]);
    house.provider.trouble(Some(Trouble {
        path: "/v1/checkout",
        kind: TroubleKind::Status(402),
        times: 0,
    }));
    let reply = house.complete(&buyer);
    assert_eq!((reply.status, &*reply.code()), (503, "payment_unavailable"));
    assert_eq!(house.provider.calls().len(), 1);
    assert_eq!(house.state(&buyer), "admitted");
    house.server.stop().unwrap();
}

#[test]
fn lost_webhooks_are_made_up_for_by_asking() {
    for shards in SHARDS {
        let mut house = House::with(shards, |config| {
            config.payment_lookup = Span(Duration::from_millis(50));
        });
        let payer = house.holder(&[0]);
        let leaver = house.holder(&[1]);
        let sessions = [house.send_to_pay(&payer), house.send_to_pay(&leaver)];
        leaver.leave(&mut house.client);
        house.provider.pay(&sessions[0]);
        house.wait_for(&payer, "completed");
        // Nobody shall pay for what is given up.
        for _ in 0..500 {
            if house.provider.session_at(&sessions[1]).status == "expired" {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(house.provider.session_at(&sessions[1]).status, "expired");
        assert!(house.metric("payment_outcomes_total{outcome=\"looked_up\"}") >= 2);
        house.server.stop().unwrap();
    }
}

#[test]
fn a_buyer_who_comes_back_without_paying_may_choose_again() {
    let mut house = House::new(3);
    let buyer = house.holder(&[0]);
    let session = house.send_to_pay(&buyer);
    let give_up = get(&buyer.path("/payment")).method("DELETE");
    let reply = house.client.ask(&give_up);
    assert_eq!(
        (reply.status, &reply.json()["state"]),
        (200, &json!("admitted"))
    );
    assert_eq!(house.provider.session_at(&session).status, "expired");
    let reply = house.client.ask(&give_up);
    assert_eq!(
        (reply.status, &reply.json()["state"]),
        (200, &json!("admitted")),
        "again"
    );
    // Paid in another window at the last moment.
    let session = house.send_to_pay(&buyer);
    house.provider.pay(&session);
    let reply = house.client.ask(&give_up);
    assert_eq!(
        (reply.status, &reply.json()["state"]),
        (200, &json!("completed"))
    );
    house.server.stop().unwrap();
}

#[test]
fn what_is_owed_is_paid_back_when_the_provider_can() {
    let mut house = House::new(3);
    let buyer = house.holder(&[0]);
    let session = house.send_to_pay(&buyer);
    buyer.leave(&mut house.client);
    let _other = house.holder(&[0]);
    house.provider.pay(&session);
    house.provider.trouble(Some(Trouble {
        path: "/v1/refunds",
        kind: TroubleKind::LostAnswer,
        times: 1,
    }));
    house.tell("completed", &session);
    assert_eq!(house.provider.wait_for_refunds(1).len(), 1);
    for _ in 0..500 {
        if house.metric("payment_outcomes_total{outcome=\"refunded\"}") == 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(
        house.metric("payment_outcomes_total{outcome=\"refunded\"}"),
        1
    );
    assert_eq!(house.provider.refunds().len(), 1, "one key, one refund");
    house.server.stop().unwrap();
}

#[test]
fn without_a_provider_only_what_is_free_is_booked() {
    let mut house = House::with(1, |config| config.payment_provider = PaymentProvider::None);
    let buyer = house.holder(&[0]);
    for provider in ["hosted", "test", "none"] {
        let mut payment = payment();
        payment["payment"] = json!({"provider": provider, "card": "ok"});
        let reply = house.client.ask(&plain(&buyer.path("/complete"), &payment));
        assert_eq!(
            (reply.status, &*reply.code()),
            (422, "invalid_payment"),
            "{provider}"
        );
    }
    let mut free = sale::concert();
    free["sections"][0]["price"] = json!(0);
    house.event = sale::make(&mut house.client, &free);
    let buyer = house.holder(&[0]);
    let buyer_only = json!({"name": "Ada", "email": "ada@example.org"});
    let reply = house
        .client
        .ask(&plain(&buyer.path("/complete"), &buyer_only));
    assert_eq!(
        (reply.status, &reply.json()["state"]),
        (200, &json!("completed"))
    );
    house.server.stop().unwrap();
}

#[test]
fn a_server_that_takes_money_takes_no_test_cards() {
    let mut house = House::new(1);
    let buyer = house.holder(&[0]);
    let reply = buyer.pay(&mut house.client, "ok");
    assert_eq!((reply.status, &*reply.code()), (422, "invalid_payment"));
    house.server.stop().unwrap();
}
