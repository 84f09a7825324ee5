//! A server with a data directory, from outside: what a restart finds, who may
//! use the directory, and what happens when the disk is full.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use support::{Client, PATIENCE, Program};

fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn flags<'a>(directory: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["--data-dir", directory, "--segment-bytes", "1048576"],
        more,
    ]
    .concat()
}

#[test]
fn a_restart_finds_what_was_there_whatever_the_durability_and_the_shards() {
    let directory = directory();
    let path = directory.path().to_str().unwrap();
    let lives = [
        (&["--shards", "1"][..], "FREE"),
        (&["--shards", "4"], "RESERVED"),
        (&["--shards", "3", "--durability", "interval:5"], "SOLD"),
        (&["--shards", "3", "--durability", "interval:60000"], "SOLD"),
        (&["--shards", "1"], "SOLD"),
    ];
    for (life, (more, found)) in lives.iter().enumerate() {
        let server = Program::start(&flags(path, more));
        assert!(
            server.first_line.contains("durable"),
            "{}",
            server.first_line
        );
        let mut client = Client::to(server.address);
        for seat in 0..50 {
            assert_eq!(
                client.ask(&format!("QUERY: A{seat}")),
                *found,
                "life {life}"
            );
            match *found {
                "FREE" => assert_eq!(client.ask(&format!("RESERVE: A{seat}")), "OK"),
                "RESERVED" => assert_eq!(client.ask(&format!("BUY: A{seat}")), "OK"),
                _ => assert_eq!(client.ask(&format!("RESERVE: L{life}S{seat}")), "OK"),
            }
            for earlier in 2..life {
                let seat = format!("QUERY: L{earlier}S{seat}");
                assert_eq!(client.ask(&seat), "RESERVED", "life {life}");
            }
        }
        server.signal("TERM");
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn an_interval_that_is_over_has_been_written() {
    let directory = directory();
    let path = directory.path().to_str().unwrap();
    let server = Program::start(&flags(path, &["--durability", "interval:1"]));
    let mut client = Client::to(server.address);
    assert_eq!(client.ask("RESERVE: A1"), "OK");
    // Asks the disk until it is there.
    let written = || {
        let copy = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let copy = copy.path().join("copy").display().to_string();
        let ringside = |args: &[&str]| {
            let program = Command::new(env!("CARGO_BIN_EXE_ringside"))
                .args(args)
                .output();
            String::from_utf8(program.unwrap().stdout).unwrap()
        };
        ringside(&["backup", "--data-dir", path, "--to", &copy]);
        ringside(&["audit", "--data-dir", &copy]).contains("in all: 1 seats: 1 reserved")
    };
    let deadline = Instant::now() + PATIENCE;
    while !written() {
        assert!(Instant::now() < deadline, "it is never written");
    }
    server.signal("KILL");
    server.exit_code();
    let server = Program::start(&flags(path, &[]));
    assert_eq!(Client::to(server.address).ask("QUERY: A1"), "RESERVED");
}

#[test]
fn a_directory_serves_one_process_at_a_time() {
    let directory = directory();
    let path = directory.path().to_str().unwrap();
    let server = Program::start(&flags(path, &[]));
    let other = support::program(&flags(path, &[])).output().unwrap();
    assert_eq!(other.status.code(), Some(5));
    let said = String::from_utf8_lossy(&other.stderr);
    assert!(said.contains("in use by another process"), "{said}");
    assert_eq!(Client::to(server.address).ask("RESERVE: A1"), "OK");
}

#[test]
fn a_foreign_directory_is_left_alone() {
    let directory = directory();
    std::fs::write(directory.path().join("letter.txt"), "dear reader").unwrap();
    let path = directory.path().to_str().unwrap();
    let server = support::program(&flags(path, &[])).output().unwrap();
    assert_eq!(server.status.code(), Some(5));
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 1);
}

/// A small file system of its own, if this user may have one.
fn on_small_disk(path: &Path, command: &str) -> Command {
    let script = format!(
        "mount -t tmpfs -o size=67m none '{}' && exec {command}",
        path.display()
    );
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[test]
fn on_a_full_disk_held_seats_can_still_be_bought_and_then_the_server_stops() {
    let directory = directory();
    let path = directory.path();
    let may = on_small_disk(path, "true").status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this user may not mount a small file system (unshare --user --mount)");
        return;
    }
    let server = Program::spawn(on_small_disk(
        path,
        &format!(
            "{} --seat-port 0 --source-port 0 --listener-port 0 --http-port 0 --max-connections 64 --no-pin \
             --shards 1 --data-dir '{}' --segment-bytes 1048576",
            env!("CARGO_BIN_EXE_ringside"),
            path.join("data").display()
        ),
    ));
    let mut client = Client::to(server.address);
    let mut held = 0;
    while client.ask(&format!("RESERVE: A{held}")) == "OK" {
        held += 1;
        assert!(held < 100_000, "the disk is never full");
    }
    assert!(held > 10, "{held} seats, then full");
    assert_eq!(client.ask(&format!("QUERY: A{held}")), "FREE");
    // What is left is for these; each takes a block.
    for seat in 0..20 {
        assert_eq!(client.ask(&format!("BUY: A{seat}")), "OK", "seat {seat}");
    }
    let sold = (20..held).find(|seat| client.try_ask(&format!("BUY: A{seat}")).is_none());
    assert!(sold.is_some(), "the disk is full, and all is sold");
    assert_eq!(server.exit_code(), Some(1));
}
