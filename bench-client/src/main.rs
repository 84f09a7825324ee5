//! `ringside-bench`: test harness and load client for ticket-inventory servers.

mod check;
mod cli;
mod conn;
mod cpu;
mod cpus;
mod engine;
mod failure;
mod fleet;
mod harness;
mod interrupt;
mod matches;
mod plan;
mod process;
mod progress;
mod protocol;
mod record;
mod report;
mod seats;
mod stall;
mod target;

use std::{io, process::ExitCode};

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    matches::Verdict,
};

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Carries out a command and says whether the server passed.
fn run(command: &Command) -> Result<bool, Failure> {
    let out = &mut io::stdout().lock();
    match command {
        Command::Harness(args) => {
            let summary = harness::run(args)?;
            report::harness::print(out, &summary, args.quiet)?;
            Ok(summary.is_success())
        }
        Command::Seats(args) => {
            let run = seats::run(args, 0)?;
            println!(
                "{} {:?}",
                serde_json::to_string_pretty(&run).unwrap_or_default(),
                seats::setup(args)
            );
            Ok(true)
        }
        Command::Match(args) => {
            let outcome = matches::run(args, out)?;
            report::matches::print(out, args, &outcome)?;
            report::json::write(args, &outcome)?;
            match outcome.verdict {
                Verdict::Ok => Ok(true),
                Verdict::Error(_) => Ok(false),
                Verdict::Lost(reason) => Err(Failure::Lost(reason)),
                Verdict::Stalled(reason) => Err(Failure::Stalled(reason)),
            }
        }
    }
}
