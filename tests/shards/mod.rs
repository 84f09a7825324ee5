//! One seed's lives of a server of whole shards, and of the clients that
//! outlive it.

mod checkouts;
mod clients;
mod courier;
mod sales;
mod server;
mod shard;
mod tally;

use fastrand::Rng;
use ringside::inventory::Bounds;
use ringside::inventory::events::EventBounds;
use ringside::journal::memory::MemoryDisk;

use checkouts::Checkouts;
use clients::{CLIENTS, Clients};
use sales::Sales;
pub(crate) use server::{Server, Setup};
pub(crate) use shard::{Broken, Stop};
pub(crate) use tally::Tally;

/// The lives of one data directory.
pub(crate) struct Lives {
    rng: Rng,
    disk: MemoryDisk,
    clients: Clients,
    sales: Sales,
    checkouts: Checkouts,
    shards: u16,
    broken: Option<Broken>,
    /// Whether a write was made a short one in this life.
    shortened: bool,
    tally: Tally,
}

/// The settings may change from life to life.
pub(crate) fn bounds(payments: usize) -> Bounds {
    let all = Bounds::default();
    Bounds {
        events: EventBounds {
            payments,
            untold_ends: 1_000,
            ..all.events
        },
        ..all
    }
}

/// Why a life ended.
enum End {
    Closed,
    Killed,
    DiskDown,
}

impl Lives {
    /// Lives all lives of a seed, with a gate that may be broken.
    pub(crate) fn run(seed: u64, broken: Option<Broken>) -> Tally {
        let mut rng = Rng::with_seed(seed);
        let mut lives = Self {
            shards: rng.u16(1..4),
            rng,
            disk: MemoryDisk::new(),
            clients: Clients::new(),
            sales: Sales::default(),
            checkouts: Checkouts::new(),
            broken,
            shortened: false,
            tally: Tally::default(),
        };
        for number in 0..lives.rng.usize(2..6) {
            let end = lives.life(number);
            lives.tally.count("lives");
            lives.after(&end);
        }
        // Whatever happened, the last start works, on a disk without faults.
        lives.disk = lives.disk.restart();
        lives.start(lives.shards).expect("a healthy disk");
        lives.tally.add("replies", lives.clients.replies());
        lives.tally
    }

    fn life(&mut self, number: usize) -> End {
        if self.rng.u32(0..3) == 0 {
            self.disk.stop_after(self.rng.u64(0..150));
        }
        let shards = if self.rng.u32(0..2) == 0 {
            self.rng.u16(1..4)
        } else {
            self.shards
        };
        let Some(mut server) = self.start(shards) else {
            self.tally.count("broken starts");
            return End::DiskDown;
        };
        let pipeline_bytes = [40, 200, 2_000][self.rng.usize(0..3)];
        for client in 0..CLIENTS {
            let shard = self.rng.usize(..server.members.len());
            server.members[shard].connect(client, pipeline_bytes);
        }
        self.shortened = false;
        let lived = self.serve(number, &mut server);
        server.report(&mut self.tally);
        match lived.and_then(|()| self.stop(&mut server)) {
            Ok(end) => end,
            Err(stop) => {
                match stop {
                    Stop::Full => self.tally.count("full disks"),
                    Stop::Failed(why) => {
                        assert!(self.disk.is_down() || self.shortened, "{why}");
                    }
                }
                End::DiskDown
            }
        }
    }

    /// Starts a server, and checks what it found. `None`: the disk stopped.
    fn start(&mut self, shards: u16) -> Option<Server> {
        let setup = Setup {
            shards,
            segment_bytes: [16, 32, 64][self.rng.usize(0..3)] * 1024,
            broken: self.broken,
            bounds: bounds([3, 8, 1_000][self.rng.usize(0..3)]),
        };
        match Server::start(&self.disk, setup, &mut self.tally) {
            Ok((mut server, found)) => {
                self.sales.settle(&mut server, &mut self.tally);
                self.checkouts.see(self.sales.now);
                self.checkouts.settle(&mut server, &mut self.tally);
                let untold = self.clients.settle(&found);
                self.tally.add("seats nobody was told of", untold);
                if shards != self.shards {
                    self.tally.count("new numbers of shards");
                }
                self.shards = shards;
                Some(server)
            }
            Err(error) => {
                assert!(self.disk.is_down(), "{error}");
                None
            }
        }
    }

    fn serve(&mut self, life: usize, server: &mut Server) -> Result<(), Stop> {
        // In some lives one part is much slower than the others.
        let slow_way = self.rng.u32(0..3) == 0;
        let slow_disk = self.rng.bool();
        for _ in 0..self.rng.u32(0..700) {
            let me = self.rng.usize(..server.members.len());
            let Self {
                rng,
                clients,
                tally,
                ..
            } = self;
            match rng.u32(0..130) {
                110.. => {
                    self.checkouts.see(self.sales.now);
                    self.checkouts.act(server, rng);
                }
                100..110 => self.sales.act(server, rng),
                0..15 => {
                    let client = rng.usize(..CLIENTS);
                    let bytes = clients.write(client, life, rng);
                    server.send_from(client, &bytes);
                }
                15..35 => server.members[me].receive(rng, tally),
                35..55 if !slow_way || rng.u32(0..10) == 0 => {
                    let links = server.links();
                    let first = rng.usize(..links);
                    let mut from_first = (first..links).chain(0..first);
                    from_first.any(|link| server.carry(link));
                }
                55..72 => server.end_turn(me, rng, clients, tally),
                72..93 if !slow_disk || rng.u32(0..5) == 0 => {
                    server.step(me, rng.u64(..), tally)?;
                }
                93..95 => server.keeper.prepare(),
                95..97 => server.keeper.compact(),
                97 => self.disturb(),
                98 => self.fill_or_clear(),
                _ => {}
            }
            if self.disk.is_down() {
                return Err(Stop::Failed("the disk is down".to_owned()));
            }
            let broken = self.broken == Some(Broken::Operations);
            self.sales.hear(server, broken, &mut self.tally);
            self.checkouts.hear(server, broken, &mut self.tally);
        }
        Ok(())
    }

    fn disturb(&mut self) {
        match self.rng.u32(0..10) {
            0 => self.disk.fail_sync(),
            1 => {
                self.shortened = true;
                self.disk.shorten_write();
            }
            _ => {}
        }
    }

    fn fill_or_clear(&mut self) {
        if self.rng.bool() {
            self.clients.expect_a_full_disk();
            self.disk.set_capacity(self.disk.used_bytes());
        } else {
            self.disk.set_capacity(u64::MAX);
        }
    }

    /// Ends a life: at once, or when all was answered.
    fn stop(&mut self, server: &mut Server) -> Result<End, Stop> {
        if self.rng.bool() {
            return Ok(End::Killed);
        }
        self.disk.set_capacity(u64::MAX);
        server.keeper.prepare();
        let hears_all = self.rng.bool();
        loop {
            server.finish(&mut self.rng, &mut self.clients, &mut self.tally)?;
            let mut members = server.members.iter();
            if !hears_all || members.all(|member| member.unreceived().all(|(_, lines)| lines == 0))
            {
                break;
            }
            for member in &mut server.members {
                member.receive_all();
            }
        }
        for member in &server.members {
            for (client, unreceived) in member.unreceived() {
                let unanswered = self.clients.unanswered(client);
                assert_eq!(unanswered, unreceived, "client {client}: a line was lost");
            }
        }
        server.close(&mut self.tally)?;
        self.sales.hear(server, false, &mut self.tally);
        self.checkouts.hear(server, false, &mut self.tally);
        self.clients.have_been_told_all();
        self.tally.count("clean stops");
        Ok(End::Closed)
    }

    /// What the next life finds.
    fn after(&mut self, end: &End) {
        let power_loss = match end {
            End::Closed => self.rng.bool(),
            // The process stops when the disk does.
            End::Killed | End::DiskDown => self.rng.u32(0..4) > 0,
        };
        if !power_loss {
            self.disk = self.disk.restart();
            return;
        }
        self.tally.count("power losses");
        let mut rng = self.rng.fork();
        // Sometimes nothing survives, sometimes nearly everything.
        let chance = [0.0, 0.1, 0.5, 0.9, 1.0][self.rng.usize(0..5)];
        self.disk = self.disk.power_loss(&mut || rng.f64() < chance);
    }
}
