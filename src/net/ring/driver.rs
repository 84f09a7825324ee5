//! The loop of a shard: turns while there is work, sleep when there is none.

use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use slab::Slab;

use super::connection::Connection;
use super::doze::Dozers;
use super::op::Op;
use super::submit::{Completion, Ring};
use super::wake::Alarm;
use crate::clock;
use crate::limits::DOZE_AT_MOST;
use crate::mesh::{Mesh, MeshError, Parcel};
use crate::net::session::SessionLimits;
use crate::net::stop::{Phase, Stop};
use crate::route::ShardId;
use crate::shard::{Shard, SharedCounters};

/// What a driver is told; the same for all shards but for `index`.
#[derive(Clone)]
pub struct DriverSettings {
    /// Which of [`Stop`]'s eventfds is this shard's.
    pub index: u16,
    /// Bounds of each session.
    pub session: SessionLimits,
    /// Connections that the whole server may have.
    pub max_connections: usize,
    /// How many it has, over all shards.
    pub connections: Arc<AtomicUsize>,
    /// Close a connection after hearing nothing for this long; zero: never.
    pub idle_timeout: Duration,
    /// Close a connection that takes none of its replies for this long.
    pub slow_client_timeout: Duration,
    /// Look for work for this long before sleeping.
    pub busy_poll: Duration,
    /// Who dozes.
    pub dozers: Arc<Dozers>,
    /// Asks the shards to stop.
    pub stop: Arc<Stop>,
    /// Where the shard publishes its counters.
    pub counters: Arc<SharedCounters>,
}

/// What ends a shard, and with it the server.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The kernel refused the shard's ring.
    #[error("io_uring: {0}")]
    Ring(#[from] io::Error),
    /// Another shard is gone.
    #[error(transparent)]
    Mesh(#[from] MeshError),
}

/// How a shard ended, when it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything that was received was answered.
    Drained,
    /// It was told to end before that.
    Aborted,
}

/// Drives one shard: its connections, its seats, its part in the mesh.
pub struct Driver {
    // Dropped in this order: the ring lets go of all operations first.
    pub(super) ring: Ring,
    pub(super) connections: Slab<Connection>,
    pub(super) shard: Shard,
    pub(super) settings: DriverSettings,
    /// Connections to look after before the turn ends.
    pub(super) touched: Vec<u32>,
    /// Connections that wait for another shard to take more.
    pub(super) credit_waiters: Vec<u32>,
    /// Reply buffers for the next turns.
    pub(super) spare_buffers: Vec<Vec<u8>>,
    /// Connections whose replies are under way.
    pub(super) sending: usize,
    listeners: Vec<OwnedFd>,
    /// Listeners that must be asked to accept again, at the next tick.
    stopped_listeners: Vec<u32>,
    mesh: Mesh,
    alarm: Alarm,
    early: Option<(ShardId, Parcel)>,
    completions: Vec<Completion>,
    ticking: bool,
    draining: bool,
    idle: bool,
    turns: u32,
}

impl Driver {
    /// A driver on the calling glommio executor.
    ///
    /// # Errors
    /// When the kernel refuses a ring or its buffers.
    pub fn new(
        settings: DriverSettings,
        listeners: Vec<OwnedFd>,
        mesh: Mesh,
        shard: Shard,
    ) -> io::Result<Self> {
        let eventfd = settings.stop.eventfd(settings.index);
        let ring = Ring::new(eventfd, settings.tick())?;
        settings.dozers.set_ring(mesh.me(), ring.descriptor());
        Ok(Self {
            ring,
            alarm: Alarm::new(eventfd)?,
            connections: Slab::new(),
            shard,
            settings,
            touched: Vec::new(),
            credit_waiters: Vec::new(),
            spare_buffers: Vec::new(),
            sending: 0,
            listeners,
            stopped_listeners: Vec::new(),
            mesh,
            early: None,
            completions: Vec::new(),
            ticking: false,
            draining: false,
            idle: false,
            turns: 0,
        })
    }

    /// Serves until asked to stop.
    ///
    /// # Errors
    /// When the ring or the mesh fails. The server must not go on then.
    pub async fn run(mut self) -> Result<Ended, DriverError> {
        for (index, listener) in self.listeners.iter().enumerate() {
            self.ring.accept(index as u32, listener.as_fd())?;
        }
        let mut idle_since = None;
        loop {
            self.turns = self.turns.wrapping_add(1);
            let rest = self.ring.is_quiet() && self.has_looked_long_enough(&mut idle_since);
            if rest || self.turns.is_multiple_of(1024) {
                self.start_tick_if_needed()?;
                self.settings.counters.publish(&self.shard.read_counters());
            }
            let worked = self.turn(if rest { DOZE_AT_MOST } else { Duration::ZERO })?;
            if let Some(ended) = self.stop_if_asked()? {
                self.settings.counters.publish(&self.shard.read_counters());
                return Ok(ended);
            }
            if worked {
                idle_since = None;
            } else if rest {
                self.sleep_if_idle().await?;
                idle_since = None;
            }
        }
    }

    /// Whether the shard has been without work for as long as it should look
    /// for some.
    fn has_looked_long_enough(&self, idle_since: &mut Option<Instant>) -> bool {
        if self.settings.busy_poll.is_zero() {
            return true;
        }
        let now = clock::now();
        now - *idle_since.get_or_insert(now) >= self.settings.busy_poll
    }

    /// Does everything there is to do. `false`: there was nothing, though it
    /// dozed for as long as `doze` in the hope of something.
    fn turn(&mut self, doze: Duration) -> Result<bool, DriverError> {
        let mut completions = std::mem::take(&mut self.completions);
        if doze.is_zero() {
            self.ring.turn(Duration::ZERO, &mut completions)?;
        } else {
            let (dozers, me) = (&self.settings.dozers, self.mesh.me());
            dozers.lie_down(me);
            let wait = if self.mesh.has_mail() {
                Duration::ZERO
            } else {
                doze
            };
            self.ring.turn(wait, &mut completions)?;
            dozers.get_up(me);
        }
        let mut worked = !completions.is_empty();
        for completion in completions.drain(..) {
            self.on_completion(completion)?;
        }
        self.completions = completions;
        worked |= self.receive_parcels()?;
        self.settle_touched()?;
        self.send_batches()?;
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
            // shard that could not be woken dozes until its time is over.
            Op::Wake | Op::CancelAccept(_) => {}
            Op::Tick => self.on_tick()?,
        }
        Ok(())
    }

    fn on_accept(&mut self, listener: u32, completion: Completion) -> io::Result<()> {
        match completion.accepted() {
            Ok(socket) if !self.draining => self.admit(socket),
            Ok(_) => {}
            Err(error) if completion.is_cancelled() => drop(error),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again shortly");
                self.stopped_listeners.push(listener);
                return Ok(());
            }
        }
        if !completion.more() && !self.draining {
            let socket = &self.listeners[listener as usize];
            self.ring.accept(listener, socket.as_fd())?;
        }
        Ok(())
    }

    fn admit(&mut self, socket: OwnedFd) {
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
            return;
        }
        counters.connections_accepted += 1;
        counters.connections_open += 1;
        let entry = self.connections.vacant_entry();
        let index = entry.key() as u32;
        entry.insert(Connection::new(socket, index, &settings.session));
        self.touch(index);
    }

    fn receive_parcels(&mut self) -> Result<bool, DriverError> {
        let mut worked = false;
        let mut answered = false;
        while let Some((from, parcel)) = self.early.take().or_else(|| self.mesh.receive()) {
            worked = true;
            match parcel {
                Parcel::Request(mut batch) => {
                    self.shard.serve(&mut batch);
                    self.send(from, Parcel::Answer(batch))?;
                }
                Parcel::Answer(batch) => {
                    answered = true;
                    for (slot, outcome) in batch.outcomes() {
                        self.on_outcome(slot, outcome);
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

    fn send_batches(&mut self) -> Result<(), DriverError> {
        while let Some((to, batch)) = self.shard.outbox().next() {
            self.send(to, Parcel::Request(batch))?;
        }
        Ok(())
    }

    fn send(&mut self, to: ShardId, parcel: Parcel) -> Result<(), DriverError> {
        self.mesh.send(to, parcel)?;
        if let Some(ring) = self.settings.dozers.must_wake(to) {
            self.ring.wake(ring)?;
        }
        Ok(())
    }

    /// Sleeps in the runtime, unless something came since the last look.
    async fn sleep_if_idle(&mut self) -> Result<(), DriverError> {
        self.ring.announce_sleep();
        let came = self.turn(Duration::ZERO)?;
        if !came && self.ring.is_quiet() && self.settings.stop.phase() == Phase::Running {
            self.sleep().await?;
        }
        self.ring.announce_awake();
        Ok(())
    }

    /// Sleeps until the ring, another shard or [`Stop`] has something.
    async fn sleep(&mut self) -> io::Result<()> {
        let (alarm, mesh, early) = (&mut self.alarm, &mut self.mesh, &mut self.early);
        let mut asleep = false;
        poll_fn(|context| {
            if !asleep {
                *early = mesh.arm(context.waker());
            }
            let alarm = alarm.poll(context);
            if alarm.is_ready() {
                return alarm;
            }
            if asleep || early.is_some() {
                return Poll::Ready(Ok(()));
            }
            asleep = true;
            Poll::Pending
        })
        .await
    }

    fn start_tick_if_needed(&mut self) -> io::Result<()> {
        let needed = self.sending > 0
            || !self.stopped_listeners.is_empty()
            || (!self.settings.idle_timeout.is_zero() && !self.connections.is_empty());
        if needed && !self.ticking {
            self.ring.start_tick()?;
            self.ticking = true;
        }
        Ok(())
    }

    fn on_tick(&mut self) -> io::Result<()> {
        self.ticking = false;
        if !self.draining {
            for index in std::mem::take(&mut self.stopped_listeners) {
                self.ring
                    .accept(index, self.listeners[index as usize].as_fd())?;
            }
        }
        self.check_time_limits();
        Ok(())
    }

    /// Moves on with stopping, if asked to. `Some`: the shard has ended.
    fn stop_if_asked(&mut self) -> Result<Option<Ended>, DriverError> {
        let phase = self.settings.stop.phase();
        if phase == Phase::Running {
            return Ok(None);
        }
        if phase == Phase::Draining && !self.draining {
            self.draining = true;
            for index in 0..self.listeners.len() as u32 {
                self.ring
                    .cancel(Op::Accept(index), Op::CancelAccept(index))?;
            }
            // What has reached this machine by now counts as received.
            self.turn(Duration::ZERO)?;
            self.finish_connections()?;
        }
        if self.draining && self.connections.is_empty() && !self.idle {
            self.idle = true;
            self.settings.stop.one_is_idle();
        }
        Ok(if self.settings.stop.all_are_idle() {
            Some(Ended::Drained)
        } else if phase == Phase::Aborting {
            Some(Ended::Aborted)
        } else {
            None
        })
    }
}

impl DriverSettings {
    /// The period of the coarse clock: a quarter of the shortest time limit.
    /// Limits are kept to within one tick.
    fn tick(&self) -> Duration {
        let shortest = if self.idle_timeout.is_zero() {
            self.slow_client_timeout
        } else {
            self.slow_client_timeout.min(self.idle_timeout)
        };
        (shortest / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }

    /// How many whole ticks a time limit is, at least.
    pub(super) fn ticks(&self, limit: Duration) -> u16 {
        let ticks = limit.as_nanos().div_ceil(self.tick().as_nanos());
        u16::try_from(ticks).unwrap_or(u16::MAX)
    }
}
