//! Damage: every byte of a small data directory is changed, one at a time, and
//! a start would notice each.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringside::inventory::Seats;
use ringside::journal::memory::MemoryDisk;
use ringside::journal::{
    self, BLOCK, Disk, Hooks, Inspection, Journal, ManualKeeper, NoState, OpenError, Options,
    Record, Report, SeatState,
};

const DATA: &str = "/data";
const STREAM: &str = "/data/gen-000001/shard-0000";

fn start(disk: &MemoryDisk) -> (Journal, ManualKeeper, Report) {
    let options = Options {
        segment_bytes: 16 * 1024,
        reserve_bytes: 0,
        ..Options::new(Arc::new(|| Box::new(Seats::new(0, 1))))
    };
    let disk = Arc::new(disk.clone());
    let mut data = journal::open(disk, Path::new(DATA), 1, options, &|_| 0, &mut |_| {}).unwrap();
    let keeper = data
        .keep_by_hand(Hooks {
            wake: Arc::new(|_| {}),
            notice: Arc::new(|_| {}),
        })
        .unwrap();
    let stream = data.streams().remove(0);
    let recovered = stream.recover(&mut Seats::new(0, 1), &mut |_| {}).unwrap();
    (recovered.journal, keeper, recovered.report)
}

fn flush(journal: &mut Journal) {
    while let Some(frame) = journal.start(7).unwrap() {
        frame.file.write_at(frame.bytes, frame.offset).unwrap();
        frame.file.sync().unwrap();
        journal.finished();
    }
    assert_eq!(journal.durable(), journal.newest());
}

fn reserve(journal: &mut Journal, name: &str) {
    journal.append(Record::Seat {
        state: SeatState::Reserved,
        name: name.as_bytes(),
    });
    flush(journal);
}

/// A snapshot, a full segment, and one that is in use, of two frames; closed
/// or not.
fn disk(closed: bool) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let mut name = 0;
    let mut next = || {
        name += 1;
        format!("S{name}")
    };
    // Two segments full: more than one is due for a snapshot.
    let (mut journal, mut keeper, _) = start(&disk);
    for _ in 0..7 {
        keeper.prepare();
        reserve(&mut journal, &next());
    }
    keeper.compact();
    drop((journal, keeper));
    let (mut journal, keeper, _) = start(&disk);
    for _ in 0..3 {
        reserve(&mut journal, &next());
    }
    drop((journal, keeper));
    let (mut journal, ..) = start(&disk);
    reserve(&mut journal, &next());
    if closed {
        journal.close();
        flush(&mut journal);
    } else {
        reserve(&mut journal, &next());
    }
    disk
}

fn look(disk: &MemoryDisk) -> Result<Report, OpenError> {
    let data = Inspection::new(Arc::new(disk.clone()), Path::new(DATA))?;
    data.replay(0, &mut NoState, &mut |_| {})
}

#[test]
fn the_small_journal_has_everything() {
    for closed in [false, true] {
        let disk = disk(closed);
        let report = look(&disk).unwrap();
        assert_eq!(report.closed, closed);
        assert!(
            report.snapshot_records > 0 && report.frames > 4,
            "{report:?}"
        );
        let names = disk.list(Path::new(STREAM)).unwrap();
        let segments = names.iter().filter(|name| name.ends_with(".journal"));
        assert!(segments.count() >= 2, "{names:?}");
    }
}

/// Changes every byte in turn.
fn flip_all(closed: bool) {
    let pristine = disk(closed);
    let before = look(&pristine).unwrap();
    let files = pristine.files(Path::new(DATA)).unwrap();
    let last = files.last().unwrap().0.clone();
    let work: Vec<(PathBuf, u64)> = files
        .iter()
        .flat_map(|(path, len)| (0..*len).map(move |offset| (path.clone(), offset)))
        .collect();
    assert!(work.len() > 30_000, "{} bytes", work.len());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for part in work.chunks(work.len().div_ceil(threads)) {
            let (disk, before, last) = (pristine.restart(), &before, &last);
            scope.spawn(move || {
                for (path, offset) in part {
                    let mask = 1 << (offset % 8);
                    disk.flip(path, *offset, mask).unwrap();
                    judge(look(&disk), before, path == last, *offset, path);
                    disk.flip(path, *offset, mask).unwrap();
                }
            });
        }
    });
}

/// Refused, or, in the last frame only, reported as a torn tail.
fn judge(
    found: Result<Report, OpenError>,
    before: &Report,
    in_last_file: bool,
    offset: u64,
    path: &Path,
) {
    let place = format!("{} byte {offset}", path.display());
    match found {
        Err(OpenError::Damaged {
            path: named, what, ..
        }) => {
            assert!(named.starts_with(DATA) && !what.is_empty(), "{place}");
        }
        Err(other) => panic!("{place}: {other}"),
        Ok(report) => {
            assert!(in_last_file, "{place}: not noticed");
            let cut = report
                .cut
                .as_ref()
                .unwrap_or_else(|| panic!("{place}: not noticed"));
            assert_eq!(cut.path, path, "{place}");
            assert!(report.frames + 1 >= before.frames, "{place}: {report:?}");
            // Behind the last whole frame, or in it.
            assert!(offset >= 2 * BLOCK as u64, "{place}");
            if before.closed {
                assert_eq!(report.records, before.records, "{place}: nothing lost");
            }
        }
    }
}

#[test]
fn every_changed_byte_of_a_journal_that_was_not_closed_is_noticed() {
    flip_all(false);
}

#[test]
fn every_changed_byte_of_a_closed_journal_is_noticed_and_loses_nothing() {
    flip_all(true);
}

#[test]
fn a_missing_file_is_refused_with_its_name() {
    let pristine = disk(false);
    let files = pristine.files(Path::new(DATA)).unwrap();
    for (path, _) in &files[..files.len() - 1] {
        if path.ends_with("LOCK") {
            continue;
        }
        let disk = pristine.restart();
        disk.remove(path).unwrap();
        let error = look(&disk).unwrap_err();
        let named = path.ends_with("CURRENT") || error.to_string().contains(STREAM);
        assert!(named, "{}: {error}", path.display());
    }
    // Without CURRENT nothing may take the data for a half-made directory.
    let disk = pristine.restart();
    disk.remove(Path::new("/data/CURRENT")).unwrap();
    let options = Options::new(Arc::new(|| Box::new(Seats::new(0, 1))));
    let refused = journal::open(
        Arc::new(disk.clone()),
        Path::new(DATA),
        1,
        options,
        &|_| 0,
        &mut |_| {},
    );
    let said = refused.map(drop).unwrap_err().to_string();
    assert!(
        said.contains("CURRENT") && said.contains("missing"),
        "{said}"
    );
    assert_eq!(
        disk.files(Path::new(STREAM)).unwrap().len(),
        files.len() - 2
    );
}

#[test]
fn a_torn_tail_is_cut_once_and_reported() {
    let disk = disk(false);
    let (last, _) = disk.files(Path::new(DATA)).unwrap().pop().unwrap();
    // The last frame: the second of its segment.
    disk.flip(&last, 2 * BLOCK as u64 + 100, 1).unwrap();
    let before = look(&disk).unwrap();
    let (_, _, report) = start(&disk);
    let cut = report.cut.unwrap();
    assert_eq!((cut.path, cut.offset), (last, 2 * BLOCK as u64));
    assert_eq!(report.frames, before.frames);
    let (_, _, report) = start(&disk);
    assert_eq!((report.cut, report.frames), (None, before.frames));
}
