//! What one thread's connections came to, kept without locks.

use std::{sync::mpsc::Sender, time::Duration};

use super::{outcomes::Outcomes, second::Second};
use crate::cpu::ThreadUse;

/// Requests that leave later than this after the time they were meant for are
/// late, in nanoseconds: 1 ms.
pub(crate) const ON_TIME: u64 = 1_000_000;

/// Why a load is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Replies are missing; the first one's story.
    Lost(String),
    /// The server answered wrongly; the first case.
    Wrong(String),
}

/// What became of the requests that belong to the measured span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) offered: u64,
    pub(super) sent: u64,
    /// Sent within [`ON_TIME`] of the time they were meant for.
    pub(super) on_time: u64,
    /// Noticed late although a connection had room: the client's own fault.
    pub(super) overslept: u64,
    pub(super) answered: u64,
    pub(super) failed: u64,
    pub(super) timed_out: u64,
    pub(super) dropped: u64,
    pub(super) lost_connections: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.sent += other.sent;
        self.on_time += other.on_time;
        self.overslept += other.overslept;
        self.answered += other.answered;
        self.failed += other.failed;
        self.timed_out += other.timed_out;
        self.dropped += other.dropped;
        self.lost_connections += other.lost_connections;
    }
}

/// One thread's records. Requests count if they were meant for the measured
/// span, whenever they are answered.
#[derive(Debug)]
pub(crate) struct Part {
    /// When measuring begins, in nanoseconds from the start of the run.
    from: u64,
    pub(super) counts: Counts,
    pub(super) service: Outcomes,
    /// Open loop only.
    pub(super) corrected: Option<Outcomes>,
    second: Second,
    seconds: Sender<Second>,
    /// What the thread used before measuring began.
    before: Option<ThreadUse>,
    /// What it used while measuring.
    pub(super) usage: ThreadUse,
    /// The last look at the clock.
    now: u64,
    pub(super) last_reply: u64,
    pub(super) trouble: Option<Trouble>,
}

impl Part {
    /// Records of what is meant for `from` and later; finished seconds go to
    /// `seconds`.
    pub(super) fn new(from: u64, is_open: bool, seconds: Sender<Second>) -> Self {
        Self {
            from,
            counts: Counts::default(),
            service: Outcomes::default(),
            corrected: is_open.then(Outcomes::default),
            second: Second::new(0, is_open),
            seconds,
            before: None,
            usage: ThreadUse::default(),
            now: 0,
            last_reply: from,
            trouble: None,
        }
    }

    /// Counts a request that the schedule calls for.
    pub(crate) fn offered(&mut self, intended: u64, overslept: bool) {
        if intended >= self.from {
            self.counts.offered += 1;
            self.counts.overslept += u64::from(overslept);
        }
    }

    pub(crate) fn sent(&mut self, intended: u64, at: u64) {
        if intended >= self.from {
            self.counts.sent += 1;
            self.counts.on_time += u64::from(at - intended.min(at) <= ON_TIME);
            self.second.sent += 1;
        }
    }

    /// Counts a reply of a kind, to a request that was meant for the time
    /// `intended` and written `at`.
    pub(super) fn answered(&mut self, kind: usize, intended: u64, at: u64, now: u64) {
        if intended < self.from {
            return;
        }
        self.counts.answered += 1;
        self.last_reply = now;
        let service = now.saturating_sub(at);
        self.service.record(kind, service);
        self.second.answered(service);
        if let Some(outcomes) = &mut self.corrected {
            let corrected = now.saturating_sub(intended);
            outcomes.record(kind, corrected);
            self.second.corrected(corrected);
        }
    }

    pub(crate) fn failed(&mut self, intended: u64) {
        if intended >= self.from {
            self.counts.failed += 1;
            self.second.errors += 1;
        }
    }

    pub(crate) fn timed_out(&mut self, intended: u64) {
        if intended >= self.from {
            self.counts.timed_out += 1;
            self.second.errors += 1;
        }
    }

    pub(super) fn dropped(&mut self, intended: u64) {
        if intended >= self.from {
            self.counts.dropped += 1;
            self.second.errors += 1;
        }
    }

    pub(super) fn lost_connection(&mut self) {
        self.counts.lost_connections += 1;
    }

    /// Keeps the first trouble of the greatest weight.
    pub(super) fn note(&mut self, trouble: Trouble) {
        keep_worse(&mut self.trouble, trouble);
    }

    /// Hands over the second that has passed by `now`, if one has.
    pub(super) fn round_done(&mut self, now: u64) {
        self.now = now;
        let Some(measured) = now.checked_sub(self.from) else {
            return;
        };
        if self.before.is_none() {
            self.before = Some(ThreadUse::so_far());
        }
        let number = measured / 1_000_000_000;
        if number != self.second.number {
            self.hand_over(number);
        }
    }

    /// For how long it was measured.
    pub(super) fn span(&self) -> Duration {
        Duration::from_nanos(self.now.saturating_sub(self.from))
    }

    /// The records so far; what is left is empty.
    pub(super) fn take(&mut self) -> Self {
        let empty = Self::new(self.from, self.corrected.is_some(), self.seconds.clone());
        std::mem::replace(self, empty)
    }

    /// Called by the thread itself when it has ended.
    pub(crate) fn ended(&mut self) {
        self.hand_over(self.second.number + 1);
        if let Some(before) = self.before {
            self.usage = ThreadUse::so_far() - before;
        }
    }

    fn hand_over(&mut self, next: u64) {
        let next = Second::new(next, self.corrected.is_some());
        // Nobody listens any more: nobody wants it.
        let _ = self.seconds.send(std::mem::replace(&mut self.second, next));
    }
}

pub(super) fn keep_worse(kept: &mut Option<Trouble>, new: Trouble) {
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
    fn what_was_meant_for_the_warm_up_is_not_counted() {
        let (sender, seconds) = std::sync::mpsc::channel();
        let mut part = Part::new(1_000, true, sender);
        for intended in [999, 1_000] {
            part.offered(intended, true);
            // The first arrives in the measured span, and still belongs to the warm-up.
            part.sent(intended, 5_000);
            part.dropped(intended);
        }
        part.sent(2_000, 2_000 + ON_TIME + 1);
        part.ended();
        let expected = Counts {
            offered: 1,
            overslept: 1,
            sent: 2,
            on_time: 1,
            dropped: 1,
            ..Counts::default()
        };
        assert_eq!(part.counts, expected);
        let second = seconds.recv().unwrap();
        assert_eq!((second.sent, second.errors), (2, 1));
    }

    #[test]
    fn seconds_are_handed_over_as_they_pass() {
        let (sender, seconds) = std::sync::mpsc::channel();
        let mut part = Part::new(500_000_000, false, sender);
        for now in [
            0,
            400_000_000,
            600_000_000,
            1_499_999_999,
            1_500_000_000,
            4_000_000_000,
        ] {
            part.round_done(now);
        }
        part.ended();
        let numbers: Vec<u64> = seconds.try_iter().map(|second| second.number).collect();
        assert_eq!(numbers, [0, 1, 3]);
    }
}
