//! The command line of `ringside`.

mod demo;
mod offline;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};

use clap::{Parser, Subcommand};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::boot::{Server, StartError};
use crate::config::{Config, LogFormat, Options};
use crate::host::{self, Needs};
use crate::logging;
use crate::net::matches::Verdict;
use crate::net::ring::Ended;
use crate::net::stop::{Phase, Stop};

/// Exit codes, as `--help` and the README list them.
mod exit {
    /// A shard failed while the server ran.
    pub(super) const FAILED: u8 = 1;
    /// The command line or the configuration is wrong (clap uses 2 as well).
    pub(super) const USAGE: u8 = 2;
    /// The machine does not offer what is needed; see `ringside doctor`.
    pub(super) const HOST: u8 = 3;
    /// A port or address cannot be had.
    pub(super) const ADDRESS: u8 = 4;
    /// The data directory cannot be used.
    pub(super) const DATA: u8 = 5;
    /// A match run came to no verdict.
    pub(super) const BROKEN_OFF: u8 = 2;
}

/// Holds and sells seats: one shard per core, no seat sold twice.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP, args_override_self = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Read settings from this TOML file; `ringside config` prints one.
    #[arg(long, global = true, env = "RINGSIDE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT (the default).
    Serve,
    /// Serve with example events to play with: open the address that it prints.
    #[command(after_help = demo::HELP)]
    Demo,
    /// Run one match stream between a source and a listener that listen
    /// (--match-source, --match-listener), and end with its verdict.
    Match,
    /// Print the effective settings as a commented TOML file.
    Config,
    /// Check whether this machine can run the server, and say what to mend.
    Doctor,
    /// Check every file of a data directory (--data-dir) that no server has
    /// open, and say where it is damaged. Exit code 1 if it is.
    Verify,
    /// Replay everything that a data directory (--data-dir) has recorded, and
    /// prove that no seat was sold twice. Exit code 1 if one was.
    Audit,
    /// Copy a data directory (--data-dir) while a server works in it, and check
    /// the copy.
    Backup {
        /// The copy: a new directory, on the same file system.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

const AFTER_HELP: &str = "\
Examples:
  ringside                                 serve on 127.0.0.1 and ::1, port 8099
  ringside demo                            a box office to play with, in the browser
  ringside --bind 0.0.0.0 --shards 4       serve everyone from four cores
  ringside config > ringside.toml          start a configuration file
  RINGSIDE_SEAT_PORT=0 ringside            take any free port; the first line says which
  ringside match --match-source game:9090 --match-listener game:9099
                                           play one dating game, which listens

Try it:
  printf 'RESERVE: A1\\nBUY: A1\\nQUERY: A1\\n' | nc -q1 localhost 8099

Exit codes:
  0 stopped when asked   1 failed while running   2 wrong command line or configuration
  3 the machine lacks something (see: ringside doctor)   4 port or address cannot be had
  5 the data directory cannot be used (docs/durability.md)
  ringside match: 0 the listener said OK   1 it said ERROR, or the run failed
  2 the run was broken off, or the command line is wrong";

/// Does what the command line says.
pub fn run(cli: Cli) -> ExitCode {
    let config = match Config::load(cli.options, cli.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return fail(&error, exit::USAGE),
    };
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(&config, false),
        Command::Demo => serve(&config, true),
        Command::Match => match_once(&config),
        Command::Config => {
            say(&config.to_toml());
            ExitCode::SUCCESS
        }
        Command::Doctor => doctor(&config),
        Command::Verify => offline::verify(&config.data_dir),
        Command::Backup { to } => offline::backup(&config.data_dir, &to),
        Command::Audit => offline::audit(&config.data_dir),
    }
}

fn serve(config: &Config, is_demo: bool) -> ExitCode {
    logging::start(config);
    let (server, signals) = match start(config, Server::start) {
        Ok(started) => started,
        Err(code) => return code,
    };
    announce(&server, config);
    if is_demo {
        match demo::open(&server) {
            Ok(text) => say(&text),
            Err(error) => return fail(&error, exit::FAILED),
        }
    }
    stop_on_signal(signals, server.stopper(), config);
    if !config.match_source.is_empty() {
        server.dial_match(config.match_source.clone(), config.match_listener.clone());
    }
    match server.wait() {
        Ok(ended) => {
            if ended == Ended::Aborted {
                tracing::warn!("stopped before everything was answered (--drain-timeout)");
            }
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error, exit::FAILED),
    }
}

fn match_once(config: &Config) -> ExitCode {
    logging::start(config);
    if config.match_source.is_empty() {
        eprintln!(
            "ringside: say where the peers listen: --match-source HOST:PORT \
             --match-listener HOST:PORT"
        );
        return ExitCode::from(exit::USAGE);
    }
    let (server, signals) = match start(config, Server::start_without_ports) {
        Ok(started) => started,
        Err(code) => return code,
    };
    stop_on_signal(signals, server.stopper(), config);
    let report = server.run_match(&config.match_source, &config.match_listener);
    if let Err(error) = server.stop() {
        return fail(&error, exit::FAILED);
    }
    match report {
        None => ExitCode::from(exit::BROKEN_OFF),
        Some(report) => {
            say(&format!("{report}\n"));
            match report.verdict {
                Verdict::Ok => ExitCode::SUCCESS,
                Verdict::Error => ExitCode::from(exit::FAILED),
                Verdict::BrokenOff(_) => ExitCode::from(exit::BROKEN_OFF),
            }
        }
    }
}

/// Starts the server, or says why not.
fn start(
    config: &Config,
    how: fn(&Config) -> Result<Server, StartError>,
) -> Result<(Server, Signals), ExitCode> {
    // Before the shards start: a signal from now on is not lost.
    let signals = Signals::new([SIGTERM, SIGINT]).map_err(|error| fail(&error, exit::FAILED))?;
    let server = how(config).map_err(|error| {
        let code = match error {
            StartError::Host(_) => exit::HOST,
            StartError::Open(_) => exit::ADDRESS,
            StartError::Shard(_) => exit::FAILED,
            StartError::Data(_) | StartError::Secret(_) => exit::DATA,
            StartError::Token(_) | StartError::Payment(_) => exit::USAGE,
        };
        fail(&error, code)
    })?;
    Ok((server, signals))
}

/// The one line on standard output: scripts wait for it and read the port.
fn announce(server: &Server, config: &Config) {
    let texts = |addresses: &[SocketAddr]| -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    };
    let seats = texts(server.seat_addresses());
    let http = texts(server.http_addresses());
    let sources = texts(server.source_addresses());
    let listeners = texts(server.listener_addresses());
    let version = env!("CARGO_PKG_VERSION");
    let shards = server.shards();
    let line = match config.log_format {
        LogFormat::Text => format!(
            "ringside {version} is ready: seats on {}; HTTP on {}; match sources on {}, listeners \
             on {}; {shards} {}; {}",
            seats.join(" and "),
            http.join(" and "),
            sources.join(" and "),
            listeners.join(" and "),
            if shards == 1 { "shard" } else { "shards" },
            if config.data_dir.is_empty() {
                "in memory: a restart forgets everything (--data-dir keeps it)".to_owned()
            } else {
                format!("durable ({}) in {}", config.durability, config.data_dir)
            },
        ),
        LogFormat::Json => serde_json::json!({
            "message": "ready", "version": version, "seats": seats, "http": http,
            "match_sources": sources, "match_listeners": listeners,
            "shards": shards,
            "storage": if config.data_dir.is_empty() { "memory" } else { "disk" },
            "data_dir": config.data_dir, "durability": config.durability.to_string(),
        })
        .to_string(),
    };
    say(&format!("{line}\n"));
}

/// Writes to standard output. Nobody may be reading (any more): that is no
/// reason to fail.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// The first signal drains, after the drain delay if there is one; the next
/// skips what is left of the delay; the one after that, or the end of the drain
/// timeout, ends the server.
fn stop_on_signal(mut signals: Signals, stop: Arc<Stop>, config: &Config) {
    let (delay, timeout) = (config.drain_delay.0, config.drain_timeout.0);
    let (signal, received) = mpsc::channel();
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if signal.send(()).is_err() {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        if received.recv().is_err() {
            return;
        }
        if !delay.is_zero() {
            stop.ask(Phase::Leaving);
            tracing::info!("leaving: /readyz says so, everything else is served for {delay:?}");
            let _ = received.recv_timeout(delay);
        }
        stop.ask(Phase::Draining);
        tracing::info!("stopping: answering what was received");
        let _ = received.recv_timeout(timeout);
        stop.ask(Phase::Aborting);
    });
}

fn doctor(config: &Config) -> ExitCode {
    let shards = host::placement(config.shards, &config.cpus.0).len() as u16;
    let checks = host::check(Needs {
        shards,
        max_connections: config.max_connections,
    });
    for check in &checks {
        say(&format!("{check}\n"));
    }
    if checks.iter().all(|check| check.result.is_ok()) {
        say(&format!(
            "This machine can run Ringside with {shards} shards.\n"
        ));
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::HOST)
    }
}

fn fail(error: &dyn std::error::Error, code: u8) -> ExitCode {
    eprintln!("ringside: {error}");
    ExitCode::from(code)
}
