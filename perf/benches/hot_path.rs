//! What a command passes through, part by part: parser, route, table, session,
//! the batch between two shards, the journal's frames, and the histogram that
//! measures it.
//!
//! `just micro` measures. Under `cargo test` each runs once, with few seats,
//! so that they keep working.

#![allow(missing_docs, reason = "a program")]

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use hdrhistogram::Histogram;
use ringside::inventory::{Bounds, Id, Operation, Seats, Stock, Verb, Whereabouts, id};
use ringside::journal::memory::MemoryDisk;
use ringside::journal::{
    self, Hooks, Inspection, Journal, ManualKeeper, NoState, OpenError, Options, Record, SeatState,
};
use ringside::limits::MAX_CHANGE_BYTES;
use ringside::mesh::{Batch, Slot};
use ringside::net::session::{Session, SessionLimits};
use ringside::route::{Router, ShardId};
use ringside::shard::{SeatBudget, Shard};
use ringside::wire::seat::{Decoded, Decoder, LineLimits};

/// Commands that each benchmark handles in one go.
const COMMANDS: usize = 64;

/// Seats in the table: some that fit the cache, and some that do not.
const SEATS: [u32; 2] = [1_000, 1_000_000];

const LIMITS: SessionLimits = SessionLimits {
    line: LineLimits {
        max_line: 128,
        max_seat: 64,
    },
    pipeline_bytes: 64 * 1024,
};

const SLOT: Slot = Slot {
    connection: 0,
    index: 0,
};

fn main() {
    divan::Divan::default()
        .sample_size(200)
        .config_with_args()
        .main();
}

/// As many seats as asked for, or few when this is only a test.
fn seats(wanted: u32) -> u32 {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    if measuring { wanted } else { 1_000 }
}

fn name(number: u32) -> String {
    format!("Balcony{number}")
}

/// Seats in no order that a processor could foresee, of 8 to 13 bytes.
fn names(seats: u32) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(1);
    let count = seats.min(64 * 1024);
    (0..count).map(|_| name(random.u32(..seats))).collect()
}

/// Lines whose verbs cannot be foreseen either.
fn chunks(seats: u32) -> Vec<Vec<u8>> {
    let verbs = ["RESERVE", "BUY", "QUERY", "QUERY"];
    let mut random = fastrand::Rng::with_seed(2);
    let mut line = |name: &String| format!("{}: {name}\n", verbs[random.usize(..4)]);
    names(seats)
        .chunks(COMMANDS)
        .map(|names| names.iter().map(&mut line).collect::<String>())
        .map(String::into_bytes)
        .collect()
}

fn shard(seats: u32) -> Shard {
    let budget = Arc::new(SeatBudget::new(u64::from(u32::MAX), 1));
    let mut shard = Shard::new(Router::new(1, ShardId(0)), budget, 1, Bounds::default());
    for seat in (0..seats).map(name) {
        black_box(shard.seat(Verb::Reserve, seat.as_bytes(), SLOT));
    }
    shard
}

#[divan::bench]
fn parser(bencher: Bencher<'_, '_>) {
    let chunks = chunks(1_000);
    let mut next = chunks.iter().cycle();
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| {
        let mut decoder = Decoder::new(LIMITS.line);
        let mut rest = next.next().map_or(&[][..], Vec::as_slice);
        while let Decoded::Request { consumed, seat, .. } = decoder.decode(rest) {
            black_box(seat);
            rest = &rest[consumed..];
        }
    });
}

#[divan::bench]
fn route(bencher: Bencher<'_, '_>) {
    let router = Router::new(64, ShardId(0));
    let names = names(1_000);
    let mut next = names.iter().cycle();
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| {
        for name in next.by_ref().take(COMMANDS) {
            black_box(router.seat(name.as_bytes()));
        }
    });
}

#[divan::bench(args = SEATS)]
fn table_one_by_one(bencher: Bencher<'_, '_>, count: u32) {
    table(bencher, count, false);
}

#[divan::bench(args = SEATS)]
fn table_prefetched(bencher: Bencher<'_, '_>, count: u32) {
    table(bencher, count, true);
}

fn table(bencher: Bencher<'_, '_>, count: u32, prefetched: bool) {
    let count = seats(count);
    let mut table = Seats::new(usize::MAX, 1);
    for number in 0..count {
        table.apply(Verb::Reserve, name(number).as_bytes());
    }
    let names = names(count);
    let mut groups = names.chunks(COMMANDS).cycle();
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| {
        for names in groups.next().unwrap_or_default().chunks(16) {
            let mut places = [Whereabouts::default(); 16];
            for (at, name) in places.iter_mut().zip(names) {
                *at = table.whereabouts(name.as_bytes());
                if prefetched {
                    table.fetch(*at);
                }
            }
            for (at, name) in places.iter().zip(names) {
                black_box(table.apply_at(Verb::Query, name.as_bytes(), *at));
            }
        }
    });
}

/// From bytes to replies, all of it but the sockets.
#[divan::bench(args = SEATS)]
fn session(bencher: Bencher<'_, '_>, count: u32) {
    let count = seats(count);
    let mut shard = shard(count);
    let mut session = Session::new(0, &LIMITS);
    let chunks = chunks(count);
    let mut next = chunks.iter().cycle();
    let mut spare = Vec::new();
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| {
        let chunk = next.next().map_or(&[][..], Vec::as_slice);
        session.lend_output(|| std::mem::take(&mut spare));
        session.on_bytes(chunk, &mut shard);
        let mut replies = session.take_output();
        session.on_sent(replies.len());
        replies.clear();
        spare = replies;
    });
}

/// One batch as a shard serves it for another.
#[divan::bench(args = SEATS)]
fn batch(bencher: Bencher<'_, '_>, count: u32) {
    let count = seats(count);
    let mut shard = shard(count);
    let names = names(count);
    let mut groups = names.chunks(COMMANDS).cycle();
    let mut batch = Batch::default();
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| {
        for name in groups.next().unwrap_or_default() {
            batch.push(Verb::Query, name.as_bytes(), SLOT);
        }
        let Some(answered) = shard.serve(ShardId(1), std::mem::take(&mut batch)) else {
            return;
        };
        batch = answered;
        batch.outcomes().for_each(|outcome| {
            black_box(outcome);
        });
        batch.clear();
    });
}

/// Records in a frame: a lone client's, and a busy shard's.
const RECORDS: [usize; 2] = [1, COMMANDS];

/// Frames that are replayed, of a block each.
const FRAMES: usize = 200;

const DATA: &str = "/data";

/// A journal on a disk in memory.
fn journal(disk: &MemoryDisk) -> Result<(Journal, ManualKeeper), OpenError> {
    let options = Options {
        segment_bytes: 4 << 20,
        reserve_bytes: 0,
        ..Options::new(Arc::new(|| Box::new(NoState)))
    };
    let disk = Arc::new(disk.clone());
    let mut data = journal::open(disk, Path::new(DATA), 1, options, &|_| 0, &mut |_| {})?;
    let failed = |error| OpenError::Setting(format!("no keeper: {error}"));
    let keeper = data.keep_by_hand(Hooks {
        wake: Arc::new(|_| {}),
        notice: Arc::new(|_| {}),
    });
    let stream = data.streams().remove(0);
    let recovered = stream.recover(&mut NoState, &mut |_| {})?;
    Ok((recovered.journal, keeper.map_err(failed)?))
}

fn append(journal: &mut Journal, names: &[String]) {
    for name in names {
        journal.append(Record::Seat {
            state: SeatState::Reserved,
            name: name.as_bytes(),
        });
    }
}

/// From changes to a frame that is ready to be written: records, padding,
/// header, checksum.
#[divan::bench(args = RECORDS, sample_count = 50)]
fn frame_sealed(bencher: Bencher<'_, '_>, records: usize) {
    let (journal, mut keeper) = journal(&MemoryDisk::new()).expect("a disk in memory");
    let journal = RefCell::new(journal);
    let names = names(1_000);
    let mut groups = names.chunks(records).cycle();
    bencher
        .counter(ItemsCount::new(records))
        // A sample's frames fit in what is left of a segment and the next.
        .with_inputs(|| keeper.prepare())
        .bench_local_values(|()| {
            let mut journal = journal.borrow_mut();
            append(&mut journal, groups.next().unwrap_or_default());
            let frame = journal.start(1).expect("a segment is ready");
            black_box(frame.map(|frame| frame.bytes.len()));
            journal.finished();
        });
}

/// What a start does with each frame: checksum, chain, header, records.
#[divan::bench(args = RECORDS)]
fn frames_replayed(bencher: Bencher<'_, '_>, records: usize) {
    let disk = MemoryDisk::new();
    let (mut journal, keeper) = journal(&disk).expect("a disk in memory");
    for names in names(1_000).chunks(records).cycle().take(FRAMES) {
        append(&mut journal, names);
        let frame = journal.start(1).expect("a segment is ready");
        let frame = frame.expect("there are changes");
        let written = frame.file.write_at(frame.bytes, frame.offset);
        written.expect("a disk in memory");
        journal.finished();
    }
    drop((journal, keeper));
    bencher
        .counter(ItemsCount::new(records * FRAMES))
        .bench_local(|| {
            let data = Inspection::new(Arc::new(disk.clone()), Path::new(DATA));
            let data = data.expect("it was written");
            let report = data.replay(0, &mut NoState, &mut |_| {});
            let report = report.expect("every frame is whole");
            assert_eq!(report.frames, FRAMES as u64);
        });
}

/// What the load client does for each answer.
#[divan::bench]
fn histogram(bencher: Bencher<'_, '_>) {
    let Ok(mut histogram) = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3) else {
        return;
    };
    let mut random = fastrand::Rng::with_seed(1);
    let times: Vec<u64> = (0..4096).map(|_| 1_000 << random.u32(..16)).collect();
    let mut next = times.iter().cycle();
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| {
        for time in next.by_ref().take(COMMANDS) {
            histogram.saturating_record(*time);
        }
    });
}

/// One purchase of a hot ticket option, in memory; and the same with the bytes
/// of its change.
#[divan::bench(args = [false, true])]
fn purchase(bencher: Bencher<'_, '_>, recorded: bool) {
    let mut stock = Stock::new(Bounds::default());
    let option = id::make(1, 1, 7);
    let create = Operation::CreateOption {
        id: option,
        name: "Gala".to_owned(),
        description: String::new(),
        allocation: u64::MAX,
    };
    black_box(stock.operate(1, create, &mut |_| {}));
    let mut bytes = vec![0; MAX_CHANGE_BYTES];
    let mut number = 1;
    bencher.counter(ItemsCount::new(COMMANDS)).bench_local(|| {
        for _ in 0..COMMANDS {
            number += 1;
            let now = number * 10;
            let purchase = Operation::Purchase {
                id: id::make(now / 1000, number, 7),
                option,
                user: Id::from_u128(u128::from(number)),
                quantity: 1,
            };
            black_box(stock.operate(now, purchase, &mut |change| {
                if recorded {
                    black_box(change.encode(&mut bytes).is_ok());
                }
            }));
        }
    });
}
