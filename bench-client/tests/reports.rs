//! What a load came to can be printed, kept, drawn, compared and searched.

mod support;

use std::{fs, path::Path};

use serde_json::Value;

use support::{
    client::{self, Run},
    seats::Fault,
    server::Server,
};

fn bench(arguments: &[&str]) -> Run {
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), arguments)
}

fn server() -> Server {
    Server::start(0, Fault::None).expect("a free port")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("it was written")
}

/// Runs a small load and keeps its JSON in `path`.
fn keep(path: &Path, more: &[&str]) -> Value {
    let server = server();
    let address = server.address();
    let path = path.to_str().expect("a plain name");
    let load = [
        "seats",
        &address,
        "--connections=4",
        "--seats=500",
        "--json",
        path,
    ];
    bench(&[&load, more].concat()).assert(0, "check        passed");
    serde_json::from_str(&read(Path::new(path))).expect("JSON")
}

#[test]
fn an_open_loop_is_kept_in_every_form() {
    let folder = tempfile::tempdir().expect("a directory");
    let [json, hgrm, hlog, page] =
        ["a.json", "a.hgrm", "a.hlog", "page"].map(|name| folder.path().join(name));
    let [hgrm_text, hlog_text, page_text] =
        [&hgrm, &hlog, &page].map(|path| path.to_str().expect("a plain name"));
    let files = [
        "--hgrm", hgrm_text, "--hlog", hlog_text, "--report", page_text,
    ];
    let load = ["--rate=2k", "--arrivals=constant", "--duration=1500ms"];
    let record = keep(&json, &[&load[..], &files].concat());

    assert_eq!(record["schema"], "ringside-bench/seats");
    assert_eq!(record["setup"]["loop"], "open");
    assert_eq!(record["setup"]["rate"], 2_000.0);
    let run = &record["runs"][0];
    assert_eq!(run["verdict"]["verdict"], "ok");
    let count = |name: &str| run["counts"][name].as_u64().expect("a count");
    // Evenly spaced: one more or less by where the first one falls.
    assert!((2_999..=3_000).contains(&count("offered")), "{run:#}");
    assert_eq!(count("offered"), count("sent") + count("dropped"));
    let answered: u64 = ["service_time", "corrected_latency"]
        .map(|clock| {
            let entries = run["latency"].as_array().expect("a list");
            let of_clock = entries.iter().filter(|entry| entry["clock"] == clock);
            of_clock.filter_map(|entry| entry["count"].as_u64()).sum()
        })
        .into_iter()
        .inspect(|&sum: &u64| assert_eq!(sum, count("answered")))
        .sum();
    assert_eq!(answered, 2 * count("answered"));

    assert!(read(&hgrm).contains("#[Max     ="));
    assert!(read(&folder.path().join("a.service-time.hgrm")).contains("#[Max     ="));
    assert!(read(&hlog).contains("Tag=corrected_latency,"));
    let page = read(&page.join("index.html"));
    assert!(page.contains("<svg") && page.ends_with("</html>"));
}

#[test]
fn json_on_standard_output_is_all_there_is() {
    let server = server();
    let run = bench(&["seats", &server.address(), "--ops=500", "--json=-"]);
    run.assert(0, "closed loop");
    let record: Value = serde_json::from_str(&run.stdout).expect("JSON and nothing else");
    assert_eq!(record["runs"][0]["counts"]["answered"], 500);
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_the_load() {
    let run = bench(&["seats", "127.0.0.1:1", "--json=/nowhere/at/all.json"]);
    run.assert(2, "cannot write the report to /nowhere/at/all.json");
}

#[test]
fn repeated_runs_have_their_own_seats_and_an_interval() {
    let folder = tempfile::tempdir().expect("a directory");
    let record = keep(
        &folder.path().join("a.json"),
        &["--ops=400", "--repeat=5", "--prefix=P"],
    );
    let runs = record["runs"].as_array().expect("a list");
    let seeds: Vec<_> = runs.iter().map(|run| run["seed"].as_u64()).collect();
    assert_eq!(seeds, [42, 43, 44, 45, 46].map(Some));
    assert_ne!(runs[0]["prefix"], runs[1]["prefix"]);
    assert_eq!(record["summary"][0]["runs"], 5);
    assert!(
        record["summary"][0]["low"].is_f64(),
        "{}",
        record["summary"]
    );
}

#[test]
fn records_are_compared_if_they_can_be() {
    let folder = tempfile::tempdir().expect("a directory");
    let paths =
        ["one.json", "two.json", "other.json", "single.json"].map(|name| folder.path().join(name));
    let small = ["--ops=2000", "--repeat=4"];
    for path in &paths[..2] {
        keep(path, &small);
    }
    keep(&paths[2], &[&small[..], &["--pipeline=8"]].concat());
    keep(&paths[3], &small[..1]);
    let [one, two, other, single] = paths.each_ref().map(|path| path.to_str().expect("plain"));
    // Small runs on a shared machine scatter: only a tenfold change counts here.
    let judged = ["--fail-above=1000%", "--only=throughput"];
    bench(&[&["compare", one, two], &judged[..]].concat()).assert(0, "no regression above 1000 %");
    let refused = bench(&["compare", one, other]);
    refused.assert(2, "not comparable: the setups differ: pipeline (1, 8)");
    let refused = bench(&["compare", single, single]);
    refused.assert(2, "too few runs to tell a change from chance");
    bench(&["compare", one, "/nowhere.json"]).assert(2, "cannot read /nowhere.json");
}

#[test]
fn the_search_ends_at_the_highest_rate_that_may_be_tried() {
    let server = server();
    let address = server.address();
    let search = ["find-max", &address, "--start-rate=300", "--max-rate=600"];
    let steps = [
        "--step-time=150ms",
        "--confirm-time=200ms",
        "--connections=4",
    ];
    // Nothing takes so long: the test is of the search, not of the machine.
    let slo = ["--slo", "p50<20s,success>=0%"];
    let run = bench(&[&search[..], &steps, &slo].concat());
    run.assert(0, "600 requests/s hold p50 < 20s");
    for step in [
        "300  bracket holds",
        "600  bracket holds",
        "600  confirm holds",
    ] {
        run.assert(0, step);
    }
    let never = ["--slo", "max<1ns"];
    let run = bench(&[&search[..], &steps, &never].concat());
    assert_ne!(run.code, Some(0), "{run:#?}");
}
