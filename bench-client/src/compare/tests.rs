use std::fs;

use clap::Parser;

use super::*;
use crate::{
    cli::{Cli, Command},
    record::run::{Verdict, sample},
};

/// Writes the records to files of their own and compares them.
fn compared(old: &RunRecord, new: &RunRecord, more: &[&str]) -> (Result<bool, Failure>, String) {
    let folder = tempfile::tempdir().unwrap();
    let paths = [("old.json", old), ("new.json", new)].map(|(name, record)| {
        let path = folder.path().join(name);
        fs::write(&path, serde_json::to_string(record).unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let words = ["ringside-bench", "compare", &paths[0], &paths[1]];
    let Command::Compare(args) = Cli::parse_from(words.iter().chain(more)).command else {
        panic!("`compare` was asked for");
    };
    let mut out = Vec::new();
    let outcome = run(&args, &mut out);
    (outcome, String::from_utf8(out).unwrap())
}

const BASE: [f64; 5] = [100.0, 101.0, 102.0, 99.0, 98.0];
const SLOW: [f64; 5] = [200.0, 201.0, 202.0, 199.0, 198.0];

#[test]
fn a_slower_server_fails_and_a_faster_one_does_not() {
    let (base, slow) = (sample::record(&BASE), sample::record(&SLOW));
    let (outcome, text) = compared(&base, &slow, &[]);
    assert!(!outcome.unwrap(), "{text}");
    assert!(
        text.contains("REGRESSION above 5 %: throughput, service_time p50"),
        "{text}"
    );
    let row = text
        .lines()
        .find(|line| line.starts_with("service_time p50 µs"))
        .unwrap();
    assert!(
        row.contains("+100.0 %") && row.contains("0.008") && row.ends_with("WORSE"),
        "{row}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 110),
        "{text}"
    );
    let (outcome, text) = compared(&slow, &base, &[]);
    assert!(outcome.unwrap(), "{text}");
    assert!(text.ends_with("no regression above 5 % shown\n"), "{text}");
}

#[test]
fn the_threshold_and_the_choice_of_figures_decide() {
    let (base, slow) = (sample::record(&BASE), sample::record(&SLOW));
    assert!(compared(&base, &slow, &["--fail-above", "150%"]).0.unwrap());
    // The sample's server needs the same processor time whatever the latency.
    assert!(
        compared(&base, &slow, &["--only", "server_cpu_per_command"])
            .0
            .unwrap()
    );
    assert!(!compared(&base, &slow, &["--only", "p50,p90"]).0.unwrap());
    let refused = compared(&base, &slow, &["--only", "p98"]).0.unwrap_err();
    assert!(
        refused.to_string().contains("no figure is left"),
        "{refused}"
    );
}

#[test]
fn single_runs_show_a_difference_and_claim_nothing() {
    let (outcome, text) = compared(&sample::record(&[100.0]), &sample::record(&[300.0]), &[]);
    assert!(
        text.contains("+200.1 %") && !text.contains("WORSE"),
        "{text}"
    );
    let refused = outcome.unwrap_err().to_string();
    assert!(
        refused.contains("too few runs") && refused.contains("--repeat 5"),
        "{refused}"
    );
}

#[test]
fn other_setups_are_refused_by_name() {
    let (base, mut other) = (sample::record(&BASE), sample::record(&BASE));
    other.setup.connections = 512;
    let refused = compared(&base, &other, &[]).0.unwrap_err().to_string();
    assert!(refused.contains("connections (64, 512)"), "{refused}");
    let (outcome, text) = compared(&base, &other, &["--across-setups"]);
    assert!(outcome.unwrap());
    assert!(
        text.contains("note: different connections (64, 512)"),
        "{text}"
    );
}

#[test]
fn a_wrong_run_is_compared_with_nothing() {
    let (base, mut wrong) = (sample::record(&BASE), sample::record(&BASE));
    wrong.runs[4].verdict = Verdict::Wrong {
        reason: "seat sold twice".into(),
    };
    let refused = compared(&base, &wrong, &["--across-setups"])
        .0
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("a run of new is not right: seat sold twice"),
        "{refused}"
    );
}

#[test]
fn a_client_that_was_the_limit_is_told() {
    let (base, mut bound) = (sample::record(&BASE), sample::record(&BASE));
    bound.runs[2].client.bound.verdict = Bound::Yes;
    bound.runs[2].client.bound.reason = "its core was full".into();
    let (_, text) = compared(&base, &bound, &[]);
    assert!(text.contains("note: new is client-bound"), "{text}");
    assert!(text.contains("its core was full"), "{text}");
}
