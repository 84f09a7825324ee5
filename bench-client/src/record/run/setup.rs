//! What a run was asked to do.

use serde::{Deserialize, Serialize};

use super::SaleSetup;

/// What was asked for, the same for all runs of a record.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Setup {
    /// The server's address, as given.
    pub(crate) address: String,
    /// `ringside`, `redis` or `memcached`; `http` of purchases.
    pub(crate) protocol: String,
    /// Open or closed.
    #[serde(flatten)]
    pub(crate) load: LoopKind,
    /// Connections.
    pub(crate) connections: u32,
    /// Most requests under way on one connection; a closed loop keeps it full.
    pub(crate) pipeline: u32,
    /// Threads that drive the connections.
    pub(crate) threads: u32,
    /// Processors that the client's threads are pinned to; empty if not pinned.
    pub(crate) pinned_cpus: Vec<u32>,
    /// How seats, or ticket options, are drawn: `uniform`, `zipf:S` or `hot:N`.
    pub(crate) keys: Option<String>,
    /// Weights of the verbs, reserve:buy:query; `null` of purchases.
    pub(crate) mix: Option<String>,
    /// Seats to draw from; `null` of purchases.
    pub(crate) seats: Option<u64>,
    /// What is purchased; `null` of seats.
    pub(crate) purchases: Option<PurchaseSetup>,
    /// What is on sale, and who comes; `null` of seats and purchases.
    pub(crate) sale: Option<SaleSetup>,
    /// Load before measuring begins.
    pub(crate) warm_up_seconds: f64,
    /// How long to send; `null` if a number of requests ends the run.
    pub(crate) duration_seconds: Option<f64>,
    /// How many requests to send; `null` if the clock ends the run.
    pub(crate) ops: Option<u64>,
    /// Seed of the first run.
    pub(crate) seed: u64,
    /// What seat names begin with, if it was given.
    pub(crate) prefix: Option<String>,
    /// Longest time to wait for a reply.
    pub(crate) timeout_seconds: f64,
    /// The command line, without the program.
    pub(crate) flags: Vec<String>,
}

/// What is purchased, and how.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PurchaseSetup {
    /// Ticket options to draw from.
    pub(crate) options: u64,
    /// How many each of them has at the start.
    pub(crate) allocation: u64,
    /// How many a purchase takes: a number, or `LOW..HIGH`.
    pub(crate) quantity: String,
    /// Whether every purchase has an `Idempotency-Key` of its own.
    pub(crate) idempotency_keys: bool,
}

/// What makes the next request leave.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "loop", rename_all = "lowercase")]
pub(crate) enum LoopKind {
    /// A reply: a slow server is asked less often.
    Closed,
    /// The clock: requests leave when they are due, whatever the server does.
    Open {
        /// Requests per second; of a ramp or a spike, as `arrivals` explains.
        rate: f64,
        /// `constant`, `poisson`, and so on, as given.
        arrivals: String,
    },
}
