//! The closed loop: every connection keeps a fixed number of requests under
//! way, and the next ones leave as replies arrive.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    scenario::Scenario,
    sent::{Desk, Sent},
};
use crate::{
    conn::{Fault, Outbox},
    engine::Workload,
    plan::stream::Stream,
};

/// How much a connection has under way, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pipeline: usize,
    /// A connection is refilled when so many requests fit in: a few large
    /// writes cost both sides less than many small ones.
    chunk: usize,
    /// Nothing is sent from then on, in nanoseconds from the start.
    deadline: Option<u64>,
}

impl Pace {
    /// Keeps up to `pipeline` requests under way, until `deadline` if any.
    pub(super) fn new(pipeline: usize, deadline: Option<u64>) -> Self {
        Self {
            pipeline,
            chunk: (pipeline / 4).max(1),
            deadline,
        }
    }

    /// How many requests to send when `unanswered` are under way.
    fn room(&self, unanswered: usize, now: u64) -> usize {
        let room = self.pipeline.saturating_sub(unanswered);
        let is_over = self.deadline.is_some_and(|deadline| now >= deadline);
        if is_over || room < self.chunk {
            0
        } else {
            room
        }
    }
}

/// The load of one thread.
#[derive(Debug)]
pub(super) struct Closed<'a, S: Scenario> {
    desk: Desk<'a, S>,
    pace: Pace,
    /// By client.
    streams: Vec<Stream<S::Draw>>,
    timeout: Duration,
}

impl<'a, S: Scenario> Closed<'a, S> {
    /// A load of one client per stream.
    pub(super) fn new(
        desk: Desk<'a, S>,
        pace: Pace,
        streams: Vec<Stream<S::Draw>>,
        timeout: Duration,
    ) -> Self {
        Self {
            desk,
            pace,
            streams,
            timeout,
        }
    }
}

impl<'a, S: Scenario> From<Closed<'a, S>> for Desk<'a, S> {
    fn from(closed: Closed<'a, S>) -> Self {
        closed.desk
    }
}

impl<S: Scenario> Workload for Closed<'_, S> {
    type Tag = Sent<S>;

    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Sent<S>>, now: Instant) {
        let now = self.desk.nanos(now);
        let room = self.pace.room(outbox.unanswered(), now);
        if room == 0 || self.desk.is_stopping() {
            return;
        }
        for request in self.streams[client].by_ref().take(room) {
            self.desk.part.offered(now, false);
            self.desk.send(request, now, now, outbox);
        }
    }

    fn frame(&self, unread: &[u8]) -> Option<usize> {
        self.desk.frame(unread)
    }

    fn reply(&mut self, _client: usize, sent: Sent<S>, reply: &[u8], now: Instant) {
        self.desk.reply(&sent, reply, now);
    }

    fn fault(&mut self, _client: usize, unanswered: &VecDeque<Sent<S>>, fault: Fault) {
        self.desk.lose(unanswered, &fault, self.timeout);
        if let (Fault::NoReply(_), Some(sent)) = (&fault, unanswered.front()) {
            // The loop stands still without this reply: there is no load left.
            self.desk.wrong(self.desk.say(sent, &fault));
        }
    }

    fn abandon(&mut self, unanswered: &VecDeque<Sent<S>>) {
        self.desk.abandon(unanswered);
    }

    fn round_done(&mut self, now: Instant) {
        self.desk.round_done(now);
    }

    fn ended(&mut self) {
        self.desk.part.ended();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refills_come_in_chunks_and_stop_at_the_deadline() {
        let pace = Pace::new(16, Some(1_000));
        assert_eq!(pace.room(0, 0), 16);
        assert_eq!(pace.room(12, 0), 4);
        assert_eq!(pace.room(13, 0), 0);
        assert_eq!(pace.room(0, 1_000), 0);
        assert_eq!(Pace::new(1, None).room(0, 1_000), 1);
        assert_eq!(Pace::new(1, None).room(1, 1_000), 0);
    }
}
