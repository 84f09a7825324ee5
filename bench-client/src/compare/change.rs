//! How each figure changed, and what that is called. Pure.

use crate::{
    record::run::Figure,
    statistics::{Interval, mann_whitney, median, of_ratio},
};

/// Fewer runs of either cannot be told apart at [`SIGNIFICANCE`].
pub(crate) const MIN_RUNS: usize = 4;

/// Two sets of runs differ if chance makes such a difference less often.
const SIGNIFICANCE: f64 = 0.05;

/// One figure, old and new.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) more_is_better: bool,
    /// Median of the old runs.
    pub(crate) old: f64,
    /// Median of the new runs.
    pub(crate) new: f64,
    /// `new / old - 1`; `None` if the old one is 0.
    pub(crate) share: Option<f64>,
    /// Where the true change may lie, 95 %.
    pub(crate) interval: Option<Interval>,
    /// How likely chance makes such a difference.
    pub(crate) p: Option<f64>,
    /// Whether there are enough samples behind both.
    pub(crate) is_backed: bool,
    /// Whether it counts for the verdict.
    pub(crate) is_judged: bool,
    pub(crate) call: Call,
}

impl Change {
    /// Whether the figure could be worse by more than `allowed` although the
    /// runs do not show it.
    pub(crate) fn may_hide(&self, allowed: f64) -> bool {
        if self.call != Call::Same {
            return false;
        }
        let Some(interval) = self.interval else {
            return true;
        };
        let worst = if self.more_is_better {
            -interval.low
        } else {
            interval.high
        };
        worst > allowed
    }
}

/// What a change is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Too few runs to say anything.
    TooFewRuns,
    /// The runs cannot be told apart.
    Same,
    /// Better.
    Better,
    /// Worse, within what is allowed.
    Worse,
    /// Worse by more than is allowed.
    Regression,
}

/// Compares the figures that both have. `only` names those to judge, all if it
/// is empty; `allowed` is how much worse one may get, as a share of the old.
pub(crate) fn changes(
    old: &[Figure],
    new: &[Figure],
    only: &[String],
    allowed: f64,
) -> Vec<Change> {
    let both = old.iter().filter_map(|old| {
        let new = new.iter().find(|new| new.name == old.name)?;
        change(old, new, only, allowed)
    });
    both.collect()
}

fn change(old: &Figure, new: &Figure, only: &[String], allowed: f64) -> Option<Change> {
    let [before, after] = [median(&old.values)?, median(&new.values)?];
    let share = (before > 0.0).then(|| after / before - 1.0);
    let is_enough = old.values.len() >= MIN_RUNS && new.values.len() >= MIN_RUNS;
    let p = mann_whitney(&old.values, &new.values).filter(|_| is_enough);
    let interval = of_ratio(&old.values, &new.values)
        .filter(|_| is_enough)
        .map(|ratio| Interval {
            low: ratio.low - 1.0,
            high: ratio.high - 1.0,
        });
    let worse_by = share.unwrap_or_default() * if old.more_is_better { -1.0 } else { 1.0 };
    let call = match p {
        None => Call::TooFewRuns,
        Some(p) if p >= SIGNIFICANCE || worse_by == 0.0 => Call::Same,
        Some(_) if worse_by < 0.0 => Call::Better,
        Some(_) if worse_by <= allowed => Call::Worse,
        Some(_) => Call::Regression,
    };
    let is_backed = old.is_backed && new.is_backed;
    // The maximum is one event, however many samples there are.
    let is_max = old.name.ends_with(" max");
    Some(Change {
        name: old.name.clone(),
        unit: old.unit,
        more_is_better: old.more_is_better,
        old: before,
        new: after,
        share,
        interval,
        p,
        is_backed,
        is_judged: is_backed && !is_max && is_chosen(&old.name, only),
        call,
    })
}

/// A figure is meant by its whole name or by its quantile.
fn is_chosen(name: &str, only: &[String]) -> bool {
    let quantile = name.rsplit(' ').next().unwrap_or(name);
    only.is_empty() || only.iter().any(|only| only == name || only == quantile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, values: &[f64]) -> Figure {
        Figure {
            name: name.to_owned(),
            unit: "µs",
            more_is_better: name == "throughput",
            is_backed: true,
            values: values.to_vec(),
        }
    }

    fn call(name: &str, old: &[f64], new: &[f64]) -> Call {
        let changes = changes(&[figure(name, old)], &[figure(name, new)], &[], 0.05);
        changes[0].call
    }

    const OLD: [f64; 5] = [100.0, 101.0, 102.0, 99.0, 98.0];

    fn scaled(factor: f64) -> Vec<f64> {
        OLD.iter().map(|value| value * factor).collect()
    }

    #[test]
    fn more_is_better_for_throughput_and_worse_for_latency() {
        assert_eq!(call("throughput", &OLD, &scaled(1.2)), Call::Better);
        assert_eq!(call("throughput", &OLD, &scaled(0.8)), Call::Regression);
        assert_eq!(
            call("service_time p99", &OLD, &scaled(1.2)),
            Call::Regression
        );
        assert_eq!(call("service_time p99", &OLD, &scaled(0.8)), Call::Better);
    }

    #[test]
    fn a_small_change_that_is_real_is_no_regression() {
        let narrow = [100.0, 100.1, 100.2, 99.9, 99.8];
        let worse: Vec<f64> = narrow.iter().map(|value| value * 1.03).collect();
        assert_eq!(call("service_time p50", &narrow, &worse), Call::Worse);
    }

    #[test]
    fn scatter_is_not_called_a_change() {
        let wild = [50.0, 90.0, 100.0, 160.0, 220.0];
        let wilder = [60.0, 95.0, 120.0, 170.0, 300.0];
        assert_eq!(call("service_time p99", &wild, &wilder), Call::Same);
        assert_eq!(call("service_time p99", &OLD, &OLD), Call::Same);
    }

    #[test]
    fn what_scatter_could_hide_is_known() {
        let hides = |name: &str, old: &[f64], new: &[f64]| {
            changes(&[figure(name, old)], &[figure(name, new)], &[], 0.05)[0].may_hide(0.05)
        };
        let wild = [50.0, 90.0, 100.0, 160.0, 220.0];
        for name in ["throughput", "service_time p99"] {
            assert!(hides(name, &wild, &wild), "{name}");
            assert!(!hides(name, &OLD, &OLD), "{name}");
            assert!(hides(name, &OLD[..4], &OLD[..4]), "no interval: {name}");
            assert!(
                !hides(name, &OLD, &scaled(2.0)),
                "shown, not hidden: {name}"
            );
        }
    }

    #[test]
    fn few_runs_call_nothing_however_large_the_change() {
        for runs in 1..MIN_RUNS {
            let new = scaled(10.0);
            assert_eq!(
                call("service_time p99", &OLD[..runs], &new[..runs]),
                Call::TooFewRuns
            );
        }
        let new = scaled(10.0);
        let called = call("service_time p99", &OLD[..MIN_RUNS], &new[..MIN_RUNS]);
        assert_eq!(called, Call::Regression);
    }

    #[test]
    fn the_maximum_and_thin_quantiles_are_not_judged() {
        let judged = |name: &str, is_backed, only: &[&str]| {
            let mut old = figure(name, &OLD);
            old.is_backed = is_backed;
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            changes(&[old], &[figure(name, &OLD)], &only, 0.05)[0].is_judged
        };
        assert!(judged("service_time p99", true, &[]));
        assert!(!judged("service_time p99", false, &[]));
        assert!(!judged("service_time max", true, &[]));
        assert!(judged("service_time p99", true, &["p50", "p99"]));
        assert!(!judged("service_time p99", true, &["p9"]));
        assert!(!judged("throughput", true, &["p99"]));
    }

    #[test]
    fn the_interval_is_of_the_change() {
        let change = &changes(
            &[figure("service_time p99", &OLD)],
            &[figure("service_time p99", &scaled(1.5))],
            &[],
            0.05,
        )[0];
        let interval = change.interval.unwrap();
        assert!(interval.low > 0.4 && interval.high < 0.6, "{interval:?}");
        assert!((change.share.unwrap() - 0.5).abs() < 1e-9);
    }
}
