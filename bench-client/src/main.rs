//! `ringside-bench`: test harness and load client for ticket-inventory servers.

mod check;
mod cli;
mod compare;
mod conn;
mod cpu;
mod cpus;
mod engine;
mod failure;
mod find_max;
mod fleet;
mod hammer;
mod harness;
mod http;
mod interrupt;
mod load;
mod matches;
mod peers;
mod plan;
mod process;
mod progress;
mod protocol;
mod purchases;
mod record;
mod repeat;
mod report;
mod sale;
mod seats;
mod stall;
mod statistics;
mod target;

use std::{io, process::ExitCode};

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    matches::Verdict,
    record::run,
};

fn main() -> ExitCode {
    match execute(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Carries out a command and says whether the server passed.
fn execute(command: &Command) -> Result<bool, Failure> {
    let out = &mut io::stdout().lock();
    match command {
        Command::Harness(args) => {
            let summary = harness::run(args)?;
            report::harness::print(out, &summary, args.quiet)?;
            Ok(summary.is_success())
        }
        Command::Seats(args) => {
            args.output.check()?;
            let (setup, times) = (seats::setup(args), args.output.repeat);
            let record = repeat::run(&args.load, setup, times, |number| seats::run(args, number))?;
            conclude(&record, &args.output, out)
        }
        Command::Purchases(args) => {
            args.output.check()?;
            let (setup, times) = (purchases::setup(args), args.output.repeat);
            let once = |number| purchases::run(args, number);
            let record = repeat::run(&args.load, setup, times, once)?;
            conclude(&record, &args.output, out)
        }
        Command::Onsale(args) => {
            args.output.check()?;
            let (setup, times) = (sale::onsale_setup(args), args.output.repeat);
            let once = |number| sale::onsale(args, number);
            let record = repeat::run(&args.load(), setup, times, once)?;
            conclude(&record, &args.output, out)
        }
        Command::Checkouts(args) => {
            args.output.check()?;
            let (setup, times) = (sale::checkouts_setup(args), args.output.repeat);
            let once = |number| sale::checkouts(args, number);
            let record = repeat::run(&args.load(), setup, times, once)?;
            conclude(&record, &args.output, out)
        }
        Command::Hammer(args) => {
            let summary = hammer::run(args)?;
            report::hammer::print(out, args, &summary)?;
            match summary.verdict {
                hammer::Verdict::Passed => Ok(true),
                hammer::Verdict::Wrong(_) => Ok(false),
                hammer::Verdict::Lost(reason) => Err(Failure::Lost(reason)),
                hammer::Verdict::BrokenOff => Err(Failure::BrokenOff("a signal stopped it".into())),
                hammer::Verdict::Unfinished => Err(Failure::Unfinished),
            }
        }
        Command::Compare(args) => compare::run(args, out),
        Command::FindMax(args) => find_max::run(args, out, &mut io::stderr()),
        Command::Peers(args) => peers::run(args, out),
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

/// Reports a load and says whether the server passed.
fn conclude(
    record: &run::RunRecord,
    output: &report::OutputArgs,
    out: &mut dyn io::Write,
) -> Result<bool, Failure> {
    output.deliver(record, out, &mut io::stderr())?;
    match record.verdict() {
        run::Verdict::Ok => Ok(true),
        run::Verdict::Wrong { .. } => Ok(false),
        run::Verdict::Lost { reason } => Err(Failure::Lost(reason)),
        run::Verdict::Partial { reason } => Err(Failure::BrokenOff(reason)),
    }
}
