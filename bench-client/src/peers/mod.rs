//! Ringside beside other servers: the same load, the same client, the same
//! cores, in turn.

mod args;
mod figures;
mod peer;
mod running;
mod shape;
mod table;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Parser;
use serde::Serialize;

pub(crate) use self::args::PeersArgs;
use self::{figures::Figures, peer::Peer, running::Running, shape::Shape};
use crate::{
    cli::{Cli, Command, SeatsArgs},
    cpus::CpuList,
    failure::Failure,
    progress::Bar,
    record::run::{Run, Verdict},
    seats,
};

/// One run, as it is written to the JSON file.
#[derive(Debug, Serialize)]
struct Measured {
    server: String,
    shape: String,
    round: u16,
    run: Run,
}

/// What a comparison goes by.
#[derive(Debug)]
struct Lab<'a> {
    args: &'a PeersArgs,
    installed: Vec<(Peer, PathBuf)>,
    server_cpus: CpuList,
    client_cpus: CpuList,
    measured: Vec<Measured>,
    bar: Bar,
}

/// Compares the servers and prints the table; whether all of them answered
/// rightly.
///
/// # Errors
/// If no server is there, one does not start, or a run comes to no verdict.
pub(crate) fn run(args: &PeersArgs, out: &mut dyn Write) -> Result<bool, Failure> {
    let mut lab = Lab::new(args, out)?;
    let outcome = lab.compare(out);
    if let Some(path) = &args.json {
        lab.write(path)?;
    }
    outcome
}

impl<'a> Lab<'a> {
    fn new(args: &'a PeersArgs, out: &mut dyn Write) -> Result<Self, Failure> {
        let (server_cpus, client_cpus) = split(&CpuList::own(), args);
        writeln!(
            out,
            "closed loop, {} rounds of {} s, mix {}, seed {}, servers on core {server_cpus}, \
             client on core {client_cpus}",
            args.rounds, args.seconds, args.mix, args.seed,
        )?;
        let mut installed = Vec::new();
        for &peer in &args.servers {
            if let Some(program) = peer.program(args) {
                writeln!(out, "{peer}: {}", program.display())?;
                installed.push((peer, program));
            } else {
                let (name, how) = (peer.program_name(), peer.how_to_get());
                writeln!(out, "{peer}: SKIPPED, there is no {name}; {how}")?;
            }
        }
        if !server_cpus.shared_with(&client_cpus).is_empty() {
            writeln!(
                out,
                "warning: server and client share cores, so throughput and latency say little; \
                 compare CPU µs only"
            )?;
        }
        if cfg!(debug_assertions) {
            writeln!(out, "warning: the client is a debug build; use --release")?;
        }
        if installed.is_empty() {
            return Err(Failure::NoPeers);
        }
        writeln!(out)?;
        Ok(Self {
            args,
            installed,
            server_cpus,
            client_cpus,
            measured: Vec::new(),
            bar: Bar::of_load(args.quiet),
        })
    }

    fn compare(&mut self, out: &mut dyn Write) -> Result<bool, Failure> {
        for &shape in &self.args.shapes {
            let mut figures = vec![Vec::new(); self.installed.len()];
            for round in 0..self.args.rounds {
                // Another one first each time: none always runs after the same.
                for place in 0..self.installed.len() {
                    let server = (place + usize::from(round)) % self.installed.len();
                    let (peer, program) = self.installed[server].clone();
                    let run = self.load(peer, &program, shape, round)?;
                    let Some(run) = passed(out, peer, run)? else {
                        return Ok(false);
                    };
                    figures[server].push(Figures::of(&run));
                    self.measured.push(Measured {
                        server: peer.to_string(),
                        shape: shape.to_string(),
                        round,
                        run,
                    });
                }
            }
            let peers = self.installed.iter().map(|(peer, _)| *peer);
            let medians = figures.iter().map(|runs| Figures::median(runs));
            let rows: Vec<_> = peers.zip(medians).collect();
            table::print_shape(out, shape, &rows)?;
        }
        self.compare_memory(out)
    }

    fn compare_memory(&mut self, out: &mut dyn Write) -> Result<bool, Failure> {
        if self.args.memory_seats == 0 {
            return Ok(true);
        }
        let mut rows = Vec::new();
        for (peer, program) in self.installed.clone() {
            let running = Running::start(peer, &program, &self.server_cpus, self.args)?;
            self.bar.say(&format!("{peer}: memory"));
            let seats = self.args.memory_seats.to_string();
            let fill = [
                "--mix=1:0:0",
                "--keys=sequential",
                "--ops",
                &seats,
                "--seats",
                &seats,
            ];
            let shape = Shape {
                connections: 64,
                pipeline: 64,
            };
            let run = seats::run(&self.seats_args(peer, &running, shape, &fill)?, 0)?;
            let Some(run) = passed(out, peer, run)? else {
                return Ok(false);
            };
            let bytes = run.server.and_then(|server| server.bytes_per_million_seats);
            rows.push((peer, bytes.unwrap_or(f64::NAN)));
        }
        table::print_memory(out, &rows)?;
        Ok(true)
    }

    fn load(&self, peer: Peer, program: &Path, shape: Shape, round: u16) -> Result<Run, Failure> {
        let (number, rounds) = (round + 1, self.args.rounds);
        self.bar
            .say(&format!("{peer} {shape}, round {number} of {rounds}"));
        let running = Running::start(peer, program, &self.server_cpus, self.args)?;
        let duration = format!("{}s", self.args.seconds);
        let (mix, seats) = (self.args.mix.to_string(), self.args.seats.to_string());
        let more = [
            "--duration",
            &duration,
            "--warm-up=500ms",
            "--mix",
            &mix,
            "--seats",
            &seats,
        ];
        seats::run(
            &self.seats_args(peer, &running, shape, &more)?,
            round.into(),
        )
    }

    fn seats_args(
        &self,
        peer: Peer,
        running: &Running,
        shape: Shape,
        more: &[&str],
    ) -> Result<SeatsArgs, Failure> {
        let mut words: Vec<String> = ["ringside-bench", "seats", "--quiet"]
            .map(String::from)
            .into();
        let own = [
            ("--protocol", peer.to_string()),
            ("--connections", shape.connections.to_string()),
            ("--pipeline", shape.pipeline.to_string()),
            ("--threads", self.client_cpus.len().to_string()),
            ("--pin", self.client_cpus.to_string()),
            ("--server-pid", running.pid().to_string()),
            ("--seed", self.args.seed.to_string()),
        ];
        words.extend(
            own.into_iter()
                .flat_map(|(flag, value)| [flag.to_owned(), value]),
        );
        words.extend(more.iter().map(ToString::to_string));
        words.push(running.address.clone());
        match Cli::try_parse_from(words).map(|cli| cli.command) {
            Ok(Command::Seats(args)) => Ok(args),
            Ok(_) => Err(Failure::NoPeers),
            Err(error) => Err(Failure::System(io::Error::other(error))),
        }
    }

    fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&self.measured).map_err(io::Error::from);
        text.and_then(|text| fs::write(path, text))
            .map_err(|source| Failure::Output {
                flag: "--json",
                path: path.display().to_string(),
                source,
            })
    }
}

/// The run, if the server was right in it.
fn passed(out: &mut dyn Write, peer: Peer, run: Run) -> Result<Option<Run>, Failure> {
    match &run.verdict {
        Verdict::Ok => Ok(Some(run)),
        Verdict::Wrong { reason } => {
            writeln!(out, "{peer} answered wrongly: {reason}")?;
            Ok(None)
        }
        Verdict::Lost { reason } => Err(Failure::Lost(format!("{peer}: {reason}"))),
        Verdict::Partial { reason } => Err(Failure::BrokenOff(reason.clone())),
    }
}

/// The cores of the servers, and those of the client.
fn split(own: &CpuList, args: &PeersArgs) -> (CpuList, CpuList) {
    let first = |cpus: &CpuList| cpus.of_thread(0).unwrap_or_default();
    let servers = match (&args.server_cpus, &args.client_cpus) {
        (Some(servers), _) => servers.clone(),
        (None, Some(clients)) => first(&own.without(clients)),
        (None, None) => first(own),
    };
    let clients = args.client_cpus.clone().unwrap_or_else(|| {
        let left = own.without(&servers);
        first(if left.is_empty() { own } else { &left })
    });
    (servers, clients)
}
