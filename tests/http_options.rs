//! Ticket options and purchases over HTTP: every example and every error.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use http::{
    Client, JSON, JSON_API, Memory, NOBODY, Options, PROBLEM, available, create_option, document,
    get, on_each, plain, post, purchase,
};
use serde_json::{Value, json};

#[test]
fn an_option_is_created_shown_and_listed() {
    on_each(|client| {
        let attributes = json!({"name": "Floor", "description": "Standing", "allocation": 100});
        let made = client.ask(&post(
            "/ticket_options",
            &document("ticket_options", attributes),
        ));
        assert_eq!(
            (made.status, made.kind()),
            (201, JSON_API),
            "{}",
            made.text()
        );
        let json = made.json();
        let id = json["data"]["id"].as_str().unwrap();
        let shown = json!({"data": {
            "type": "ticket_options",
            "id": id,
            "attributes": {
                "name": "Floor", "description": "Standing", "allocation": 100, "available": 100,
            },
            "links": {"self": format!("/ticket_options/{id}")},
        }});
        assert_eq!(json, shown);
        let location = made.field("location").unwrap();
        assert_eq!(location, format!("/ticket_options/{id}"));
        assert_eq!(made.field("vary"), Some("Accept"));

        let found = client.ask(&get(location));
        assert_eq!((found.status, found.json()), (200, shown.clone()));
        let head = client.ask(&get(location).method("HEAD"));
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.field("content-length"), found.field("content-length"));
        let list = client.ask(&get("/ticket_options")).json();
        assert_eq!(list, json!({"data": [shown["data"]], "links": {}}));
    });
}

#[test]
fn options_are_listed_in_pages() {
    on_each(|client| {
        let ids: Vec<String> = (0..5).map(|_| create_option(client, 1)).collect();
        let mut seen = Vec::new();
        let mut next = Some("/ticket_options?page[size]=2".to_owned());
        while let Some(path) = next {
            let page = client.ask(&get(&path)).json();
            let entries = page["data"].as_array().unwrap();
            assert!(entries.len() <= 2);
            seen.extend(
                entries
                    .iter()
                    .map(|one| one["id"].as_str().unwrap().to_owned()),
            );
            next = page["links"]["next"].as_str().map(str::to_owned);
        }
        assert_eq!(seen, ids);
    });
}

#[test]
fn a_purchase_takes_from_what_is_left_and_never_more() {
    on_each(|client| {
        let option = create_option(client, 5);
        let made = client.ask(&post("/purchases", &purchase(&option, json!(3))));
        assert_eq!(made.status, 201, "{}", made.text());
        let json = made.json();
        let data = &json["data"];
        assert_eq!(data["type"], "purchases");
        assert_eq!(data["attributes"]["quantity"], 3);
        assert_eq!(
            data["relationships"]["ticket_option"]["data"]["id"],
            option.as_str()
        );
        assert_eq!(
            data["relationships"]["user"]["data"],
            json!({"type": "users", "id": NOBODY})
        );
        assert!(
            data["attributes"]["created_at"]
                .as_str()
                .unwrap()
                .ends_with('Z')
        );
        let found = client.ask(&get(made.field("location").unwrap()));
        assert_eq!((found.status, found.json()), (200, json));
        assert_eq!(available(client, &option), 2);

        let refused = client.ask(&post("/purchases", &purchase(&option, json!(3))));
        assert_eq!(refused.status, 400);
        assert_eq!(refused.code(), "invalid_purchase_quantity");
        assert_eq!(refused.place(), "/data/attributes/quantity");
        assert_eq!(available(client, &option), 2);
        let rest = client.ask(&post("/purchases", &purchase(&option, json!(2))));
        assert_eq!((rest.status, available(client, &option)), (201, 0));
    });
}

#[test]
fn plain_json_is_taken_and_answered() {
    on_each(|client| {
        let body = json!({"name": "Floor", "allocation": 2});
        let made = client.ask(&plain("/ticket_options", &body));
        assert_eq!((made.status, made.kind()), (201, JSON), "{}", made.text());
        let option = made.json()["data"]["id"].as_str().unwrap().to_owned();
        let body = json!({"quantity": 2, "ticket_option": option, "user": NOBODY});
        let bought = client.ask(&plain("/purchases", &body));
        assert_eq!(
            (bought.status, bought.kind()),
            (201, JSON),
            "{}",
            bought.text()
        );
        let again = client.ask(&plain("/purchases", &body));
        assert_eq!((again.status, again.kind()), (400, PROBLEM));
        assert_eq!(again.code(), "invalid_purchase_quantity");
        assert_eq!(again.place(), "#/quantity");
        let problem = again.json()["type"].as_str().unwrap().to_owned();
        assert_eq!(client.ask(&get(&problem)).status, 200, "{problem}");
        // The shell is understood in plain JSON too.
        let shell = client.ask(&plain("/purchases", &purchase(&option, json!(1))));
        assert_eq!(
            (shell.status, shell.place().as_str()),
            (400, "#/data/attributes/quantity")
        );
    });
}

/// Documents that cannot be meant: path, body, status, code, place.
#[allow(clippy::too_many_lines, reason = "a list")]
fn wrong_documents(option: &str) -> Vec<(&'static str, Value, u16, &'static str, &'static str)> {
    let options = |attributes| document("ticket_options", attributes);
    let mut cases = vec![
        ("/ticket_options", json!([]), 400, "invalid_document", ""),
        (
            "/ticket_options",
            json!([{"type": "ticket_options"}]),
            400,
            "invalid_document",
            "",
        ),
        ("/ticket_options", json!(1), 400, "invalid_document", ""),
        (
            "/ticket_options",
            json!({}),
            400,
            "invalid_document",
            "/data",
        ),
        (
            "/ticket_options",
            json!({"data": [1]}),
            400,
            "invalid_document",
            "/data",
        ),
        (
            "/ticket_options",
            json!({"data": {}}),
            400,
            "invalid_document",
            "/data/type",
        ),
        (
            "/ticket_options",
            document("purchases", json!({})),
            409,
            "wrong_type",
            "/data/type",
        ),
        (
            "/ticket_options",
            json!({"data": {"type": "ticket_options", "id": NOBODY}}),
            403,
            "client_generated_id",
            "/data/id",
        ),
        (
            "/ticket_options",
            json!({"data": {"type": "ticket_options", "attributes": 1}}),
            400,
            "invalid_document",
            "/data/attributes",
        ),
        (
            "/ticket_options",
            options(json!({"allocation": 1})),
            400,
            "invalid_attribute",
            "/data/attributes/name",
        ),
        (
            "/ticket_options",
            options(json!({"name": "a"})),
            400,
            "invalid_attribute",
            "/data/attributes/allocation",
        ),
        (
            "/ticket_options",
            options(json!({"name": "a", "allocation": 1, "description": 5})),
            400,
            "invalid_attribute",
            "/data/attributes/description",
        ),
    ];
    for name in [
        json!(""),
        json!(" "),
        json!(1),
        json!(null),
        json!("x".repeat(4097)),
    ] {
        let attributes = json!({"name": name, "allocation": 1});
        let place = "/data/attributes/name";
        cases.push((
            "/ticket_options",
            options(attributes),
            400,
            "invalid_attribute",
            place,
        ));
    }
    for allocation in [json!(-1), json!(1.5), json!("1"), json!(true), json!(1e30)] {
        let attributes = json!({"name": "a", "allocation": allocation});
        let place = "/data/attributes/allocation";
        cases.push((
            "/ticket_options",
            options(attributes),
            400,
            "invalid_attribute",
            place,
        ));
    }
    for quantity in [
        json!(0),
        json!(-1),
        json!(1.0),
        json!("1"),
        json!(null),
        json!([1]),
    ] {
        let place = "/data/attributes/quantity";
        let body = purchase(option, quantity);
        cases.push(("/purchases", body, 400, "invalid_purchase_quantity", place));
    }
    let place = "/data/relationships/ticket_option/data/id";
    let mut without = purchase(option, json!(1));
    without["data"]
        .as_object_mut()
        .unwrap()
        .remove("relationships");
    let mut of_members = purchase(option, json!(1));
    of_members["data"]["relationships"]["ticket_option"]["data"]["type"] = json!("members");
    let mut flat = purchase(option, json!(1));
    flat["data"]["relationships"]["ticket_option"] = json!(option);
    for body in [without, of_members, flat, purchase("7", json!(1))] {
        cases.push(("/purchases", body, 400, "invalid_relationship", place));
    }
    cases.push((
        "/purchases",
        purchase(NOBODY, json!(1)),
        404,
        "related_not_found",
        place,
    ));
    cases
}

#[test]
fn every_mistake_is_told_with_its_place() {
    on_each(|client| {
        let option = create_option(client, 5);
        for (path, body, status, code, place) in wrong_documents(&option) {
            for (request, kind, mark) in [
                (post(path, &body), JSON_API, ""),
                (post(path, &body).field("Accept", JSON), PROBLEM, "#"),
            ] {
                let reply = client.ask(&request);
                let told = (reply.status, reply.kind().to_owned(), reply.code());
                assert_eq!(told, (status, kind.to_owned(), code.to_owned()), "{body}");
                let expected = if place.is_empty() {
                    String::new()
                } else {
                    format!("{mark}{place}")
                };
                assert_eq!(reply.place(), expected, "{body}");
            }
        }
        assert_eq!(available(client, &option), 5);
    });
}

#[test]
fn several_mistakes_are_told_at_once() {
    on_each(|client| {
        let body = document("ticket_options", json!({"allocation": -1}));
        let reply = client.ask(&post("/ticket_options", &body)).json();
        let errors = reply["errors"].as_array().unwrap();
        let places: Vec<_> = errors
            .iter()
            .map(|error| &error["source"]["pointer"])
            .collect();
        assert_eq!(
            places,
            ["/data/attributes/name", "/data/attributes/allocation"]
        );
    });
}

#[test]
fn what_is_not_json_is_told_where() {
    on_each(|client| {
        for (body, part) in [
            ("", "no body"),
            ("{\"data\": ", "line 1"),
            ("{\"data\":{\"type\":\"a\",\"type\":\"b\"}}", "twice"),
            ("\u{feff}{}", "line 1"),
            (&"[".repeat(10_000), "line 1"),
        ] {
            let request = post("/purchases", &json!(0)).body(body);
            let reply = client.ask(&request);
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "invalid_json"),
                "{body}"
            );
            assert!(reply.text().contains(part), "{}", reply.text());
        }
        let broken = post("/purchases", &json!(0)).body(b"{\"data\":\"\xff\"}".to_vec());
        assert_eq!(client.ask(&broken).code(), "invalid_json");
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    on_each(|client| {
        for path in [
            "/x",
            "/x/",
            "/ticket_options/",
            "/ticket_options/1",
            &format!("/ticket_options/{NOBODY}"),
            &format!("/purchases/{NOBODY}"),
            &format!("/members/{NOBODY}"),
            &format!("/tickets/{NOBODY}"),
            "/problems/none",
        ] {
            let reply = client.ask(&get(path));
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (404, "not_found"),
                "{path}"
            );
        }
        for (method, path, allow) in [
            ("DELETE", "/ticket_options", "GET, HEAD, POST"),
            ("GET", "/purchases", "POST"),
            ("POST", "/livez", "GET, HEAD"),
            ("PATCH", "/members/1", "GET, HEAD"),
            ("OPTIONS", "/ledger", "GET, HEAD"),
        ] {
            let reply = client.ask(&get(path).method(method));
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (405, "method_not_allowed")
            );
            assert_eq!(reply.field("allow"), Some(allow));
        }
        for path in [
            "/ticket_options?include=x",
            "/ticket_options?page[size]=0",
            "/tickets?filter[state]=x",
        ] {
            let reply = client.ask(&get(path));
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "invalid_parameter"),
                "{path}"
            );
            assert!(path.contains(&reply.place()) && !reply.place().is_empty());
        }
    });
}

#[test]
fn forms_are_negotiated_as_json_api_says() {
    on_each(|client| {
        let body = document("members", json!({"name": "Ada"}));
        for (kind, status) in [
            ("application/vnd.api+json", 201),
            (
                "application/vnd.api+json; profile=\"https://example.org/p\"",
                201,
            ),
            ("application/vnd.api+json; charset=utf-8", 415),
            (
                "application/vnd.api+json; ext=\"https://example.org/e\"",
                415,
            ),
            ("application/json; charset=utf-8", 201),
            ("text/plain", 415),
        ] {
            let reply = client.ask(&post("/members", &body).instead("Content-Type", kind));
            assert_eq!(reply.status, status, "{kind}");
            if status == 415 {
                assert_eq!(reply.code(), "unsupported_media_type");
                assert_eq!(reply.place().to_ascii_lowercase(), "content-type");
            }
        }
        for (accept, status, kind) in [
            ("application/vnd.api+json", 200, JSON_API),
            ("application/json", 200, JSON),
            ("application/vnd.api+json; charset=utf-8", 406, JSON_API),
            (
                "application/vnd.api+json; ext=\"https://example.org/e\", */*",
                406,
                JSON_API,
            ),
            ("text/html", 406, PROBLEM),
        ] {
            let reply = client.ask(&get("/ticket_options").field("Accept", accept));
            assert_eq!((reply.status, reply.kind()), (status, kind), "{accept}");
            assert_eq!(reply.field("vary"), Some("Accept"));
        }
    });
}

#[test]
fn nothing_that_clients_send_comes_back_as_it_is() {
    on_each(|client| {
        let path = "/ticket_options?%3Cscript%3E%22%0d%0aSet-Cookie:a=b";
        let reply = client.ask(&get(path));
        assert_eq!(reply.status, 400);
        assert!(reply.field("set-cookie").is_none());
        assert!(
            reply.text().contains("<script>\\\"\\r\\nSet-Cookie:a"),
            "{}",
            reply.text()
        );
        assert!(
            reply.kind().contains("json"),
            "no browser takes it for HTML"
        );
        let name = "</script>\u{0}\"\\\u{7f}";
        let made = client.ask(&post(
            "/members",
            &document("members", json!({"name": name})),
        ));
        assert_eq!(made.json()["data"]["attributes"]["name"], name);
    });
}

#[test]
fn bounds_and_stopping_are_told_as_such() {
    let mut client = Memory::new(Options::default());
    let option = create_option(&mut client, 5);
    client.door.fill();
    let body = document("ticket_options", json!({"name": "a", "allocation": 1}));
    let full = client.ask(&post("/ticket_options", &body));
    assert_eq!(
        (full.status, full.code().as_str()),
        (503, "capacity_reached")
    );
    assert!(full.field("retry-after").is_some() && full.text().contains("--max-options"));
    let request = post("/purchases", &purchase(&option, json!(1))).field("Idempotency-Key", "a");
    let full = client.ask(&request);
    assert_eq!(
        (full.status, full.code().as_str()),
        (503, "capacity_reached")
    );
    assert!(full.text().contains("--max-idempotency-keys"));
    client.door.close();
    let stopping = client.ask(&post("/purchases", &purchase(&option, json!(1))));
    assert_eq!(
        (stopping.status, stopping.code().as_str()),
        (503, "stopping")
    );
}
