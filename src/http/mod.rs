//! What is spoken on the HTTP port, without I/O.
//!
//! For now lines stand in for it: `member NAME`, `find ID`, `all` (asks every
//! shard) and `who`, each answered by one line.

use std::cell::RefCell;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::api::{Api, Door, Failure};
use crate::inventory::{Id, Page};
use crate::shard::{HttpCounters, HttpMethod};

/// What all connections of a shard share.
pub struct Site<D> {
    api: Api<D>,
    counters: Rc<RefCell<HttpCounters>>,
}

impl<D: Door + 'static> Site<D> {
    /// A site that answers through `api`.
    pub fn new(api: Api<D>, counters: Rc<RefCell<HttpCounters>>) -> Self {
        Self { api, counters }
    }

    /// A connection from `peer`. Waking `waker` has it polled.
    pub fn open(self: &Rc<Self>, peer: IpAddr, waker: Waker) -> Conversation {
        let site = Rc::clone(self);
        Conversation {
            answer: Rc::new(move |line| {
                let site = Rc::clone(&site);
                Box::pin(async move { site.answer(peer, &line).await })
            }),
            waker,
            input: Vec::new(),
            output: Vec::new(),
            owed: 0,
            answering: None,
            ended: false,
            quiet: Duration::ZERO,
        }
    }

    async fn answer(&self, peer: IpAddr, line: &str) -> String {
        let answer = match line.split_once(' ').unwrap_or((line, "")) {
            ("member", name) => self
                .api
                .create_member(name)
                .await
                .map(|member| member.id.to_string()),
            ("find", id) => match id.parse::<Id>() {
                Ok(id) => self.api.member(id).await.map(|member| member.name),
                Err(error) => Ok(error.to_string()),
            },
            ("all", _) => {
                let page = Page {
                    after: None,
                    limit: 1,
                };
                self.api
                    .options(page)
                    .await
                    .map(|options| options.len().to_string())
            }
            _ => Ok(peer.to_string()),
        };
        let status = match answer {
            Ok(_) => 2,
            Err(Failure::Closed(_)) => 5,
            Err(_) => 4,
        };
        let mut counters = self.counters.borrow_mut();
        counters.requests.add(HttpMethod::Get as usize, status - 1);
        counters.seconds.add(Duration::ZERO);
        answer.unwrap_or_else(|failure| format!("error: {failure}"))
    }
}

type Answering = Pin<Box<dyn Future<Output = String>>>;

/// One connection.
pub struct Conversation {
    answer: Rc<dyn Fn(String) -> Answering>,
    waker: Waker,
    input: Vec<u8>,
    output: Vec<u8>,
    owed: usize,
    answering: Option<Answering>,
    ended: bool,
    quiet: Duration,
}

impl Conversation {
    const MOST: usize = 64 * 1024;
    const QUIET: Duration = Duration::from_secs(60);

    /// Bytes have arrived. Poll then.
    pub fn on_bytes(&mut self, bytes: &[u8]) {
        self.quiet = Duration::ZERO;
        self.input.extend_from_slice(bytes);
    }

    /// The peer sends nothing more. Poll then.
    pub fn on_end(&mut self) {
        self.ended = true;
    }

    /// Goes on as far as it can.
    pub fn poll(&mut self) {
        let mut context = Context::from_waker(&self.waker);
        while self.owed + self.output.len() < Self::MOST {
            if let Some(answering) = &mut self.answering {
                let Poll::Ready(answer) = answering.as_mut().poll(&mut context) else {
                    return;
                };
                self.answering = None;
                self.output.extend_from_slice(answer.as_bytes());
                self.output.push(b'\n');
            } else {
                let Some(end) = memchr::memchr(b'\n', &self.input) else {
                    return;
                };
                let line = String::from_utf8_lossy(&self.input[..end]).into_owned();
                self.input.drain(..=end);
                self.answering = Some((self.answer)(line));
            }
        }
    }

    /// What is to be sent now.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.owed += self.output.len();
        std::mem::take(&mut self.output)
    }

    /// Whether there is something to send.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// So much has left.
    pub fn on_sent(&mut self, bytes: usize) {
        self.owed -= bytes;
        self.waker.wake_by_ref();
    }

    /// Whether nothing more should be received for now.
    pub fn is_full(&self) -> bool {
        self.input.len() >= Self::MOST
    }

    /// Whether operations are on their way.
    pub fn is_waiting(&self) -> bool {
        self.answering.is_some()
    }

    /// Whether it has ended: close when its output has left.
    pub fn is_over(&self) -> bool {
        self.ended && self.answering.is_none() && !self.input.contains(&b'\n')
    }

    /// Answers what was received, then ends. Poll then.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    /// Time has passed. `true`: more than it may.
    pub fn on_tick(&mut self, tick: Duration) -> bool {
        self.quiet += tick;
        self.quiet > Self::QUIET
    }
}
