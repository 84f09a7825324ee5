//! A durable server is killed in the middle of payments: what the provider
//! knows and what is owed outlives it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "support/provider/mod.rs"]
mod provider;
mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use http::client::Client as _;
use http::sale::{self, Buyer};
use http::{Socket, plain};
use provider::{KEY, SECRET, StandIn, Trouble, TroubleKind};
use serde_json::{Value, json};
use support::Program;

fn start(directory: &Path, provider: &StandIn, shards: u16, more: &[&str]) -> Program {
    let directory = directory.display().to_string();
    let (url, shards) = (provider.url(), shards.to_string());
    let mut args = vec![
        "--data-dir",
        &directory,
        "--shards",
        &shards,
        "--segment-bytes",
        "1048576",
        "--payment-provider",
        "hosted",
        "--payment-url",
        &url,
        "--payment-timeout",
        "500ms",
        "--public-url",
        "https://tickets.example",
    ];
    args.extend(more);
    let mut command = support::program(&args);
    command.env("RINGSIDE_PAYMENT_KEY", KEY);
    command.env("RINGSIDE_PAYMENT_SECRETS", SECRET);
    Program::spawn(command)
}

/// Ends it in the middle of everything.
fn kill(program: Program) {
    program.signal("KILL");
    program.exit_code();
}

fn http(program: &Program) -> SocketAddr {
    let (_, rest) = program.first_line.split_once("HTTP on ").unwrap();
    let address = rest.split([' ', ';', ',']).next().unwrap();
    address.parse().unwrap()
}

fn holder(client: &mut Socket, event: &str, seat: u32) -> Buyer {
    let (buyer, _) = Buyer::come(client, event);
    assert_eq!(buyer.hold(client, &json!({"seats": [seat]})).status, 200);
    buyer
}

fn send_to_pay(client: &mut Socket, provider: &StandIn, buyer: &Buyer) -> String {
    let payment: Value =
        json!({"payment": {"provider": "hosted"}, "name": "Ada", "email": "ada@example.org"});
    let reply = client.ask(&plain(&buyer.path("/complete"), &payment));
    assert_eq!(reply.status, 202, "{}", reply.text());
    let redirect = reply.json()["redirect"].as_str().unwrap().to_owned();
    provider.session_at(&redirect).id
}

#[test]
fn between_a_payment_and_its_webhook() {
    for shards in [1, 3] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let provider = StandIn::start();
        let server = start(directory.path(), &provider, shards, &[]);
        let mut client = Socket::to(http(&server));
        let event = sale::make(&mut client, &sale::concert());
        let told = holder(&mut client, &event, 0);
        let untold = holder(&mut client, &event, 1);
        let open = holder(&mut client, &event, 2);
        let sessions = [&told, &untold, &open].map(|it| send_to_pay(&mut client, &provider, it));
        kill(server);
        provider.pay(&sessions[0]);
        provider.pay(&sessions[1]);

        // The number of shards may change, and one webhook never comes.
        let server = start(directory.path(), &provider, 4 - shards, &[]);
        let mut client = Socket::to(http(&server));
        assert_eq!(provider.tell(http(&server), "completed", &sessions[0]), 200);
        assert_eq!(told.state(&mut client), "completed");
        for _ in 0..500 {
            if untold.state(&mut client) == "completed" {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(untold.state(&mut client), "completed", "it was asked about");
        assert_eq!(open.state(&mut client), "paying");
        assert_eq!(sale::rows(&mut client, &event)[0], "ssh.");
        assert_eq!(provider.sessions().len(), 3, "asking has opened nothing");
        // And the buyer who has come back is sent to the same session.
        assert_eq!(send_to_pay(&mut client, &provider, &open), sessions[2]);
        kill(server);
    }
}

#[test]
fn between_a_debt_and_its_refund() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let provider = StandIn::start();
    let server = start(directory.path(), &provider, 3, &[]);
    let mut client = Socket::to(http(&server));
    let event = sale::make(&mut client, &sale::concert());
    let buyer = holder(&mut client, &event, 0);
    let session = send_to_pay(&mut client, &provider, &buyer);
    buyer.leave(&mut client);
    holder(&mut client, &event, 0);
    provider.pay(&session);
    let trouble = |kind, times| {
        let path = "/v1/refunds";
        provider.trouble(Some(Trouble { path, kind, times }));
    };
    trouble(TroubleKind::Status(500), 0);
    assert_eq!(provider.tell(http(&server), "completed", &session), 200);
    kill(server);
    assert!(provider.refunds().is_empty());

    // The next life pays it back, but dies before it hears so.
    trouble(TroubleKind::LostAnswer, 0);
    let server = start(directory.path(), &provider, 3, &[]);
    assert_eq!(provider.wait_for_refunds(1).len(), 1);
    kill(server);

    provider.trouble(None);
    let before = provider.calls().len();
    let server = start(directory.path(), &provider, 1, &[]);
    let mut client = Socket::to(http(&server));
    let is_refunded = |client: &mut Socket| {
        let page = client.ask(&http::get("/metrics")).text().to_owned();
        page.contains("ringside_payment_outcomes_total{outcome=\"refunded\"} 1")
    };
    for _ in 0..500 {
        if is_refunded(&mut client) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(is_refunded(&mut client));
    kill(server);
    let calls = provider.calls();
    assert!(
        calls[before..]
            .iter()
            .any(|(path, _)| path == "/v1/refunds")
    );
    assert_eq!(provider.refunds().len(), 1, "one key, one refund");

    // What was paid back is not asked about any more.
    let before = provider.calls().len();
    let server = start(directory.path(), &provider, 1, &[]);
    let mut client = Socket::to(http(&server));
    assert_eq!(sale::rows(&mut client, &event)[0], "h...");
    kill(server);
    let calls = provider.calls();
    assert!(
        calls[before..]
            .iter()
            .all(|(path, _)| path != "/v1/refunds"),
        "{calls:?}"
    );
}
