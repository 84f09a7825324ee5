//! Fills the record from a closed loop's outcome.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    cli::SeatsArgs,
    failure::Failure,
    protocol::Verb,
    record::run::*,
    seats::{self, Trouble},
};

pub(crate) fn setup(args: &SeatsArgs) -> Setup {
    Setup {
        address: args.address.clone(),
        protocol: "ringside".into(),
        load: LoopKind::Closed,
        connections: args.connections.into(),
        pipeline: args.pipeline.into(),
        threads: args.threads.into(),
        pinned_cpus: Vec::new(),
        keys: "uniform".into(),
        mix: args.mix.to_string(),
        seats: args.seats.into(),
        warm_up_seconds: 0.0,
        duration_seconds: args.ops.is_none().then(|| args.duration.as_secs_f64()),
        ops: args.ops,
        seed: args.seed,
        prefix: args.prefix.as_ref().map(|prefix| prefix.as_str().to_owned()),
        timeout_seconds: args.timeout.as_secs_f64(),
        flags: std::env::args().skip(1).collect(),
    }
}

pub(crate) fn run(args: &SeatsArgs, _repeat: u32) -> Result<Run, Failure> {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let outcome = seats::run(args)?;
    let answered = outcome.tally.total();
    let sent = answered + outcome.unanswered;
    Ok(Run {
        seed: args.seed,
        prefix: outcome.prefix.clone(),
        started_unix_seconds: started.as_secs_f64(),
        seconds: outcome.elapsed.as_secs_f64(),
        verdict: match &outcome.trouble {
            None => Verdict::Ok,
            Some(Trouble::Lost(reason)) => Verdict::Lost { reason: reason.clone() },
            Some(Trouble::Wrong(reason)) => Verdict::Wrong { reason: reason.clone() },
        },
        counts: Counts {
            offered: sent,
            sent,
            answered,
            failed: outcome.unanswered,
            lost_connections: outcome.lost_connections as u64,
            ..Counts::default()
        },
        throughput_per_second: outcome.throughput(),
        client: Client {
            cpu_seconds: outcome.cpu.as_secs_f64(),
            threads: outcome.threads as u32,
            bound: ClientBound {
                verdict: Bound::Unknown,
                reason: "not looked at".into(),
            },
        },
        server: None,
        latency: Verb::ALL
            .iter()
            .filter_map(|verb| {
                Some(Latency {
                    verb: verb.name().into(),
                    outcome: "any".into(),
                    clock: Clock::ServiceTime,
                    distribution: Distribution::of(outcome.latencies.of(*verb))?,
                })
            })
            .collect(),
        intervals: Vec::new(),
        warnings: Vec::new(),
    })
}
