//! `ringside match`: one run between peers that listen, and its exit code.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use support::PATIENCE;

const EVENTS: &str = "EVENT BEGIN\n2|LIKE_LIKED|2|1\n1|LIKE_LIKED|1|2\nEVENT END\n";

fn dial(source: &str, listener: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args([
            "match",
            "--shards",
            "2",
            "--no-pin",
            "--max-connections",
            "64",
        ])
        .args(["--match-source", source, "--match-listener", listener])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Plays both peers, ends with `verdict`, and says the exit code and line.
fn play(verdict: Option<&str>) -> (Option<i32>, String) {
    let source = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = dial(
        &source.local_addr().unwrap().to_string(),
        &listener.local_addr().unwrap().to_string(),
    );
    let mut listener = accept(&listener);
    let mut source = accept(&source);
    listener.write_all(b"MATCH BEGIN\n").unwrap();
    source.write_all(EVENTS.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(&listener).read_line(&mut line).unwrap();
    assert_eq!(line, "2\n");
    if let Some(verdict) = verdict {
        listener.write_all(verdict.as_bytes()).unwrap();
    }
    drop(listener);
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn the_exit_code_is_the_verdict() {
    let (code, line) = play(Some("MATCH END - OK\n"));
    assert_eq!(code, Some(0), "{line}");
    assert!(
        line.starts_with("match run OK: 2 events") && line.contains("1 matches"),
        "{line}"
    );

    let (code, line) = play(Some("MATCH END - ERROR\n"));
    assert_eq!(code, Some(1), "{line}");

    let (code, line) = play(None);
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("broken off: the listener was gone"), "{line}");
}

#[test]
fn it_waits_until_the_peers_are_up() {
    // Ports that are free now and will be listened on later.
    let reserve = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (source, listener) = (reserve(), reserve());
    let mut child = dial(&source.to_string(), &listener.to_string());
    // Only after it has found nobody.
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("is not up yet"));
    let listener = TcpListener::bind(listener).unwrap();
    let source = TcpListener::bind(source).unwrap();
    let mut listener = accept(&listener);
    let mut source = accept(&source);
    source.write_all(EVENTS.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(&listener).read_line(&mut line).unwrap();
    assert_eq!(line, "2\n");
    listener.write_all(b"MATCH END - OK\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn without_peers_it_says_what_is_missing() {
    let output = Command::new(env!("CARGO_BIN_EXE_ringside"))
        .arg("match")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("--match-source")
    );
}
