//! The open loop: requests leave when they are due, whatever the server does.
//!
//! A request that is due goes to the connection that has had room for longest.
//! Where none has room it waits in the thread's backlog, and is late; where the
//! backlog is full, or it waits there for longer than the timeout, it is
//! dropped, and counted as such.

use std::{
    collections::VecDeque,
    iter::Peekable,
    time::{Duration, Instant},
};

use super::{
    part::ON_TIME,
    scenario::{Asked, Scenario},
    sent::{Desk, Sent},
};
use crate::{
    conn::{Fault, Outbox},
    engine::Workload,
    plan::{schedule::Schedule, stream::StreamPlan},
};

/// What holds for every thread of an open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Most requests under way on one connection.
    pub(super) pipeline: usize,
    /// Most requests that wait for room in this thread.
    pub(super) backlog: usize,
    /// Longest wait for room, and then for a reply.
    pub(super) timeout: Duration,
}

/// A request that is due and has no connection yet.
#[derive(Clone, Copy, Debug)]
struct Waiting<R> {
    intended: u64,
    request: R,
}

/// The load of one thread.
#[derive(Debug)]
pub(super) struct Open<'a, S: Scenario> {
    desk: Desk<'a, S>,
    requests: StreamPlan<S::Draw>,
    schedule: Peekable<Schedule>,
    bounds: Bounds,
    timeout: u64,
    backlog: VecDeque<Waiting<Asked<S>>>,
    /// Clients with room, the one that has had it for longest first. Some may
    /// have lost it since.
    ready: VecDeque<usize>,
    /// By client: whether it is in `ready`.
    is_ready: Vec<bool>,
    /// Since when there has been somebody in `ready`.
    room_since: u64,
}

impl<'a, S: Scenario> Open<'a, S> {
    /// A load over so many clients.
    pub(super) fn new(
        desk: Desk<'a, S>,
        requests: StreamPlan<S::Draw>,
        schedule: Schedule,
        bounds: Bounds,
        clients: usize,
    ) -> Self {
        Self {
            desk,
            requests,
            schedule: schedule.peekable(),
            bounds,
            timeout: bounds.timeout.as_nanos() as u64,
            backlog: VecDeque::new(),
            ready: VecDeque::with_capacity(clients),
            is_ready: vec![false; clients],
            room_since: 0,
        }
    }

    /// Takes what is due by `now` into the backlog, and out of it what has
    /// waited too long.
    fn admit(&mut self, now: u64) {
        while let Some(arrival) = self.schedule.next_if(|arrival| arrival.nanos <= now) {
            let intended = arrival.nanos;
            let noticed = now - intended.max(self.room_since).min(now);
            let overslept = !self.ready.is_empty() && noticed > ON_TIME;
            self.desk.part.offered(intended, overslept);
            if self.backlog.len() >= self.bounds.backlog {
                self.desk.part.dropped(intended);
            } else {
                let request = self.requests.request(arrival.number);
                self.backlog.push_back(Waiting { intended, request });
            }
        }
        while let Some(first) = self.backlog.front()
            && first.intended + self.timeout < now
        {
            self.desk.part.dropped(first.intended);
            self.backlog.pop_front();
        }
    }

    /// Whether nothing is to be sent any more because somebody asked for the
    /// end; what waits is dropped then.
    fn is_cut_short(&mut self) -> bool {
        if !self.desk.is_stopping() {
            return false;
        }
        for waiting in self.backlog.drain(..) {
            self.desk.part.dropped(waiting.intended);
        }
        true
    }
}

impl<'a, S: Scenario> From<Open<'a, S>> for Desk<'a, S> {
    fn from(open: Open<'a, S>) -> Self {
        open.desk
    }
}

impl<S: Scenario> Workload for Open<'_, S> {
    type Tag = Sent<S>;

    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Sent<S>>, now: Instant) {
        let now = self.desk.nanos(now);
        if self.is_cut_short() {
            return;
        }
        self.admit(now);
        let room = self.bounds.pipeline.saturating_sub(outbox.unanswered());
        // The others that have room get their share.
        let share = self.backlog.len().div_ceil(1 + self.ready.len());
        for waiting in self.backlog.drain(..share.min(room)) {
            self.desk
                .send(waiting.request, waiting.intended, now, outbox);
        }
        if outbox.unanswered() < self.bounds.pipeline && !self.is_ready[client] {
            if self.ready.is_empty() {
                self.room_since = now;
            }
            self.is_ready[client] = true;
            self.ready.push_back(client);
        }
    }

    fn frame(&self, unread: &[u8]) -> Option<usize> {
        self.desk.frame(unread)
    }

    fn reply(&mut self, _client: usize, sent: Sent<S>, reply: &[u8], now: Instant) {
        self.desk.reply(&sent, reply, now);
    }

    fn fault(&mut self, _client: usize, unanswered: &VecDeque<Sent<S>>, fault: Fault) {
        self.desk.lose(unanswered, &fault, self.bounds.timeout);
    }

    fn abandon(&mut self, unanswered: &VecDeque<Sent<S>>) {
        self.desk.abandon(unanswered);
    }

    fn is_overdue(&self, oldest: &Sent<S>, now: Instant) -> bool {
        self.desk.nanos(now).saturating_sub(oldest.judged.at) > self.timeout
    }

    fn next_sender(&mut self, now: Instant) -> Option<usize> {
        if self.is_cut_short() {
            return None;
        }
        self.admit(self.desk.nanos(now));
        if self.backlog.is_empty() {
            return None;
        }
        let client = self.ready.pop_front()?;
        self.is_ready[client] = false;
        Some(client)
    }

    fn next_due(&mut self) -> Option<Instant> {
        // Without room, a reply is what to wait for.
        self.ready.front()?;
        let next = self.schedule.peek()?.nanos;
        Some(self.desk.moment(next))
    }

    fn wants_more(&mut self) -> bool {
        !self.is_cut_short() && (!self.backlog.is_empty() || self.schedule.peek().is_some())
    }

    fn reconnects(&self) -> bool {
        true
    }

    fn round_done(&mut self, now: Instant) {
        self.desk.round_done(now);
    }

    fn ended(&mut self) {
        self.desk.part.ended();
    }
}
