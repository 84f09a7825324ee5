//! Where the server stands, for whoever tells others.

use std::sync::Arc;

use crate::net::stop::{Phase, Stop};
use crate::shard::{Counters, Readings, SharedCounters};

/// Where all shards stand.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) counters: Vec<Arc<SharedCounters>>,
    pub(super) stop: Arc<Stop>,
}

impl Readings for Standing {
    fn counters(&self) -> Vec<Counters> {
        self.counters.iter().map(|shard| shard.read()).collect()
    }

    fn is_ready(&self) -> bool {
        self.stop.phase() == Phase::Running
    }
}
