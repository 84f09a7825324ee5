//! The journal on real files: written, stopped or dropped, opened again, with
//! other numbers of shards.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringside::inventory::{Outcome, Seats, Verb};
use ringside::journal::{
    self, DataDir, FileDisk, Hooks, Journal, Keeper, Notice, OpenError, Options, Record, Report,
    SeatState, State,
};
use tempfile::TempDir;

/// On the disk that the build uses: a temporary directory may be in memory,
/// which cannot do direct I/O on every kernel.
fn directory() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn options() -> Options {
    Options {
        segment_bytes: 64 * 1024,
        reserve_bytes: 0,
        ..Options::new(Arc::new(|| Box::new(Seats::new(0, 1))))
    }
}

fn route(shards: u16) -> impl Fn(&[u8]) -> usize {
    move |key| key.iter().map(|&byte| usize::from(byte)).sum::<usize>() % usize::from(shards)
}

fn open(path: &Path, shards: u16) -> Result<DataDir, OpenError> {
    let disk = Arc::new(FileDisk);
    journal::open(disk, path, shards, options(), &route(shards), &mut |_| {})
}

/// A whole server's journals, without a server.
struct Opened {
    shards: Vec<(Seats, Journal, Report)>,
    woken: Receiver<usize>,
    notices: Arc<Mutex<Vec<Notice>>>,
    _keeper: Keeper,
    _data: DataDir,
}

impl Opened {
    fn new(path: &Path, shards: u16) -> Self {
        let mut data = open(path, shards).unwrap();
        let (wake, woken) = channel();
        let notices = Arc::<Mutex<Vec<Notice>>>::default();
        let log = Arc::clone(&notices);
        let keeper = data
            .start_keeper(Hooks {
                wake: Arc::new(move |shard| {
                    let _ = wake.send(shard);
                }),
                notice: Arc::new(move |notice| log.lock().unwrap().push(notice)),
            })
            .unwrap();
        let shards = data
            .streams()
            .into_iter()
            .map(|stream| {
                let mut seats = Seats::new(0, 3);
                let recovered = stream.recover(&mut seats, &mut |_| {}).unwrap();
                (seats, recovered.journal, recovered.report)
            })
            .collect();
        Self {
            shards,
            woken,
            notices,
            _keeper: keeper,
            _data: data,
        }
    }

    fn set(&mut self, name: &str, state: SeatState) {
        let shard = route(self.shards.len() as u16)(name.as_bytes());
        let (seats, journal, _) = &mut self.shards[shard];
        let record = Record::Seat {
            state,
            name: name.as_bytes(),
        };
        State::apply(seats, record).unwrap();
        journal.append(record);
    }

    /// Writes everything that waits.
    fn flush(&mut self) {
        for (_, journal, _) in &mut self.shards {
            while journal.durable() < journal.newest() {
                match journal.start(1_000_000).unwrap() {
                    Some(frame) => {
                        frame.file.write_at(frame.bytes, frame.offset).unwrap();
                        frame.file.sync().unwrap();
                        journal.finished();
                    }
                    None => drop(self.woken.recv_timeout(Duration::from_secs(20)).unwrap()),
                }
            }
        }
    }

    fn close(mut self) {
        for (_, journal, _) in &mut self.shards {
            journal.close();
        }
        self.flush();
    }

    fn all(&self) -> BTreeMap<Vec<u8>, bool> {
        let mut all = BTreeMap::new();
        for (seats, ..) in &self.shards {
            seats
                .try_for_each(|name, sold| {
                    assert_eq!(all.insert(name.to_vec(), sold), None, "owned twice");
                    Ok::<(), ()>(())
                })
                .unwrap();
        }
        all
    }
}

#[test]
fn what_was_written_is_there_after_a_stop_and_after_a_crash() {
    let directory = directory();
    let path = directory.path().join("data");
    let mut expected = BTreeMap::new();
    for round in 0..6 {
        let mut opened = Opened::new(&path, 2);
        assert_eq!(opened.all(), expected);
        for (.., report) in &opened.shards {
            assert_eq!(report.closed, round > 0 && round % 2 == 1, "{report:?}");
            assert_eq!(report.cut, None);
        }
        for n in 0..50 {
            let name = format!("R{round}S{n}");
            opened.set(&name, SeatState::Reserved);
            if n % 2 == 0 {
                opened.set(&name, SeatState::Sold);
            }
            expected.insert(name.into_bytes(), n % 2 == 0);
            if n % 10 == 0 {
                opened.flush();
            }
        }
        opened.flush();
        if round % 2 == 0 {
            opened.close();
        }
    }
}

#[test]
fn the_number_of_shards_may_change() {
    let directory = directory();
    let path = directory.path().join("data");
    let mut expected = BTreeMap::new();
    for (round, shards) in [1, 4, 3, 3, 1].into_iter().enumerate() {
        let mut opened = Opened::new(&path, shards);
        assert_eq!(opened.all(), expected, "{shards} shards");
        for n in 0..200 {
            let name = format!("R{round}S{n}");
            opened.set(&name, SeatState::Reserved);
            expected.insert(name.into_bytes(), false);
        }
        opened.flush();
    }
    let generations = std::fs::read_dir(&path)
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("gen-")
        })
        .count();
    assert_eq!(generations, 1, "old ones are deleted");
}

#[test]
fn snapshots_keep_the_directory_small_while_it_is_written_to() {
    let directory = directory();
    let path = directory.path().join("data");
    let mut opened = Opened::new(&path, 1);
    let mut expected = BTreeMap::new();
    // Far more than the segments hold that lie ready meanwhile.
    for n in 0..100_000 {
        let name = format!("S{n}");
        opened.set(&name, SeatState::Reserved);
        opened.flush();
        expected.insert(name.into_bytes(), false);
        if !opened.notices.lock().unwrap().is_empty() {
            break;
        }
    }
    let notices = std::mem::take(&mut *opened.notices.lock().unwrap());
    let deleted = match notices.first() {
        Some(Notice::Snapshot { deleted, .. }) => *deleted,
        other => panic!("{other:?}"),
    };
    assert!(deleted >= 2 * 64 * 1024, "{deleted}");
    drop(opened);
    assert_eq!(Opened::new(&path, 1).all(), expected);
}

#[test]
fn a_copy_made_while_it_is_written_to_holds_what_was_acknowledged() {
    let directory = directory();
    let path = directory.path().join("data");
    let mut opened = Opened::new(&path, 2);
    let acknowledged = AtomicUsize::new(0);
    let name = |n: usize| format!("S{n}");
    let copies: Vec<(PathBuf, usize)> = std::thread::scope(|scope| {
        let copier = scope.spawn(|| {
            (0..8)
                .map(|number| {
                    let copy = directory.path().join(format!("copy{number}"));
                    let before = acknowledged.load(Ordering::Acquire);
                    journal::backup(&FileDisk, &path, &copy).unwrap();
                    (copy, before)
                })
                .collect()
        });
        for n in 0.. {
            opened.set(&name(n), SeatState::Reserved);
            opened.flush();
            acknowledged.store(n + 1, Ordering::Release);
            // Until snapshots have come between, too.
            if copier.is_finished() {
                break;
            }
        }
        copier.join().unwrap()
    });
    assert_eq!(copies.len(), 8);
    drop(opened);
    for (copy, before) in copies {
        let recovered = Opened::new(&copy, 2);
        for (.., report) in &recovered.shards {
            assert_eq!(report.cut, None, "only whole frames are copied");
        }
        let all = recovered.all();
        for n in 0..before {
            assert!(all.contains_key(name(n).as_bytes()), "{n} of {before}");
        }
        let again = journal::backup(&FileDisk, &path, &copy).unwrap_err();
        assert!(matches!(again, OpenError::Foreign { .. }), "{again}");
    }
}

#[test]
fn a_second_process_is_refused_and_so_are_foreign_directories() {
    let directory = directory();
    let path = directory.path().join("data");
    let held = open(&path, 1).unwrap();
    let refused = open(&path, 1).map(drop).unwrap_err();
    assert!(matches!(refused, OpenError::InUse(_)), "{refused}");
    drop(held);
    drop(open(&path, 1).unwrap());

    let refused = open(directory.path(), 1).map(drop).unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("not empty") && said.contains("--data-dir"),
        "{said}"
    );
    let deep = directory.path().join("not/there");
    assert!(open(&deep, 1).is_err(), "only the last part is made");
}

#[test]
fn seats_that_are_recovered_behave_as_before() {
    let directory = directory();
    let path = directory.path().join("data");
    let mut opened = Opened::new(&path, 1);
    opened.set("A1", SeatState::Reserved);
    opened.set("A2", SeatState::Reserved);
    opened.set("A2", SeatState::Sold);
    opened.close();
    let mut opened = Opened::new(&path, 1);
    let seats = &mut opened.shards[0].0;
    assert_eq!(seats.apply(Verb::Reserve, b"A1"), Outcome::Fail);
    assert_eq!(seats.apply(Verb::Buy, b"A1"), Outcome::Ok);
    assert_eq!(seats.apply(Verb::Buy, b"A2"), Outcome::Fail);
}
