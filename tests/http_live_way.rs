//! Watching an event over sockets: through all shards, and at the end of a
//! server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;

use http::sale::{Buyer, concert, make};
use http::{Client, connect, get, server};
use serde_json::json;

/// Lines that a watcher hears.
struct Watcher(BufReader<TcpStream>);

impl Watcher {
    fn new(server: &ringside::Server, path: &str) -> Self {
        let mut socket = connect(server);
        socket.send(&get(path).bytes());
        let stream = socket.stream().try_clone().unwrap();
        let mut watcher = Self(BufReader::new(stream));
        watcher.hears("event: reset");
        watcher
    }

    /// Waits for a line with this in it.
    fn hears(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            let count = self.0.read_line(&mut line).expect("news in time");
            assert!(count > 0, "closed before {part}");
            if line.contains(part) {
                return line;
            }
        }
    }
}

#[test]
fn watchers_on_every_shard_hear_of_a_sale_and_of_the_end() {
    for shards in [1, 3] {
        let server = server(shards);
        let mut client = connect(&server);
        let event = make(&mut client, &concert());
        let (ada, _) = Buyer::come(&mut client, &event);
        let path = format!("/events/{event}/live");
        // The kernel spreads connections over the shards.
        let mut watchers: Vec<_> = (0..12).map(|_| Watcher::new(&server, &path)).collect();
        let own = format!("{path}?checkout={}", ada.0);
        let mut mine = Watcher::new(&server, &own);
        assert!(mine.hears("data: {\"token\"").contains("\"admitted\""));
        ada.hold(&mut client, &json!({"seats": [2, 5]}));
        for watcher in &mut watchers {
            let line = watcher.hears("\"changes\"");
            assert!(line.contains("[[2,\"h\"],[5,\"h\"]]"), "{line}");
        }
        assert!(mine.hears("data: {\"token\"").contains("\"total\":10000"));
        // One that goes is missed by nobody.
        drop(watchers.pop());
        ada.buy(&mut client);
        for watcher in &mut watchers {
            watcher.hears("[2,\"s\"]");
        }
        server.stop().unwrap();
        for watcher in &mut watchers {
            let mut rest = String::new();
            watcher.0.read_to_string(&mut rest).unwrap();
            assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
        }
    }
}
