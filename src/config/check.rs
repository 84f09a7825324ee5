//! Which settings make sense together, and what to say when they do not.

use std::io;
use std::path::PathBuf;

use super::{Config, Span};
use crate::limits::{
    LEAST_HTTP_HEADER_BYTES, LONGEST_HOLD_SECONDS, LONGEST_PAYMENT_SECONDS, MAX_LINE_BYTES,
    MAX_MATCH_PAIRS, MAX_MATCH_WINDOW, MAX_SEAT_BYTES, MAX_SEAT_CHANGES, MAX_SEGMENT_BYTES,
    MAX_SHARDS, MIN_SEGMENT_BYTES, MOST_OF_A_KIND,
};
use crate::wire::seat::{MAX_PREFIX_BYTES, MAX_REPLY_BYTES};

/// Why there is no configuration to start with. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML, or names or values in it are wrong.
    #[error("the configuration file {} is wrong: {source}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong and where.
        source: Box<toml::de::Error>,
    },
    /// A setting is outside of what can work.
    #[error("--{setting} is {value}, but must be {must}")]
    OutOfRange {
        /// The flag and key.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        must: String,
    },
}

impl Config {
    /// Whether the settings can work, each and together.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for the first that cannot.
    pub fn check(&self) -> Result<(), ConfigError> {
        let least_line = self.max_seat_bytes + MAX_PREFIX_BYTES;
        between("max-seat-bytes", self.max_seat_bytes, 1, MAX_SEAT_BYTES)?;
        between(
            "max-line-bytes",
            self.max_line_bytes,
            least_line,
            MAX_LINE_BYTES,
        )?;
        between("shards", usize::from(self.shards), 0, MAX_SHARDS)?;
        // A match run needs two.
        between("max-connections", self.max_connections, 2, 10_000_000)?;
        between("max-watchers", self.max_watchers, 0, 10_000_000)?;
        between(
            "pipeline-bytes",
            self.pipeline_bytes,
            self.max_line_bytes.max(MAX_REPLY_BYTES),
            1 << 30,
        )?;
        for (setting, bound) in [
            ("max-options", self.max_options),
            ("max-purchases", self.max_purchases),
            ("max-members", self.max_members),
            ("max-tickets", self.max_tickets),
            ("max-idempotency-keys", self.max_idempotency_keys),
            ("ledger-entries", self.ledger_entries),
            ("max-events", self.max_events),
            ("max-event-seats", self.max_event_seats),
            ("max-checkouts", self.max_checkouts),
            ("max-bookings", self.max_bookings),
            ("max-payments", self.max_payments),
        ] {
            between(setting, bound, 1, MOST_OF_A_KIND)?;
        }
        between("seat-changes", self.seat_changes, 0, MAX_SEAT_CHANGES)?;
        let payment = self.payment_time.0.as_secs();
        if !(1..=LONGEST_PAYMENT_SECONDS).contains(&payment) {
            return Err(ConfigError::OutOfRange {
                setting: "payment-time",
                value: self.payment_time.to_string(),
                must: "from 1s to 1day".to_owned(),
            });
        }
        if self.slow_client_timeout == Span::ZERO {
            return Err(ConfigError::OutOfRange {
                setting: "slow-client-timeout",
                value: self.slow_client_timeout.to_string(),
                must: "more than zero: a client that never reads would hold its memory for ever"
                    .to_owned(),
            });
        }
        self.check_http()?;
        self.check_payment()?;
        if self.match_timeout == Span::ZERO {
            return Err(ConfigError::OutOfRange {
                setting: "match-timeout",
                value: self.match_timeout.to_string(),
                must: "more than zero: a silent peer would hold its run for ever".to_owned(),
            });
        }
        if self.match_source.is_empty() != self.match_listener.is_empty() {
            return Err(ConfigError::OutOfRange {
                setting: "match-listener",
                value: format!("{:?}", self.match_listener),
                must: "given together with --match-source, or neither".to_owned(),
            });
        }
        let window = usize::try_from(self.match_window).unwrap_or(usize::MAX);
        between("match-window", window, 1, MAX_MATCH_WINDOW as usize)?;
        between("match-pairs", self.match_pairs, 1, MAX_MATCH_PAIRS)?;
        if !self.segment_bytes.is_multiple_of(4096) {
            return Err(ConfigError::OutOfRange {
                setting: "segment-bytes",
                value: self.segment_bytes.to_string(),
                must: "a multiple of 4096".to_owned(),
            });
        }
        between(
            "segment-bytes",
            usize::try_from(self.segment_bytes).unwrap_or(usize::MAX),
            MIN_SEGMENT_BYTES as usize,
            MAX_SEGMENT_BYTES as usize,
        )?;
        between("match-runs", self.match_runs, 1, 10_000)
    }

    fn check_payment(&self) -> Result<(), ConfigError> {
        between("payment-threads", self.payment_threads, 1, 256)?;
        between("payment-queue", self.payment_queue, 1, 1_000_000)?;
        between("webhook-backlog", self.webhook_backlog, 1, 1 << 30)?;
        between("webhook-connections", self.webhook_connections, 1, 256)?;
        for (setting, span) in [
            ("webhook-timeout", self.webhook_timeout),
            ("payment-timeout", self.payment_timeout),
            ("payment-lookup", self.payment_lookup),
        ] {
            if span == Span::ZERO || span.0.as_secs() > LONGEST_PAYMENT_SECONDS {
                return Err(ConfigError::OutOfRange {
                    setting,
                    value: span.to_string(),
                    must: "more than zero, and at most 1d".to_owned(),
                });
            }
        }
        let url = &self.public_url;
        let is_address = ["https://", "http://"].iter().any(|it| url.starts_with(it));
        if !url.is_empty() && (!is_address || url.contains(['?', '#', ' '])) {
            return Err(ConfigError::OutOfRange {
                setting: "public-url",
                value: format!("{url:?}"),
                must: "an address such as https://tickets.example".to_owned(),
            });
        }
        Ok(())
    }

    fn check_http(&self) -> Result<(), ConfigError> {
        between("http-body-bytes", self.http_body_bytes, 1, 1 << 30)?;
        let least = LEAST_HTTP_HEADER_BYTES;
        between("http-header-bytes", self.http_header_bytes, least, 1 << 20)?;
        between("http-rate", self.http_rate as usize, 0, 1_000_000)?;
        if self.http_timeout == Span::ZERO {
            return Err(ConfigError::OutOfRange {
                setting: "http-timeout",
                value: self.http_timeout.to_string(),
                must: "more than zero: a request that never ends would hold its memory for ever"
                    .to_owned(),
            });
        }
        if self.hold_time.0.as_secs() > LONGEST_HOLD_SECONDS {
            return Err(ConfigError::OutOfRange {
                setting: "hold-time",
                value: self.hold_time.to_string(),
                must: "at most 366d".to_owned(),
            });
        }
        Ok(())
    }
}

fn between(
    setting: &'static str,
    value: usize,
    least: usize,
    most: usize,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::OutOfRange {
        setting,
        value: value.to_string(),
        must: format!("from {least} to {most}"),
    })
}
