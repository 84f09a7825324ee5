//! The highest rate of an open loop at which an objective holds.

mod search;
mod slo;
mod step;

use std::io::Write;

use clap::Args;
use indicatif::HumanCount;

use self::{
    search::{Answer, Bounds, Next, Search},
    slo::Slo,
};
use crate::{
    cli::SeatsArgs,
    compare::Percent,
    failure::Failure,
    plan::{arrivals::Arrivals, rate::Rate},
    record::run::{RunRecord, Verdict},
};

/// Where the search begins, in requests per second, unless told otherwise.
const START: f64 = 1_000.0;

/// What `find-max --help` says at the end.
pub(crate) const HELP: &str = "\
The search doubles the rate until the objective is missed, halves the gap until
it is small, and holds the best rate for longer to confirm it. A rate that
misses is tried once more before it is believed. Latencies are corrected: from
the time that a request was meant to be sent, all verbs together. Requests that
were dropped, lost or late count: at least 99.9 % of those offered must be
answered unless the objective says otherwise.

An objective is one or more conditions with commas between them:
  QUANTILE<TIME      p50, p90, p99, p99.9, p99.99 or max; such as p99<5ms
  success>=PERCENT   share of the offered requests that must be answered

When the client itself is the limit, the search does not blame the server: it
says so, and names the highest rate that it could show.

All other options are those of `seats`, which see; the rate, how long and how
often are the search's own. --json, --report, --hgrm and --hlog tell of the
last step, which is the confirming one if a rate was found.

Exit codes: 0 a rate was found, 1 no rate holds or a reply was wrong, 2 no
verdict.

Examples:
  ringside-bench find-max --slo 'p99<5ms'
  ringside-bench find-max --slo 'p99<1ms,p99.9<10ms' --connections 512
  ringside-bench find-max --slo 'p99<5ms' --step-time 2s --confirm-time 10s --precision 10%";

/// Options of `find-max`.
#[derive(Args, Clone, Debug)]
pub(crate) struct FindMaxArgs {
    /// What must hold, such as 'p99<5ms' or 'p99<5ms,success>=99.99%'; quote it.
    #[arg(long, value_name = "OBJECTIVE")]
    pub(crate) slo: Slo,
    /// How long each step measures.
    #[arg(long, default_value = "5s", value_name = "TIME")]
    pub(crate) step_time: humantime::Duration,
    /// How long the best rate must hold in the end.
    #[arg(long, default_value = "20s", value_name = "TIME")]
    pub(crate) confirm_time: humantime::Duration,
    /// First rate to try; enough for the objective's quantile to mean something, 1k at least, unless given.
    #[arg(long, value_name = "RATE")]
    pub(crate) start_rate: Option<Rate>,
    /// Highest rate to try.
    #[arg(long, default_value = "10M", value_name = "RATE")]
    pub(crate) max_rate: Rate,
    /// Gap between the rate found and one that misses at which to stop.
    #[arg(long, default_value = "5%", value_name = "PERCENT")]
    pub(crate) precision: Percent,
    #[command(flatten)]
    pub(crate) seats: SeatsArgs,
}

/// Searches, tells each step, and says whether a rate was found.
///
/// # Errors
/// If the options do not go together, the server cannot be reached, or the
/// client is the limit at once.
pub(crate) fn run(
    args: &FindMaxArgs,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<bool, Failure> {
    let output = &args.seats.output;
    let bounds = bounds(args)?;
    output.check()?;
    let is_piped = output.takes_stdout();
    let talk: &mut dyn Write = if is_piped { err } else { out };
    let (answer, last) = search(args, bounds, talk)?;
    writeln!(talk)?;
    output.deliver(&last, out, err)?;
    let talk: &mut dyn Write = if is_piped { err } else { out };
    writeln!(talk)?;
    conclude(args, answer, &last, talk)
}

/// From where to where, or why not.
fn bounds(args: &FindMaxArgs) -> Result<Bounds, Failure> {
    let load = &args.seats.load;
    if matches!(
        load.arrivals,
        Some(Arrivals::Ramp { .. } | Arrivals::Spike { .. })
    ) {
        return Err(Failure::Search(
            "a ramp or a spike has no one rate to search for; give --arrivals constant or poisson"
                .to_owned(),
        ));
    }
    let needed = args.slo.samples_needed() as f64;
    let lowest = (needed / args.step_time.as_secs_f64().max(1e-3)).ceil();
    let highest = args.max_rate.per_second().floor();
    let start = match args.start_rate {
        Some(start) => start.per_second(),
        None => START.max(2.0 * lowest).min(highest),
    };
    if start < lowest || start > highest {
        return Err(Failure::Search(format!(
            "the first rate, {start}, is not between {lowest} and {highest}: the objective needs \
             {needed} replies in each step to be judged; change --start-rate, --max-rate or \
             --step-time"
        )));
    }
    Ok(Bounds {
        start,
        lowest,
        highest,
        precision: args.precision.share(),
    })
}

/// Runs step after step; gives the answer and the record of the last step.
fn search(
    args: &FindMaxArgs,
    bounds: Bounds,
    talk: &mut dyn Write,
) -> Result<(Answer, RunRecord), Failure> {
    let (slo, load) = (&args.slo, &args.seats);
    writeln!(
        talk,
        "open loop, the highest rate at {} with {slo}",
        load.address
    )?;
    writeln!(
        talk,
        "{:>12}  {:<8}{:<14}corrected latency",
        "requests/s", "step", "objective"
    )?;
    let mut search = Search::new(bounds);
    let mut last = None;
    for number in 0.. {
        let (rate, phase) = match (search.next(), last.take()) {
            (Next::Done(answer), Some(last)) => return Ok((answer, last)),
            (Next::Try { rate, phase }, _) => (rate, phase),
            // A search that has not begun is not done.
            (Next::Done(_), None) => break,
        };
        let step = step::run(args, rate, phase, number)?;
        writeln!(talk, "{step}")?;
        talk.flush()?;
        match step.record.verdict() {
            Verdict::Wrong { reason } => return Err(Failure::WrongAnswer(reason)),
            Verdict::Partial { reason } => return Err(Failure::BrokenOff(reason)),
            // A server that loses connections under load misses the objective.
            Verdict::Ok | Verdict::Lost { .. } => search.tell(step.shown),
        }
        last = Some(step.record);
    }
    Err(Failure::Search("the search did not begin".to_owned()))
}

/// The answer in words; whether a rate was found.
fn conclude(
    args: &FindMaxArgs,
    answer: Answer,
    last: &RunRecord,
    talk: &mut dyn Write,
) -> Result<bool, Failure> {
    let slo = &args.slo;
    let number = |rate: f64| HumanCount(rate as u64);
    let why = last
        .runs
        .first()
        .map_or("", |run| run.client.bound.reason.as_str());
    let (is_found, text) = match answer {
        Answer::Highest(rate) => (
            true,
            format!(
                "{} requests/s is the highest rate with {slo}, held for {}",
                number(rate),
                args.confirm_time
            ),
        ),
        Answer::AtLeast(rate) => (
            true,
            format!(
                "{} requests/s hold {slo}, and no higher rate was to be tried (--max-rate)",
                number(rate)
            ),
        ),
        Answer::ClientBound { held, missed } => (
            true,
            format!(
                "at least {} requests/s hold {slo}; at {} the client was the limit, so the \
                 server's own is not known: give it more --threads, or cores of its own",
                number(held),
                number(missed)
            ),
        ),
        Answer::ClientBoundAtOnce { missed } => {
            return Err(Failure::Search(format!(
                "the client is the limit at {} requests/s already ({why}): give it more \
                 --threads, or cores of its own",
                number(missed)
            )));
        }
        Answer::None { missed } => (
            false,
            format!("not even {} requests/s hold {slo}", number(missed)),
        ),
        Answer::Unsteady { missed } => (
            false,
            format!(
                "rates held for {} but not for {}, down to {} requests/s: find out what disturbs \
                 the machine, or give a longer --step-time",
                args.step_time,
                args.confirm_time,
                number(missed)
            ),
        ),
    };
    writeln!(talk, "{text}")?;
    Ok(is_found)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(more: &[&str]) -> FindMaxArgs {
        let words = ["ringside-bench", "find-max", "--slo", "p99<5ms"];
        let Command::FindMax(args) = Cli::parse_from(words.iter().chain(more)).command else {
            panic!("`find-max` was asked for");
        };
        args
    }

    fn refused(more: &[&str]) -> String {
        bounds(&parsed(more)).unwrap_err().to_string()
    }

    #[test]
    fn the_first_rate_gives_the_quantile_enough_samples() {
        let bounds_of = |more: &[&str]| bounds(&parsed(more)).unwrap();
        let usual = bounds_of(&[]);
        assert_eq!((usual.start, usual.lowest), (1_000.0, 200.0));
        let short = bounds_of(&["--step-time=100ms"]);
        assert_eq!((short.start, short.lowest), (20_000.0, 10_000.0));
        let low = bounds_of(&["--max-rate=500"]);
        assert_eq!((low.start, low.highest), (500.0, 500.0));
    }

    #[test]
    fn what_the_search_decides_itself_is_refused() {
        for option in ["--rate=5k", "--ops=5", "--duration=5s", "--repeat=2"] {
            let words = ["ringside-bench", "find-max", "--slo", "p99<5ms", option];
            let refused = Cli::try_parse_from(words).unwrap_err().to_string();
            assert!(refused.contains("cannot be used with"), "{refused}");
        }
        assert!(refused(&["--arrivals=ramp:1k..5k"]).contains("no one rate"));
        assert!(refused(&["--start-rate=10"]).contains("1000 replies in each step"));
        assert!(refused(&["--start-rate=5k", "--max-rate=1k"]).contains("--max-rate"));
    }
}
