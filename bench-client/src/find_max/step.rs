//! One step: a load at one rate, and whether the objective held.

use std::fmt;

use indicatif::HumanCount;

use super::{
    FindMaxArgs,
    search::{Phase, Shown},
    slo::{Finding, Slo},
};
use crate::{
    failure::Failure,
    plan::rate::Rate,
    record::run::{BadHistogram, Bound, Clock, Environment, Run, RunRecord},
    seats,
};

/// A step that was run.
#[derive(Debug)]
pub(super) struct Step {
    rate: f64,
    phase: Phase,
    pub(super) shown: Shown,
    figures: String,
    pub(super) record: RunRecord,
}

/// Runs the load at `rate`, as step `number`, on seats of its own.
///
/// # Errors
/// If the load cannot be run.
pub(super) fn run(
    args: &FindMaxArgs,
    rate: f64,
    phase: Phase,
    number: u32,
) -> Result<Step, Failure> {
    let mut seats = args.seats.clone();
    let load = &mut seats.load;
    let bad = |error: crate::plan::rate::BadRate| Failure::Search(error.to_string());
    load.rate = Some(Rate::new(rate).map_err(bad)?);
    load.duration = match phase {
        Phase::Confirm => args.confirm_time,
        Phase::Bracket | Phase::Bisect => args.step_time,
    };
    let environment = Environment::read(load.server_pid);
    let mut record = RunRecord::new(seats::setup(&seats), environment);
    let run = seats::run(&seats, number)?;
    let (shown, figures) = judge(&args.slo, &run)?;
    record.runs.push(run);
    record.summarise()?;
    Ok(Step {
        rate,
        phase,
        shown,
        figures,
        record,
    })
}

/// What a run shows about the objective, and its figures in words.
fn judge(slo: &Slo, run: &Run) -> Result<(Shown, String), BadHistogram> {
    let latencies = run.merged(Clock::CorrectedLatency)?;
    let success = run.counts.success_share();
    let bound = &run.client.bound;
    let mut figures = slo.figures(&latencies, success);
    let shown = match (slo.judge(&latencies, success), bound.verdict) {
        (Finding::Holds, _) => Shown::Held,
        (Finding::Misses, Bound::Yes) => {
            // On a line of its own: it is a sentence.
            figures += &format!("\n{:14}{}", "", bound.reason);
            Shown::MissedClientBound
        }
        (Finding::Misses, Bound::No | Bound::Unknown) => Shown::Missed,
    };
    Ok((shown, figures))
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = HumanCount(self.rate as u64).to_string();
        let phase = match self.phase {
            Phase::Bracket => "bracket",
            Phase::Bisect => "bisect",
            Phase::Confirm => "confirm",
        };
        let shown = match self.shown {
            Shown::Held => "holds",
            Shown::Missed => "missed",
            Shown::MissedClientBound => "client-bound",
        };
        write!(f, "{rate:>12}  {phase:<8}{shown:<14}{}", self.figures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::sample;

    #[test]
    fn a_miss_is_the_clients_if_it_was_the_limit() {
        // The sample's corrected latencies lie between 100 and 300 µs.
        let mut run = sample::open_record().runs.remove(0);
        let shown = |run: &Run, slo: &str| judge(&slo.parse().unwrap(), run).unwrap();
        let (held, figures) = shown(&run, "p99<1ms");
        assert_eq!(
            (held, figures.as_str()),
            (Shown::Held, "p99 298 µs, 100.00 % answered")
        );
        assert_eq!(shown(&run, "p99<200us").0, Shown::Missed);
        run.client.bound.verdict = Bound::Yes;
        run.client.bound.reason = "its core was full".into();
        let (missed, figures) = shown(&run, "p99<200us");
        assert_eq!(missed, Shown::MissedClientBound);
        assert!(figures.ends_with("  its core was full"), "{figures}");
        assert_eq!(shown(&run, "p99<1ms").0, Shown::Held);
    }

    #[test]
    fn dropped_requests_miss_the_objective() {
        let mut run = sample::open_record().runs.remove(0);
        run.counts.offered += 10;
        run.counts.dropped += 10;
        assert_eq!(
            judge(&"p99<1ms".parse().unwrap(), &run).unwrap().0,
            Shown::Missed
        );
    }
}
