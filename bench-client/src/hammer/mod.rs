//! The hammer: threads that hold, free and purchase tickets at random, legally
//! or not, until all are purchased; and a model that judges every answer.

mod args;
mod embedded;
mod engine;
mod http;
mod pools;
mod tally;
mod venue;
mod verify;
mod worker;

use std::{
    sync::atomic::Ordering::Relaxed,
    sync::mpsc,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use indicatif::HumanCount;

pub(crate) use self::{args::HammerArgs, tally::Tally};
use self::{pools::Pools, venue::Venue, worker::Worker};
use crate::{failure::Failure, fleet, interrupt, progress::Bar, stall::Stall};

/// A thread that still waits after its own time-out hangs.
const GRACE: Duration = Duration::from_secs(5);

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Summary {
    /// Requests, answers and latencies.
    pub(crate) tally: Tally,
    /// How long it was hammered.
    pub(crate) seconds: f64,
    /// How many tickets were made.
    pub(crate) tickets: u32,
    /// How many of them were purchased.
    pub(crate) purchased: u32,
    /// How many members were made.
    pub(crate) members: u32,
    /// How it ended.
    pub(crate) verdict: Verdict,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every ticket has one owner, and every answer was right.
    Passed,
    /// An answer was wrong.
    Wrong(String),
    /// An answer is missing.
    Lost(String),
    /// It was broken off before every ticket was purchased; what there was is
    /// right.
    BrokenOff,
    /// It was over before that.
    Unfinished,
}

/// Hammers what the options name.
///
/// # Errors
/// If there is nothing to hammer.
pub(crate) fn run(args: &HammerArgs) -> Result<Summary, Failure> {
    if args.embedded {
        return engine::run(args);
    }
    let site = args.site.site(*args.timeout)?;
    // Told now rather than by every thread.
    crate::target::connect(&site.address, 1)?;
    hammer(args, &http::Server { site })
}

/// Hammers a venue.
fn hammer<V: Venue>(args: &HammerArgs, venue: &V) -> Result<Summary, Failure> {
    let stop = interrupt::asked()?;
    let pools: Pools<V::Id> = Pools::new(section(args.seed), args.members, args.tickets());
    let threads = usize::from(args.threads);
    let bar = Bar::of_load(args.quiet);
    let begun = Instant::now();
    let mut seeds = fastrand::Rng::with_seed(args.seed);
    let mut tally = Tally::default();
    let mut stopped = None;
    thread::scope(|scope| {
        let (running, ended) = mpsc::channel::<()>();
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (running, rng) = (running.clone(), seeds.fork());
                let pools = &pools;
                scope.spawn(move || {
                    let _running = running;
                    Worker::new(venue, pools, args.weights, rng).run()
                })
            })
            .collect();
        drop(running);
        let mut watch = Watch::new(args, begun);
        fleet::watch(&ended, || {
            watch.tick(&pools, &bar);
            let verdict = if stop.load(Relaxed) {
                Verdict::BrokenOff
            } else if begun.elapsed() > *args.limit {
                Verdict::Unfinished
            } else {
                return;
            };
            stopped.get_or_insert(verdict);
            pools.halt.store(true, Relaxed);
        });
        for worker in workers {
            tally.add(fleet::join(worker));
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    drop(bar);
    Ok(Summary {
        tally,
        seconds,
        tickets: pools.tickets.len(),
        purchased: pools.purchased(),
        members: pools.members.len(),
        verdict: judge(args, venue, &pools, stopped),
    })
}

fn judge<V: Venue>(
    args: &HammerArgs,
    venue: &V,
    pools: &Pools<V::Id>,
    stopped: Option<Verdict>,
) -> Verdict {
    if let Some(why) = pools.first_wrong() {
        return Verdict::Wrong(why);
    }
    let bar = Bar::of_items("judging", pools.tickets.len() as usize, args.quiet);
    let finals = match verify::histories::<V>(pools, args.threads.into(), &bar) {
        Ok(finals) => finals,
        Err(why) => return Verdict::Wrong(why),
    };
    if let Some(why) = pools.first_lost() {
        return Verdict::Lost(why);
    }
    if let Err(why) = verify::view(venue, pools, &finals) {
        return Verdict::Wrong(why);
    }
    match stopped {
        Some(verdict) if !pools.is_sold_out() => verdict,
        _ => Verdict::Passed,
    }
}

/// What the main thread watches meanwhile.
struct Watch<'a> {
    args: &'a HammerArgs,
    stall: Stall,
    last: (Instant, u64),
}

impl<'a> Watch<'a> {
    fn new(args: &'a HammerArgs, now: Instant) -> Self {
        Self {
            args,
            stall: Stall::new(*args.timeout + GRACE, now),
            last: (now, 0),
        }
    }

    fn tick<Id: Clone + Eq + std::hash::Hash>(&mut self, pools: &Pools<Id>, bar: &Bar) {
        let now = Instant::now();
        let requests = pools.requests.load(Relaxed);
        if self.stall.is_stalled(requests as usize, now) {
            // A thread that waits for an answer in this process cannot be ended.
            let limit = humantime::format_duration(*self.args.timeout);
            eprintln!(
                "error: requests hang: none was answered for {limit} (seed {})",
                self.args.seed
            );
            std::process::exit(2);
        }
        let (since, before) = self.last;
        let seconds = now.duration_since(since).as_secs_f64();
        if seconds >= 1.0 {
            let rate = (requests - before) as f64 / seconds;
            let (purchased, all) = (pools.purchased(), self.args.tickets());
            bar.say(&format!(
                "{} of {} tickets purchased  {} requests/s",
                HumanCount(purchased.into()),
                HumanCount(all.into()),
                HumanCount(rate as u64),
            ));
            self.last = (now, requests);
        }
    }
}

/// A section that no other run has.
fn section(seed: u64) -> String {
    let moment = SystemTime::now().duration_since(UNIX_EPOCH);
    let moment = moment.map_or(0, |since| since.as_nanos() as u64);
    format!(
        "hammer-{:016x}",
        fastrand::Rng::with_seed(seed ^ moment).u64(..)
    )
}
