//! Who works outside the shards: the cashier and the courier.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{StartError, payment, webhooks};
use crate::api::Api;
use crate::config::Config;
use crate::net::inbox::Inboxes;
use crate::net::numbers::Numbers;
use crate::net::outside::EngineDoor;
use crate::payment::{Cashier, Till};
use crate::webhooks::{Courier, CourierSettings};

/// What they are started with, checked before anything else is started.
pub(super) struct Plan {
    pub(super) till: Till,
    courier: Option<CourierSettings>,
}

/// While shards run.
#[derive(Debug)]
pub(super) struct Outside {
    _cashier: Cashier,
    _courier: Option<Courier>,
}

impl Plan {
    /// `http`: where HTTP is served; nowhere, and nobody needs to be told of
    /// payments.
    pub(super) fn new(config: &Config, http: &[SocketAddr]) -> Result<Self, StartError> {
        let till = payment::till(config, http)?;
        let courier = webhooks::settings(config)?;
        if !http.is_empty() {
            payment::say(&till);
        }
        Ok(Self { till, courier })
    }

    /// The shards are up.
    pub(super) fn start(
        self,
        config: &Config,
        (inboxes, numbers): (&Arc<Inboxes>, &Arc<Numbers>),
    ) -> Result<Outside, StartError> {
        let api = Api::new(EngineDoor::new(inboxes, numbers));
        let cashier = Cashier::start(&api, &self.till);
        let courier = self
            .courier
            .map(|settings| webhooks::start(config, &api, &self.till, settings));
        Ok(Outside {
            _cashier: cashier.map_err(|error| StartError::Shard(error.to_string()))?,
            _courier: courier.transpose()?,
        })
    }
}
