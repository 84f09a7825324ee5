//! A connection without a socket.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use ringside::api::Api;
use ringside::http::{Clients, Conversation, Patience, Settings, Site, TokenSecret, Watchers};
use ringside::payment::Till;
use ringside::shard::{Counters, HttpCounters, Readings};

use super::client::Client;
use super::message::Reply;
use super::stand_in::StandIn;

#[derive(Debug, Default)]
pub struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub fn settings() -> Settings {
    Settings {
        body_bytes: 65_536,
        header_bytes: 16_384,
        pipeline_bytes: 65_536,
        patience: Patience {
            request: Duration::from_secs(10),
            idle: Duration::from_secs(60),
        },
        token: None,
        hold_time: None,
        watchers: Watchers::new(3),
        till: Till::test(),
        secret: TokenSecret::new([7; 32]),
        life: 7,
        latencies: Arc::default(),
    }
}

#[derive(Debug)]
pub struct Options {
    pub settings: Settings,
    pub clients: Option<Arc<Clients>>,
    pub door: StandIn,
    pub is_ready: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            settings: settings(),
            clients: None,
            door: StandIn::default(),
            is_ready: true,
        }
    }
}

struct Reading(bool);

impl Readings for Reading {
    fn counters(&self) -> Vec<Counters> {
        vec![Counters::default(); 2]
    }

    fn is_ready(&self) -> bool {
        self.0
    }
}

pub struct Memory {
    pub site: Rc<Site<StandIn>>,
    pub conversation: Conversation,
    pub door: StandIn,
    pub counters: Rc<RefCell<HttpCounters>>,
    wakes: Arc<Wakes>,
    received: Vec<u8>,
}

pub const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Memory {
    pub fn new(options: Options) -> Self {
        let readings = Arc::new(Reading(options.is_ready));
        let counters = Rc::<RefCell<HttpCounters>>::default();
        let api = Api::new(options.door.clone());
        let (settings, clients) = (options.settings, options.clients);
        let site = Site::new(api, settings, clients, readings, Rc::clone(&counters));
        Self::at(site, options.door, counters)
    }

    fn at(site: Rc<Site<StandIn>>, door: StandIn, counters: Rc<RefCell<HttpCounters>>) -> Self {
        let wakes = Arc::new(Wakes::default());
        let conversation = site.open(PEER, Waker::from(Arc::clone(&wakes)));
        Self {
            site,
            conversation,
            door,
            counters,
            wakes,
            received: Vec::new(),
        }
    }

    /// Another connection to the same site.
    pub fn another(&self) -> Self {
        let counters = Rc::clone(&self.counters);
        Self::at(Rc::clone(&self.site), self.door.clone(), counters)
    }

    /// How often the owner was woken.
    pub fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }

    /// Polls, and takes what is put out.
    pub fn turn(&mut self) {
        self.conversation.poll();
        let output = self.conversation.take_output();
        self.conversation.on_sent(output.len());
        self.received.extend_from_slice(&output);
    }

    /// What was received and not yet looked at.
    pub fn received(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.received)
    }

    /// The next answer, if it is there.
    pub fn try_reply(&mut self, to_head: bool) -> Option<Reply> {
        let (reply, length) = Reply::parse(&self.received, to_head)?;
        self.received.drain(..length);
        Some(reply)
    }
}

impl Client for Memory {
    fn send(&mut self, bytes: &[u8]) {
        self.conversation.on_bytes(bytes);
        self.turn();
    }

    fn reply(&mut self, to_head: bool) -> Reply {
        for _ in 0..100 {
            if let Some(reply) = self.try_reply(to_head) {
                return reply;
            }
            self.turn();
        }
        panic!("no answer; {:?}", String::from_utf8_lossy(&self.received))
    }
}
