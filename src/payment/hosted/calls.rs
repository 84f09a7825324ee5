//! Calls over the network, one after another on whatever thread calls.

use std::fmt;

use ureq::Agent;

use super::HostedSettings;
use super::form::Call;
use crate::outward::{UnusableAddress, agent, check_address};
use crate::payment::provider::CallError;

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// Sends requests to one provider.
pub(super) struct Calls {
    agent: Agent,
    url: String,
    authorization: String,
}

impl fmt::Debug for Calls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Calls")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Calls {
    pub(super) fn new(settings: &HostedSettings) -> Result<Self, UnusableAddress> {
        let url = check_address(&settings.url)?;
        let agent = agent(&url, settings.timeout, settings.connections);
        Ok(Self {
            agent,
            url,
            authorization: format!("Bearer {}", settings.key),
        })
    }

    pub(super) fn post(&self, call: &Call) -> Result<(u16, Vec<u8>), CallError> {
        let mut request = self
            .agent
            .post(format!("{}{}", self.url, call.path))
            .header("Authorization", &self.authorization)
            .content_type("application/x-www-form-urlencoded");
        if let Some(key) = &call.key {
            request = request.header("Idempotency-Key", key);
        }
        receive(request.send(call.form.as_bytes()))
    }

    pub(super) fn get(&self, path: &str) -> Result<(u16, Vec<u8>), CallError> {
        let request = self
            .agent
            .get(format!("{}{path}", self.url))
            .header("Authorization", &self.authorization);
        receive(request.call())
    }
}

fn receive(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(u16, Vec<u8>), CallError> {
    let away = |error: ureq::Error| CallError::Away(error.to_string());
    let mut answer = answer.map_err(away)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES);
    Ok((status, body.read_to_vec().map_err(away)?))
}
