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
    part::{ON_TIME, Part},
    plan::setup,
    scenario::{Judged, Kind, Knobs, Scenario, Subject, Verdict},
    sent::{Desk, Shared},
};
use self::{
    plan::Load,
    second::{Second, Timeline},
    sent::Sent,
    sum::Facts,
    watch::Watch,
};
use crate::{
    engine::{Engine, Workload},
    failure::Failure,
    fleet, interrupt,
    plan::schedule::Schedule,
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
    let shared = shared(scenario)?;
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

/// Where a workload stands among those of a load.
#[derive(Debug)]
pub(crate) struct Place {
    /// Its number, from 0.
    pub(crate) engine: usize,
    /// How many there are.
    pub(crate) engines: usize,
    /// How many connections it has.
    pub(crate) clients: usize,
    /// Its arrivals, if the loop is open.
    pub(crate) schedule: Option<Schedule>,
    /// When a closed loop sends no more, in nanoseconds from the start; `None`
    /// if a number of requests ends it.
    pub(crate) end: Option<u64>,
}

/// What all threads of a load on `subject` share.
///
/// # Errors
/// If the system takes no signal handlers.
pub(crate) fn shared<S>(subject: &S) -> io::Result<Shared<'_, S>> {
    Ok(Shared {
        scenario: subject,
        halt: AtomicBool::new(false),
        stop: interrupt::asked()?,
        replies: AtomicU64::new(0),
    })
}

/// Runs workloads of another kind than [`Scenario`]'s: their requests depend on
/// the replies to earlier ones. As [`run`] otherwise.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_workloads<'s, S, W>(
    args: &LoadArgs,
    address: &str,
    repeat: u32,
    shared: &'s Shared<'s, S>,
    make: impl Fn(Desk<'s, S>, Place) -> W,
) -> Result<(Run, Vec<W>), Failure>
where
    S: Subject,
    W: Workload<Tag: Send> + AsMut<Part> + Send,
{
    let load = Load::new(args, repeat)?;
    let sockets = target::connect(address, args.connections.into())?;
    let mut engines: Vec<Engine<W::Tag>> =
        fleet::deal(sockets, args.threads.into(), *args.timeout)?;
    let (sender, seconds) = mpsc::channel();
    let timeline = Timeline::new(seconds, engines.len());
    let start = Instant::now();
    let began = since_epoch() + load.warm_up.as_secs_f64();
    let mut watch = Watch::new(args, &load, shared, timeline, start);
    let works = works(&engines, |engine, engines, clients| {
        let place = Place {
            engine,
            engines,
            clients,
            schedule: load.schedule(engine, engines),
            end: load.end(),
        };
        Some(make(desk(&load, shared, &sender, start), place))
    });
    let tick = || watch.tick();
    let mut works = fleet::run(&mut engines, works, &load.cpus, &shared.halt, tick)?;
    let parts = works.iter_mut().map(|work| work.as_mut().take()).collect();
    let facts = Facts {
        address,
        load: &load,
        scenario: shared.scenario,
        began,
    };
    Ok((facts.sum_up(parts, watch.end()), works))
}

/// The seed of run number `repeat`.
pub(crate) fn seed(args: &LoadArgs, repeat: u32) -> u64 {
    args.seed.wrapping_add(repeat.into())
}

fn desk<'a, S: Subject>(
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
