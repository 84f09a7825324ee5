//! A provider whose own page asks for the money, in the style of Stripe
//! Checkout: forms with a Bearer key and an `Idempotency-Key` out, signed
//! events in.

mod calls;
mod form;
mod reading;
mod signature;

pub use signature::{REPLAY_SECONDS, sign};

use std::fmt;
use std::time::Duration;

use self::calls::Calls;
use super::provider::{CallError, Notice, Order, Provider, Refund, Session, WebhookError};
use crate::inventory::Micros;
use crate::outward::UnusableAddress;

/// How to reach the provider, and how to know it.
#[derive(Clone)]
pub struct HostedSettings {
    /// Where its calls are, without the `/v1`.
    pub url: String,
    /// The key that it has given out.
    pub key: String,
    /// The secrets by which it signs; more than one while they are changed.
    pub secrets: Vec<Vec<u8>>,
    /// The public address of this server; marks its sessions.
    pub site: String,
    /// How long one call may take.
    pub timeout: Duration,
    /// Calls at once.
    pub connections: usize,
}

impl fmt::Debug for HostedSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HostedSettings")
            .field("url", &self.url)
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

/// The provider `hosted`.
#[derive(Debug)]
pub struct Hosted {
    calls: Calls,
    secrets: Vec<Vec<u8>>,
    site: String,
}

impl Hosted {
    /// Nothing is called yet.
    ///
    /// # Errors
    /// [`UnusableAddress`].
    pub fn new(settings: HostedSettings) -> Result<Self, UnusableAddress> {
        Ok(Self {
            calls: Calls::new(&settings)?,
            secrets: settings.secrets,
            site: settings.site,
        })
    }
}

impl Provider for Hosted {
    fn name(&self) -> &'static str {
        "hosted"
    }

    fn open(&self, order: &Order) -> Result<Session, CallError> {
        let (status, body) = self.calls.post(&form::open(order, &self.site))?;
        answer(status, &body)
    }

    fn find(&self, session: &str) -> Result<Session, CallError> {
        let (status, body) = self.calls.get(&form::find(session))?;
        answer(status, &body)
    }

    fn close(&self, session: &str) -> Result<Session, CallError> {
        let (status, body) = self.calls.post(&form::close(session))?;
        answer(status, &body)
    }

    fn refund(&self, refund: &Refund) -> Result<(), CallError> {
        let (status, body) = self.calls.post(&form::refund(refund))?;
        match status {
            200..300 => reading::refund(&body),
            _ if reading::is_refunded(&body) => Ok(()),
            _ => Err(reading::failure(status, &body)),
        }
    }

    fn read_webhook(
        &self,
        signature: &str,
        body: &[u8],
        now: Micros,
    ) -> Result<Notice, WebhookError> {
        signature::verify(signature, body, &self.secrets, now)?;
        reading::event(body)
    }
}

fn answer(status: u16, body: &[u8]) -> Result<Session, CallError> {
    match status {
        200..300 => reading::session(body),
        _ => Err(reading::failure(status, body)),
    }
}
