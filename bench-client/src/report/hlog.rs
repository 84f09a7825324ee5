//! The histogram of each second, as an HdrHistogram interval log of version 2:
//! what HistogramLogAnalyzer and its kin read. Values are in nanoseconds, the
//! maxima in milliseconds.

use std::{
    io,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hdrhistogram::serialization::{
    V2DeflateSerializer,
    interval_log::{IntervalLogWriterBuilder, Tag},
};

use crate::{
    failure::Failure,
    record::run::{Clock, RunRecord},
};

const NANOS_PER_MILLI: f64 = 1e6;

/// The log, one line per second and clock, tagged `service_time` and
/// `corrected_latency`. Repeated runs follow each other, each at its own time.
///
/// # Errors
/// If a stored histogram is damaged.
pub(crate) fn text(record: &RunRecord) -> Result<String, Failure> {
    let begin = record
        .runs
        .first()
        .map_or(0.0, |run| run.started_unix_seconds);
    let at = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let moment: SystemTime = UNIX_EPOCH + at(begin);
    let mut bytes = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment("ringside-bench: values in ns, maxima in ms")
        .with_start_time(moment)
        .with_base_time(moment)
        .with_max_value_divisor(NANOS_PER_MILLI)
        .begin_log_with(&mut bytes, &mut serializer)?;
    for run in &record.runs {
        for interval in &run.intervals {
            let start = run.started_unix_seconds - begin + interval.start_seconds;
            for (clock, distribution) in [
                (Clock::CorrectedLatency, &interval.corrected_latency),
                (Clock::ServiceTime, &interval.service_time),
            ] {
                let Some(distribution) = distribution else {
                    continue;
                };
                let spread = distribution.spread()?;
                let tag = Tag::new(clock.key());
                log.write_histogram(spread.histogram(), at(start), at(interval.seconds), tag)
                    .map_err(|error| io::Error::other(format!("{error:?}")))?;
            }
        }
    }
    String::from_utf8(bytes).map_err(|error| io::Error::other(error).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::sample;
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use hdrhistogram::{
        Histogram,
        serialization::{
            Deserializer,
            interval_log::{IntervalLogIterator, LogEntry},
        },
    };

    #[test]
    fn each_second_comes_back_with_its_tag() {
        let text = text(&sample::open_record()).unwrap();
        let mut found = Vec::new();
        for entry in IntervalLogIterator::new(text.as_bytes()) {
            if let LogEntry::Interval(interval) = entry.unwrap() {
                let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
                let histogram: Histogram<u64> = Deserializer::new()
                    .deserialize(&mut bytes.as_slice())
                    .unwrap();
                let tag = interval.tag().unwrap().as_str().to_owned();
                found.push((tag, interval.start_timestamp().as_secs(), histogram.len()));
            }
        }
        let expected = [
            ("corrected_latency", 0, 1_000),
            ("service_time", 0, 1_000),
            ("corrected_latency", 1, 1_000),
            ("service_time", 1, 1_000),
        ];
        let expected = expected.map(|(tag, start, count)| (tag.to_owned(), start, count));
        assert_eq!(found, expected);
    }
}
