//! A server that takes hosted payments, its provider, and one event.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::time::Duration;

use ringside::config::{PaymentProvider, Span};
use ringside::{Config, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::sale::{self, Buyer};
use crate::http::{self, Client, Reply, Socket, connect, get, plain};
use crate::provider::{self, SECRET, StandIn};

/// A server, its provider, and one event.
pub struct House {
    pub provider: StandIn,
    pub server: Server,
    pub address: SocketAddr,
    pub client: Socket,
    pub event: String,
    _secrets: TempDir,
}

impl House {
    pub fn new(shards: u16) -> Self {
        Self::with(shards, |_| {})
    }

    pub fn with(shards: u16, change: impl FnOnce(&mut Config)) -> Self {
        let provider = StandIn::start();
        let secrets = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = secrets.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let mut config = Config {
            payment_provider: PaymentProvider::Hosted,
            payment_url: provider.url(),
            payment_key_file: file("key", provider::KEY),
            payment_secrets_file: file("secrets", &format!("whsec_new_one\n{SECRET}\n")),
            payment_timeout: Span(Duration::from_millis(500)),
            // Nobody is asked unless a test wants it.
            payment_lookup: Span::from_secs(3600),
            public_url: "https://tickets.example".to_owned(),
            ..http::real::config(shards)
        };
        change(&mut config);
        let server = Server::start(&config).unwrap();
        let mut client = connect(&server);
        let event = sale::make(&mut client, &sale::concert());
        Self {
            address: server.http_addresses()[0],
            provider,
            server,
            client,
            event,
            _secrets: secrets,
        }
    }

    /// A buyer who holds these seats.
    pub fn holder(&mut self, seats: &[u32]) -> Buyer {
        let (buyer, _) = Buyer::come(&mut self.client, &self.event);
        let held = buyer.hold(&mut self.client, &json!({"seats": seats}));
        assert_eq!(held.status, 200, "{}", held.text());
        buyer
    }

    pub fn complete(&mut self, buyer: &Buyer) -> Reply {
        self.client
            .ask(&plain(&buyer.path("/complete"), &payment()))
    }

    /// Sends a buyer to the provider, and says which session it is.
    pub fn send_to_pay(&mut self, buyer: &Buyer) -> String {
        let reply = self.complete(buyer);
        assert_eq!(reply.status, 202, "{}", reply.text());
        let redirect = reply.json()["redirect"].as_str().unwrap().to_owned();
        self.provider.session_at(&redirect).id
    }

    pub fn state(&mut self, buyer: &Buyer) -> String {
        buyer.state(&mut self.client)
    }

    /// Waits until a buyer's checkout is so; the server does it by itself.
    pub fn wait_for(&mut self, buyer: &Buyer, state: &str) {
        for _ in 0..500 {
            if self.state(buyer) == state {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the checkout is still {}", self.state(buyer));
    }

    pub fn tell(&self, kind: &str, session: &str) {
        assert_eq!(
            self.provider.tell(self.address, kind, session),
            200,
            "{kind}"
        );
    }

    pub fn rows(&mut self) -> Vec<String> {
        sale::rows(&mut self.client, &self.event)
    }

    /// A counter, without its family's prefix.
    pub fn metric(&mut self, name: &str) -> u64 {
        let page = self.client.ask(&get("/metrics"));
        let page = page.text().to_owned();
        let line = page.lines().find(|line| line.contains(name));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value
            .unwrap_or_else(|| panic!("no {name} in {page}"))
            .parse()
            .unwrap()
    }
}

pub fn payment() -> Value {
    json!({"payment": {"provider": "hosted"}, "name": "Ada", "email": "ada@example.org"})
}
