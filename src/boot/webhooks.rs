//! Outgoing webhooks: from settings to a courier.

use std::path::Path;
use std::time::Duration;

use super::StartError;
use super::payment::{PaymentError, secrets};
use crate::api::{Api, Door};
use crate::config::Config;
use crate::inventory::Id;
use crate::net::outside::EngineDoor;
use crate::payment::Till;
use crate::webhooks::{Courier, CourierSettings, Cursor, Secret};

/// How often shards are asked for something new to tell: costs each one
/// operation, and is the delay of a webhook.
const INTERVAL: Duration = Duration::from_millis(200);

/// What the courier is started with, checked before anything else is.
pub(super) fn settings(config: &Config) -> Result<Option<CourierSettings>, PaymentError> {
    if config.webhook_url.is_empty() {
        return Ok(None);
    }
    let url = Courier::check(&config.webhook_url).map_err(|error| PaymentError::Address {
        setting: "webhook-url",
        error,
    })?;
    let texts = secrets(
        "webhook-secrets-file",
        &config.webhook_secrets_file,
        "RINGSIDE_WEBHOOK_SECRETS",
    )?;
    let secrets: Result<Vec<Secret>, _> = texts.iter().map(|text| Secret::parse(text)).collect();
    Ok(Some(CourierSettings {
        url,
        secrets: secrets?,
        connections: config.webhook_connections,
        timeout: config.webhook_timeout.0,
        interval: INTERVAL,
        give_up: config.webhook_give_up.0,
    }))
}

/// Starts to tell, from where an earlier life has stopped.
pub(super) fn start(
    config: &Config,
    api: &Api<EngineDoor>,
    till: &Till,
    settings: CourierSettings,
) -> Result<Courier, StartError> {
    let directory = (!config.data_dir.is_empty()).then(|| Path::new(&config.data_dir));
    let door = api.door();
    let cursor = Cursor::load(directory, door.shards(), (door.now(), Id::nil()));
    let cursor = cursor.map_err(PaymentError::Cursor)?;
    tracing::info!(url = settings.url, "telling by webhooks how checkouts end");
    Courier::start(api, till, cursor, settings)
        .map_err(|error| StartError::Shard(error.to_string()))
}
