//! What the shards of a server have in common, and what each is told.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::standing::Standing;
use crate::config::{Config, Durability};
use crate::net::inbox::Inboxes;
use crate::net::matches::{Adoptions, MatchReport};
use crate::net::ring::{Dozers, DriverSettings, MatchSettings};
use crate::net::session::SessionLimits;
use crate::wire::seat::LineLimits;

/// One of each for all shards.
pub(super) struct Shared {
    pub(super) connections: Arc<AtomicUsize>,
    pub(super) dozers: Arc<Dozers>,
    pub(super) inboxes: Arc<Inboxes>,
    pub(super) adoptions: Arc<Adoptions>,
    pub(super) report: Option<mpsc::Sender<MatchReport>>,
    pub(super) standing: Arc<Standing>,
}

impl Shared {
    /// What the `index`-th shard thread is told.
    pub(super) fn settings(
        &self,
        config: &Config,
        index: u16,
        has_journal: bool,
    ) -> DriverSettings {
        DriverSettings {
            index,
            session: SessionLimits {
                line: LineLimits {
                    max_line: config.max_line_bytes,
                    max_seat: config.max_seat_bytes,
                },
                pipeline_bytes: config.pipeline_bytes,
            },
            max_connections: config.max_connections,
            connections: Arc::clone(&self.connections),
            idle_timeout: config.idle_timeout.0,
            slow_client_timeout: config.slow_client_timeout.0,
            busy_poll: config.busy_poll.0,
            dozers: Arc::clone(&self.dozers),
            inboxes: Arc::clone(&self.inboxes),
            http_timeout: match config.http_idle_timeout.0 {
                Duration::ZERO => config.http_timeout.0,
                idle => config.http_timeout.0.min(idle),
            },
            matches: MatchSettings {
                timeout: config.match_timeout.0,
                // The first shard runs them all.
                adoptions: if index == 0 {
                    Arc::clone(&self.adoptions)
                } else {
                    Arc::default()
                },
                reports: self.report.clone(),
            },
            write_interval: match config.durability {
                Durability::Interval(interval) if has_journal => Some(interval),
                Durability::Interval(_) | Durability::Sync => None,
            },
            stop: Arc::clone(&self.standing.stop),
            counters: Arc::clone(&self.standing.counters[usize::from(index)]),
        }
    }
}
