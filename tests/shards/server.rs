//! A server without sockets, threads or clock: its shards, the way between
//! them, and the keeper of their journals.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use ringside::inventory::{Bounds, Inventory};
use ringside::journal::memory::MemoryDisk;
use ringside::journal::{self, Hooks, ManualKeeper, Notice, Options, Stream};
use ringside::limits::JOURNAL_RESERVE_PART;
use ringside::mesh::Batch;
use ringside::route::{Router, ShardId};
use ringside::shard::{self, Gate, SeatBudget, Shard};

use super::clients::Clients;
use super::shard::{Broken, Member, Stop};
use super::tally::Tally;

const DATA: &str = "/data";
const MAX_SEATS: u64 = 100_000;

/// Turns in which a server must have answered everything.
const PATIENCE: usize = 10_000;

/// How a server is started.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) shards: u16,
    pub(crate) segment_bytes: u64,
    pub(crate) broken: Option<Broken>,
    pub(crate) bounds: Bounds,
}

pub(crate) struct Server {
    pub(crate) members: Vec<Member>,
    /// From each shard to each, oldest first.
    links: Vec<VecDeque<Mail>>,
    pub(crate) keeper: ManualKeeper,
    snapshots: Arc<AtomicU64>,
}

enum Mail {
    Request(Batch),
    Answer(Batch),
}

/// Seats that a start has found, and whether they are sold.
pub(crate) type Found = BTreeMap<Vec<u8>, bool>;

impl Server {
    /// Opens the data directory and recovers every shard, as a real start does.
    pub(crate) fn start(
        disk: &MemoryDisk,
        setup: Setup,
        tally: &mut Tally,
    ) -> Result<(Self, Found), String> {
        let Setup {
            shards,
            segment_bytes,
            broken,
            bounds,
        } = setup;
        let options = Options {
            segment_bytes,
            reserve_bytes: 0,
            ..Options::new(Arc::new(move || Box::new(Inventory::new(bounds, 1))))
        };
        let router = Router::new(shards, ShardId(0));
        let route = |name: &[u8]| shard::owner(&router, name);
        let data = Path::new(DATA);
        let twin = Arc::new(disk.clone());
        let mut directory = journal::open(twin, data, shards, options, &route, &mut |_| {})
            .map_err(|error| error.to_string())?;
        let snapshots = Arc::<AtomicU64>::default();
        let count = Arc::clone(&snapshots);
        let hooks = Hooks {
            wake: Arc::new(|_| {}),
            notice: Arc::new(move |notice| {
                if matches!(notice, Notice::Snapshot { .. }) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }),
        };
        let keeper = directory.keep_by_hand(hooks).unwrap();
        let budget = Arc::new(SeatBudget::new(MAX_SEATS, shards));
        let mut members = Vec::new();
        let mut found = Found::new();
        for (me, stream) in directory.streams().into_iter().enumerate() {
            let router = Router::new(shards, ShardId(me as u16));
            let shard = Shard::new(router, Arc::clone(&budget), 1, bounds);
            let (inventory, gate) = recover(stream, setup, tally)?;
            let seats = &inventory.seats;
            seats
                .try_for_each(|name, sold| {
                    assert_eq!(route(name), me, "in a foreign stream");
                    let before = found.insert(name.to_vec(), sold);
                    assert_eq!(before, None, "a seat on two shards");
                    Ok::<(), ()>(())
                })
                .unwrap();
            let by_state = seats.by_state();
            budget.charge(by_state.reserved + by_state.sold);
            members.push(Member::new(shard.with_journal(inventory, gate), broken));
        }
        let links = (0..members.len() * members.len()).map(|_| VecDeque::new());
        let server = Self {
            links: links.collect(),
            members,
            keeper,
            snapshots,
        };
        Ok((server, found))
    }

    /// Puts a client's bytes on their way.
    pub(crate) fn send_from(&mut self, client: usize, bytes: &[u8]) {
        for member in &mut self.members {
            member.send_from(client, bytes);
        }
    }

    /// What a shard does at the end of its turn.
    pub(crate) fn end_turn(
        &mut self,
        me: usize,
        rng: &mut Rng,
        clients: &mut Clients,
        tally: &mut Tally,
    ) {
        self.members[me].settle(rng, clients, tally);
        while let Some((to, batch)) = self.members[me].shard.outbox().next() {
            tally.count("batches");
            let link = me * self.members.len() + to.index();
            self.links[link].push_back(Mail::Request(batch));
        }
    }

    /// Delivers the oldest batch on the way between two shards.
    pub(crate) fn carry(&mut self, link: usize) -> bool {
        let count = self.members.len();
        let (from, to) = (link / count, link % count);
        match self.links[link].pop_front() {
            None => return false,
            Some(Mail::Request(batch)) => {
                let served = self.members[to].shard.serve(ShardId(from as u16), batch);
                let home = served.map(Mail::Answer);
                self.links[to * count + from].extend(home);
            }
            Some(Mail::Answer(batch)) => {
                self.members[to].take_answers(ShardId(from as u16), batch);
            }
        }
        true
    }

    pub(crate) fn links(&self) -> usize {
        self.links.len()
    }

    /// Takes a shard's journal one step on.
    pub(crate) fn step(
        &mut self,
        me: usize,
        now_micros: u64,
        tally: &mut Tally,
    ) -> Result<(), Stop> {
        for (to, batch) in self.members[me].step(now_micros, tally)? {
            let link = me * self.members.len() + to.index();
            self.links[link].push_back(Mail::Answer(batch));
        }
        Ok(())
    }

    /// Answers all that was received; every part gets its turn, fairly.
    pub(crate) fn finish(
        &mut self,
        rng: &mut Rng,
        clients: &mut Clients,
        tally: &mut Tally,
    ) -> Result<(), Stop> {
        for turn in 0..PATIENCE {
            if self.members.iter().all(Member::is_idle) {
                return Ok(());
            }
            for me in 0..self.members.len() {
                self.end_turn(me, rng, clients, tally);
                self.step(me, turn as u64, tally)?;
            }
            for link in 0..self.links() {
                while self.carry(link) {}
            }
            self.keeper.prepare();
        }
        panic!("some messages are never answered");
    }

    /// Ends every journal in good order.
    pub(crate) fn close(&mut self, tally: &mut Tally) -> Result<(), Stop> {
        for me in 0..self.members.len() {
            self.members[me].gate().journal().close();
            for turn in 0..PATIENCE {
                if self.members[me].is_written() {
                    break;
                }
                self.step(me, turn as u64, tally)?;
                self.keeper.prepare();
            }
            assert!(self.members[me].is_written(), "shard {me} never closes");
        }
        Ok(())
    }

    /// Counts what the server itself has counted.
    pub(crate) fn report(&self, tally: &mut Tally) {
        tally.add("snapshots", self.snapshots.load(Ordering::Relaxed));
        for member in &self.members {
            let counters = member.shard.read_counters();
            tally.add("refused by a full disk", counters.seats_refused_disk);
            assert_eq!(counters.seats_refused_full, 0, "there is room");
        }
    }
}

fn recover(stream: Stream, setup: Setup, tally: &mut Tally) -> Result<(Inventory, Gate), String> {
    let mut inventory = Inventory::new(setup.bounds, 1);
    let recovered = stream
        .recover(&mut inventory, &mut |_| {})
        .map_err(|error| error.to_string())?;
    tally.add("torn tails", u64::from(recovered.report.cut.is_some()));
    tally.add("closed journals", u64::from(recovered.report.closed));
    let waits = setup.broken != Some(Broken::Batches);
    let reserve = setup.segment_bytes / JOURNAL_RESERVE_PART;
    Ok((inventory, Gate::new(recovered.journal, waits, reserve)))
}
