//! The report of a match run for programs: one JSON object, described in
//! `ringside-bench match --help`.

use std::{fs, io, time::Duration};

use serde::Serialize;

use super::direction;
use crate::{
    cli::MatchArgs,
    failure::Failure,
    matches::{Outcome, Verdict},
    record::Spread,
};

/// The object. Times are in seconds from just before the first byte was
/// written; what did not happen is `null`.
#[derive(Debug, Serialize)]
struct Report<'a> {
    /// `OK`, `ERROR` or `BROKEN OFF`, as exit codes 0, 1 and 2.
    verdict: &'static str,
    /// Why it is not `OK`.
    reason: Option<&'a str>,
    /// `connecting` or `serving`.
    direction: &'static str,
    source: &'a str,
    listener: &'a str,
    users: u32,
    shuffle: String,
    rule: String,
    seed: u64,
    write: String,
    send_buffer: u32,
    /// Events sent, without noise.
    events: usize,
    bytes: usize,
    malformed: u32,
    duplicates: u32,
    holes: usize,
    matches_expected: usize,
    /// Right ones, up to the first difference.
    matches_received: usize,
    seconds_to_last_byte_written: Option<f64>,
    seconds_to_last_match: Option<f64>,
    seconds_to_verdict: Option<f64>,
    /// By the time to the verdict, if that is `OK`.
    events_per_second: Option<f64>,
    client_cpu_seconds: f64,
    delivery_micros: Delivery,
}

/// From the write that completed what a match needed to the match itself.
#[derive(Debug, Serialize)]
struct Delivery {
    count: u64,
    p50: f64,
    p90: f64,
    p99: f64,
    #[serde(rename = "p99.9")]
    p99_9: f64,
    max: f64,
}

impl Delivery {
    fn new(spread: &Spread) -> Self {
        Self {
            count: spread.count(),
            p50: spread.percentile_micros(50.0),
            p90: spread.percentile_micros(90.0),
            p99: spread.percentile_micros(99.0),
            p99_9: spread.percentile_micros(99.9),
            max: spread.percentile_micros(100.0),
        }
    }
}

/// Writes the object to the file of `--json`, if there is one.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write(args: &MatchArgs, outcome: &Outcome) -> Result<(), Failure> {
    let Some(path) = &args.json else {
        return Ok(());
    };
    text(args, outcome)
        .map_err(io::Error::from)
        .and_then(|text| fs::write(path, text))
        .map_err(|source| Failure::Output {
            flag: "--json",
            path: path.display().to_string(),
            source,
        })
}

/// The object as text, with an end of line.
fn text(args: &MatchArgs, outcome: &Outcome) -> serde_json::Result<String> {
    let (verdict, reason) = match &outcome.verdict {
        Verdict::Ok => ("OK", None),
        Verdict::Error(reason) => ("ERROR", Some(reason)),
        Verdict::Lost(reason) | Verdict::Stalled(reason) => ("BROKEN OFF", Some(reason)),
    };
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let [source, listener] = &outcome.addresses;
    let report = Report {
        verdict,
        reason: reason.map(String::as_str),
        direction: direction(args),
        source,
        listener,
        users: args.users,
        shuffle: args.shuffle.to_string(),
        rule: args.rule.to_string(),
        seed: args.seed,
        write: args.write.to_string(),
        send_buffer: args.send_buffer,
        events: outcome.events,
        bytes: outcome.bytes,
        malformed: outcome.malformed,
        duplicates: outcome.duplicates,
        holes: outcome.holes,
        matches_expected: outcome.expected,
        matches_received: outcome.received,
        seconds_to_last_byte_written: seconds(outcome.last_written),
        seconds_to_last_match: seconds(outcome.last_match),
        seconds_to_verdict: seconds(outcome.judged),
        events_per_second: outcome.events_per_second(),
        client_cpu_seconds: outcome.cpu.as_secs_f64(),
        delivery_micros: Delivery::new(&outcome.delivery),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};
    use crate::cli::MATCH_HELP;
    use serde_json::Value;

    fn object(verdict: Verdict) -> Value {
        let (args, outcome) = sample(&[], verdict);
        serde_json::from_str(&text(&args, &outcome).unwrap()).unwrap()
    }

    #[test]
    fn figures_are_those_of_the_outcome() {
        let object = object(Verdict::Ok);
        assert_eq!(object["verdict"], "OK");
        assert_eq!(object["reason"], Value::Null);
        assert_eq!(object["events"], 1_000_000);
        assert_eq!(object["seconds_to_last_byte_written"], 0.010);
        assert_eq!(object["seconds_to_verdict"], 0.025);
        assert_eq!(object["events_per_second"], 40e6);
        assert_eq!(object["delivery_micros"]["count"], 2);
    }

    #[test]
    fn a_reason_is_told_and_no_rate() {
        let object = object(Verdict::Stalled("no progress".into()));
        assert_eq!(object["verdict"], "BROKEN OFF");
        assert_eq!(object["reason"], "no progress");
        assert_eq!(object["events_per_second"], Value::Null);
    }

    /// All names in an object, those of inner objects too.
    fn names(value: &Value) -> Vec<String> {
        let fields = value.as_object().into_iter().flatten();
        fields
            .flat_map(|(name, inner)| std::iter::once(name.clone()).chain(names(inner)))
            .collect()
    }

    #[test]
    fn the_help_names_every_field() {
        let names = names(&object(Verdict::Ok));
        assert!(names.len() > 25, "{names:?}");
        for name in names {
            let words = MATCH_HELP.split([' ', ',', '\n', ':', ';', '(', ')']);
            let found = words.clone().any(|word| word == name);
            assert!(found, "`match --help` does not explain {name}");
        }
    }
}
