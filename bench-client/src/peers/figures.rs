//! The figures of runs, and their medians.

use crate::record::{
    Spread,
    run::{Bound, Clock, Run},
};

/// What is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    /// Replies per second.
    pub(super) throughput: f64,
    /// Service time of all verbs together, in microseconds.
    pub(super) p50: f64,
    /// The same.
    pub(super) p99: f64,
    /// Processor time of the server per command, in microseconds.
    pub(super) cpu: f64,
    /// Whether it was the client that could not do more.
    pub(super) is_client_bound: bool,
}

impl Figures {
    /// The figures of one run.
    pub(super) fn of(run: &Run) -> Self {
        let mut all = Spread::new();
        for latency in &run.latency {
            if latency.clock == Clock::ServiceTime
                && let Ok(spread) = latency.distribution.spread()
            {
                all.add(&spread);
            }
        }
        let server = run.server.as_ref();
        Self {
            throughput: run.throughput_per_second,
            p50: all.percentile_micros(50.0),
            p99: all.percentile_micros(99.0),
            cpu: server
                .and_then(|server| server.cpu_us_per_command)
                .unwrap_or(f64::NAN),
            is_client_bound: run.client.bound.verdict == Bound::Yes,
        }
    }

    /// The median of each figure over several runs; client-bound if most were.
    pub(super) fn median(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(runs.iter().map(figure).collect());
        let bound = runs.iter().filter(|run| run.is_client_bound).count();
        Self {
            throughput: of(|run| run.throughput),
            p50: of(|run| run.p50),
            p99: of(|run| run.p99),
            cpu: of(|run| run.cpu),
            is_client_bound: bound * 2 > runs.len(),
        }
    }
}

/// The middle one, or the mean of the two in the middle; no number if there is
/// none.
pub(super) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.get(middle) {
        None => f64::NAN,
        Some(upper) if numbers.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(numbers[middle - 1], *upper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 9.0, 2.0]) - 3.0).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn each_figure_has_its_own_median() {
        let run = |throughput, cpu, is_client_bound| Figures {
            throughput,
            cpu,
            is_client_bound,
            ..Figures::default()
        };
        let runs = [
            run(1.0, 9.0, true),
            run(2.0, 8.0, true),
            run(3.0, 7.0, false),
        ];
        let median = Figures::median(&runs);
        assert!((median.throughput - 2.0).abs() < 1e-9);
        assert!((median.cpu - 8.0).abs() < 1e-9);
        assert!(median.is_client_bound);
    }
}
