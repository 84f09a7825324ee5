//! A stand-in for a payment provider in the style of Stripe Checkout: it
//! speaks the same calls on loopback, and misbehaves as asked. Money is a word
//! here.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::unused_self,
    unreachable_pub,
    reason = "each user needs its own part, and a test fails by panicking"
)]

mod page;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::loopback::{self, Request, Response};

pub use page::Manners;

/// The key that callers need.
pub const KEY: &str = "sk_test_stand_in";

/// What webhooks are signed with.
pub const SECRET: &str = "whsec_stand_in";

/// A provider, as long as the process lives.
#[derive(Clone)]
pub struct StandIn {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
    manners: Manners,
}

#[derive(Default)]
struct State {
    sessions: BTreeMap<String, Session>,
    answers: HashMap<String, (Vec<u8>, Response)>,
    /// Money that went back, in order.
    refunds: Vec<String>,
    /// Calls of which path and key are told, in order.
    calls: Vec<(String, String)>,
    trouble: Option<Trouble>,
}

/// One session.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub form: HashMap<String, String>,
    pub status: &'static str,
    pub payment_status: &'static str,
    pub intent: Option<String>,
}

/// How calls go wrong.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Calls whose path begins so.
    pub path: &'static str,
    /// What happens instead of an answer.
    pub kind: TroubleKind,
    /// How often; 0: until told otherwise.
    pub times: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum TroubleKind {
    /// Nothing is done, and this status is answered.
    Status(u16),
    /// It is done, and the connection is closed without an answer.
    LostAnswer,
}

impl StandIn {
    pub fn start() -> Self {
        Self::start_on(0, Manners::default()).unwrap()
    }

    pub fn start_on(port: u16, manners: Manners) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            state: Mutex::default(),
            changed: Condvar::new(),
            manners,
        });
        let served = Arc::clone(&inner);
        let address = loopback::serve(port, move |request| served.answer(request))?;
        Ok(Self { address, inner })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on calls go wrong; `None`: they are well again.
    pub fn trouble(&self, trouble: Option<Trouble>) {
        self.inner.state().trouble = trouble;
    }

    /// Every session there is, oldest first.
    pub fn sessions(&self) -> Vec<Session> {
        self.inner.state().sessions.values().cloned().collect()
    }

    /// The session at an address that a buyer was sent to.
    pub fn session_at(&self, url: &str) -> Session {
        let id = url.rsplit('/').next().unwrap();
        self.inner.state().sessions[id].clone()
    }

    pub fn refunds(&self) -> Vec<String> {
        self.inner.state().refunds.clone()
    }

    pub fn calls(&self) -> Vec<(String, String)> {
        self.inner.state().calls.clone()
    }

    /// Waits until so much money has gone back, or for ten seconds.
    pub fn wait_for_refunds(&self, count: usize) -> Vec<String> {
        let state = self.inner.state();
        let patience = Duration::from_secs(10);
        let waited = self
            .inner
            .changed
            .wait_timeout_while(state, patience, |state| state.refunds.len() < count);
        waited.unwrap().0.refunds.clone()
    }

    /// The buyer pays.
    pub fn pay(&self, session: &str) {
        self.inner.change(session, |session| {
            session.status = "complete";
            session.payment_status = "paid";
            session.intent = Some(session.id.replace("cs_", "pi_"));
        });
    }

    /// The buyer has done everything, and the money takes days.
    pub fn pay_slowly(&self, session: &str) {
        self.inner.change(session, |session| {
            session.status = "complete";
            session.intent = Some(session.id.replace("cs_", "pi_"));
        });
    }

    /// The body of a webhook about a session, as the session is now.
    pub fn event(&self, kind: &str, session: &str) -> Vec<u8> {
        event(
            kind,
            &self.inner.state().sessions[session].json(&self.inner.host()),
        )
    }

    /// Sends a body, signed now, to a server's webhook address.
    pub fn send(&self, to: SocketAddr, body: &[u8]) -> u16 {
        send(to, body, SECRET.as_bytes(), now())
    }

    /// Sends a webhook about a session.
    pub fn tell(&self, to: SocketAddr, kind: &str, session: &str) -> u16 {
        self.send(to, &self.event(kind, session))
    }
}

/// A webhook's body.
pub fn event(kind: &str, session: &Value) -> Vec<u8> {
    let event = json!({
        "id": format!("evt_{kind}_{}", session["id"].as_str().unwrap()),
        "object": "event",
        "type": format!("checkout.session.{kind}"),
        "data": {"object": session},
    });
    event.to_string().into_bytes()
}

/// Sends a body that was signed so.
pub fn send(to: SocketAddr, body: &[u8], secret: &[u8], seconds: u64) -> u16 {
    let signature = ringside::payment::sign(body, secret, seconds);
    let fields = [
        ("Content-Type", "application/json; charset=utf-8"),
        ("Stripe-Signature", &*signature),
    ];
    let sent = loopback::post(to, "/webhooks/payments/hosted", &fields, body);
    sent.map_or(0, |(status, _)| status)
}

/// The time of day, in seconds.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

impl Session {
    pub fn json(&self, host: &str) -> Value {
        let form = |name: &str| self.form.get(name).cloned().unwrap_or_default();
        let metadata: serde_json::Map<String, Value> = self
            .form
            .iter()
            .filter_map(|(name, value)| {
                let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
                Some((name.to_owned(), json!(value)))
            })
            .collect();
        let amount: u64 = form("line_items[0][price_data][unit_amount]")
            .parse()
            .unwrap_or(0);
        json!({
            "id": self.id,
            "object": "checkout.session",
            "url": (self.status == "open").then(|| format!("{host}/pay/{}", self.id)),
            "status": self.status,
            "payment_status": self.payment_status,
            "payment_intent": self.intent,
            "amount_total": amount,
            "currency": form("line_items[0][price_data][currency]"),
            "client_reference_id": form("client_reference_id"),
            "metadata": metadata,
        })
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn host(&self) -> String {
        self.state_host().unwrap_or_default()
    }

    /// Only people need it: tests know where the stand-in is.
    fn state_host(&self) -> Option<String> {
        self.manners.host.clone()
    }

    fn change(&self, session: &str, change: impl FnOnce(&mut Session)) {
        change(self.state().sessions.get_mut(session).unwrap());
        self.changed.notify_all();
    }

    fn answer(&self, request: &Request) -> Option<Response> {
        if let Some(rest) = request.path.strip_prefix("/pay/") {
            return Some(self.page(rest, request));
        }
        if request.field("authorization") != Some(&format!("Bearer {KEY}")) {
            return Some(refusal(401, "invalid_key", "Invalid API Key provided"));
        }
        let key = request.field("idempotency-key").unwrap_or_default();
        let mut state = self.state();
        state.calls.push((request.path.clone(), key.to_owned()));
        match state.take_trouble(&request.path) {
            Some(TroubleKind::Status(status)) => Some(refusal(status, "api_error", "Not now")),
            Some(TroubleKind::LostAnswer) => {
                state.once(request, key, &self.host());
                drop(state);
                self.changed.notify_all();
                None
            }
            None => {
                let response = state.once(request, key, &self.host());
                drop(state);
                self.changed.notify_all();
                Some(response)
            }
        }
    }
}

impl State {
    fn take_trouble(&mut self, path: &str) -> Option<TroubleKind> {
        let trouble = self
            .trouble
            .as_mut()
            .filter(|it| path.starts_with(it.path))?;
        let kind = trouble.kind;
        if trouble.times == 1 {
            self.trouble = None;
        } else {
            trouble.times = trouble.times.saturating_sub(1);
        }
        Some(kind)
    }

    /// Does a request, or answers as the first time for its key.
    fn once(&mut self, request: &Request, key: &str, host: &str) -> Response {
        if let Some((form, response)) = self.answers.get(key) {
            return if *form == request.body {
                response.clone()
            } else {
                refusal(
                    400,
                    "idempotency_error",
                    "The key was used for another request",
                )
            };
        }
        let response = self.act(request, host);
        if !key.is_empty() {
            let answer = (request.body.clone(), response.clone());
            self.answers.insert(key.to_owned(), answer);
        }
        response
    }

    fn act(&mut self, request: &Request, host: &str) -> Response {
        let form: HashMap<String, String> =
            form_urlencoded::parse(&request.body).into_owned().collect();
        let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (request.method.as_str(), &parts[..]) {
            ("POST", ["v1", "checkout", "sessions"]) => {
                let expires: u64 = form["expires_at"].parse().unwrap();
                if expires < now() + 30 * 60 {
                    let text = "The `expires_at` timestamp must be at least 30 minutes away";
                    return refusal(400, "invalid_request", text);
                }
                let id = format!("cs_{}", self.sessions.len() + 1);
                let session = Session {
                    id: id.clone(),
                    form,
                    status: "open",
                    payment_status: "unpaid",
                    intent: None,
                };
                let json = session.json(host);
                self.sessions.insert(id, session);
                Response::new(200, "application/json", json.to_string())
            }
            ("GET", ["v1", "checkout", "sessions", id]) => match self.sessions.get(*id) {
                Some(session) => shown(session, host),
                None => refusal(404, "resource_missing", "No such session"),
            },
            ("POST", ["v1", "checkout", "sessions", id, "expire"]) => {
                match self.sessions.get_mut(*id) {
                    Some(session) if session.status == "open" => {
                        session.status = "expired";
                        shown(session, host)
                    }
                    _ => refusal(400, "invalid_request", "Only open sessions can be expired"),
                }
            }
            ("POST", ["v1", "refunds"]) => {
                let intent = form["payment_intent"].clone();
                if self.refunds.contains(&intent) {
                    return refusal(400, "charge_already_refunded", "Already refunded");
                }
                self.refunds.push(intent);
                let body = json!({"id": "re_1", "object": "refund", "status": "succeeded"});
                Response::new(200, "application/json", body.to_string())
            }
            _ => refusal(404, "unknown", "Unrecognized request URL"),
        }
    }
}

fn shown(session: &Session, host: &str) -> Response {
    Response::new(200, "application/json", session.json(host).to_string())
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let body = json!({"error": {"code": code, "message": message}});
    Response::new(status, "application/json", body.to_string())
}
