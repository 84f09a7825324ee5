//! Latency by percentile as text, as HdrHistogram's own tools print and plot
//! it. Values are in milliseconds.

use std::path::{Path, PathBuf};

use crate::record::{
    Spread,
    run::{BadHistogram, Clock, RunRecord},
};

/// Lines per halving of the distance to 100 %, as HdrHistogram's tools have.
const STEPS: u32 = 5;
const NANOS_PER_MILLI: f64 = 1e6;

/// The files to write: `path` holds the corrected latency of an open loop or
/// the service time of a closed one; the service time of an open loop stands
/// beside it, as `NAME.service-time.hgrm`. Repeated runs are pooled.
///
/// # Errors
/// If a stored histogram is damaged.
pub(crate) fn files(
    path: &Path,
    record: &RunRecord,
) -> Result<Vec<(PathBuf, String)>, BadHistogram> {
    let mut files = Vec::new();
    for clock in Clock::ALL {
        let pooled = record.pooled(clock)?;
        if pooled.count() == 0 {
            continue;
        }
        let path = if files.is_empty() {
            path.to_owned()
        } else {
            path.with_extension("service-time.hgrm")
        };
        files.push((path, text(&pooled)));
    }
    if files.is_empty() {
        files.push((path.to_owned(), text(&Spread::new())));
    }
    Ok(files)
}

/// The columns value, percentile, count so far, 1 / (1 - percentile).
fn text(spread: &Spread) -> String {
    let histogram = spread.histogram();
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut so_far = 0;
    for step in histogram.iter_quantiles(STEPS) {
        so_far += step.count_since_last_iteration();
        let value = step.value_iterated_to() as f64 / NANOS_PER_MILLI;
        let quantile = step.quantile_iterated_to();
        text += &format!("{value:>12.3} {quantile:>14.12} {so_far:>10}");
        // The last line reaches 100 % and has nothing to divide by.
        if quantile < 1.0 {
            text += &format!(" {:>14.2}", 1.0 / (1.0 - quantile));
        }
        text.push('\n');
    }
    let millis = |nanos: f64| nanos / NANOS_PER_MILLI;
    text += &format!(
        "#[Mean    = {:>12.3}, StdDeviation   = {:>12.3}]\n",
        millis(histogram.mean()),
        millis(histogram.stdev()),
    );
    text += &format!(
        "#[Max     = {:>12.3}, Total count    = {:>12}]\n",
        millis(histogram.max() as f64),
        histogram.len(),
    );
    text += &format!(
        "#[Buckets = {:>12}, SubBuckets     = {:>12}]\n",
        histogram.buckets(),
        2 * 10_u32.pow(histogram.sigfig().into()).next_power_of_two(),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::sample;

    #[test]
    fn lines_rise_to_all_samples_and_the_longest() {
        let files = files(Path::new("a.hgrm"), &sample::record(&[1_000.0])).unwrap();
        assert_eq!(files.len(), 1);
        let text = &files[0].1;
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        let lines: Vec<Vec<f64>> = text
            .lines()
            .skip(2)
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                line.split_whitespace()
                    .map(|cell| cell.parse().unwrap())
                    .collect()
            })
            .collect();
        assert!(lines.len() > 20, "{text}");
        assert!(lines.is_sorted_by(|one, two| one[0] <= two[0] && one[2] <= two[2]));
        let last = lines.last().unwrap();
        assert_eq!((last.len(), last[1], last[2]), (3, 1.0, 1_000.0));
        assert!((last[0] - 1.5).abs() < 0.01, "{last:?}");
        let median = lines.iter().find(|line| line[1] >= 0.5).unwrap();
        assert!((median[0] - 1.0).abs() < 0.01, "{median:?}");
        assert!((median[3] - 2.0).abs() < 0.01, "{median:?}");
        assert!(text.contains("Total count    =         1000]"), "{text}");
    }

    #[test]
    fn an_open_loop_gives_two_files() {
        let files = files(Path::new("x/a.hgrm"), &sample::open_record()).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|(path, _)| path.to_str().unwrap())
            .collect();
        assert_eq!(names, ["x/a.hgrm", "x/a.service-time.hgrm"]);
        assert_ne!(files[0].1, files[1].1);
    }
}
