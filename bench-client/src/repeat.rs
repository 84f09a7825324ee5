//! One setup, run once or several times, into one record.

use crate::{
    cli::SeatsArgs,
    failure::Failure,
    record::run::{Environment, RunRecord, Verdict},
    seats,
};

/// Runs the load as often as `--repeat` says and keeps what came of it. A run
/// that is not right is the last one.
///
/// # Errors
/// If the server cannot be reached.
pub(crate) fn run(args: &SeatsArgs) -> Result<RunRecord, Failure> {
    let environment = Environment::read(args.server_pid);
    let mut record = RunRecord::new(seats::setup(args), environment);
    for number in 0..args.output.repeat {
        let run = seats::run(args, number)?;
        let is_right = run.verdict == Verdict::Ok;
        record.runs.push(run);
        if !is_right {
            break;
        }
    }
    record.summarise()?;
    Ok(record)
}
