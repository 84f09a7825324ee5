//! What a load is to be, worked out from the command line before it begins.

use std::time::Duration;

use super::{
    closed::{Closed, Pace},
    open::{Bounds, Open},
    sent::Desk,
};
use crate::{
    cli::SeatsArgs,
    cpus::CpuList,
    failure::Failure,
    plan::{
        arrivals::Arrivals,
        rate::Rate,
        schedule::SchedulePlan,
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
    args: &'a SeatsArgs,
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
    pub(super) fn new(args: &'a SeatsArgs, repeat: u32) -> Result<Self, Failure> {
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

    /// The open load of thread number `engine` of `engines`, with so many
    /// clients; `None` if the loop is closed.
    pub(super) fn open<'d>(
        &self,
        desk: Desk<'d>,
        engine: usize,
        engines: usize,
        clients: usize,
    ) -> Option<Open<'d>> {
        let schedule = self.schedule?.part(engine, engines);
        let bounds = Bounds {
            pipeline: self.args.pipeline.into(),
            backlog: share(self.args.backlog.into(), engine, engines).max(1) as usize,
            timeout: *self.args.timeout,
        };
        Some(Open::new(desk, self.requests(), schedule, bounds, clients))
    }

    /// The closed load of thread number `engine` of `engines`, with so many
    /// clients.
    pub(super) fn closed<'d>(
        &self,
        desk: Desk<'d>,
        engine: usize,
        engines: usize,
        clients: usize,
    ) -> Closed<'d> {
        let connections = usize::from(self.args.connections);
        let end = self.duration.map(|duration| self.warm_up + duration);
        let end = end.map(|end| end.as_nanos() as u64);
        let streams = (0..clients)
            // The deal of `fleet::deal`, backwards.
            .map(|client| client * engines + engine)
            .map(|connection| {
                let ops = self.args.ops;
                let ops = ops.map_or(u64::MAX, |ops| share(ops, connection, connections));
                self.requests().stream(connection, ops)
            })
            .collect();
        let pace = Pace::new(self.args.pipeline.into(), end);
        Closed::new(desk, pace, streams, *self.args.timeout)
    }

    fn requests(&self) -> StreamPlan {
        StreamPlan {
            seed: self.seed,
            mix: self.args.mix,
            keys: self.args.keys.over(self.args.seats),
            connections: self.args.connections.into(),
        }
    }
}

/// What the record says about the load that these options ask for.
pub(crate) fn setup(args: &SeatsArgs) -> Setup {
    let server = server(args).ok().flatten();
    let cpus = cpus(args, server.as_ref()).unwrap_or_default();
    let by_clock = args.ops.is_none();
    Setup {
        address: args.address.clone(),
        protocol: args.protocol.name().to_owned(),
        load: loop_kind(args),
        connections: args.connections.into(),
        pipeline: args.pipeline.into(),
        threads: args.threads.min(args.connections).into(),
        pinned_cpus: cpus.iter().collect(),
        keys: args.keys.to_string(),
        mix: args.mix.to_string(),
        seats: args.seats.into(),
        warm_up_seconds: warm_up(args).as_secs_f64(),
        duration_seconds: by_clock.then(|| args.duration.as_secs_f64()),
        ops: args.ops,
        seed: args.seed,
        prefix: args
            .prefix
            .as_ref()
            .map(|prefix| prefix.as_str().to_owned()),
        timeout_seconds: args.timeout.as_secs_f64(),
        flags: std::env::args().skip(1).collect(),
    }
}

fn loop_kind(args: &SeatsArgs) -> LoopKind {
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

fn is_open(args: &SeatsArgs) -> bool {
    args.rate.is_some() || args.arrivals.is_some()
}

fn arrivals(args: &SeatsArgs) -> Arrivals {
    args.arrivals.unwrap_or(Arrivals::Poisson)
}

fn warm_up(args: &SeatsArgs) -> Duration {
    match args.warm_up {
        Some(warm_up) => *warm_up,
        None if args.ops.is_none() && *args.duration >= LONG => WARM_UP,
        None => Duration::ZERO,
    }
}

fn server(args: &SeatsArgs) -> Result<Option<Process>, Failure> {
    let open = |pid| Process::new(pid).map_err(|source| Failure::NoProcess { pid, source });
    args.server_pid.map(open).transpose()
}

/// The cores that were asked for; else those that the server leaves, if it
/// leaves any; else none in particular.
fn cpus(args: &SeatsArgs, server: Option<&Process>) -> Result<CpuList, Failure> {
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

    fn args(more: &[&str]) -> SeatsArgs {
        let words = ["ringside-bench", "seats"].iter().chain(more);
        let Command::Seats(args) = Cli::parse_from(words).command else {
            panic!("`seats` was asked for");
        };
        args
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
