//! Everything that a finished run of a load has to say: plain data, printed,
//! written as JSON, drawn and compared. `docs/bench-json.md` explains the JSON.
//!
//! Times are seconds, latencies microseconds, unless a name says otherwise.
//! What was not measured is `null` or left out, never a made-up number.

mod distribution;
mod environment;
mod figure;
mod file;
mod sale;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod schema;
mod setup;

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    distribution::{BadHistogram, Distribution, QUANTILES, samples_needed},
    environment::Environment,
    figure::{Figure, Summary},
    file::BadRecord,
    sale::{CrowdSetup, Fairness, Fate, Sale, SaleSetup, Waits},
    setup::{LoopKind, PurchaseSetup, Setup},
};

/// What the JSON of a load on seats calls itself.
pub(crate) const SCHEMA: &str = "ringside-bench/seats";
/// What the JSON of purchases calls itself; the structure is the same.
pub(crate) const PURCHASES_SCHEMA: &str = "ringside-bench/purchases";
/// What the JSON of a sale calls itself, likewise.
pub(crate) const ONSALE_SCHEMA: &str = "ringside-bench/onsale";
/// What the JSON of checkouts in a closed loop calls itself, likewise.
pub(crate) const CHECKOUTS_SCHEMA: &str = "ringside-bench/checkouts";
/// Raised when a field changes its meaning or goes away; not when one is added.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// One setup, run once or several times.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RunRecord {
    /// `ringside-bench/` and `seats`, `purchases`, `onsale` or `checkouts`.
    pub(crate) schema: String,
    /// Version of this schema; readers refuse one they do not know.
    pub(crate) schema_version: u32,
    /// What was asked for.
    pub(crate) setup: Setup,
    /// Where and by what it was measured.
    pub(crate) environment: Environment,
    /// The figures over all runs, to read and compare by.
    pub(crate) summary: Vec<Summary>,
    /// The runs, in order; one unless `--repeat` asked for more.
    pub(crate) runs: Vec<Run>,
}

impl RunRecord {
    /// A record without runs yet.
    pub(crate) fn new(setup: Setup, environment: Environment) -> Self {
        Self {
            schema: match (&setup.purchases, &setup.sale) {
                (Some(_), _) => PURCHASES_SCHEMA,
                (None, Some(sale)) if sale.crowd.is_some() => ONSALE_SCHEMA,
                (None, Some(_)) => CHECKOUTS_SCHEMA,
                (None, None) => SCHEMA,
            }
            .to_owned(),
            schema_version: SCHEMA_VERSION,
            setup,
            environment,
            summary: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// The clock to judge by: corrected latency in an open loop, service time in
    /// a closed one, which has no other.
    pub(crate) fn leading_clock(&self) -> Clock {
        match self.setup.load {
            LoopKind::Open { .. } => Clock::CorrectedLatency,
            LoopKind::Closed => Clock::ServiceTime,
        }
    }

    /// The worst verdict of all runs; partial if there are none.
    pub(crate) fn verdict(&self) -> Verdict {
        let verdicts = self.runs.iter().map(|run| &run.verdict);
        let worst = verdicts.max_by_key(|verdict| verdict.weight());
        worst.cloned().unwrap_or_else(|| Verdict::Partial {
            reason: "no run was finished".to_owned(),
        })
    }
}

/// One run of the setup.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Run {
    /// Seed of this run: the setup's seed plus the number of the run, from 0.
    pub(crate) seed: u64,
    /// What the seats' names began with, or the keys' with another protocol;
    /// `null` of purchases.
    pub(crate) prefix: Option<String>,
    /// When measuring began, after the warm-up, in seconds since the Unix epoch.
    pub(crate) started_unix_seconds: f64,
    /// Length of the measured span, without the warm-up.
    pub(crate) seconds: f64,
    /// Whether the figures can be trusted.
    pub(crate) verdict: Verdict,
    /// What became of the requests, warm-up excluded.
    pub(crate) counts: Counts,
    /// Answered requests per second of the measured span.
    pub(crate) throughput_per_second: f64,
    /// What was sold, by the client's account and by the server's; `null` of
    /// seats.
    pub(crate) sold: Option<Sold>,
    /// What came of the sale of an event; `null` of seats and purchases.
    pub(crate) sale: Option<Sale>,
    /// What the client itself used.
    pub(crate) client: Client,
    /// What the server used, if its process was named.
    pub(crate) server: Option<ServerUse>,
    /// Latencies by verb, outcome and clock; none without samples.
    pub(crate) latency: Vec<Latency>,
    /// The run over time, one entry per second, gaps filled with zeros.
    pub(crate) intervals: Vec<Interval>,
    /// What makes the figures worth less than they look.
    pub(crate) warnings: Vec<Warning>,
}

/// What became of the requests. `offered = sent + dropped` and
/// `sent = answered + timed_out + failed`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Counts {
    /// Requests that the arrival schedule called for; in a closed loop those sent.
    pub(crate) offered: u64,
    /// Requests handed to the kernel.
    pub(crate) sent: u64,
    /// Requests with a valid reply, whatever it said.
    pub(crate) answered: u64,
    /// Requests without a valid reply: lost with their connection, answered by
    /// no reply of the protocol, or still under way when the run was broken off.
    pub(crate) failed: u64,
    /// Requests without a reply within the timeout.
    pub(crate) timed_out: u64,
    /// Requests that were never sent, because no connection had room for them.
    pub(crate) dropped: u64,
    /// Share of the sent requests that left when they were meant to, 0 to 1;
    /// `null` in a closed loop, which means no time.
    pub(crate) sent_on_time_share: Option<f64>,
    /// Connections that broke.
    pub(crate) lost_connections: u64,
}

impl Counts {
    /// Share of the offered requests that were answered, 0 to 1; 1 if nothing
    /// was offered.
    pub(crate) fn success_share(&self) -> f64 {
        if self.offered == 0 {
            return 1.0;
        }
        self.answered as f64 / self.offered as f64
    }
}

/// What was sold of all ticket options together. Of a correct server, and
/// without lost requests, `acknowledged = allocation - available`.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Sold {
    /// What there was at the start.
    pub(crate) allocation: u64,
    /// What acknowledged purchases took, those of the warm-up included.
    pub(crate) acknowledged: u64,
    /// What requests without a reply may have taken.
    pub(crate) unknown: u64,
    /// What the server says is left.
    pub(crate) available: u64,
    /// How many ticket options ran out: a purchase of the least quantity fails.
    pub(crate) exhausted: u64,
}

/// What the client used, and whether it was the bottleneck.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Client {
    /// Processor time of the client in the measured span.
    pub(crate) cpu_seconds: f64,
    /// Threads that drove connections.
    pub(crate) threads: u32,
    /// Whether the client, not the server, limited the figures.
    pub(crate) bound: ClientBound,
}

/// Whether the client limited the figures.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ClientBound {
    /// Yes, no, or not known.
    pub(crate) verdict: Bound,
    /// Why so, in a sentence.
    pub(crate) reason: String,
}

/// The answer to "was it the client?".
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Bound {
    /// The figures say more about the client than about the server.
    Yes,
    /// The client had time to spare.
    No,
    /// Too little is known.
    Unknown,
}

/// What the server process used.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServerUse {
    /// Its process id.
    pub(crate) pid: u32,
    /// Processor time of all its threads in the measured span.
    pub(crate) cpu_seconds: Option<f64>,
    /// The same, per answered request, in microseconds.
    pub(crate) cpu_us_per_command: Option<f64>,
    /// Resident memory at the end, in bytes.
    pub(crate) rss_bytes: Option<u64>,
    /// Growth of resident memory by the run, scaled to a million seats.
    pub(crate) bytes_per_million_seats: Option<f64>,
}

/// Latencies of one verb with one outcome, by one clock.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Latency {
    /// `RESERVE`, `BUY` or `QUERY`; `PURCHASE`; `ENTER`, `POLL`, `LOOK`, `HOLD`,
    /// `PAY` or `LEAVE`.
    pub(crate) verb: String,
    /// The reply: `OK`, `FAIL`, `FREE`, `RESERVED` or `SOLD`; `SOLD_OUT` of a
    /// purchase of more than is left.
    pub(crate) outcome: String,
    /// From when the time was taken.
    pub(crate) clock: Clock,
    /// How long they took.
    #[serde(flatten)]
    pub(crate) distribution: Distribution,
}

/// From when a latency is counted. The two are never merged.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Clock {
    /// From the time the request was sent.
    ServiceTime,
    /// From the time the request was meant to be sent: open loop only. It holds
    /// the wait that a slow server imposes on those who come next (coordinated
    /// omission is corrected).
    CorrectedLatency,
}

impl Clock {
    /// Both, the stricter one first.
    pub(crate) const ALL: [Self; 2] = [Self::CorrectedLatency, Self::ServiceTime];

    /// As in JSON.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::CorrectedLatency => "corrected_latency",
            Self::ServiceTime => "service_time",
        }
    }

    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CorrectedLatency => "corrected latency",
            Self::ServiceTime => "service time",
        }
    }

    /// From when the time is counted, for people.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::CorrectedLatency => "from when each request was meant to be sent",
            Self::ServiceTime => "from when each request was sent",
        }
    }
}

/// One slice of the run, all verbs and outcomes together.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Interval {
    /// When it begins, in seconds since measuring began.
    pub(crate) start_seconds: f64,
    /// Its length; the last one may be shorter.
    pub(crate) seconds: f64,
    /// Requests sent in it.
    pub(crate) sent: u64,
    /// Replies received in it.
    pub(crate) answered: u64,
    /// Requests that failed, timed out or were dropped in it.
    pub(crate) errors: u64,
    /// Service times of the replies received in it; `null` without any.
    pub(crate) service_time: Option<Distribution>,
    /// Corrected latencies of the same replies; `null` in a closed loop.
    pub(crate) corrected_latency: Option<Distribution>,
}

/// What makes the figures worth less than they look, and what to do about it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Warning {
    /// Short and stable, such as `late-sends`.
    pub(crate) code: String,
    /// What is the matter, with its figures.
    pub(crate) cause: String,
    /// What to do about it.
    pub(crate) cure: String,
}

/// Whether the figures can be trusted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Every reply was right.
    Ok,
    /// The run was broken off before its end; what it holds is right.
    Partial {
        /// By whom or what.
        reason: String,
    },
    /// Connections were lost: replies are missing.
    Lost {
        /// The first case.
        reason: String,
    },
    /// The server answered wrongly; its speed means nothing.
    Wrong {
        /// The first case.
        reason: String,
    },
}

impl Verdict {
    /// Why it is not `Ok`.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Ok => None,
            Self::Partial { reason } | Self::Lost { reason } | Self::Wrong { reason } => {
                Some(reason)
            }
        }
    }

    /// Higher is worse.
    fn weight(&self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Partial { .. } => 1,
            Self::Lost { .. } => 2,
            Self::Wrong { .. } => 3,
        }
    }
}
