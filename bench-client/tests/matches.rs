//! The match run passes a right server in both directions, and finds each kind
//! of wrong one out.

mod support;

use std::{
    net::{TcpListener, TcpStream},
    path::PathBuf,
};

use serde_json::Value;
use support::{
    client::{self, Run, Running},
    matcher::{Flaw, Matcher, Told},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ringside-bench");

/// Few users, so that there are many matches.
const SIZE: [&str; 3] = ["match", "--events=5000", "--users=40"];

fn connect(server: &Matcher, more: &[&str]) -> Run {
    let addresses = ["--source", &server.source, "--listener", &server.listener];
    client::run(PROGRAM, &[&SIZE[..], &addresses, more].concat())
}

/// Runs against a server that listens.
fn against(flaw: Flaw, more: &[&str]) -> (Run, Matcher) {
    let server = Matcher::listen([0, 0], flaw).expect("two free ports");
    (connect(&server, more), server)
}

/// Starts a run that is to be dialled, and says where.
fn serve(more: &[&str]) -> (Running, String, String) {
    let ports = ["--serve", "--source=127.0.0.1:0", "--listener=127.0.0.1:0"];
    let mut running = client::start(PROGRAM, &[&SIZE[..], &ports, more].concat());
    let line = running.line();
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["listening:", "source", source, "listener", listener] = words[..] else {
        panic!("no addresses in {line:?}: {:#?}", running.end());
    };
    let (source, listener) = (source.to_owned(), listener.to_owned());
    (running, source, listener)
}

#[track_caller]
fn assert_ok(run: &Run, told: &Told) {
    run.assert(0, "\nMATCH END - OK\n");
    assert_eq!(told[..], ["MATCH BEGIN", "MATCH END - OK"], "{run:#?}");
}

/// Asserts that a flaw is found and that both server and user are told.
#[track_caller]
fn assert_found(flaw: Flaw, says: &str) {
    for write in ["--write=line", "--write=chunk:65536", "--write=chunk:7"] {
        let (run, server) = against(flaw, &[write, "--shuffle=window:50"]);
        run.assert(1, says);
        let (first, last) = (run.stdout.lines().next(), run.stdout.lines().last());
        assert!(first.is_some_and(|line| line.starts_with("match stream, connecting: ")));
        assert!(last.is_some_and(|line| line.starts_with("MATCH END - ERROR: ")));
        assert_eq!(
            server.told(),
            ["MATCH BEGIN", "MATCH END - ERROR"],
            "{run:#?}"
        );
    }
}

/// The cells behind `name` in the report.
fn cells<'a>(run: &'a Run, name: &str) -> Vec<&'a str> {
    let line = run.stdout.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().split_whitespace().collect()
}

#[test]
fn a_right_server_passes_however_events_are_ordered_and_written() {
    for shuffle in ["--shuffle=full", "--shuffle=window:100", "--shuffle=none"] {
        for write in ["--write=line", "--write=chunk:65536", "--write=chunk:7"] {
            let (run, server) = against(Flaw::None, &[shuffle, write]);
            assert_ok(&run, &server.told());
            let counts = cells(&run, "matches");
            assert_eq!(counts[0], counts[2], "{run:#?}");
            assert!(counts[0].len() > 2, "hundreds of matches: {run:#?}");
        }
    }
}

#[test]
fn a_right_server_passes_with_noise_and_holes() {
    for more in [
        ["--noise=200000", "--holes=0"],
        ["--noise=200000", "--holes=2000"],
    ] {
        let (run, server) = against(Flaw::None, &more);
        assert_ok(&run, &server.told());
        let mixed = cells(&run, "mixed in:");
        assert!(
            mixed[0].len() == 3 && mixed[3].len() == 3,
            "hundreds each: {run:#?}"
        );
    }
}

#[test]
fn a_right_server_that_dials_in_passes_even_if_its_listener_comes_last() {
    for late in [false, true] {
        let (running, source, listener) = serve(&[]);
        let server = Matcher::dial(&source, &listener, late, Flaw::None);
        let run = running.end();
        assert_ok(&run, &server.told());
        let second = run.stdout.lines().nth(1).unwrap_or_default();
        assert!(
            second.starts_with("match stream, serving: 5,000 events"),
            "{run:#?}"
        );
    }
}

#[test]
fn the_seed_decides_the_matches_and_the_rule_does_too() {
    let expected = |more: &[&str]| {
        let (run, _) = against(Flaw::NeverAnswers, &[more, &["--timeout=200ms"]].concat());
        cells(&run, "matches")[2].to_owned()
    };
    assert_eq!(expected(&["--seed=1"]), expected(&["--seed=1"]));
    assert_ne!(expected(&["--seed=1"]), expected(&["--seed=2"]));
    assert_ne!(expected(&["--rule=latest"]), expected(&["--rule=literal"]));
}

#[test]
fn a_run_without_matches_is_ok_at_its_end() {
    let more = ["--events=1", "--write=line"];
    let (run, server) = against(Flaw::None, &more);
    assert_ok(&run, &server.told());
    assert_eq!(cells(&run, "last match"), ["-"]);
}

#[test]
fn the_other_rule_is_found() {
    // The reference server takes nothing back.
    let (run, _) = against(Flaw::None, &["--rule=latest"]);
    run.assert(1, "which is no match (");
}

#[test]
fn a_wrong_match_is_found() {
    assert_found(Flaw::Drops(100), " is missing (");
    assert_found(Flaw::Swaps(100), ": out of order, ");
    assert_found(Flaw::Adds(100), ", which is no match (");
    assert_found(Flaw::Replaces(100), ", which is no match (");
    assert_found(Flaw::Repeats(100), " again (");
    assert_found(
        Flaw::Babbles(100),
        "got \"It\\'s a match!\", which is no number",
    );
}

#[test]
fn a_number_too_many_is_found_even_after_the_verdict() {
    let (run, server) = against(Flaw::AddsAfterVerdict, &[]);
    run.assert(1, " after the last match");
    assert_eq!(server.told(), ["MATCH BEGIN", "MATCH END - OK"]);
}

#[test]
fn a_server_that_falls_for_noise_is_found() {
    let noise = ["--noise=200000", "--timeout=5s"];
    for flaw in [Flaw::PrefersDuplicates, Flaw::ForgivesShortLines] {
        let (run, _) = against(flaw, &noise);
        run.assert(1, "MATCH END - ERROR: expected ");
        // Without noise nobody would know.
        let (run, _) = against(flaw, &[]);
        run.assert(0, "MATCH END - OK");
    }
}

#[test]
fn a_lost_connection_is_no_verdict() {
    for more in ["--write=line", "--write=chunk:65536"] {
        let (run, _) = against(Flaw::Closes(100), &[more, "--shuffle=none"]);
        run.assert(2, "connection lost: ");
        assert!(
            run.stdout.ends_with("\nbroken off: no verdict\n"),
            "{run:#?}"
        );
    }
}

#[test]
fn a_source_that_is_closed_ends_the_run_with_the_servers_last_words() {
    let more = ["--write=line", "--shuffle=none", "--events=200000"];
    let (run, server) = against(Flaw::ClosesSource(100), &more);
    run.assert(2, "connection lost: the source's connection broke (");
    run.assert(2, "the server's last words: I have had enough");
    assert_eq!(server.told(), ["MATCH BEGIN"]);
}

#[test]
fn a_source_that_goes_before_the_listener_comes_ends_the_run() {
    let (running, source, _) = serve(&["--write=line", "--events=200000"]);
    drop(TcpStream::connect(source));
    let run = running.end();
    run.assert(2, "connection lost: the source's connection broke (");
    run.assert(2, "the listener was never connected");
}

#[test]
fn silence_is_told_with_what_is_missing() {
    let (run, _) = against(Flaw::NeverAnswers, &["--timeout=500ms"]);
    run.assert(
        2,
        "no progress for 500ms: 100 % of the events written, 0 of ",
    );
    run.assert(2, "--timeout");
    assert_eq!(cells(&run, "verdict"), ["-"]);
    assert_ne!(cells(&run, "last byte written"), ["-"]);
}

#[test]
fn a_server_that_stops_reading_is_given_up() {
    // More than the sockets between the two hold.
    let more = ["--events=400000", "--timeout=500ms", "--shuffle=none"];
    let (run, _) = against(Flaw::Freezes(100), &more);
    run.assert(2, "no progress for 500ms: ");
    assert_eq!(cells(&run, "last byte written"), ["-"], "{run:#?}");
}

#[test]
fn nobody_to_talk_to_is_told() {
    let (running, ..) = serve(&["--timeout=200ms"]);
    running.end().assert(2, "the listener was never connected");

    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let taken = ["match", "--serve", "--source", &address];
    client::run(PROGRAM, &taken).assert(2, "cannot listen on ");
    drop(listener);
    let run = client::run(PROGRAM, &["match", "--listener", &address, "--events=9"]);
    run.assert(2, "cargo run --release");
}

/// A file for one test's report.
fn report_file(test: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.json"))
}

#[test]
fn the_report_is_written_as_json() {
    let path = report_file("right");
    let json = format!("--json={}", path.display());
    let (run, server) = against(Flaw::None, &[&json, "-q", "--shuffle=window:10"]);
    assert_eq!((run.code, &*run.stdout), (Some(0), "MATCH END - OK\n"));
    let text = std::fs::read_to_string(&path).expect("it was written");
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(report["verdict"], "OK");
    assert_eq!(report["source"], *server.source);
    assert_eq!(report["events"], 5_000);
    assert_eq!(report["matches_received"], report["matches_expected"]);
    assert_eq!(
        report["delivery_micros"]["count"],
        report["matches_expected"]
    );
    let second = |name: &str| report[name].as_f64().expect("a time");
    let written = second("seconds_to_last_byte_written");
    let matched = second("seconds_to_last_match");
    let judged = second("seconds_to_verdict");
    assert!(
        0.0 < written && written < judged && matched < judged,
        "{text}"
    );

    let missing = report_file("no-such-folder/report");
    let json = format!("--json={}", missing.display());
    let (run, _) = against(Flaw::None, &[&json]);
    run.assert(2, "cannot write the report to ");
}
