//! What the connections of one thread send, and what becomes of the replies.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use super::outcome::{Part, Trouble};
use crate::{
    check::{Known, Ledger},
    conn::{Fault, Outbox},
    engine::Workload,
    plan::{lines::RequestLines, stream::Stream},
    protocol::{Reply, Verb},
};

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    at: Instant,
    seat: u32,
    verb: Verb,
    before: Known,
}

/// What all threads of a load share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) lines: RequestLines,
    pub(crate) ledger: Ledger,
    /// Set at the first breach: speed means nothing after it.
    pub(crate) halt: AtomicBool,
    /// Replies so far, for the live line.
    pub(crate) replies: AtomicU64,
}

impl Shared {
    /// The first seat whose replies do not fit together, in words. Only
    /// meaningful when every request has been answered.
    pub(crate) fn first_unpaid(&self) -> Option<String> {
        let (seat, breach) = self.ledger.unpaid().next()?;
        let name = self.lines.name(seat);
        let hint = if breach.may_be_used_seats() {
            "; if the seats were taken before, choose another --prefix or start a fresh server"
        } else {
            ""
        };
        Some(format!("seat {name}: {breach}{hint}"))
    }
}

/// How much a connection has under way, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pipeline: usize,
    /// A connection is refilled when so many requests fit in: a few large
    /// writes cost both sides less than many small ones.
    chunk: usize,
    /// Nothing is sent from then on.
    deadline: Option<Instant>,
}

impl Pace {
    /// Keeps up to `pipeline` requests under way, until `deadline` if any.
    pub(crate) fn new(pipeline: usize, deadline: Option<Instant>) -> Self {
        Self {
            pipeline,
            chunk: (pipeline / 4).max(1),
            deadline,
        }
    }

    /// How many requests to send when `unanswered` are under way.
    fn room(&self, unanswered: usize, now: Instant) -> usize {
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
pub(crate) struct Load<'a> {
    shared: &'a Shared,
    pace: Pace,
    /// By client.
    streams: Vec<Stream>,
    part: Part,
    /// Replies since the shared count was brought up to date.
    unpublished: u64,
}

impl<'a> Load<'a> {
    /// A load of one client per stream.
    pub(crate) fn new(shared: &'a Shared, pace: Pace, streams: Vec<Stream>) -> Self {
        Self {
            shared,
            pace,
            streams,
            part: Part::new(),
            unpublished: 0,
        }
    }

    /// What this thread's connections came to.
    pub(crate) fn into_part(self) -> Part {
        self.part
    }

    fn breach(&mut self, sent: Sent, line: &[u8], why: &dyn std::fmt::Display) {
        let (verb, name) = (sent.verb, self.shared.lines.name(sent.seat));
        let line = line.escape_ascii();
        self.part
            .note(Trouble::Wrong(format!("{verb}: {name} got {line}: {why}")));
        self.shared.halt.store(true, Relaxed);
    }
}

impl Workload for Load<'_> {
    type Tag = Sent;

    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Sent>, now: Instant) {
        let room = self.pace.room(outbox.unanswered(), now);
        for (verb, seat) in self.streams[client].by_ref().take(room) {
            let before = self.shared.ledger.known(seat);
            let out = outbox.send(Sent {
                at: now,
                seat,
                verb,
                before,
            });
            self.shared.lines.write(verb, seat, out);
        }
    }

    fn reply(&mut self, _client: usize, sent: Sent, line: &[u8], now: Instant) {
        let Some(reply) = Reply::parse(line) else {
            self.breach(sent, line, &"that is no reply");
            return;
        };
        self.part.record(sent.verb, reply, sent.at, now);
        self.unpublished += 1;
        let entered = self
            .shared
            .ledger
            .enter(sent.seat, sent.verb, sent.before, reply);
        if let Err(breach) = entered {
            self.breach(sent, line, &breach);
        }
    }

    fn fault(&mut self, _client: usize, oldest: Option<Sent>, unanswered: usize, fault: Fault) {
        let reason = match oldest {
            Some(sent) => {
                let name = self.shared.lines.name(sent.seat);
                format!("{}: {name}: {fault}", sent.verb)
            }
            None => fault.to_string(),
        };
        self.part.unanswered += unanswered as u64;
        if fault.is_loss() {
            self.part.lost_connections += 1;
            self.part.note(Trouble::Lost(reason));
        } else {
            self.part.note(Trouble::Wrong(reason));
            self.shared.halt.store(true, Relaxed);
        }
    }

    fn round_done(&mut self) {
        self.shared.replies.fetch_add(self.unpublished, Relaxed);
        self.unpublished = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn refills_come_in_chunks_and_stop_at_the_deadline() {
        let now = Instant::now();
        let end = now + Duration::from_secs(1);
        let pace = Pace::new(16, Some(end));
        assert_eq!(pace.room(0, now), 16);
        assert_eq!(pace.room(12, now), 4);
        assert_eq!(pace.room(13, now), 0);
        assert_eq!(pace.room(0, end), 0);
        assert_eq!(Pace::new(1, None).room(0, end), 1);
        assert_eq!(Pace::new(1, None).room(1, end), 0);
    }
}
