//! The latency table: a row per verb and outcome, and one of all together.

use crate::{
    record::{
        Spread,
        run::{BadHistogram, Clock, QUANTILES, RunRecord, samples_needed},
    },
    statistics::median,
};

/// One row, over all runs of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The verb, `all` in the last row.
    pub(crate) verb: String,
    /// The outcome, empty in the last row.
    pub(crate) outcome: String,
    /// Samples of all runs.
    pub(crate) count: u64,
    /// By quantile.
    pub(crate) cells: [Cell; QUANTILES.len()],
}

/// One quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// In microseconds; the median of the runs.
    pub(crate) micros: f64,
    /// Whether each run has enough samples beyond it.
    pub(crate) is_backed: bool,
}

/// The rows of the latencies by `clock`; none if there are no such latencies.
///
/// # Errors
/// If a stored histogram is damaged.
pub(crate) fn rows(record: &RunRecord, clock: Clock) -> Result<Vec<Row>, BadHistogram> {
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for latency in record.runs.iter().flat_map(|run| &run.latency) {
        let kind = (latency.verb.as_str(), latency.outcome.as_str());
        if latency.clock == clock && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut rows = Vec::new();
    for (verb, outcome) in kinds.iter().copied() {
        let of_kind = record
            .runs
            .iter()
            .flat_map(|run| &run.latency)
            .filter(|latency| {
                (
                    latency.clock,
                    latency.verb.as_str(),
                    latency.outcome.as_str(),
                ) == (clock, verb, outcome)
            })
            .map(|latency| latency.distribution.spread())
            .collect::<Result<Vec<_>, _>>()?;
        rows.push(row(verb, outcome, &of_kind));
    }
    if !rows.is_empty() {
        let all = record.runs.iter().map(|run| run.merged(clock));
        rows.push(row("all", "", &all.collect::<Result<Vec<_>, _>>()?));
    }
    Ok(rows)
}

fn row(verb: &str, outcome: &str, runs: &[Spread]) -> Row {
    Row {
        verb: verb.to_owned(),
        outcome: outcome.to_owned(),
        count: runs.iter().map(Spread::count).sum(),
        cells: QUANTILES.map(|quantile| {
            let values = runs
                .iter()
                .map(|run| run.percentile_micros(quantile.percent));
            let needed = samples_needed(quantile.percent);
            Cell {
                micros: median(&values.collect::<Vec<_>>()).unwrap_or_default(),
                is_backed: runs.iter().all(|run| run.count() >= needed),
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::sample;

    #[test]
    fn cells_are_medians_of_the_runs_and_marked_where_samples_are_few() {
        let rows = rows(&sample::record(&[100.0, 300.0, 200.0]), Clock::ServiceTime).unwrap();
        assert_eq!(rows.len(), 2);
        let (query, all) = (&rows[0], &rows[1]);
        assert_eq!(
            (query.verb.as_str(), query.outcome.as_str()),
            ("QUERY", "FREE")
        );
        assert_eq!(query.count, 3_000);
        assert!((query.cells[0].micros - 200.0).abs() < 1.0, "{query:?}");
        let backed = query.cells.map(|cell| cell.is_backed);
        assert_eq!(backed, [true, true, true, false, false, true]);
        assert_eq!((all.verb.as_str(), all.cells), ("all", query.cells));
    }

    #[test]
    fn clocks_are_never_merged() {
        let record = sample::open_record();
        let [corrected, service] = Clock::ALL.map(|clock| rows(&record, clock).unwrap());
        assert_eq!(corrected[0].count, 1_000);
        let ratio = corrected[0].cells[0].micros / service[0].cells[0].micros;
        assert!((ratio - 2.0).abs() < 0.01, "{ratio}");
        let closed = sample::record(&[100.0]);
        assert_eq!(rows(&closed, Clock::CorrectedLatency).unwrap(), []);
    }
}
