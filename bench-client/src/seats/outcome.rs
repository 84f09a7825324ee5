//! What a load came to: per thread first, then together.

use std::time::{Duration, Instant};

use crate::{
    protocol::{Reply, Verb},
    record::{Latencies, Tally},
};

/// Why a load is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Connections were lost; the first one's story.
    Lost(String),
    /// The server answered wrongly; the first case.
    Wrong(String),
}

/// What the connections of one thread came to.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) tally: Tally,
    pub(crate) latencies: Latencies,
    pub(crate) lost_connections: usize,
    pub(crate) unanswered: u64,
    trouble: Option<Trouble>,
    last_reply: Option<Instant>,
}

impl Part {
    pub(super) fn new() -> Self {
        Self {
            tally: Tally::default(),
            latencies: Latencies::new(),
            lost_connections: 0,
            unanswered: 0,
            trouble: None,
            last_reply: None,
        }
    }

    /// Takes one reply into the counts.
    pub(super) fn record(&mut self, verb: Verb, reply: Reply, sent: Instant, now: Instant) {
        self.tally.count(verb, reply);
        self.latencies.record(verb, now.duration_since(sent));
        self.last_reply = Some(now);
    }

    /// Keeps the first trouble of the greatest weight.
    pub(super) fn note(&mut self, trouble: Trouble) {
        keep_worse(&mut self.trouble, trouble);
    }
}

/// What a whole load came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What the seats' names begin with.
    pub prefix: String,
    /// Threads that drove the connections.
    pub threads: usize,
    /// Processor time of this process, from the first request to the last reply.
    pub cpu: Duration,
    /// From the first request to the last reply.
    pub elapsed: Duration,
    /// Replies.
    pub tally: Tally,
    /// How long they took.
    pub latencies: Latencies,
    /// Connections that broke.
    pub lost_connections: usize,
    /// Requests that got no reply.
    pub unanswered: u64,
    /// Why the figures are not to be trusted, if so.
    pub trouble: Option<Trouble>,
}

impl Outcome {
    /// Nothing yet, for a load on seats of this prefix by so many threads.
    pub(crate) fn empty(prefix: &str, threads: usize) -> Self {
        Self {
            prefix: prefix.to_owned(),
            threads,
            cpu: Duration::ZERO,
            elapsed: Duration::ZERO,
            tally: Tally::default(),
            latencies: Latencies::new(),
            lost_connections: 0,
            unanswered: 0,
            trouble: None,
        }
    }

    /// Adds one thread's part of a run that began at `started`.
    pub(super) fn add(&mut self, part: Part, started: Instant) {
        self.tally.add(&part.tally);
        self.latencies.add(&part.latencies);
        self.lost_connections += part.lost_connections;
        self.unanswered += part.unanswered;
        if let Some(last) = part.last_reply {
            self.elapsed = self.elapsed.max(last.duration_since(started));
        }
        if let Some(trouble) = part.trouble {
            keep_worse(&mut self.trouble, trouble);
        }
    }

    /// Replies per second; 0 if there were none.
    pub(crate) fn throughput(&self) -> f64 {
        if self.elapsed.is_zero() {
            return 0.0;
        }
        self.tally.total() as f64 / self.elapsed.as_secs_f64()
    }
}

fn keep_worse(kept: &mut Option<Trouble>, new: Trouble) {
    let is_worse = match (&kept, &new) {
        (None, _) | (Some(Trouble::Lost(_)), Trouble::Wrong(_)) => true,
        (Some(_), _) => false,
    };
    if is_worse {
        *kept = Some(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_answer_outweighs_a_lost_connection_and_the_first_is_kept() {
        let mut kept = None;
        for trouble in [
            Trouble::Lost("first".into()),
            Trouble::Lost("second".into()),
            Trouble::Wrong("third".into()),
            Trouble::Wrong("fourth".into()),
            Trouble::Lost("fifth".into()),
        ] {
            keep_worse(&mut kept, trouble);
        }
        assert_eq!(kept, Some(Trouble::Wrong("third".into())));
    }

    #[test]
    fn a_run_lasts_until_the_last_reply_of_any_thread() {
        let started = Instant::now();
        let mut outcome = Outcome::empty("L", 2);
        assert!(outcome.throughput().abs() < f64::EPSILON);
        for millis in [500, 250] {
            let mut part = Part::new();
            let now = started + Duration::from_millis(millis);
            part.record(Verb::Query, Reply::Free, started, now);
            outcome.add(part, started);
        }
        assert_eq!(outcome.elapsed, Duration::from_millis(500));
        assert!((outcome.throughput() - 4.0).abs() < 1e-9);
    }
}
