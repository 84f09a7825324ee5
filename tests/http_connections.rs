//! Connections over HTTP: pipelines, splits, limits, the end. Sans I/O.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use std::time::Duration;

use http::{
    Client, JSON, Memory, Options, PROBLEM, Reply, create_option, get, plain, post, purchase,
    settings,
};
use proptest::prelude::*;
use ringside::http::{Patience, Settings};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

fn with(settings: Settings) -> Memory {
    Memory::new(Options {
        settings,
        ..Options::default()
    })
}

fn all_replies(bytes: &[u8]) -> Vec<Reply> {
    let (mut rest, mut replies) = (bytes, Vec::new());
    while !rest.is_empty() {
        let (reply, length) = Reply::parse(rest, false).expect("whole answers");
        replies.push(reply);
        rest = &rest[length..];
    }
    replies
}

#[test]
fn pipelined_requests_are_answered_in_order_and_leave_together() {
    let mut client = Memory::new(Options::default());
    let option = create_option(&mut client, 1000);
    let mut bytes = Vec::new();
    for quantity in 1..=40 {
        bytes.extend(post("/purchases", &purchase(&option, json!(quantity))).bytes());
    }
    client.conversation.on_bytes(&bytes);
    client.conversation.poll();
    let output = client.conversation.take_output();
    let quantities: Vec<_> = all_replies(&output)
        .iter()
        .map(|reply| {
            reply.json()["data"]["attributes"]["quantity"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(quantities, (1..=40).collect::<Vec<_>>());
}

/// hyper's own `pipeline_flush` would hold the first answer back here.
#[test]
fn an_answer_does_not_wait_for_the_next_request() {
    let mut client = Memory::new(Options::default());
    let bytes = [get("/livez").bytes(), b"GET /ver".to_vec()].concat();
    client.send(&bytes);
    assert_eq!(client.try_reply(false).unwrap().status, 200);
    client.send(b"sion HTTP/1.1\r\nHost: here\r\n\r\n");
    assert_eq!(client.reply(false).json()["name"], "ringside");
}

#[test]
fn owed_answers_and_unread_requests_are_bounded() {
    let mut client = with(Settings {
        pipeline_bytes: 4096,
        ..settings()
    });
    let request = get("/openapi.json").bytes();
    for _ in 0..400 {
        client.conversation.on_bytes(&request);
    }
    assert!(client.conversation.is_full());
    client.conversation.poll();
    let first = client.conversation.take_output();
    client.conversation.poll();
    assert!(
        !client.conversation.has_output(),
        "nothing more before the first has left"
    );
    let one = Reply::parse(&first, false).unwrap().1;
    assert!(first.len() <= 4096 + 2 * one, "{} bytes", first.len());
    let mut received = first.len();
    client.conversation.on_sent(first.len());
    assert!(client.wakes() > 0, "there is more to come now");
    while received < 400 * one {
        client.conversation.poll();
        let output = client.conversation.take_output();
        assert!(!output.is_empty() && output.len() <= 4096 + 2 * one);
        received += output.len();
        client.conversation.on_sent(output.len());
    }
    assert!(!client.conversation.is_full());
}

#[test]
fn too_large_is_told_and_ends_the_connection() {
    let mut client = with(Settings {
        body_bytes: 100,
        header_bytes: 8192,
        ..settings()
    });
    let body = json!({"name": "x".repeat(100)});
    let reply = client.ask(&plain("/members", &body));
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (413, "body_too_large")
    );
    assert_eq!(reply.field("connection"), Some("close"));
    client.turn();
    assert!(client.conversation.is_over());

    let mut chunked = client.another();
    let head = "POST /members HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n";
    chunked.send(head.as_bytes());
    for _ in 0..3 {
        chunked.send(format!("32\r\n{}\r\n", "x".repeat(50)).as_bytes());
    }
    assert_eq!(chunked.reply(false).status, 413);

    for (bytes, status, code) in [
        (
            format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(9000)),
            431,
            "header_too_large",
        ),
        (
            format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200)),
            431,
            "header_too_large",
        ),
        ("NONSENSE\r\n\r\n".to_owned(), 400, "malformed_request"),
        (
            "GET / HTTP/9.9\r\n\r\n".to_owned(),
            400,
            "malformed_request",
        ),
        (
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            505,
            "http_version",
        ),
    ] {
        let mut client = client.another();
        client.send(bytes.as_bytes());
        let reply = client.reply(false);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (status, code),
            "{bytes:.40}"
        );
        assert_eq!(
            (reply.kind(), reply.field("connection")),
            (PROBLEM, Some("close"))
        );
        client.turn();
        assert!(client.conversation.is_over());
        assert!(
            client.received().is_empty(),
            "nothing behind the last answer"
        );
    }
    // What came before is answered first.
    let mut client = client.another();
    client.send(&[get("/livez").bytes(), b"\0\r\n\r\n".to_vec()].concat());
    assert_eq!(
        (client.reply(false).status, client.reply(false).status),
        (200, 400)
    );
}

#[test]
fn slow_clients_are_closed_and_working_ones_are_not() {
    let patience = Patience {
        request: 3 * SECOND,
        idle: 5 * SECOND,
    };
    let mut client = with(Settings {
        patience,
        ..settings()
    });
    let ticks_until_closed = |client: &mut Memory, drip: &mut dyn FnMut(&mut Memory)| {
        (1..100).find(|_| {
            drip(client);
            client.conversation.on_tick(SECOND)
        })
    };
    assert_eq!(ticks_until_closed(&mut client, &mut |_| {}), Some(6));

    // Bytes that trickle in gain a slow-loris nothing.
    let mut loris = client.another();
    loris.send(b"GET / HTTP/1.1\r\n");
    let mut drip = |client: &mut Memory| client.send(b"X: y\r\n");
    assert_eq!(ticks_until_closed(&mut loris, &mut drip), Some(4));
    let mut loris = client.another();
    loris.send(b"POST /members HTTP/1.1\r\nContent-Length: 1000\r\n\r\n");
    let mut drip = |client: &mut Memory| client.send(b" ");
    assert_eq!(ticks_until_closed(&mut loris, &mut drip), Some(4));

    let mut honest = client.another();
    honest.door.set_slow(true);
    honest.send(&plain("/members", &json!({"name": "Ada"})).bytes());
    assert_eq!(
        ticks_until_closed(&mut honest, &mut |_| {}),
        None,
        "the server is at it"
    );
    honest.door.set_slow(false);
    assert_eq!(honest.reply(false).status, 201);
    assert_eq!(ticks_until_closed(&mut honest, &mut |_| {}), Some(6));
}

#[test]
fn finishing_answers_what_was_received() {
    let request = plain("/members", &json!({"name": "Ada"})).bytes();
    let mut idle = Memory::new(Options::default());
    idle.conversation.finish();
    idle.turn();
    assert!(idle.conversation.is_over());

    let mut busy = idle.another();
    busy.door.set_slow(true);
    busy.send(&request);
    busy.conversation.finish();
    busy.turn();
    assert!(!busy.conversation.is_over() && busy.conversation.is_waiting());
    busy.door.set_slow(false);
    let reply = busy.reply(false);
    assert_eq!(
        (reply.status, reply.field("connection")),
        (201, Some("close"))
    );
    assert!(busy.conversation.is_over());

    let mut ahead = idle.another();
    ahead.door.set_slow(true);
    ahead.send(&request.repeat(3));
    ahead.send(&request);
    ahead.conversation.finish();
    ahead.turn();
    ahead.door.set_slow(false);
    for _ in 0..4 {
        assert_eq!(ahead.reply(false).status, 201, "all of a pipeline");
    }
    ahead.turn();
    assert!(ahead.conversation.is_over());
}

#[test]
fn what_was_sent_before_the_end_is_answered() {
    let mut client = Memory::new(Options::default());
    client
        .conversation
        .on_bytes(&plain("/members", &json!({"name": "Ada"})).bytes());
    client.conversation.on_end();
    client.turn();
    assert_eq!(client.reply(false).status, 201);
    assert!(client.conversation.is_over());
    let mut cut = client.another();
    cut.conversation.on_bytes(b"GET /liv");
    cut.conversation.on_end();
    cut.turn();
    assert!(cut.conversation.is_over());
    cut.conversation.on_bytes(b"GET");
    cut.turn();
}

#[test]
fn closing_and_old_clients_are_served_as_they_ask() {
    let client = Memory::new(Options::default());
    for (bytes, stays) in [
        (
            &b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"[..],
            false,
        ),
        (b"GET /livez HTTP/1.0\r\n\r\n", false),
        (
            b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            true,
        ),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ] {
        let mut client = client.another();
        client.send(bytes);
        assert_eq!(client.reply(false).status, 200);
        client.turn();
        assert_eq!(client.conversation.is_over(), !stays);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However bytes are cut, the answers are the same.
    #[test]
    fn splits_do_not_matter(cuts in prop::collection::vec(1..400_usize, 0..40)) {
        let requests = [
            plain("/members", &json!({"name": "Ada"})).bytes(),
            get("/livez").bytes(),
            b"POST /members HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"name\r\n6\r\n\":\"a\"}\r\n0\r\n\r\n".to_vec(),
            get("/nowhere").field("Accept", JSON).bytes(),
            plain("/members", &json!({"name": 1})).bytes(),
        ]
        .concat();
        let statuses = |cuts: &[usize]| {
            let mut client = Memory::new(Options::default());
            let mut rest = &requests[..];
            for &cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                client.send(now);
                rest = later;
            }
            client.send(rest);
            let replies = all_replies(&client.received());
            replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
        };
        prop_assert_eq!(statuses(&cuts), [201, 200, 201, 404, 400]);
    }

    /// Whatever is sent is answered or ends the connection, and never more.
    #[test]
    fn nonsense_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut client = Memory::new(Options::default());
        client.conversation.on_bytes(&bytes);
        client.conversation.on_end();
        client.turn();
        prop_assert!(client.conversation.is_over());
        for reply in all_replies(&client.received()) {
            prop_assert!(reply.status >= 400 && !reply.code().is_empty());
        }
    }

    /// Any body gets one answer that explains.
    #[test]
    fn any_body_is_answered(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            any_json().prop_map(|json| json.to_string().into_bytes()),
        ],
        path in prop::sample::select(&["/members", "/tickets", "/ticket_options", "/purchases",
            "/tickets/01234567-89ab-7fff-bfff-ffffdeadbeef/hold"][..]),
        kind in prop::sample::select(&["application/json", "application/vnd.api+json"][..]),
    ) {
        let mut client = Memory::new(Options::default());
        let request = get(path).method("POST").field("Content-Type", kind).body(body);
        let reply = client.ask(&request);
        prop_assert!(reply.status == 201 || !reply.code().is_empty());
        prop_assert!(reply.status < 500);
        prop_assert_eq!(client.ask(&get("/livez")).status, 200);
    }
}

/// JSON of the members that requests have, in places where they may not be.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let word = prop::sample::select(
        &[
            "data",
            "type",
            "id",
            "attributes",
            "relationships",
            "name",
            "allocation",
            "quantity",
            "section",
            "rows",
            "from",
            "to",
            "member",
            "members",
            "tickets",
            "user",
        ][..],
    );
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        any::<f64>().prop_map(|value| json!(value)),
        word.clone().prop_map(|value| json!(value)),
    ];
    leaf.prop_recursive(5, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| json!(values)),
            prop::collection::hash_map(word.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|members| json!(members)),
        ]
    })
}
