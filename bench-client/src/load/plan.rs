//! What a load is to be, worked out from the command line before it begins.

use std::time::Duration;

use super::{
    LoadArgs,
    closed::{Closed, Pace},
    open::{Bounds, Open},
    scenario::Scenario,
    sent::Desk,
};
use crate::{
    cpus::CpuList,
    failure::Failure,
    plan::{
        arrivals::Arrivals,
        rate::Rate,
        schedule::{Schedule, SchedulePlan},
        stream::{StreamPlan, share},
    },
    process::Process,
    record::run::{LoopKind, Setup},
};

/// Runs at least this long get a warm-up without being asked.
const LONG: Duration = Duration::from_secs(5);
/// That warm-up.
const WARM_UP: Duration = Duration::from_secs(1);

/// How a load is made, the same for all its threads.
#[derive(Debug)]
pub(super) struct Load<'a> {
    args: &'a LoadArgs,
    pub(super) seed: u64,
    pub(super) warm_up: Duration,
    /// Length of the measured span; `None` if a number of requests ends it.
    pub(super) duration: Option<Duration>,
    pub(super) server: Option<Process>,
    pub(super) cpus: CpuList,
    /// `None` in a closed loop.
    schedule: Option<SchedulePlan>,
}

impl<'a> Load<'a> {
    /// Works out the load of run number `repeat`, from 0.
    ///
    /// # Errors
    /// If options do not go together, or name a process or cores that this
    /// machine does not have.
    pub(super) fn new(args: &'a LoadArgs, repeat: u32) -> Result<Self, Failure> {
        let duration = args.ops.is_none().then_some(*args.duration);
        let seed = args.seed.wrapping_add(repeat.into());
        let warm_up = warm_up(args);
        let server = server(args)?;
        let mut schedule = None;
        if is_open(args) {
            let arrivals = arrivals(args);
            schedule = Some(SchedulePlan {
                seed,
                curve: arrivals.curve(args.rate, duration)?,
                even: arrivals.is_even(),
                warm_up,
                duration,
                ops: args.ops,
            });
        }
        let cpus = cpus(args, server.as_ref())?;
        Ok(Self {
            args,
            seed,
            warm_up,
            duration,
            server,
            cpus,
            schedule,
        })
    }

    /// Whether requests leave by the clock.
    pub(super) fn is_open(&self) -> bool {
        self.schedule.is_some()
    }

    /// The arrivals of thread number `engine` of `engines`; `None` if the loop
    /// is closed.
    pub(super) fn schedule(&self, engine: usize, engines: usize) -> Option<Schedule> {
        Some(self.schedule?.part(engine, engines))
    }

    /// When a closed loop sends no more, in nanoseconds from the start.
    pub(super) fn end(&self) -> Option<u64> {
        let end = self.duration.map(|duration| self.warm_up + duration);
        end.map(|end| end.as_nanos() as u64)
    }

    /// The open load of thread number `engine` of `engines`, with so many
    /// clients; `None` if the loop is closed.
    pub(super) fn open<'d, S: Scenario>(
        &self,
        desk: Desk<'d, S>,
        engine: usize,
        engines: usize,
        clients: usize,
    ) -> Option<Open<'d, S>> {
        let schedule = self.schedule(engine, engines)?;
        let bounds = Bounds {
            pipeline: self.args.pipeline.into(),
            backlog: share(self.args.backlog.into(), engine, engines).max(1) as usize,
            timeout: *self.args.timeout,
        };
        let requests = self.requests(desk.shared.scenario);
        Some(Open::new(desk, requests, schedule, bounds, clients))
    }

    /// The closed load of thread number `engine` of `engines`, with so many
    /// clients.
    pub(super) fn closed<'d, S: Scenario>(
        &self,
        desk: Desk<'d, S>,
        engine: usize,
        engines: usize,
        clients: usize,
    ) -> Closed<'d, S> {
        let connections = usize::from(self.args.connections);
        let requests = self.requests(desk.shared.scenario);
        let streams = (0..clients)
            // The deal of `fleet::deal`, backwards.
            .map(|client| client * engines + engine)
            .map(|connection| {
                let ops = self.args.ops;
                let ops = ops.map_or(u64::MAX, |ops| share(ops, connection, connections));
                requests.stream(connection, ops)
            })
            .collect();
        let pace = Pace::new(self.args.pipeline.into(), self.end());
        Closed::new(desk, pace, streams, *self.args.timeout)
    }

    fn requests<S: Scenario>(&self, scenario: &S) -> StreamPlan<S::Draw> {
        StreamPlan {
            seed: self.seed,
            draw: scenario.draw(),
            connections: self.args.connections.into(),
        }
    }
}

/// What the record says about the load that these options ask for; what is
/// asked is not among it.
pub(crate) fn setup(args: &LoadArgs, address: &str, protocol: &str) -> Setup {
    let server = server(args).ok().flatten();
    let cpus = cpus(args, server.as_ref()).unwrap_or_default();
    let by_clock = args.ops.is_none();
    Setup {
        address: address.to_owned(),
        protocol: protocol.to_owned(),
        load: loop_kind(args),
        connections: args.connections.into(),
        pipeline: args.pipeline.into(),
        threads: args.threads.min(args.connections).into(),
        pinned_cpus: cpus.iter().collect(),
        keys: None,
        mix: None,
        seats: None,
        purchases: None,
        sale: None,
        warm_up_seconds: warm_up(args).as_secs_f64(),
        duration_seconds: by_clock.then(|| args.duration.as_secs_f64()),
        ops: args.ops,
        seed: args.seed,
        prefix: None,
        timeout_seconds: args.timeout.as_secs_f64(),
        flags: std::env::args().skip(1).collect(),
    }
}

fn loop_kind(args: &LoadArgs) -> LoopKind {
    if !is_open(args) {
        return LoopKind::Closed;
    }
    let arrivals = arrivals(args);
    let own = match arrivals {
        Arrivals::Ramp { to, .. } => Some(to),
        _ => args.rate,
    };
    LoopKind::Open {
        rate: own.map_or(0.0, Rate::per_second),
        arrivals: arrivals.to_string(),
    }
}

fn is_open(args: &LoadArgs) -> bool {
    args.rate.is_some() || args.arrivals.is_some()
}

fn arrivals(args: &LoadArgs) -> Arrivals {
    args.arrivals.unwrap_or(Arrivals::Poisson)
}

fn warm_up(args: &LoadArgs) -> Duration {
    match args.warm_up {
        Some(warm_up) => *warm_up,
        None if args.ops.is_none() && *args.duration >= LONG => WARM_UP,
        None => Duration::ZERO,
    }
}

fn server(args: &LoadArgs) -> Result<Option<Process>, Failure> {
    let open = |pid| Process::new(pid).map_err(|source| Failure::NoProcess { pid, source });
    args.server_pid.map(open).transpose()
}

/// The cores that were asked for; else those that the server leaves, if it
/// leaves any; else none in particular.
fn cpus(args: &LoadArgs, server: Option<&Process>) -> Result<CpuList, Failure> {
    let own = CpuList::own();
    match (&args.pin, server) {
        (Some(pin), _) if pin.without(&own).is_empty() => Ok(pin.clone()),
        (Some(_), _) => Err(Failure::Pin {
            own: own.to_string(),
        }),
        (None, Some(server)) => {
            let left = own.without(&server.cpus());
            Ok(if left.len() < own.len() {
                left
            } else {
                CpuList::default()
            })
        }
        (None, None) => Ok(CpuList::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn args(more: &[&str]) -> LoadArgs {
        let words = ["ringside-bench", "seats"].iter().chain(more);
        let Command::Seats(args) = Cli::parse_from(words).command else {
            panic!("`seats` was asked for");
        };
        args.load
    }

    fn setup(args: &LoadArgs) -> Setup {
        super::setup(args, "here:1", "any")
    }

    #[test]
    fn a_rate_or_a_ramp_makes_an_open_loop() {
        assert_eq!(setup(&args(&[])).load, LoopKind::Closed);
        let open = |rate, arrivals: &str| LoopKind::Open {
            rate,
            arrivals: arrivals.to_owned(),
        };
        assert_eq!(setup(&args(&["--rate=50k"])).load, open(5e4, "poisson"));
        let ramp = setup(&args(&["--arrivals=ramp:1k..2k"])).load;
        assert_eq!(ramp, open(2e3, "ramp:1000..2000"));
        assert!(Load::new(&args(&["--arrivals=spike:3"]), 0).is_err());
        assert!(Load::new(&args(&["--arrivals=ramp:1..2", "--ops=5"]), 0).is_err());
    }

    #[test]
    fn long_runs_warm_up_and_short_ones_do_not() {
        let seconds = |more: &[&str]| setup(&args(more)).warm_up_seconds;
        assert!((seconds(&[]) - 1.0).abs() < 1e-9);
        assert!(seconds(&["--duration=4s"]).abs() < 1e-9);
        assert!(seconds(&["--ops=1000"]).abs() < 1e-9);
        assert!((seconds(&["--duration=1s", "--warm-up=3s"]) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_process_or_a_core_that_is_not_there_is_told() {
        let told = |more: &[&str]| Load::new(&args(more), 0).unwrap_err().to_string();
        assert!(told(&["--server-pid=4294967295"]).contains("no process"));
        assert!(told(&["--pin=1023"]).contains("--pin"));
    }
}
