//! How a driver rests: what it shows and sets before, and the sleep in the
//! runtime. The doze is part of a turn.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::driver::Driver;
use super::settings::DriverError;
use crate::clock;
use crate::limits::PUBLISH_TURNS;
use crate::net::stop::Phase;
use crate::shard::Counters;

impl Driver {
    /// What must be done before a rest that may be long.
    pub(super) fn prepare_to_rest(&mut self) -> io::Result<()> {
        if self.turns.wrapping_sub(self.published) >= PUBLISH_TURNS {
            self.publish();
        }
        self.set_expiry()?;
        self.start_tick_if_needed()
    }

    /// Shows others where the shard stands.
    pub(super) fn publish(&mut self) {
        self.published = self.turns;
        let http = self.http_counters.borrow();
        let counters = Counters {
            http_requests: http.requests.clone(),
            http_rate_limited: http.rate_limited,
            http_replayed: http.replayed,
            http_watchers: http.watchers,
            operations_forwarded: self.desk.forwarded(),
            operations_waiting: (self.desk.waiting() + self.calls.len()) as u64,
            ..self.shard.read_counters()
        };
        self.settings.counters.publish(&counters);
    }

    /// Whether the shard has been without work for as long as it should look
    /// for some.
    pub(super) fn has_looked_long_enough(
        &self,
        quiet: bool,
        idle_since: &mut Option<Instant>,
    ) -> bool {
        if self.settings.busy_poll.is_zero() {
            return true;
        }
        if !quiet {
            return false;
        }
        let now = clock::now();
        now - *idle_since.get_or_insert(now) >= self.settings.busy_poll
    }

    /// Sleeps in the runtime, unless something came since the last look.
    pub(super) async fn sleep_if_idle(&mut self) -> Result<(), DriverError> {
        self.publish();
        let me = self.mesh.me();
        self.settings.dozers.fall_asleep(me);
        self.ring.announce_sleep();
        let came = self.turn(Duration::ZERO)?;
        if !came && self.ring.is_quiet() && self.settings.stop.phase() < Phase::Draining {
            self.sleep().await?;
            // What was read of the clock before is long ago.
            self.desk.begin_turn();
        }
        self.ring.announce_awake();
        self.settings.dozers.wake_up(me);
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
        if self.ticking {
            return Ok(());
        }
        let needed = self.sending > 0
            || !self.stopped_listeners.is_empty()
            || self.matches.must_move()
            || self.lingers
            || self.shard.counters().http_connections_open > 0
            || (!self.settings.idle_timeout.is_zero() && !self.connections.is_empty());
        if needed {
            self.ring.start_tick()?;
            self.ticking = true;
        }
        Ok(())
    }
}
