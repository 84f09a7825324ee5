//! The figures of a record that runs and records are compared by.

use serde::{Deserialize, Serialize};

use super::{BadHistogram, Clock, QUANTILES, Run, RunRecord, samples_needed};
use crate::{
    record::Spread,
    statistics::{median, of_median},
};

/// One figure, once per run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// Such as `throughput` or `service_time p99`.
    pub(crate) name: String,
    /// Such as `µs`.
    pub(crate) unit: &'static str,
    /// Whether more is better.
    pub(crate) more_is_better: bool,
    /// Whether each run had enough samples behind it.
    pub(crate) is_backed: bool,
    /// By run.
    pub(crate) values: Vec<f64>,
}

/// One figure over all runs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Summary {
    /// `throughput`, `server_cpu_per_command`, or a clock and a quantile such as
    /// `service_time p99`, all verbs and outcomes together.
    pub(crate) name: String,
    /// `/s` or `µs`.
    pub(crate) unit: String,
    /// Runs that have it.
    pub(crate) runs: u32,
    /// Their median.
    pub(crate) median: f64,
    /// Lower end of the median's 95 % interval, a percentile bootstrap over
    /// runs; `null` of fewer than five runs.
    pub(crate) low: Option<f64>,
    /// Upper end of it.
    pub(crate) high: Option<f64>,
    /// Whether each run had at least ten samples beyond the quantile.
    pub(crate) is_backed: bool,
}

impl Summary {
    fn of(figure: &Figure) -> Option<Self> {
        let interval = of_median(&figure.values);
        Some(Self {
            name: figure.name.clone(),
            unit: figure.unit.to_owned(),
            runs: figure.values.len() as u32,
            median: median(&figure.values)?,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            is_backed: figure.is_backed,
        })
    }
}

impl RunRecord {
    /// The figures to compare by, those that every run has.
    ///
    /// # Errors
    /// If a stored histogram is damaged.
    pub(crate) fn figures(&self) -> Result<Vec<Figure>, BadHistogram> {
        let runs = &self.runs;
        let mut figures = Vec::new();
        let mut put = |name: String, unit, more_is_better, is_backed, values: Option<Vec<f64>>| {
            if let Some(values) = values.filter(|values| !values.is_empty()) {
                figures.push(Figure {
                    name,
                    unit,
                    more_is_better,
                    is_backed,
                    values,
                });
            }
        };
        let throughput = runs.iter().map(|run| Some(run.throughput_per_second));
        put("throughput".into(), "/s", true, true, throughput.collect());
        let cpu = runs
            .iter()
            .map(|run| run.server.as_ref()?.cpu_us_per_command);
        put(
            "server_cpu_per_command".into(),
            "µs",
            false,
            true,
            cpu.collect(),
        );
        for clock in Clock::ALL {
            let spreads: Vec<Spread> = runs
                .iter()
                .map(|run| run.merged(clock))
                .collect::<Result<_, _>>()?;
            if spreads.iter().any(|spread| spread.count() == 0) {
                continue;
            }
            for quantile in QUANTILES {
                let needed = samples_needed(quantile.percent);
                let is_backed = spreads.iter().all(|spread| spread.count() >= needed);
                let values = spreads
                    .iter()
                    .map(|spread| Some(spread.percentile_micros(quantile.percent)));
                let name = format!("{} {}", clock.key(), quantile.name);
                put(name, "µs", false, is_backed, values.collect());
            }
        }
        Ok(figures)
    }

    /// The latencies by `clock` of all runs, verbs and outcomes together.
    ///
    /// # Errors
    /// If a stored histogram is damaged.
    pub(crate) fn pooled(&self, clock: Clock) -> Result<Spread, BadHistogram> {
        let mut pooled = Spread::new();
        for run in &self.runs {
            pooled.add(&run.merged(clock)?);
        }
        Ok(pooled)
    }

    /// Computes the summary of all runs.
    ///
    /// # Errors
    /// If a stored histogram is damaged.
    pub(crate) fn summarise(&mut self) -> Result<(), BadHistogram> {
        self.summary = self.figures()?.iter().filter_map(Summary::of).collect();
        Ok(())
    }
}

impl Run {
    /// The latencies by `clock` of all verbs and outcomes together.
    ///
    /// # Errors
    /// If a stored histogram is damaged.
    pub(crate) fn merged(&self, clock: Clock) -> Result<Spread, BadHistogram> {
        let mut all = Spread::new();
        for latency in self.latency.iter().filter(|latency| latency.clock == clock) {
            all.add(&latency.distribution.spread()?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn figures_come_once_per_run_and_say_if_they_are_backed() {
        let record = sample::record(&[100.0, 110.0, 105.0]);
        let figures = record.figures().unwrap();
        let find = |name: &str| figures.iter().find(|figure| figure.name == name).unwrap();
        assert_eq!(find("throughput").values.len(), 3);
        assert!(find("throughput").more_is_better);
        let p50 = find("service_time p50");
        assert!((p50.values[1] - 110.0).abs() < 1.0, "{p50:?}");
        assert!(p50.is_backed);
        // A thousand samples.
        assert!(!find("service_time p99.99").is_backed);
        let is_corrected = |figure: &Figure| figure.name.starts_with("corrected");
        assert!(!figures.iter().any(is_corrected), "a closed loop has none");
    }

    #[test]
    fn the_summary_of_few_runs_has_no_interval() {
        let mut four = sample::record(&[100.0, 101.0, 102.0, 103.0]);
        four.summarise().unwrap();
        assert!(four.summary.iter().all(|summary| summary.low.is_none()));
        let mut five = sample::record(&[100.0, 110.0, 105.0, 109.0, 101.0]);
        five.summarise().unwrap();
        let p50 = &five.summary[1..]
            .iter()
            .find(|summary| summary.name.ends_with("p50"));
        let p50 = p50.unwrap();
        assert!((p50.median - 105.0).abs() < 1.0, "{p50:?}");
        assert!(p50.low.unwrap() < p50.high.unwrap(), "{p50:?}");
    }
}
