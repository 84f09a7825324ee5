//! Load of any kind: in a closed loop, where replies make requests, or in an
//! open one, where the clock does. What is asked is a [`Scenario`].

mod args;
mod bound;
mod closed;
mod open;
mod outcomes;
mod part;
mod plan;
mod scenario;
mod second;
mod sent;
mod sum;
mod warnings;
mod watch;

use std::{
    io,
    sync::{
        atomic::{AtomicBool, AtomicU64},
        mpsc::{self, Sender},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

pub(crate) use self::{
    args::LoadArgs,
    plan::setup,
    scenario::{Judged, Kind, Scenario, Verdict},
};
use self::{
    part::Part,
    plan::Load,
    second::{Second, Timeline},
    sent::{Desk, Sent, Shared},
    sum::Facts,
    watch::Watch,
};
use crate::{
    engine::{Engine, Workload},
    failure::Failure,
    fleet, interrupt,
    record::run::Run,
    target,
};

/// Runs the load once, as run number `repeat`, from 0: its seed is the given
/// one plus that number.
///
/// # Errors
/// If the options do not go together or the server cannot be reached. A
/// connection that is lost later, a server that answers wrongly and a run that
/// somebody broke off are told in the run.
pub(crate) fn run<S: Scenario>(
    args: &LoadArgs,
    address: &str,
    repeat: u32,
    scenario: &S,
) -> Result<Run, Failure> {
    let load = Load::new(args, repeat)?;
    let shared = Shared {
        scenario,
        halt: AtomicBool::new(false),
        stop: interrupt::asked()?,
        replies: AtomicU64::new(0),
    };
    let sockets = target::connect(address, args.connections.into())?;
    let mut engines: Vec<Engine<Sent<S>>> =
        fleet::deal(sockets, args.threads.into(), *args.timeout)?;

    let (sender, seconds) = mpsc::channel();
    let timeline = Timeline::new(seconds, engines.len());
    let start = Instant::now();
    let began = since_epoch() + load.warm_up.as_secs_f64();
    let mut watch = Watch::new(args, &load, &shared, timeline, start);
    let parts = if load.is_open() {
        let works = works(&engines, |engine, engines, clients| {
            let desk = desk(&load, &shared, &sender, start);
            load.open(desk, engine, engines, clients)
        });
        drive(&mut engines, works, &load, &shared, &mut watch)?
    } else {
        let works = works(&engines, |engine, engines, clients| {
            let desk = desk(&load, &shared, &sender, start);
            Some(load.closed(desk, engine, engines, clients))
        });
        drive(&mut engines, works, &load, &shared, &mut watch)?
    };
    let facts = Facts {
        address,
        load: &load,
        scenario,
        began,
    };
    Ok(facts.sum_up(parts, watch.end()))
}

/// The seed of run number `repeat`.
pub(crate) fn seed(args: &LoadArgs, repeat: u32) -> u64 {
    args.seed.wrapping_add(repeat.into())
}

fn desk<'a, S: Scenario>(
    load: &Load,
    shared: &'a Shared<'a, S>,
    seconds: &Sender<Second>,
    start: Instant,
) -> Desk<'a, S> {
    let from = load.warm_up.as_nanos() as u64;
    let part = Part::new(from, load.is_open(), seconds.clone());
    Desk::new(shared, part, start)
}

/// One workload for each engine, made from its number, how many there are, and
/// how many clients it has.
fn works<T: Copy, W>(
    engines: &[Engine<T>],
    make: impl Fn(usize, usize, usize) -> Option<W>,
) -> Vec<W> {
    let make =
        |(number, engine): (usize, &Engine<T>)| make(number, engines.len(), engine.clients());
    engines.iter().enumerate().filter_map(make).collect()
}

fn drive<'a, S, W>(
    engines: &mut [Engine<Sent<S>>],
    works: Vec<W>,
    load: &Load,
    shared: &Shared<'_, S>,
    watch: &mut Watch<'_, S>,
) -> io::Result<Vec<Part>>
where
    S: Scenario + 'a,
    W: Workload<Tag = Sent<S>> + Into<Desk<'a, S>> + Send,
{
    let works = fleet::run(engines, works, &load.cpus, &shared.halt, || watch.tick())?;
    Ok(works.into_iter().map(|work| work.into().part).collect())
}

fn since_epoch() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}
