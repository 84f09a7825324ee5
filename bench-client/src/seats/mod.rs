//! Load on the seats, closed loop: every connection keeps a fixed number of
//! requests under way.

mod load;
mod outcome;

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

pub(crate) use outcome::{Outcome, Trouble};

use self::load::{Load, Pace, Sent, Shared};
use crate::{
    check::Ledger,
    cli::SeatsArgs,
    cpu,
    engine::Engine,
    failure::Failure,
    fleet,
    plan::{
        lines::RequestLines,
        prefix::Prefix,
        stream::{StreamPlan, share},
    },
    progress::Bar,
    target,
};

/// How often the live line is drawn.
const LIVE: Duration = Duration::from_secs(1);

/// Runs the load.
///
/// # Errors
/// If the server cannot be reached. A connection that is lost later, and a
/// server that answers wrongly, are told in the outcome.
pub(crate) fn run(args: &SeatsArgs) -> Result<Outcome, Failure> {
    let connections = usize::from(args.connections);
    let prefix = match &args.prefix {
        Some(prefix) => prefix.clone(),
        None => Prefix::fresh(args.seed, moment()),
    };
    let shared = Shared {
        lines: RequestLines::new(prefix.as_str(), args.seats),
        ledger: Ledger::new(args.seats),
        halt: AtomicBool::new(false),
        replies: AtomicU64::new(0),
    };
    let sockets = target::connect(&args.address, connections)?;
    let mut engines: Vec<Engine<Sent>> = fleet::deal(sockets, args.threads.into(), *args.timeout)?;

    let cpu_before = cpu::used();
    let started = Instant::now();
    let loads = make_loads(args, &shared, &engines, started);
    let loads = drive(args, &shared, &mut engines, loads)?;
    let cpu = cpu::used().saturating_sub(cpu_before);
    let mut outcome = Outcome::empty(prefix.as_str(), engines.len());
    outcome.cpu = cpu;
    for load in loads {
        outcome.add(load.into_part(), started);
    }
    if outcome.trouble.is_none() {
        outcome.trouble = shared.first_unpaid().map(Trouble::Wrong);
    }
    Ok(outcome)
}

fn make_loads<'a>(
    args: &SeatsArgs,
    shared: &'a Shared,
    engines: &[Engine<Sent>],
    started: Instant,
) -> Vec<Load<'a>> {
    let connections = usize::from(args.connections);
    let plan = StreamPlan {
        seed: args.seed,
        mix: args.mix,
        seats: args.seats,
    };
    let pace = Pace::new(
        args.pipeline.into(),
        args.ops.is_none().then(|| started + *args.duration),
    );
    (0..engines.len())
        .map(|engine| {
            let streams = (0..engines[engine].clients())
                // The deal of `fleet::deal`, backwards.
                .map(|client| client * engines.len() + engine)
                .map(|connection| {
                    let ops = args
                        .ops
                        .map_or(u64::MAX, |ops| share(ops, connection, connections));
                    plan.stream(connection, ops)
                });
            Load::new(shared, pace, streams.collect())
        })
        .collect()
}

fn drive<'a>(
    args: &SeatsArgs,
    shared: &Shared,
    engines: &mut [Engine<Sent>],
    loads: Vec<Load<'a>>,
) -> io::Result<Vec<Load<'a>>> {
    let bar = Bar::of_load(args.ops, args.quiet);
    let mut shown = (Instant::now(), 0);
    fleet::run(engines, loads, &shared.halt, || {
        let (now, replies) = (Instant::now(), shared.replies.load(Relaxed));
        let span = now.duration_since(shown.0);
        if span >= LIVE {
            bar.show_load(replies, replies - shown.1, span);
            shown = (now, replies);
        }
    })
}

/// A number that differs from run to run.
fn moment() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as u64)
}
