//! `ringside verify` and `ringside audit`, on real files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringside::inventory::Seats;
use ringside::journal::{self, BLOCK, DataDir, FileDisk, Hooks, Options, Record, SeatState};
use ringside::route::{Router, ShardId};
use ringside::shard;
use tempfile::TempDir;

use support::program;

/// How a lawless journal is written: what a record may be is the state's
/// business, and this one takes anything.
fn open(path: &Path, shards: u16) -> DataDir {
    let options = Options {
        segment_bytes: 64 * 1024,
        reserve_bytes: 0,
        ..Options::new(Arc::new(|| Box::new(Seats::new(0, 1))))
    };
    let router = Router::new(shards, ShardId(0));
    let route = move |key: &[u8]| shard::owner(&router, key);
    journal::open(
        Arc::new(FileDisk),
        path,
        shards,
        options,
        &route,
        &mut |_| {},
    )
    .unwrap()
}

/// A data directory of two shards with these records, each in its own frame.
fn directory(records: &[(&str, SeatState)]) -> TempDir {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut data = open(directory.path(), 2);
    let router = Router::new(2, ShardId(0));
    for (number, stream) in data.streams().into_iter().enumerate() {
        let mut journal = stream
            .recover(&mut Seats::new(0, 1), &mut |_| {})
            .unwrap()
            .journal;
        for (name, state) in records {
            if shard::owner(&router, name.as_bytes()) == number {
                journal.append(Record::Seat {
                    state: *state,
                    name: name.as_bytes(),
                });
                let frame = journal.start(0).unwrap().unwrap();
                frame.file.write_at(frame.bytes, frame.offset).unwrap();
                frame.file.sync().unwrap();
                journal.finished();
            }
        }
    }
    directory
}

fn run(command: &str, path: &Path) -> (Option<i32>, String) {
    let output = program(&[command, "--data-dir"])
        .arg(path)
        .output()
        .unwrap();
    let mut said = String::from_utf8(output.stdout).unwrap();
    said += &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

const HONEST: [(&str, SeatState); 5] = [
    ("A1", SeatState::Reserved),
    ("A1", SeatState::Sold),
    ("A2", SeatState::Reserved),
    ("B7", SeatState::Reserved),
    ("C3", SeatState::Reserved),
];

#[test]
fn an_honest_ledger_is_proved() {
    let directory = directory(&HONEST);
    let (code, said) = run("verify", directory.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Everything is whole"), "{said}");
    let (code, said) = run("audit", directory.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("in all: 4 seats: 3 reserved, 1 sold"),
        "{said}"
    );
    assert!(
        said.contains("No seat and no ticket is sold twice"),
        "{said}"
    );
}

#[test]
fn a_seat_sold_twice_is_found_with_its_name_and_place() {
    for (name, wrong) in [
        ("sold a second time", ("A1", SeatState::Sold)),
        ("reserved a second time", ("A2", SeatState::Reserved)),
        ("sold without a reservation", ("Z9", SeatState::Sold)),
    ] {
        let directory = directory(&[&HONEST[..], &[wrong]].concat());
        let (code, said) = run("audit", directory.path());
        assert_eq!(code, Some(1), "{said}");
        let place = said.contains(".journal at byte") && said.contains(wrong.0);
        assert!(said.contains(name) && place, "{said}");
        assert_eq!(run("verify", directory.path()).0, Some(0), "whole frames");
    }
}

fn segments(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for shard in 0..2 {
        let stream = path.join(format!("gen-000001/shard-000{shard}"));
        for entry in std::fs::read_dir(stream).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "journal") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn damage_is_listed_with_file_and_offset() {
    let directory = directory(&HONEST);
    for path in segments(directory.path()) {
        // The first frame, and there are more.
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.write_all_at(b"X", BLOCK as u64 + 49).unwrap();
    }
    let (code, said) = run("verify", directory.path());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("shard 0") && said.contains("shard 1"),
        "{said}"
    );
    for part in ["at byte 4096 is damaged", "whole frame", "restore a backup"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(run("audit", directory.path()).0, Some(1));
}

#[test]
fn a_directory_that_cannot_be_checked_is_named_with_what_to_do() {
    let empty = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (code, said) = run("verify", empty.path());
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("holds no data"), "{said}");
    let (code, said) = run("audit", Path::new(""));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--data-dir"), "{said}");

    let used = directory(&HONEST);
    let mut data = open(used.path(), 2);
    let keeper = data
        .start_keeper(Hooks {
            wake: Arc::new(|_| {}),
            notice: Arc::new(|_| {}),
        })
        .unwrap();
    for command in ["verify", "audit"] {
        let (code, said) = run(command, used.path());
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains("in use") && said.contains("stop"), "{said}");
    }
    // A copy needs nobody to stop.
    let copy = used.path().with_extension("copy");
    let backed_up = program(&["backup", "--to"])
        .arg(&copy)
        .arg("--data-dir")
        .arg(used.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&backed_up.stdout);
    assert!(
        backed_up.status.success() && said.contains("Everything is whole"),
        "{said}"
    );
    assert_eq!(run("audit", &copy).0, Some(0));
    std::fs::remove_dir_all(copy).unwrap();
    drop((keeper, data));
    assert_eq!(run("verify", used.path()).0, Some(0));
}
