//! Outgoing webhooks, judged by a foreign library: each end of a checkout is
//! told, signed, until it is taken, also by the next life of a killed server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;
#[path = "support/loopback.rs"]
mod loopback;
mod support;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use http::client::Client as _;
use http::sale::{self, Buyer};
use http::{Socket, get, plain};
use loopback::{Request, Response};
use serde_json::{Value, json};
use support::Program;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Who is told.
#[derive(Clone)]
struct Receiver {
    address: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Type, id and data of what was taken, in order.
    taken: Vec<(String, String, Value)>,
    /// Ids of what was not.
    refused: Vec<String>,
    /// What to answer instead of 200, and for how many.
    refuse: Option<(u16, usize)>,
}

impl Receiver {
    fn start() -> Self {
        let inner = Arc::<Inner>::default();
        let receiving = Arc::clone(&inner);
        let address = loopback::serve(0, move |request| Some(receiving.receive(request)));
        Self {
            address: address.unwrap(),
            inner,
        }
    }

    fn refuse(&self, status: u16, times: usize) {
        self.inner.state.lock().unwrap().refuse = Some((status, times));
    }

    /// Waits until something is so, or for ten seconds.
    fn wait(&self, is_so: impl Fn(&State) -> bool) -> Vec<(String, String, Value)> {
        let state = self.inner.state.lock().unwrap();
        let patience = Duration::from_secs(10);
        let waited = self
            .inner
            .changed
            .wait_timeout_while(state, patience, |it| !is_so(it));
        waited.unwrap().0.taken.clone()
    }
}

impl Inner {
    fn receive(&self, request: &Request) -> Response {
        let mut headers = hyper::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, request.field(name).unwrap().parse().unwrap());
        }
        let id = request.field("webhook-id").unwrap().to_owned();
        for secret in [SECRET, OLD_SECRET] {
            let judge = standardwebhooks::Webhook::new(secret).unwrap();
            judge
                .verify(&request.body, &headers)
                .expect("signed by both");
            assert!(judge.verify(b"{}", &headers).is_err());
        }
        assert_eq!(request.field("content-type"), Some("application/json"));
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let mut state = self.state.lock().unwrap();
        let status = match &mut state.refuse {
            Some((status, times)) if *times > 0 => {
                *times -= 1;
                *status
            }
            _ => 200,
        };
        if status == 200 {
            let kind = body["type"].as_str().unwrap().to_owned();
            state.taken.push((kind, id, body["data"].clone()));
        } else {
            state.refused.push(id);
        }
        drop(state);
        self.changed.notify_all();
        Response::new(status, "text/plain", "")
    }
}

fn start(directory: Option<&Path>, receiver: SocketAddr, shards: u16) -> (Program, Socket) {
    let directory = directory.map(|it| it.display().to_string());
    let (url, shards) = (format!("http://{receiver}/told"), shards.to_string());
    let mut args = vec!["--shards", &shards, "--webhook-url", &url];
    args.extend(["--webhook-timeout", "2s", "--segment-bytes", "1048576"]);
    if let Some(directory) = &directory {
        args.extend(["--data-dir", directory]);
    }
    let mut command = support::program(&args);
    command.env("RINGSIDE_WEBHOOK_SECRETS", format!("{SECRET},{OLD_SECRET}"));
    let program = Program::spawn(command);
    let (_, rest) = program.first_line.split_once("HTTP on ").unwrap();
    let address = rest.split([' ', ';', ',']).next().unwrap();
    let client = Socket::to(address.parse().unwrap());
    (program, client)
}

fn holder(client: &mut Socket, event: &str, what: &Value) -> Buyer {
    let (buyer, _) = Buyer::come(client, event);
    assert_eq!(buyer.hold(client, what).status, 200);
    buyer
}

#[test]
fn each_end_is_told_once_it_is_taken() {
    for shards in [1, 3] {
        let receiver = Receiver::start();
        let (server, mut client) = start(None, receiver.address, shards);
        let mut short = sale::concert();
        short["session_seconds"] = json!(1);
        let event = sale::make(&mut client, &short);
        let standing = sale::event(&mut client, &event)["general"][0]["id"].clone();

        receiver.refuse(500, 1);
        let buyer = holder(&mut client, &event, &json!({"seats": [8, 9]}));
        let general = json!({"general": {"option": standing, "quantity": 2}});
        assert_eq!(buyer.hold(&mut client, &general).status, 200);
        let reference = buyer.buy(&mut client);
        let leaver = holder(&mut client, &event, &json!({"seats": [0]}));
        leaver.leave(&mut client);
        // One who held nothing is not worth a word.
        Buyer::come(&mut client, &event).0.leave(&mut client);
        holder(&mut client, &event, &json!({"seats": [1]}));

        let taken = receiver.wait(|it| it.taken.len() >= 3);
        let of = |kind: &str| {
            let mut all = taken.iter().filter(|it| it.0 == kind);
            let one = all
                .next()
                .unwrap_or_else(|| panic!("no {kind} in {taken:?}"));
            assert!(all.next().is_none(), "{kind} twice");
            one.clone()
        };
        let (_, id, booked) = of("checkout.booked");
        assert_eq!(booked["booking"], json!(reference));
        assert_eq!(
            (&booked["total"], &booked["currency"]),
            (&json!(10_000), &json!("EUR"))
        );
        let seats = json!([
            {"seat": 8, "section": "Balcony", "row": "1", "label": "2", "price": 3000},
            {"seat": 9, "section": "Balcony", "row": "1", "label": "4", "price": 3000},
        ]);
        assert_eq!(booked["seats"], seats);
        assert_eq!(booked["general"][0]["quantity"], 2);
        assert_eq!(booked["event"]["name"], "Night of the Bells");
        assert!(id.starts_with("ckt_") && id.ends_with("_booked"), "{id}");
        let refused = receiver.inner.state.lock().unwrap().refused.clone();
        assert_eq!(refused.len(), 1);
        assert_eq!(of("checkout.released").2["seats"][0]["seat"], 0);
        assert_eq!(of("checkout.expired").2["seats"][0]["seat"], 1);
        let page = client.ask(&get("/metrics")).text().to_owned();
        assert!(
            page.contains("webhooks_out_total{outcome=\"retried\"} 1"),
            "{page}"
        );
        server.signal("KILL");
    }
}

#[test]
fn what_a_killed_server_has_not_told_the_next_one_does() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let receiver = Receiver::start();
    receiver.refuse(503, usize::MAX);
    let (server, mut client) = start(Some(directory.path()), receiver.address, 3);
    let mut references = BTreeSet::new();
    for _ in 0..3 {
        let event = sale::make(&mut client, &sale::concert());
        for seat in 0..4 {
            let buyer = holder(&mut client, &event, &json!({"seats": [seat]}));
            references.insert(buyer.buy(&mut client));
        }
        let leaver = holder(&mut client, &event, &json!({"seats": [5]}));
        leaver.leave(&mut client);
    }
    receiver.wait(|it| !it.refused.is_empty());
    server.signal("KILL");
    server.exit_code();

    receiver.refuse(503, 0);
    let (server, mut client) = start(Some(directory.path()), receiver.address, 3);
    let booked = |state: &State, kind: &str| {
        let ids = state
            .taken
            .iter()
            .filter(|it| it.0 == kind)
            .map(|it| it.1.clone());
        ids.collect::<BTreeSet<_>>().len()
    };
    let taken = receiver
        .wait(|it| booked(it, "checkout.booked") == 12 && booked(it, "checkout.released") == 3);
    let told: BTreeSet<String> = taken
        .iter()
        .filter_map(|it| it.2["booking"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(told, references);
    assert_eq!(
        taken
            .iter()
            .filter(|it| it.0 == "checkout.released")
            .count(),
        3
    );

    // What was told is not told again by a third.
    let buyer = {
        let event = sale::make(&mut client, &sale::concert());
        holder(&mut client, &event, &json!({"seats": [0]}))
    };
    let last = buyer.buy(&mut client);
    receiver.wait(|it| it.taken.iter().any(|it| it.2["booking"] == json!(last)));
    let before = receiver.inner.state.lock().unwrap().taken.len();
    // In good order: the cursor was kept after the receiver had answered.
    std::thread::sleep(Duration::from_millis(50));
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
    let (server, mut client) = start(Some(directory.path()), receiver.address, 3);
    let event = sale::make(&mut client, &sale::concert());
    let buyer = holder(&mut client, &event, &json!({"seats": [0]}));
    let reply = client.ask(&plain(
        &buyer.path("/complete"),
        &json!({"payment": {"provider": "test", "card": "ok"}, "name": "A", "email": "a@b"}),
    ));
    let booking = reply.json()["booking"].clone();
    let taken = receiver.wait(|it| it.taken.iter().any(|it| it.2["booking"] == booking));
    assert_eq!(taken.len(), before + 1, "{taken:?}");
    server.signal("KILL");
}

/// Makes events until a snapshot has taken the place of the journal so far.
fn until_snapshot(client: &mut Socket, directory: &Path) {
    let label = |seat: u32| format!("place {seat} beside the pillar");
    let mut large = sale::concert();
    large["sections"] = json!([{"name": "Hall", "price": 1, "rows": [
        {"label": "1", "seats": (0..20_000).map(label).collect::<Vec<_>>()}]}]);
    let is_there = || {
        let shard = directory.join("gen-000001/shard-0000");
        let names = std::fs::read_dir(shard).unwrap();
        let mut names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
        let first = "0000000000.snapshot";
        names.any(|it| it.ends_with(".snapshot") && it != first)
    };
    for _ in 0..200 {
        if is_there() {
            return;
        }
        sale::make(client, &large);
    }
    panic!("there is no snapshot");
}

#[test]
fn what_a_snapshot_has_taken_the_place_of_is_told_after_a_restart() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let receiver = Receiver::start();
    receiver.refuse(503, usize::MAX);
    let (server, mut client) = start(Some(directory.path()), receiver.address, 1);
    let mut short = sale::concert();
    short["session_seconds"] = json!(1);
    let event = sale::make(&mut client, &short);
    for seat in 0..3 {
        holder(&mut client, &event, &json!({"seats": [seat]})).leave(&mut client);
    }
    for seat in 4..7 {
        holder(&mut client, &event, &json!({"seats": [seat]}));
    }
    let end = std::time::Instant::now() + Duration::from_secs(10);
    while sale::rows(&mut client, &event).concat() != "..........." {
        assert!(std::time::Instant::now() < end, "they expire");
        std::thread::sleep(Duration::from_millis(100));
    }
    until_snapshot(&mut client, directory.path());
    server.signal("KILL");
    server.exit_code();

    // Another number of shards makes snapshots too.
    for shards in [1, 2] {
        let (server, _) = start(Some(directory.path()), receiver.address, shards);
        server.signal("KILL");
        server.exit_code();
    }
    receiver.refuse(503, 0);
    let (server, _) = start(Some(directory.path()), receiver.address, 3);
    let told = |taken: &[(String, String, Value)]| -> BTreeSet<(String, u64)> {
        let seat = |data: &Value| data["seats"][0]["seat"].as_u64().unwrap();
        let taken = taken.iter();
        taken.map(|it| (it.0.clone(), seat(&it.2))).collect()
    };
    let taken = receiver.wait(|it| told(&it.taken).len() >= 6);
    let kinds = [("checkout.released", 0..3), ("checkout.expired", 4..7)];
    let kinds = kinds.into_iter();
    let expected: BTreeSet<(String, u64)> = kinds
        .flat_map(|(kind, seats)| seats.map(move |seat| (kind.to_owned(), seat)))
        .collect();
    assert_eq!(told(&taken), expected);
    server.signal("KILL");
    server.exit_code();
}
