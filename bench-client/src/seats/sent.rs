//! A request on its way, and how the connections of one thread put requests
//! out, check replies and note what is lost: the same in both loops.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::part::{Part, Trouble};
use crate::{
    check::{Known, Ledger},
    conn::{Fault, Outbox},
    plan::lines::RequestLines,
    protocol::Verb,
};

/// A request on its way. Times are nanoseconds from the start of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// When it was meant to be sent; in a closed loop, when it was.
    pub(super) intended: u64,
    /// When it was written.
    pub(super) at: u64,
    pub(super) seat: u32,
    pub(super) verb: Verb,
    before: Known,
}

/// What all threads of a load share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) lines: RequestLines,
    pub(super) ledger: Ledger,
    /// Set at the first breach: speed means nothing after it.
    pub(super) halt: AtomicBool,
    /// Set when somebody wants the run to end early.
    pub(super) stop: &'static AtomicBool,
    /// Replies so far, warm-up included.
    pub(super) replies: AtomicU64,
}

impl Shared {
    /// The first seat whose replies do not fit together, in words. Only
    /// meaningful when every request has been answered or noted as lost.
    pub(super) fn first_unpaid(&self) -> Option<String> {
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

/// One thread's share of a load.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    pub(super) shared: &'a Shared,
    pub(super) part: Part,
    /// When the run began.
    start: Instant,
    /// Replies since the shared count was brought up to date.
    unpublished: u64,
}

impl<'a> Desk<'a> {
    /// A share of the load that began at `start`.
    pub(super) fn new(shared: &'a Shared, part: Part, start: Instant) -> Self {
        Self {
            shared,
            part,
            start,
            unpublished: 0,
        }
    }

    /// `now` in nanoseconds from the start.
    pub(super) fn nanos(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_nanos() as u64
    }

    /// The moment so many nanoseconds after the start.
    pub(super) fn moment(&self, nanos: u64) -> Instant {
        self.start + Duration::from_nanos(nanos)
    }

    /// Whether somebody wants the run to end early.
    pub(super) fn is_stopping(&self) -> bool {
        self.shared.stop.load(Relaxed)
    }

    /// Puts a request into `outbox` that was meant for the time `intended`.
    pub(super) fn send(
        &mut self,
        (verb, seat): (Verb, u32),
        intended: u64,
        at: u64,
        outbox: &mut Outbox<'_, Sent>,
    ) {
        let before = self.shared.ledger.known(seat);
        self.part.sent(intended, at);
        let out = outbox.send(Sent {
            intended,
            at,
            seat,
            verb,
            before,
        });
        self.shared.lines.write(verb, seat, out);
    }

    /// Takes a reply without its last `\n`.
    pub(super) fn reply(&mut self, sent: &Sent, reply: &[u8], now: Instant) {
        let shared = self.shared;
        let Some(meant) = shared.lines.parse(sent.verb, sent.seat, reply) else {
            self.part.failed(sent);
            shared.ledger.lose(sent.seat, sent.verb);
            self.breach(sent, reply, &"that is no reply");
            return;
        };
        let now = self.nanos(now);
        self.part.answered(sent, meant, now);
        self.unpublished += 1;
        let entered = shared
            .ledger
            .enter(sent.seat, sent.verb, sent.before, meant);
        if let Err(breach) = entered {
            self.breach(sent, reply, &breach);
        }
    }

    /// Takes requests that will get no reply because of `fault`. Those that
    /// had been under way for `timeout` timed out, the others failed.
    pub(super) fn lose(&mut self, unanswered: &VecDeque<Sent>, fault: &Fault, timeout: Duration) {
        let reason = match unanswered.front() {
            Some(sent) => {
                let name = self.shared.lines.name(sent.seat);
                format!("{}: {name}: {fault}", sent.verb)
            }
            None => fault.to_string(),
        };
        let now = self.nanos(Instant::now());
        for sent in unanswered {
            self.shared.ledger.lose(sent.seat, sent.verb);
            let overdue = Duration::from_nanos(now.saturating_sub(sent.at)) >= timeout;
            if overdue && matches!(fault, Fault::NoReply(_)) {
                self.part.timed_out(sent);
            } else {
                self.part.failed(sent);
            }
        }
        match fault {
            Fault::Closed | Fault::Io(_) => {
                self.part.lost_connection();
                self.part.note(Trouble::Lost(reason));
            }
            Fault::NoReply(_) => self.part.note(Trouble::Lost(reason)),
            Fault::Unasked(_) | Fault::EndlessReply => self.wrong(reason),
        }
    }

    /// Takes requests whose replies nobody waits for any longer.
    pub(super) fn abandon(&mut self, unanswered: &VecDeque<Sent>) {
        for sent in unanswered {
            self.shared.ledger.lose(sent.seat, sent.verb);
            self.part.failed(sent);
        }
    }

    /// Ends the run: the server is wrong.
    pub(super) fn wrong(&mut self, reason: String) {
        self.part.note(Trouble::Wrong(reason));
        self.shared.halt.store(true, Relaxed);
    }

    /// Publishes what happened since the last time.
    pub(super) fn round_done(&mut self, now: Instant) {
        if self.unpublished > 0 {
            self.shared.replies.fetch_add(self.unpublished, Relaxed);
            self.unpublished = 0;
        }
        let now = self.nanos(now);
        self.part.round_done(now);
    }

    fn breach(&mut self, sent: &Sent, reply: &[u8], why: &dyn std::fmt::Display) {
        let (verb, name) = (sent.verb, self.shared.lines.name(sent.seat));
        // Of a reply of several lines, or one that ends with `\r\n`, too.
        let reply = reply.trim_ascii_end().escape_ascii();
        self.wrong(format!("{verb}: {name} got {reply}: {why}"));
    }
}
