//! A shard whose last segment is nearly full, and that does not know yet
//! whether there will be another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringside::inventory::{Bounds, Inventory, Outcome, Seats, Verb};
use ringside::journal::memory::MemoryDisk;
use ringside::journal::{self, Hooks, ManualKeeper, Options};
use ringside::limits::JOURNAL_RESERVE_PART;
use ringside::mesh::Slot;
use ringside::route::{Router, ShardId};
use ringside::shard::{Dispatch, Gate, SeatBudget, Shard};

const SEGMENT: u64 = 64 * 1024;

struct Ground {
    shard: Shard,
    keeper: ManualKeeper,
    woken: Arc<AtomicUsize>,
}

fn ground(capacity: u64) -> Ground {
    let disk = MemoryDisk::new();
    disk.set_capacity(capacity);
    let options = Options {
        segment_bytes: SEGMENT,
        reserve_bytes: 0,
        ..Options::new(Arc::new(|| Box::new(Seats::new(0, 1))))
    };
    let data = Path::new("/data");
    let mut data = journal::open(Arc::new(disk), data, 1, options, &|_| 0, &mut |_| {}).unwrap();
    let woken = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&woken);
    let keeper = data
        .keep_by_hand(Hooks {
            wake: Arc::new(move |_| {
                count.fetch_add(1, Ordering::Relaxed);
            }),
            notice: Arc::new(|_| {}),
        })
        .unwrap();
    let mut inventory = Inventory::new(Bounds::default(), 1);
    let stream = data.streams().remove(0);
    let found = stream.recover(&mut inventory, &mut |_| {}).unwrap();
    let gate = Gate::new(found.journal, true, SEGMENT / JOURNAL_RESERVE_PART);
    let budget = Arc::new(SeatBudget::new(1_000_000, 1));
    let shard = Shard::new(Router::new(1, ShardId(0)), budget, 1, Bounds::default());
    Ground {
        shard: shard.with_journal(inventory, gate),
        keeper,
        woken,
    }
}

impl Ground {
    /// Asks, and writes what comes of it; `None`: it is to wait.
    fn ask(&mut self, verb: Verb, seat: u32) -> Option<Outcome> {
        let slot = Slot {
            connection: 0,
            index: 0,
        };
        let name = format!("A{seat}");
        let done = match self.shard.seat(verb, name.as_bytes(), slot) {
            Dispatch::Done(outcome) => Some(outcome),
            Dispatch::NoCredit => None,
            Dispatch::Waiting => panic!("there is one shard"),
        };
        let journal = self.shard.gate().unwrap().journal();
        while let Some(frame) = journal.start(7).unwrap() {
            frame.file.write_at(frame.bytes, frame.offset).unwrap();
            journal.finished();
        }
        done
    }

    /// Reserves seats until one is told to wait.
    fn fill(&mut self) -> u32 {
        let mut seats = 0..1000;
        let waits = seats.find(|&seat| self.ask(Verb::Reserve, seat).is_none());
        waits.expect("nobody is told to wait")
    }
}

#[test]
fn who_comes_before_the_keeper_has_looked_at_the_disk_waits_and_is_then_refused() {
    let mut ground = ground(SEGMENT + SEGMENT / 2);
    let seat = ground.fill();
    assert!(seat > 5, "{seat} seats, then to wait");
    assert_eq!(ground.ask(Verb::Buy, 0), None);
    assert!(!ground.shard.may_go_on());
    ground.keeper.prepare();
    assert_eq!(ground.woken.load(Ordering::Relaxed), 1);
    assert!(ground.shard.may_go_on());
    assert!(!ground.shard.may_go_on(), "it was told");
    assert_eq!(ground.ask(Verb::Reserve, seat), Some(Outcome::Fail));
    assert_eq!(ground.ask(Verb::Buy, 0), Some(Outcome::Ok));
}

#[test]
fn who_comes_before_the_keeper_has_made_a_segment_waits_and_is_then_served() {
    let mut ground = ground(10 * SEGMENT);
    let seat = ground.fill();
    ground.keeper.prepare();
    assert_eq!(ground.woken.load(Ordering::Relaxed), 1);
    assert!(ground.shard.may_go_on());
    assert_eq!(ground.ask(Verb::Reserve, seat), Some(Outcome::Ok));
}
