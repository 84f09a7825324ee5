//! Latencies as they are kept: the whole histogram, compact, and its quantiles
//! in plain numbers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::record::Spread;

/// A quantile that reports show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantile {
    /// Such as `p99.9`.
    pub(crate) name: &'static str,
    /// Such as 99.9.
    pub(crate) percent: f64,
}

/// The quantiles that reports show, always the same ones, so that runs compare.
pub(crate) const QUANTILES: [Quantile; 6] = [
    quantile("p50", 50.0),
    quantile("p90", 90.0),
    quantile("p99", 99.0),
    quantile("p99.9", 99.9),
    quantile("p99.99", 99.99),
    quantile("max", 100.0),
];

const fn quantile(name: &'static str, percent: f64) -> Quantile {
    Quantile { name, percent }
}

/// Samples that must lie above a quantile before it says anything: with fewer
/// it is one or two events, not a property of the server.
const SAMPLES_ABOVE: f64 = 10.0;

/// How many samples a quantile needs behind it to mean something: ten beyond
/// it. The maximum needs one; it is one event and says so.
pub(crate) fn samples_needed(percent: f64) -> u64 {
    let above = 1.0 - percent / 100.0;
    if above <= 0.0 {
        1
    } else {
        // Rounded to tell 100 from 100.00000000000001.
        (SAMPLES_ABOVE / above).round() as u64
    }
}

/// Latencies: at least one sample.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Distribution {
    /// Samples.
    pub(crate) count: u64,
    /// Samples over the histogram's range of 60 s; they count as its upper end.
    pub(crate) over_range: u64,
    /// Shortest, in microseconds.
    pub(crate) min_us: f64,
    /// Mean, in microseconds.
    pub(crate) mean_us: f64,
    /// Median, in microseconds.
    pub(crate) p50_us: f64,
    /// 90 % took at most so many microseconds.
    pub(crate) p90_us: f64,
    /// 99 % took at most so many microseconds.
    pub(crate) p99_us: f64,
    /// 99.9 % took at most so many microseconds.
    #[serde(rename = "p99.9_us")]
    pub(crate) p99_9_us: f64,
    /// 99.99 % took at most so many microseconds.
    #[serde(rename = "p99.99_us")]
    pub(crate) p99_99_us: f64,
    /// Longest, in microseconds.
    pub(crate) max_us: f64,
    /// The histogram in nanoseconds, three significant digits: HdrHistogram V2,
    /// deflated, base64, as in interval logs.
    pub(crate) hdr: String,
}

/// Why a stored histogram cannot be used.
#[derive(Debug, Error)]
pub(crate) enum BadHistogram {
    /// It is not base64.
    #[error("it is not base64 ({0})")]
    Base64(#[from] base64::DecodeError),
    /// It is not HdrHistogram V2.
    #[error("it is no HdrHistogram V2 ({0})")]
    Hdr(String),
}

impl Distribution {
    /// Takes a histogram into the record; `None` if it is empty.
    pub(crate) fn of(spread: &Spread) -> Option<Self> {
        if spread.count() == 0 {
            return None;
        }
        let micros = |percent| spread.percentile_micros(percent);
        let histogram = spread.histogram();
        Some(Self {
            count: spread.count(),
            over_range: spread.over_range(),
            min_us: histogram.min() as f64 / 1e3,
            mean_us: histogram.mean() / 1e3,
            p50_us: micros(50.0),
            p90_us: micros(90.0),
            p99_us: micros(99.0),
            p99_9_us: micros(99.9),
            p99_99_us: micros(99.99),
            max_us: micros(100.0),
            hdr: encode(spread).ok()?,
        })
    }

    /// The whole histogram again.
    ///
    /// # Errors
    /// If the text is not what [`Distribution::of`] wrote.
    pub(crate) fn spread(&self) -> Result<Spread, BadHistogram> {
        let bytes = STANDARD.decode(&self.hdr)?;
        let histogram = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| BadHistogram::Hdr(error.to_string()))?;
        Ok(Spread::from_parts(histogram, self.over_range))
    }
}

fn encode(spread: &Spread) -> Result<String, String> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(spread.histogram(), &mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spread(micros: impl IntoIterator<Item = u64>) -> Spread {
        let mut spread = Spread::new();
        for micros in micros {
            spread.record(Duration::from_micros(micros));
        }
        spread
    }

    #[test]
    fn the_whole_histogram_comes_back() {
        let before = spread((1..=5_000).chain([70_000_000]));
        let kept = Distribution::of(&before).unwrap();
        assert_eq!((kept.count, kept.over_range), (5_001, 1));
        assert!((kept.p50_us - 2_501.0).abs() < 5.0, "{kept:?}");
        let text = serde_json::to_string(&kept).unwrap();
        let read: Distribution = serde_json::from_str(&text).unwrap();
        assert_eq!(read, kept);
        let after = read.spread().unwrap();
        assert_eq!(after.over_range(), 1);
        for percent in [0.0, 1.0, 50.0, 90.0, 99.9, 100.0] {
            let [before, after] = [&before, &after].map(|spread| spread.percentile_micros(percent));
            assert!((before - after).abs() < f64::EPSILON, "{percent}");
        }
        let mut merged = Spread::new();
        merged.add(&after);
        assert_eq!(merged.count(), 5_001);
    }

    #[test]
    fn nothing_is_no_distribution() {
        assert_eq!(Distribution::of(&spread([])), None);
    }

    #[test]
    fn a_damaged_histogram_is_told() {
        let mut kept = Distribution::of(&spread([5])).unwrap();
        kept.hdr = "?".into();
        assert!(kept.spread().unwrap_err().to_string().contains("base64"));
        kept.hdr = STANDARD.encode([1, 2, 3, 4, 5, 6, 7, 8]);
        let error = kept.spread().unwrap_err().to_string();
        assert!(error.contains("no HdrHistogram V2"), "{error}");
    }

    #[test]
    fn a_quantile_needs_ten_samples_beyond_it() {
        let needed = QUANTILES.map(|quantile| samples_needed(quantile.percent));
        assert_eq!(needed, [20, 100, 1_000, 10_000, 100_000, 1]);
    }
}
