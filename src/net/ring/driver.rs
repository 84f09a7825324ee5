//! The loop of a shard: turns while there is work, sleep when there is none.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use slab::Slab;

use super::connection::{Connection, Role};
use super::disk_thread::DiskThread;
use super::durable::Frames;
use super::gather::Gather;
use super::live::Live;
use super::op::Op;
use super::operations::Expiry;
use super::settings::{DriverError, DriverSettings, Ended};
use super::submit::{Completion, Ring};
use super::wake::Alarm;
use super::woken::Woken;
use crate::http::Site;
use crate::limits::{DOZE_AT_MOST, WORTH_A_WAKE_UP};
use crate::matching::Batch as LikeBatch;
use crate::mesh::{Mesh, Operations, Parcel};
use crate::net::desk::Desk;
use crate::net::inbox::{Call, Inbox};
use crate::net::listener::{Door, Listener};
use crate::net::matches::Hub;
use crate::net::session::Session;
use crate::net::stop::Phase;
use crate::route::ShardId;
use crate::shard::{HttpCounters, Shard};

/// What a driver drives.
pub struct Parts {
    /// The shard.
    pub shard: Shard,
    /// Its match runs.
    pub matches: Hub,
    /// Where its conversations call for operations.
    pub desk: Desk,
    /// What is spoken on its HTTP listeners; `None`: it has none.
    pub site: Option<Rc<Site<Desk>>>,
    /// What the site counts.
    pub http_counters: Rc<RefCell<HttpCounters>>,
}

/// Drives one shard: its connections, its seats, its part in the mesh.
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent facts, not states"
)]
pub struct Driver {
    // Dropped in this order: nothing is written any more, then the ring lets
    // go of all operations.
    pub(super) disk: Option<DiskThread>,
    pub(super) ring: Ring,
    pub(super) connections: Slab<Connection>,
    pub(super) shard: Shard,
    pub(super) settings: DriverSettings,
    /// Connections to look after before the turn ends.
    pub(super) touched: Vec<u32>,
    /// Connections whose replies wait for the journal.
    pub(super) gated: Vec<u32>,
    /// Connections that wait for another shard, or the disk, to take more.
    pub(super) credit_waiters: Vec<u32>,
    /// Reply buffers for the next turns.
    pub(super) spare_buffers: Vec<Vec<u8>>,
    /// Connections whose replies are under way.
    pub(super) sending: usize,
    /// The match runs whose peers this shard talks to.
    pub(super) matches: Hub,
    /// Where this shard's conversations call for operations.
    pub(super) desk: Desk,
    /// What is spoken on the HTTP port.
    pub(super) site: Option<Rc<Site<Desk>>>,
    pub(super) http_counters: Rc<RefCell<HttpCounters>>,
    /// Conversations to poll.
    pub(super) woken: Arc<Woken>,
    /// Room for those of one turn.
    pub(super) polling: Vec<u32>,
    pub(super) live: Live,
    /// Other shards' operations, not yet run.
    pub(super) asked: VecDeque<(ShardId, Operations)>,
    /// Other threads' calls, not yet run.
    pub(super) calls: VecDeque<Call>,
    pub(super) expiry: Expiry,
    /// Room for the batches of likes of one run and turn.
    pub(super) like_parcels: Vec<(ShardId, Box<LikeBatch>)>,
    pub(super) listeners: Vec<Listener>,
    /// Listeners that must be asked to accept again, at the next tick.
    pub(super) stopped_listeners: Vec<u32>,
    pub(super) mesh: Mesh,
    pub(super) alarm: Alarm,
    pub(super) early: Option<(ShardId, Parcel)>,
    pub(super) completions: Vec<Completion>,
    pub(super) ticking: bool,
    /// Connections are lingering: time matters.
    pub(super) lingers: bool,
    pub(super) frames: Frames,
    /// Holds back batches for other shards.
    crossing: Gather,
    pub(super) draining: bool,
    /// The journal's last frame is on its way.
    pub(super) closing: bool,
    pub(super) idle: bool,
    pub(super) done: bool,
    pub(super) turns: u32,
    /// At which turn counters were published last.
    pub(super) published: u32,
}

impl Driver {
    /// A driver on the calling glommio executor.
    ///
    /// # Errors
    /// When the kernel refuses a ring, its buffers or a thread.
    pub fn new(
        settings: DriverSettings,
        listeners: Vec<Listener>,
        mesh: Mesh,
        parts: Parts,
    ) -> io::Result<Self> {
        let eventfd = settings.stop.eventfd(settings.index);
        let interval = settings.write_interval.unwrap_or_default();
        let ring = Ring::new(eventfd, settings.tick(), interval)?;
        let alarm = eventfd.try_clone()?;
        settings
            .dozers
            .set_ring(mesh.me(), ring.descriptor(), alarm);
        let woken = Arc::new(Woken::new(Arc::clone(&settings.dozers), mesh.me()));
        let Parts {
            mut shard,
            matches,
            desk,
            site,
            http_counters,
        } = parts;
        let disk = match shard.gate() {
            Some(_) => Some(DiskThread::start(mesh.me(), ring.descriptor())?),
            None => None,
        };
        Ok(Self {
            disk,
            ring,
            alarm: Alarm::new(eventfd)?,
            connections: Slab::new(),
            shard,
            settings,
            touched: Vec::new(),
            gated: Vec::new(),
            credit_waiters: Vec::new(),
            spare_buffers: Vec::new(),
            sending: 0,
            matches,
            desk,
            site,
            http_counters,
            live: Live::new(&woken),
            woken,
            polling: Vec::new(),
            asked: VecDeque::new(),
            calls: VecDeque::new(),
            expiry: Expiry::default(),
            like_parcels: Vec::new(),
            listeners,
            stopped_listeners: Vec::new(),
            mesh,
            early: None,
            completions: Vec::new(),
            ticking: false,
            lingers: false,
            frames: Frames::default(),
            crossing: Gather::default(),
            draining: false,
            closing: false,
            idle: false,
            done: false,
            turns: 0,
            published: 0,
        })
    }

    /// Serves until asked to stop.
    ///
    /// # Errors
    /// When the ring or the mesh fails. The server must not go on then.
    pub async fn run(self) -> Result<Ended, DriverError> {
        let stop = Arc::clone(&self.settings.stop);
        match self.serve().await {
            // Another shard was quicker to end: nothing is wrong with that.
            Err(DriverError::Mesh(_)) if stop.phase() == Phase::Aborting => Ok(Ended::Aborted),
            ended => ended,
        }
    }

    async fn serve(mut self) -> Result<Ended, DriverError> {
        for (index, listener) in self.listeners.iter().enumerate() {
            self.ring.accept(index as u32, listener.socket.as_fd())?;
        }
        self.watch_doorbell()?;
        let mut idle_since = None;
        loop {
            self.turns = self.turns.wrapping_add(1);
            let quiet = self.ring.is_quiet();
            // What was prepared is submitted by the call that waits: a send
            // completes at once and ends the wait, a wake-up need not.
            let rest = self.has_looked_long_enough(quiet, &mut idle_since)
                && !self.frames.gather.goes_on()
                && !self.crossing.goes_on()
                && !self.live.goes_on()
                && !self.has_news();
            if quiet && rest || self.turns.is_multiple_of(1024) {
                self.prepare_to_rest()?;
            }
            let worked = self.turn(if rest { DOZE_AT_MOST } else { Duration::ZERO })?;
            if let Some(ended) = self.stop_if_asked()? {
                self.publish();
                return Ok(ended);
            }
            if worked {
                idle_since = None;
            } else if rest && quiet {
                // Not after a turn that submitted something: the clock that
                // it may need is started before the next.
                self.sleep_if_idle().await?;
                idle_since = None;
            }
        }
    }

    /// What other threads ask of this shard.
    pub(super) fn inbox(&self) -> &Inbox {
        self.settings.inboxes.of(self.mesh.me())
    }

    fn watch_doorbell(&mut self) -> io::Result<()> {
        let doorbell = self.settings.dozers.doorbell(self.mesh.me());
        self.ring.watch_doorbell(doorbell)
    }

    /// Does everything there is to do. `false`: there was nothing, though it
    /// dozed for as long as `doze` in the hope of something.
    pub(super) fn turn(&mut self, doze: Duration) -> Result<bool, DriverError> {
        let mut completions = std::mem::take(&mut self.completions);
        self.desk.begin_turn();
        if doze.is_zero() {
            self.ring.turn(Duration::ZERO, &mut completions)?;
        } else {
            let me = self.mesh.me();
            self.settings.dozers.lie_down(me);
            let wait = if self.mesh.has_mail() || self.has_news() {
                Duration::ZERO
            } else {
                doze
            };
            self.ring.turn(wait, &mut completions)?;
            self.settings.dozers.get_up(me);
        }
        let mut worked = !completions.is_empty();
        for completion in completions.drain(..) {
            self.on_completion(completion)?;
        }
        self.completions = completions;
        worked |= self.receive_parcels()?;
        worked |= self.operate()?;
        worked |= self.tell_watchers()?;
        self.adopt_pairs();
        self.settle_matches()?;
        self.settle_touched()?;
        self.send_batches()?;
        self.send_operations()?;
        self.write_gathered()?;
        Ok(worked)
    }

    fn on_completion(&mut self, completion: Completion) -> Result<(), DriverError> {
        match completion.op {
            Op::Receive(index) => self.on_received(index, completion),
            Op::Send(index) => self.on_sent(index, completion.result),
            Op::CancelReceive(index) => {
                self.connections[index as usize].operations -= 1;
                self.touch(index);
            }
            Op::Accept(listener) => self.on_accept(listener, completion)?,
            // Whoever woke this shard has sent it something: seen below. A
            // shard that could not be woken dozes until its time is over. A
            // clock cannot be moved if it was quicker.
            Op::Wake | Op::CancelAccept(_) | Op::MoveExpiry => {}
            Op::Tick => self.on_tick()?,
            Op::Journal => self.on_journal_written(completion.result)?,
            Op::WriteTimer => self.on_write_timer()?,
            // What another thread has left is seen below.
            Op::Doorbell if completion.more() => {}
            Op::Doorbell => self.watch_doorbell()?,
            Op::Expiry => self.on_expiry(),
            Op::Live => self.live.on_tick(),
        }
        Ok(())
    }

    fn on_accept(&mut self, listener: u32, completion: Completion) -> io::Result<()> {
        match completion.accepted() {
            Ok(socket) if !self.draining => match self.listeners[listener as usize].door {
                Door::Seats => {
                    let limits = self.settings.session;
                    self.admit(socket, |index| Role::Seats(Session::new(index, &limits)));
                }
                Door::Match(side) => self.admit_peer(socket, side),
                Door::Http => self.admit_http(socket),
            },
            Ok(_) => {}
            Err(error) if completion.is_cancelled() => drop(error),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again shortly");
                self.stopped_listeners.push(listener);
                return Ok(());
            }
        }
        if !completion.more() && !self.draining {
            let socket = self.listeners[listener as usize].socket.as_fd();
            self.ring.accept(listener, socket)?;
        }
        Ok(())
    }

    /// Takes a connection in, unless there are too many, and says its number.
    pub(super) fn admit(&mut self, socket: OwnedFd, role: impl FnOnce(u32) -> Role) -> Option<u32> {
        let settings = &self.settings;
        // Relaxed: the number guards nothing but itself.
        let before = settings.connections.fetch_add(1, Ordering::Relaxed);
        let counters = self.shard.counters();
        if before >= settings.max_connections {
            settings.connections.fetch_sub(1, Ordering::Relaxed);
            counters.connections_refused += 1;
            if counters.connections_refused.is_power_of_two() {
                tracing::warn!(
                    refused = counters.connections_refused,
                    limit = settings.max_connections,
                    "connection refused: the server has all it may have (--max-connections)"
                );
            }
            return None;
        }
        counters.connections_accepted += 1;
        counters.connections_open += 1;
        let entry = self.connections.vacant_entry();
        let index = entry.key() as u32;
        entry.insert(Connection::new(socket, role(index)));
        self.touch(index);
        Some(index)
    }

    fn receive_parcels(&mut self) -> Result<bool, DriverError> {
        let mut worked = false;
        let mut answered = false;
        while let Some((from, parcel)) = self.early.take().or_else(|| self.mesh.receive()) {
            worked = true;
            match parcel {
                Parcel::Request(batch) => {
                    if let Some(batch) = self.shard.serve(from, batch) {
                        self.send(from, Parcel::Answer(batch))?;
                    }
                }
                Parcel::Likes(mut batch) => {
                    self.shard.serve_likes(&mut batch);
                    self.send(from, Parcel::LikesAnswer(batch))?;
                }
                Parcel::Operations(operations) => self.asked.push_back((from, operations)),
                Parcel::Answers(answers) => self.desk.take_answers(from, answers),
                Parcel::LikesAnswer(batch) => self.matches.on_answer(from, batch),
                Parcel::Answer(batch) => {
                    answered = true;
                    for (index, outcomes) in batch.by_connection() {
                        self.on_outcomes(index, outcomes);
                    }
                    self.shard.outbox().recycle(from, batch);
                }
            }
        }
        if answered {
            self.resume_credit_waiters();
        }
        Ok(worked)
    }

    /// Sends commands to their owners, unless there are few and every turn
    /// brings more: what wakes a shard costs more than its commands. With 64
    /// connections, 16 commands each under way and half of them remote it is
    /// 10 % less CPU.
    fn send_batches(&mut self) -> Result<(), DriverError> {
        let waiting = self.shard.outbox().waiting_commands();
        if waiting < WORTH_A_WAKE_UP && self.crossing.may_go_on(waiting) {
            return Ok(());
        }
        self.crossing = Gather::default();
        while let Some((to, batch)) = self.shard.outbox().next() {
            self.send(to, Parcel::Request(batch))?;
        }
        Ok(())
    }

    pub(super) fn send(&mut self, to: ShardId, parcel: Parcel) -> Result<(), DriverError> {
        self.mesh.send(to, parcel)?;
        if let Some(ring) = self.settings.dozers.must_wake(to) {
            self.ring.wake(ring)?;
        }
        Ok(())
    }

    fn on_tick(&mut self) -> Result<(), DriverError> {
        self.ticking = false;
        if !self.draining {
            for index in std::mem::take(&mut self.stopped_listeners) {
                self.ring
                    .accept(index, self.listeners[index as usize].socket.as_fd())?;
            }
        }
        self.check_time_limits();
        let timeout = self.settings.matches.timeout;
        self.matches.on_tick(self.settings.ticks(timeout), timeout);
        self.settle_matches()
    }
}
