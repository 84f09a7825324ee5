//! Watching an event: server-sent events, without a socket. Sans I/O.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use http::{Client, Memory, NOBODY, Options, Request, StandIn, get, plain};
use pollster::block_on;
use ringside::api::Api;
use ringside::inventory::Id;
use ringside::inventory::events::{
    NewEvent, NewRoom, NewRows, NewSection, Order, Rate, RoomAction, Unwanted, Wanted,
};
use serde_json::{Value, json};

const TICK: u64 = 200_000;

/// Of the house that tests ask: its settings say so.
const LIFE: u64 = 7;

struct Nobody(AtomicUsize);

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// An event with 500 seats, one buyer, and those who watch.
struct House {
    api: Api<StandIn>,
    door: StandIn,
    event: Id,
    buyer: Id,
    now: u64,
    first: Memory,
}

impl House {
    fn new() -> Self {
        let first = Memory::new(Options::default());
        let door = first.door.clone();
        door.set_now(1_000_000);
        let api = Api::new(door.clone());
        let id = api.new_event_ids(1);
        let event = block_on(api.create_event(NewEvent {
            id,
            name: "Late Set".to_owned(),
            description: String::new(),
            date: "2031-05-01T20:00:00Z".to_owned(),
            venue: String::new(),
            currency: "EUR".to_owned(),
            sections: vec![NewSection {
                name: "Stalls".to_owned(),
                price: 100,
                rows: NewRows::Template {
                    rows: 5,
                    seats: 100,
                },
            }],
            general: Vec::new(),
            room: NewRoom {
                rate: Rate::default(),
                max_active: 0,
                opens_at: None,
                order: Order::Fifo,
                shuffle_seed: 1,
                absence_seconds: 120,
            },
            session_seconds: 36_000,
            max_tickets: 100,
        }));
        let event = event.unwrap().listing.id;
        let buyer = block_on(api.start_checkout(event, None)).unwrap().id;
        Self {
            api,
            door,
            event,
            buyer,
            now: 1_000_000,
            first,
        }
    }

    fn hold(&self, seats: impl IntoIterator<Item = u32>) {
        let wanted = Wanted::Seats(seats.into_iter().collect());
        block_on(self.api.hold_seats(self.event, self.buyer, wanted)).unwrap();
    }

    fn release(&self) {
        block_on(
            self.api
                .release_seats(self.event, self.buyer, Unwanted::All),
        )
        .unwrap();
    }

    fn path(&self) -> String {
        format!("/events/{}/live", self.event)
    }

    fn watch(&self) -> Watcher {
        self.watch_with(&get(&self.path()))
    }

    fn watch_with(&self, request: &Request) -> Watcher {
        let mut watcher = Watcher {
            client: self.first.another(),
            bytes: Vec::new(),
            has_head: false,
        };
        watcher.client.send(&request.bytes());
        watcher.client.turn();
        watcher
    }

    /// A tick later, everybody was told what is new.
    fn tick(&mut self) {
        self.pass(TICK);
    }

    fn pass(&mut self, micros: u64) {
        self.now += micros;
        self.door.set_now(self.now);
        let waker = Waker::from(Arc::new(Nobody(AtomicUsize::new(0))));
        self.first.site.poll_live(&waker);
        while self.first.site.spread_live(2) {}
    }
}

/// A connection that watches.
struct Watcher {
    client: Memory,
    bytes: Vec<u8>,
    has_head: bool,
}

impl Watcher {
    /// Everything that was told since last time, one string for each event.
    fn told(&mut self) -> Vec<String> {
        for _ in 0..1000 {
            self.client.turn();
        }
        self.bytes.extend(self.client.received());
        if !self.has_head {
            let end = memchr::memmem::find(&self.bytes, b"\r\n\r\n").expect("a head") + 4;
            let head = String::from_utf8(self.bytes.drain(..end).collect()).unwrap();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            assert!(
                head.contains("content-type: text/event-stream\r\n"),
                "{head}"
            );
            assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
            assert!(head.contains("cache-control: no-store\r\n"), "{head}");
            self.has_head = true;
        }
        let mut text = String::new();
        while let Some(end) = memchr::memmem::find(&self.bytes, b"\r\n") {
            let length = std::str::from_utf8(&self.bytes[..end]).unwrap();
            let length = usize::from_str_radix(length, 16).unwrap();
            let chunk = &self.bytes[end + 2..end + 2 + length];
            text.push_str(std::str::from_utf8(chunk).unwrap());
            assert_eq!(&self.bytes[end + 2 + length..end + 4 + length], b"\r\n");
            self.bytes.drain(..end + 4 + length);
            if length == 0 {
                text.push_str("END\n\n");
            }
        }
        text.split_terminator("\n\n").map(str::to_owned).collect()
    }
}

fn reset(version: u64) -> String {
    format!("id: {version}-{LIFE}\nevent: reset\ndata: {{\"version\":{version}}}")
}

#[test]
fn watchers_hear_what_changes_while_it_changes() {
    let mut house = House::new();
    house.hold([7]);
    let (mut ada, mut bob) = (house.watch(), house.watch());
    for watcher in [&mut ada, &mut bob] {
        assert_eq!(watcher.told(), ["retry: 2000\n:", &reset(1)]);
    }
    house.tick();
    assert_eq!(ada.told(), [""; 0], "nothing has changed");
    house.hold([8, 9]);
    house.release();
    house.hold([9]);
    house.tick();
    // What happened to a seat in between is not told.
    let data = "data: {\"version\":7,\"changes\":[[7,\".\"],[8,\".\"],[9,\"h\"]]}";
    let expected = format!("id: 7-{LIFE}\nevent: seats\n{data}");
    assert_eq!(ada.told(), std::slice::from_ref(&expected));
    assert_eq!(bob.told(), [expected]);
    house.tick();
    assert_eq!(bob.told(), [""; 0]);
}

#[test]
fn whoever_comes_back_hears_what_it_missed_and_no_more() {
    let mut house = House::new();
    let mut ada = house.watch();
    ada.told();
    house.hold([1]);
    house.tick();
    house.hold([2]);
    house.tick();
    let since = |version: &str| get(&house.path()).field("Last-Event-ID", version);
    let second = "id: 2-7\nevent: seats\ndata: {\"version\":2,\"changes\":[[2,\"h\"]]}";
    for (version, expected) in [
        ("2-7", vec!["retry: 2000\n:".to_owned()]),
        ("1-7", vec!["retry: 2000\n:".to_owned(), second.to_owned()]),
        ("9-7", vec!["retry: 2000\n:".to_owned(), reset(2)]),
        // From before a restart.
        ("2-6", vec!["retry: 2000\n:".to_owned(), reset(2)]),
        ("x", vec!["retry: 2000\n:".to_owned(), reset(2)]),
    ] {
        assert_eq!(
            house.watch_with(&since(version)).told(),
            expected,
            "{version}"
        );
    }
    let query = get(&format!("{}?since=1-7", house.path()));
    assert_eq!(house.watch_with(&query).told()[1..], [second.to_owned()]);
    // Nobody else watches: the event's shard knows.
    drop(ada);
    assert!(!house.first.site.is_watched());
    assert_eq!(
        house.watch_with(&since("1-7")).told()[1..],
        [second.to_owned()]
    );
    assert_eq!(house.watch_with(&since("2-7")).told(), ["retry: 2000\n:"]);
}

/// However slowly one reads, the others hear everything, and it is told to
/// begin anew.
#[test]
fn a_slow_watcher_begins_anew() {
    let mut house = House::new();
    let (mut slow, mut quick) = (house.watch(), house.watch());
    slow.told();
    quick.told();
    for _ in 0..150 {
        house.hold([1]);
        house.tick();
        assert_eq!(quick.told().len(), 1);
        house.release();
        house.tick();
        assert_eq!(quick.told().len(), 1);
    }
    assert_eq!(slow.told(), [reset(300)]);
    house.hold([2]);
    house.tick();
    assert_eq!(slow.told().len(), 1);
}

#[test]
fn an_event_is_asked_about_once_however_many_watch() {
    let mut house = House::new();
    let mut watchers: Vec<_> = (0..3).map(|_| house.watch()).collect();
    house.door.asked();
    house.tick();
    assert_eq!(house.door.asked().len(), 1);
    // A shard that does not answer is not asked again, and goes on later.
    house.door.set_slow(true);
    house.tick();
    house.tick();
    assert_eq!(house.door.asked().len(), 1);
    house.hold_quietly([4]);
    house.door.set_slow(false);
    house.tick();
    house.tick();
    for watcher in &mut watchers {
        let told = watcher.told();
        assert!(told.last().unwrap().contains("[4,\"h\"]"), "{told:?}");
    }
    drop(watchers);
    house.door.asked();
    house.tick();
    assert_eq!(house.door.asked().len(), 0, "nobody watches");
}

impl House {
    /// Although answers are slow now.
    fn hold_quietly<const N: usize>(&self, seats: [u32; N]) {
        self.door.set_slow(false);
        self.hold(seats);
        self.door.set_slow(true);
    }
}

/// Of one's own checkout as much is told as has changed.
#[test]
fn whoever_has_a_token_hears_of_the_checkout() {
    let mut house = House::new();
    let path = format!("/events/{}", house.event);
    let mut client = house.first.another();
    let room = Some(RoomAction::Pause);
    block_on(house.api.set_room(house.event, room, None, None)).unwrap();
    let start = plain(&format!("{path}/checkouts"), &json!({}));
    let [first, second] = [0; 2].map(|_| {
        let token = &client.ask(&start).json()["token"];
        token.as_str().unwrap().to_owned()
    });
    let mut ada = house.watch_with(&get(&format!("{path}/live?checkout={second}")));
    ada.told();
    house.tick();
    let told = ada.told();
    let (kind, data) = told[0].split_once("\ndata: ").unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        (kind, &data["state"]),
        ("event: checkout", &json!("queued"))
    );
    assert_eq!(
        (&data["token"], &data["position"]),
        (&json!(second), &json!(2))
    );
    house.tick();
    assert_eq!(ada.told(), [""; 0], "nothing has changed");
    let leave = get(&format!("/checkouts/{first}")).method("DELETE");
    assert_eq!(client.ask(&leave).status, 204);
    house.tick();
    let told = ada.told();
    let place = r#"event: queue
data: {"position":1,"ahead":0,"wait_seconds":"#;
    assert!(told[0].starts_with(place), "{told:?}");
    let room = Some(RoomAction::Resume);
    block_on(house.api.set_room(house.event, room, None, None)).unwrap();
    house.tick();
    let told = ada.told();
    assert!(told[0].starts_with("event: checkout"), "{told:?}");
    assert!(told[0].contains(r#""state":"admitted""#), "{told:?}");
    // What she did not take in time is replaced by what is so now.
    let holds = format!("/checkouts/{second}/holds");
    client.ask(&plain(&holds, &json!({"seats": [3]})));
    house.tick();
    client.ask(&plain(&holds, &json!({"seats": [4]})));
    house.tick();
    let told = ada.told();
    let of_checkout: Vec<_> = told.iter().filter(|it| it.contains("checkout")).collect();
    assert_eq!(of_checkout.len(), 1);
    assert!(of_checkout[0].contains(r#""seat":4"#), "{told:?}");
    // A token of another event, or none at all.
    for token in ["x", &"A".repeat(64)] {
        let wrong = get(&format!("{path}/live?checkout={token}"));
        assert_eq!(client.ask(&wrong).status, 404);
    }
}

#[test]
fn silence_is_broken_and_no_time_limit_holds_for_watchers() {
    let mut house = House::new();
    let mut ada = house.watch();
    ada.told();
    for _ in 0..15 {
        house.pass(5_000_000);
        assert!(!ada.client.conversation.on_tick(Duration::from_secs(5)));
        // What it sends now is not listened to.
        ada.client.send(&get("/livez").bytes());
    }
    assert_eq!(ada.told(), [":"; 5]);
}

#[test]
fn only_so_many_may_watch() {
    let house = House::new();
    let mut watchers: Vec<_> = (0..3).map(|_| house.watch()).collect();
    for watcher in &mut watchers {
        watcher.told();
    }
    let mut late = house.first.another();
    let reply = late.ask(&get(&house.path()));
    assert_eq!(reply.status, 503);
    assert!(String::from_utf8_lossy(&reply.body).contains("--max-watchers"));
    assert_eq!(reply.field("retry-after"), Some("30"));
    watchers.pop();
    late.send(&get(&house.path()).bytes());
    assert!(late.received().starts_with(b"HTTP/1.1 200"));
}

#[test]
fn streams_end_at_once_when_the_server_stops_or_the_peer_does() {
    let house = House::new();
    let (mut ada, mut bob) = (house.watch(), house.watch());
    ada.told();
    bob.told();
    ada.client.conversation.finish();
    assert_eq!(ada.told(), ["END"]);
    assert!(ada.client.conversation.is_over());
    assert!(!ada.client.conversation.is_waiting());
    bob.client.conversation.on_end();
    assert!(bob.client.conversation.is_over());
    assert!(!house.first.site.is_watched());
    // Asked for by one who has to go.
    let mut late = house.first.another();
    late.conversation.on_bytes(&get(&house.path()).bytes());
    late.conversation.finish();
    late.turn();
    assert!(late.conversation.is_over());
    assert!(late.received().ends_with(b"0\r\n\r\n"));
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let house = House::new();
    let mut client = house.first.another();
    for (path, status) in [
        (format!("/events/{NOBODY}/live"), 404),
        ("/events/x/live".to_owned(), 404),
    ] {
        assert_eq!(client.ask(&get(&path)).status, status, "{path}");
    }
    assert_eq!(client.ask(&get(&house.path()).method("POST")).status, 405);
    client.send(format!("HEAD {} HTTP/1.1\r\nHost: here\r\n\r\n", house.path()).as_bytes());
    let head = String::from_utf8(client.received()).unwrap();
    assert!(head.contains("text/event-stream"), "{head}");
    assert!(!house.first.site.is_watched());
    client.send(format!("GET {} HTTP/1.0\r\n\r\n", house.path()).as_bytes());
    let answer = String::from_utf8(client.received()).unwrap();
    assert!(answer.contains("http_version"), "{answer}");
}

/// Answers that came before have to leave first, in a pipeline whose room is
/// used up.
#[test]
fn a_stream_begins_behind_earlier_answers() {
    let house = House::new();
    let mut client = house.first.another();
    let mut bytes = get("/openapi.json").bytes();
    bytes.extend(get("/openapi.json").bytes());
    bytes.extend(get(&house.path()).bytes());
    client.send(&bytes);
    assert_eq!(client.reply(false).status, 200);
    assert_eq!(client.reply(false).status, 200);
    for _ in 0..10 {
        client.turn();
    }
    let rest = String::from_utf8(client.received()).unwrap();
    assert!(
        rest.starts_with("HTTP/1.1 200") && rest.contains("event: reset"),
        "{rest}"
    );
}
