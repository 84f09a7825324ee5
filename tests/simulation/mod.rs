//! One seed's lives of a data directory.

mod model;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use ringside::inventory::{Outcome, Seats, Verb};
use ringside::journal::memory::MemoryDisk;
use ringside::journal::{
    self, Hooks, Journal, ManualKeeper, Notice, Options, Record, SeatState, State, Stream,
};

use model::Model;

const DATA: &str = "/data";

/// What happened in some lives, so that a simulation that does nothing fails.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    lives: u64,
    frames: u64,
    power_losses: u64,
    broken_starts: u64,
    torn: u64,
    snapshots: u64,
    reshards: u64,
    full_disks: u64,
    closed: u64,
    /// Starts that served a frame nobody had been told of.
    unacknowledged: u64,
}

impl Seen {
    pub(crate) fn add(&mut self, other: Self) {
        self.lives += other.lives;
        self.frames += other.frames;
        self.power_losses += other.power_losses;
        self.broken_starts += other.broken_starts;
        self.torn += other.torn;
        self.snapshots += other.snapshots;
        self.reshards += other.reshards;
        self.full_disks += other.full_disks;
        self.closed += other.closed;
        self.unacknowledged += other.unacknowledged;
    }

    pub(crate) fn check_that_everything_happened(self) {
        let counts = [
            self.lives,
            self.frames,
            self.power_losses,
            self.broken_starts,
            self.torn,
            self.snapshots,
            self.reshards,
            self.full_disks,
            self.closed,
            self.unacknowledged,
        ];
        assert!(counts.iter().all(|&count| count > 100), "{self:?}");
    }
}

/// The lives of one data directory.
pub(crate) struct Lives {
    rng: Rng,
    disk: MemoryDisk,
    model: Model,
    shards: u16,
    /// Whether a write was made a short one in this life.
    shortened: bool,
    seen: Seen,
}

struct Shard {
    seats: Seats,
    journal: Journal,
    step: Step,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Idle,
    Started,
    Written,
}

/// What a power loss leaves of what was not synced.
#[derive(Clone, Copy)]
pub(crate) enum Survival {
    Nothing,
    Everything,
    /// Any sectors and names.
    Half,
}

/// Why a life ended.
enum End {
    Closed,
    Killed,
    DiskDown,
}

impl Lives {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            disk: MemoryDisk::new(),
            model: Model::default(),
            shards: 1,
            shortened: false,
            seen: Seen::default(),
        }
    }

    pub(crate) fn run(mut self) -> Seen {
        for _ in 0..self.rng.u32(2..6) {
            let end = self.life();
            self.seen.lives += 1;
            self.after(&end);
        }
        // Whatever happened, the last start works, on a disk without faults.
        self.disk = self.disk.restart();
        let shards = self.shards;
        self.start(shards).expect("a healthy disk");
        self.seen
    }

    /// Lives a short life of three starts whose disk stops at change `stop`,
    /// lets the power fail, and checks two starts after it. Says whether the
    /// disk did stop.
    pub(crate) fn stop_at(stop: u64, survival: Survival) -> bool {
        let mut lives = Self::new(1);
        lives.disk.stop_after(stop);
        for shards in [1, 3, 2] {
            let Some((mut shards, mut keeper, _)) = lives.start(shards) else {
                break;
            };
            if lives.serve_calmly(9, &mut shards, &mut keeper).is_err() {
                break;
            }
        }
        let stopped = lives.disk.is_down();
        let mut rng = Rng::with_seed(stop);
        lives.disk = lives.disk.power_loss(&mut || match survival {
            Survival::Nothing => false,
            Survival::Everything => true,
            Survival::Half => rng.bool(),
        });
        for shards in [2, 1] {
            let (mut shards, mut keeper, _) = lives.start(shards).expect("a healthy disk");
            lives
                .serve_calmly(2, &mut shards, &mut keeper)
                .ok()
                .expect("no faults");
            lives.disk = lives.disk.power_loss(&mut || false);
        }
        stopped
    }

    /// Every part of the work once, and no faults but those of the disk.
    fn serve_calmly(
        &mut self,
        rounds: u32,
        shards: &mut [Shard],
        keeper: &mut ManualKeeper,
    ) -> Result<(), End> {
        for _ in 0..rounds {
            for _ in 0..3 {
                self.change(shards);
            }
            for (number, shard) in shards.iter_mut().enumerate() {
                while shard.journal.durable() < shard.journal.newest() {
                    self.step(number, shard)?;
                    keeper.prepare();
                }
            }
        }
        keeper.compact();
        Ok(())
    }

    /// What the next life finds.
    fn after(&mut self, end: &End) {
        let power_loss = match end {
            End::Closed | End::Killed => self.rng.bool(),
            // The process stops when the disk does.
            End::DiskDown => self.rng.u32(0..4) > 0,
        };
        if !power_loss {
            self.disk = self.disk.restart();
            return;
        }
        self.seen.power_losses += 1;
        let mut rng = self.rng.fork();
        // Sometimes nothing survives, sometimes nearly everything.
        let chance = [0.0, 0.1, 0.5, 0.9, 1.0][self.rng.usize(0..5)];
        self.disk = self.disk.power_loss(&mut || rng.f64() < chance);
    }

    fn life(&mut self) -> End {
        if self.rng.u32(0..3) == 0 {
            self.disk.stop_after(self.rng.u64(0..120));
        }
        let shards = if self.rng.u32(0..3) == 0 {
            self.rng.u16(1..4)
        } else {
            self.shards
        };
        let Some((mut shards, mut keeper, snapshots)) = self.start(shards) else {
            self.seen.broken_starts += 1;
            return End::DiskDown;
        };
        self.shortened = false;
        let end = self.serve(&mut shards, &mut keeper);
        let end = end.err().unwrap_or(End::Closed);
        self.seen.snapshots += snapshots.load(Ordering::Relaxed);
        end
    }

    /// Opens and recovers everything, and checks it. `None`: the disk stopped.
    fn start(&mut self, shards: u16) -> Option<(Vec<Shard>, ManualKeeper, Arc<AtomicU64>)> {
        let options = Options {
            segment_bytes: 16 * 1024,
            reserve_bytes: 0,
            ..Options::new(Arc::new(|| Box::new(Seats::new(0, 1))))
        };
        let route = move |key: &[u8]| model::route(shards, key);
        let disk = Arc::new(self.disk.clone());
        let opened = journal::open(disk, Path::new(DATA), shards, options, &route, &mut |_| {});
        let mut data = match opened {
            Ok(data) => data,
            Err(error) => return self.excuse(&error.to_string()),
        };
        let snapshots = Arc::<AtomicU64>::default();
        let count = Arc::clone(&snapshots);
        let keeper = data
            .keep_by_hand(Hooks {
                wake: Arc::new(|_| {}),
                notice: Arc::new(move |notice| {
                    if matches!(notice, Notice::Snapshot { .. }) {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }),
            })
            .unwrap();
        let mut recovered = Vec::new();
        for stream in data.streams() {
            match self.recover(stream) {
                Ok(shard) => recovered.push(shard),
                Err(error) => return self.excuse(&error),
            }
        }
        let all = recovered.iter().map(|shard| &shard.seats);
        self.seen.unacknowledged += self.model.settle(all, shards);
        self.seen.reshards += u64::from(shards != self.shards);
        self.shards = shards;
        Some((recovered, keeper, snapshots))
    }

    fn recover(&mut self, stream: Stream) -> Result<Shard, String> {
        let mut seats = Seats::new(0, 3);
        let recovered = stream
            .recover(&mut seats, &mut |_| {})
            .map_err(|error| error.to_string())?;
        self.seen.torn += u64::from(recovered.report.cut.is_some());
        self.seen.closed += u64::from(recovered.report.closed);
        Ok(Shard {
            seats,
            journal: recovered.journal,
            step: Step::Idle,
        })
    }

    /// An error is fine only when the disk is down.
    fn excuse<T>(&self, error: &str) -> Option<T> {
        assert!(self.disk.is_down(), "{error}");
        None
    }

    fn serve(&mut self, shards: &mut [Shard], keeper: &mut ManualKeeper) -> Result<(), End> {
        for _ in 0..self.rng.u32(0..300) {
            let shard = self.rng.usize(0..shards.len());
            match self.rng.u32(0..100) {
                0..40 => (0..self.rng.u32(1..8)).for_each(|_| self.change(shards)),
                40..90 => self.step(shard, &mut shards[shard])?,
                90..95 => keeper.prepare(),
                95..97 => keeper.compact(),
                97 if self.rng.u32(0..5) == 0 => self.disk.fail_sync(),
                98 if self.rng.u32(0..5) == 0 => {
                    self.shortened = true;
                    self.disk.shorten_write();
                }
                99 => {
                    let full = self.rng.bool();
                    self.seen.full_disks += u64::from(full);
                    let room = if full {
                        self.disk.used_bytes()
                    } else {
                        u64::MAX
                    };
                    self.disk.set_capacity(room);
                }
                _ => {}
            }
            if self.disk.is_down() {
                return Err(End::DiskDown);
            }
        }
        self.disk.set_capacity(u64::MAX);
        if self.rng.bool() {
            return Err(End::Killed);
        }
        for (number, shard) in shards.iter_mut().enumerate() {
            shard.journal.close();
            for _ in 0..1_000 {
                if self.disk.is_down() {
                    return Err(End::DiskDown);
                }
                if shard.journal.durable() == shard.journal.newest() {
                    break;
                }
                self.step(number, shard)?;
                keeper.prepare();
            }
        }
        Ok(())
    }

    /// Reserves or sells some seat, if it may. Names are long, so that frames
    /// have more than one sector that a crash can tear.
    fn change(&mut self, shards: &mut [Shard]) {
        let number = self.rng.usize(0..300);
        let name = format!("S{number:0>width$}", width = 3 + number % 200);
        let name = name.as_bytes();
        let number = model::route(self.shards, name);
        let Shard { seats, journal, .. } = &mut shards[number];
        let state = match seats.apply(Verb::Query, name) {
            Outcome::Free => SeatState::Reserved,
            Outcome::Reserved => SeatState::Sold,
            _ => return,
        };
        let record = Record::Seat { state, name };
        State::apply(seats, record).unwrap();
        journal.append(record);
        self.model.appended(number, name, state, journal.newest());
    }

    /// One step of a shard's loop.
    fn step(&mut self, number: usize, shard: &mut Shard) -> Result<(), End> {
        let Shard { journal, step, .. } = shard;
        match *step {
            Step::Idle => match journal.start(self.rng.u64(..)) {
                Ok(None) => {}
                Ok(Some(_)) => *step = Step::Started,
                Err(failure) => {
                    assert!(self.disk.is_down() || self.shortened, "{failure}");
                    return Err(End::Killed);
                }
            },
            Step::Started => {
                let frame = journal.under_way().unwrap();
                match frame.file.write_at(frame.bytes, frame.offset) {
                    Ok(()) => *step = Step::Written,
                    // Nothing is tried again after this.
                    Err(_) => return Err(End::Killed),
                }
            }
            Step::Written => {
                if journal.under_way().unwrap().file.sync().is_err() {
                    return Err(End::DiskDown);
                }
                journal.finished();
                self.seen.frames += 1;
                self.model.durable(number, journal.durable());
                *step = Step::Idle;
            }
        }
        Ok(())
    }
}
