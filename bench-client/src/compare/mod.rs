//! Two records side by side: what changed, how sure that is, and whether it is
//! a regression.

mod change;
mod difference;
mod percent;
mod table;

use std::{io::Write, path::PathBuf};

use clap::Args;

use self::change::{Call, Change, MIN_RUNS, changes};
pub(crate) use self::percent::Percent;
use crate::{
    failure::Failure,
    record::run::{Bound, RunRecord},
};

/// Options of `compare`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
A change is called only if the runs of the two can be told apart: two-sided
exact Mann-Whitney test over the runs, p below 0.05, which takes at least 4 runs
of each (`seats --repeat 5 --json FILE`). The interval of a change is a
percentile bootstrap of the ratio of the medians (95 %, 2,000 draws, 5 runs of
each or more). Figures marked ~ have too few samples behind them, and the
maximum is one event: they are shown and never judged.

Measure the two alternately, on one machine, with nothing else on it.

Exit codes: 0 no regression; 1 a figure is worse by more than --fail-above, and
the runs can be told apart; 2 not comparable: other setups (they are named), a
failed run, too few runs, no such file.

Examples:
  ringside-bench compare old.json new.json
  ringside-bench compare old.json new.json --fail-above 2% --only throughput,p99
  ringside-bench compare redis.json ringside.json --across-setups")]
pub(crate) struct CompareArgs {
    /// The record to compare with, written by `seats --json`.
    #[arg(value_name = "OLD.json")]
    pub(crate) old: PathBuf,
    /// The record to judge.
    #[arg(value_name = "NEW.json")]
    pub(crate) new: PathBuf,
    /// How much worse a figure may get, in percent of the old one.
    #[arg(long, default_value = "5%", value_name = "PERCENT")]
    pub(crate) fail_above: Percent,
    /// Judge these figures only, by their names in the table or by quantile: such as throughput,p99.
    #[arg(long, value_delimiter = ',', value_name = "FIGURE")]
    pub(crate) only: Vec<String>,
    /// Compare although the setups differ; the differences are named all the same.
    #[arg(long)]
    pub(crate) across_setups: bool,
}

/// Compares, prints, and says whether there is no regression.
///
/// # Errors
/// If the two cannot be compared.
pub(crate) fn run(args: &CompareArgs, out: &mut dyn Write) -> Result<bool, Failure> {
    let (old, new) = (RunRecord::read(&args.old)?, RunRecord::read(&args.new)?);
    writeln!(out, "old {}: {}", args.old.display(), table::what(&old))?;
    writeln!(out, "new {}: {}", args.new.display(), table::what(&new))?;
    for difference in difference::of_environments(&old.environment, &new.environment) {
        writeln!(out, "note: different {difference}")?;
    }
    for (name, record) in [("old", &old), ("new", &new)] {
        note_bound(out, name, record)?;
        if let Some(reason) = record.verdict().reason() {
            return Err(Failure::NotComparable(format!(
                "a run of {name} is not right: {reason}"
            )));
        }
    }
    let differences = difference::of_setups(&old.setup, &new.setup);
    if !differences.is_empty() && !args.across_setups {
        return Err(Failure::NotComparable(format!(
            "the setups differ: {}; measure the same setup, or give --across-setups",
            differences.join("; ")
        )));
    }
    for difference in differences {
        writeln!(out, "note: different {difference}")?;
    }
    let changes = changes(
        &old.figures()?,
        &new.figures()?,
        &args.only,
        args.fail_above.share(),
    );
    writeln!(out)?;
    table::print(out, &changes)?;
    conclude(out, args, &changes)
}

/// Says so if the client limited a record.
fn note_bound(out: &mut dyn Write, name: &str, record: &RunRecord) -> Result<(), Failure> {
    let mut bounds = record.runs.iter().map(|run| &run.client.bound);
    if let Some(bound) = bounds.find(|bound| bound.verdict == Bound::Yes) {
        let reason = &bound.reason;
        writeln!(
            out,
            "note: {name} is client-bound, it says little about the server: {reason}"
        )?;
    }
    Ok(())
}

/// The verdict, in the last line.
fn conclude(out: &mut dyn Write, args: &CompareArgs, changes: &[Change]) -> Result<bool, Failure> {
    let judged = || changes.iter().filter(|change| change.is_judged);
    if judged().next().is_none() {
        return Err(Failure::NotComparable(
            "no figure is left to judge; see --only, or measure for longer".to_owned(),
        ));
    }
    if judged().any(|change| change.call == Call::TooFewRuns) {
        return Err(Failure::NotComparable(format!(
            "too few runs to tell a change from chance: {MIN_RUNS} or more of each are needed; \
             measure with --repeat 5"
        )));
    }
    let worse: Vec<&str> = judged()
        .filter(|change| change.call == Call::Regression)
        .map(|change| change.name.as_str())
        .collect();
    writeln!(out)?;
    let allowed = args.fail_above.share();
    let hidden: Vec<&str> = judged()
        .filter(|change| change.may_hide(allowed))
        .map(|change| change.name.as_str())
        .collect();
    if !hidden.is_empty() {
        writeln!(
            out,
            "note: the runs scatter too much to rule out a change for the worse above {} in: {}; \
             measure longer, or more often",
            args.fail_above,
            hidden.join(", ")
        )?;
    }
    if worse.is_empty() {
        writeln!(out, "no regression above {} shown", args.fail_above)?;
    } else {
        writeln!(
            out,
            "REGRESSION above {}: {}",
            args.fail_above,
            worse.join(", ")
        )?;
    }
    Ok(worse.is_empty())
}

#[cfg(test)]
mod tests;
