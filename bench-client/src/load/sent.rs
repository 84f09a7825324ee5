//! A request on its way, and how the connections of one thread put requests
//! out, check replies and note what is lost: the same in both loops.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{
    part::{Part, Trouble},
    scenario::{Asked, Judged, Remembered, Scenario, Subject},
};
use crate::conn::{Fault, Outbox};

/// A request on its way. Times are nanoseconds from the start of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnItsWay<J> {
    /// When it was meant to be sent; in a closed loop, when it was.
    pub(super) intended: u64,
    pub(super) judged: J,
}

/// A scenario's request on its way.
pub(super) type Sent<S> = OnItsWay<Judged<S>>;

/// What all threads of a load share.
#[derive(Debug)]
pub(crate) struct Shared<'s, S> {
    pub(crate) scenario: &'s S,
    /// Set at the first breach: speed means nothing after it.
    pub(crate) halt: AtomicBool,
    /// Set when somebody wants the run to end early.
    pub(crate) stop: &'static AtomicBool,
    /// Replies so far, warm-up included.
    pub(super) replies: AtomicU64,
}

/// One thread's share of a load.
#[derive(Debug)]
pub(crate) struct Desk<'a, S> {
    pub(crate) shared: &'a Shared<'a, S>,
    pub(crate) part: Part,
    /// When the run began.
    start: Instant,
    /// Replies since the shared count was brought up to date.
    unpublished: u64,
}

impl<'a, S: Subject> Desk<'a, S> {
    /// A share of the load that began at `start`.
    pub(super) fn new(shared: &'a Shared<'a, S>, part: Part, start: Instant) -> Self {
        Self {
            shared,
            part,
            start,
            unpublished: 0,
        }
    }

    /// `now` in nanoseconds from the start.
    pub(crate) fn nanos(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_nanos() as u64
    }

    /// The moment so many nanoseconds after the start.
    pub(crate) fn moment(&self, nanos: u64) -> Instant {
        self.start + Duration::from_nanos(nanos)
    }

    /// Whether somebody wants the run to end early.
    pub(crate) fn is_stopping(&self) -> bool {
        self.shared.stop.load(Relaxed)
    }

    /// Counts a whole reply of a kind, to a request that was meant for the time
    /// `intended` and written `at`.
    pub(crate) fn answered(&mut self, kind: usize, intended: u64, at: u64, now: u64) {
        self.part.answered(kind, intended, at, now);
        self.unpublished += 1;
    }

    /// Takes the end of a connection; what becomes of its requests is told
    /// apart.
    pub(crate) fn lost(&mut self, fault: &Fault, reason: String) {
        match fault {
            Fault::Closed | Fault::Io(_) => {
                self.part.lost_connection();
                self.part.note(Trouble::Lost(reason));
            }
            Fault::NoReply(_) => self.part.note(Trouble::Lost(reason)),
            Fault::Unasked(_) | Fault::EndlessReply(_) => self.wrong(reason),
        }
    }

    /// Ends the run: the server is wrong.
    pub(crate) fn wrong(&mut self, reason: String) {
        self.part.note(Trouble::Wrong(reason));
        self.shared.halt.store(true, Relaxed);
    }

    /// Publishes what happened since the last time.
    pub(crate) fn round_done(&mut self, now: Instant) {
        if self.unpublished > 0 {
            self.shared.replies.fetch_add(self.unpublished, Relaxed);
            self.unpublished = 0;
        }
        let now = self.nanos(now);
        self.part.round_done(now);
    }
}

impl<S: Scenario> Desk<'_, S> {
    /// How many bytes the first reply has, if it is complete.
    pub(super) fn frame(&self, unread: &[u8]) -> Option<usize> {
        self.shared.scenario.frame(unread)
    }

    /// Puts a request into `outbox` that was meant for the time `intended`.
    pub(super) fn send(
        &mut self,
        request: Asked<S>,
        intended: u64,
        at: u64,
        outbox: &mut Outbox<'_, Sent<S>>,
    ) {
        self.part.sent(intended, at);
        outbox.put(|out| {
            let before = self.shared.scenario.write(request, at, out);
            let judged = Remembered {
                request,
                at,
                before,
            };
            OnItsWay { intended, judged }
        });
    }

    /// Takes a whole reply.
    pub(super) fn reply(&mut self, sent: &Sent<S>, reply: &[u8], now: Instant) {
        let scenario = self.shared.scenario;
        let now = self.nanos(now);
        let Some((kind, verdict)) = scenario.judge(&sent.judged, reply, now) else {
            self.part.failed(sent.intended);
            scenario.lose(sent.judged.request);
            self.breach(sent, reply, "that is no reply");
            return;
        };
        self.answered(kind, sent.intended, sent.judged.at, now);
        if let Err(breach) = verdict {
            self.breach(sent, reply, &breach);
        }
    }

    /// Takes requests that will get no reply because of `fault`. Those that
    /// had been under way for `timeout` timed out, the others failed.
    pub(super) fn lose(
        &mut self,
        unanswered: &VecDeque<Sent<S>>,
        fault: &Fault,
        timeout: Duration,
    ) {
        let reason = match unanswered.front() {
            Some(sent) => self.say(sent, fault),
            None => fault.to_string(),
        };
        let now = self.nanos(Instant::now());
        for sent in unanswered {
            self.shared.scenario.lose(sent.judged.request);
            let overdue = Duration::from_nanos(now.saturating_sub(sent.judged.at)) >= timeout;
            if overdue && matches!(fault, Fault::NoReply(_)) {
                self.part.timed_out(sent.intended);
            } else {
                self.part.failed(sent.intended);
            }
        }
        self.lost(fault, reason);
    }

    /// Takes requests whose replies nobody waits for any longer.
    pub(super) fn abandon(&mut self, unanswered: &VecDeque<Sent<S>>) {
        for sent in unanswered {
            self.shared.scenario.lose(sent.judged.request);
            self.part.failed(sent.intended);
        }
    }

    /// What happened to a request, in words.
    pub(super) fn say(&self, sent: &Sent<S>, fault: &Fault) -> String {
        let name = self.shared.scenario.name(sent.judged.request);
        format!("{name}: {fault}")
    }

    fn breach(&mut self, sent: &Sent<S>, reply: &[u8], why: &str) {
        let name = self.shared.scenario.name(sent.judged.request);
        let reply = self.shared.scenario.quote(reply);
        self.wrong(format!("{name} got {reply}: {why}"));
    }
}
