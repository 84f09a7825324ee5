//! One setup, run once or several times, into one record.

use crate::{
    failure::Failure,
    load::LoadArgs,
    record::run::{Environment, Run, RunRecord, Setup, Verdict},
};

/// Runs a load `times` times, by number from 0, and keeps what came of it. A
/// run that is not right is the last one.
///
/// # Errors
/// If the server cannot be reached.
pub(crate) fn run(
    args: &LoadArgs,
    setup: Setup,
    times: u32,
    mut once: impl FnMut(u32) -> Result<Run, Failure>,
) -> Result<RunRecord, Failure> {
    let environment = Environment::read(args.server_pid);
    let mut record = RunRecord::new(setup, environment);
    for number in 0..times {
        let run = once(number)?;
        let is_right = run.verdict == Verdict::Ok;
        record.runs.push(run);
        if !is_right {
            break;
        }
    }
    record.summarise()?;
    Ok(record)
}
