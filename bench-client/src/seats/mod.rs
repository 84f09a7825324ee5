//! Load on the seats: in a closed loop, where replies make requests, or in an
//! open one, where the clock does.

mod bound;
mod closed;
mod load;
mod open;
mod outcomes;
mod part;
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

pub(crate) use self::load::setup;
use self::{
    load::Load,
    part::Part,
    second::{Second, Timeline},
    sent::{Desk, Sent, Shared},
    sum::Facts,
    watch::Watch,
};
use crate::{
    check::Ledger,
    cli::SeatsArgs,
    engine::{Engine, Workload},
    failure::Failure,
    fleet, interrupt,
    plan::{lines::RequestLines, prefix::Prefix},
    record::run::Run,
    target,
};

/// Runs the load once, as run number `repeat`, from 0: its seed is the given
/// one plus that number, and its seats are its own.
///
/// # Errors
/// If the options do not go together or the server cannot be reached. A
/// connection that is lost later, a server that answers wrongly and a run that
/// somebody broke off are told in the run.
pub(crate) fn run(args: &SeatsArgs, repeat: u32) -> Result<Run, Failure> {
    let load = Load::new(args, repeat)?;
    let prefix = prefix(args, load.seed, repeat);
    let shared = Shared {
        lines: RequestLines::new(args.protocol, &prefix, args.seats),
        ledger: Ledger::new(args.seats),
        halt: AtomicBool::new(false),
        stop: interrupt::asked()?,
        replies: AtomicU64::new(0),
    };
    let sockets = target::connect(&args.address, args.connections.into())?;
    let mut engines: Vec<Engine<Sent>> = fleet::deal(sockets, args.threads.into(), *args.timeout)?;

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
        args,
        load: &load,
        shared: &shared,
        prefix,
        began,
    };
    Ok(facts.sum_up(parts, watch.end()))
}

fn desk<'a>(load: &Load, shared: &'a Shared, seconds: &Sender<Second>, start: Instant) -> Desk<'a> {
    let from = load.warm_up.as_nanos() as u64;
    let part = Part::new(from, load.is_open(), seconds.clone());
    Desk::new(shared, part, start)
}

/// One workload for each engine, made from its number, how many there are, and
/// how many clients it has.
fn works<W>(engines: &[Engine<Sent>], make: impl Fn(usize, usize, usize) -> Option<W>) -> Vec<W> {
    let make =
        |(number, engine): (usize, &Engine<Sent>)| make(number, engines.len(), engine.clients());
    engines.iter().enumerate().filter_map(make).collect()
}

fn drive<'a, W>(
    engines: &mut [Engine<Sent>],
    works: Vec<W>,
    load: &Load,
    shared: &Shared,
    watch: &mut Watch,
) -> io::Result<Vec<Part>>
where
    W: Workload<Tag = Sent> + Into<Desk<'a>> + Send,
{
    let works = fleet::run(engines, works, &load.cpus, &shared.halt, || watch.tick())?;
    Ok(works.into_iter().map(|work| work.into().part).collect())
}

/// What the seats of run number `repeat` begin with: never what those of
/// another run do.
fn prefix(args: &SeatsArgs, seed: u64, repeat: u32) -> String {
    match &args.prefix {
        Some(prefix) if repeat == 0 => prefix.as_str().to_owned(),
        Some(prefix) => format!("{}R{repeat}N", prefix.as_str()),
        None => {
            let moment = SystemTime::now().duration_since(UNIX_EPOCH);
            let moment = moment.map_or(0, |since| since.as_nanos() as u64);
            Prefix::fresh(seed, moment).as_str().to_owned()
        }
    }
}

fn since_epoch() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}
