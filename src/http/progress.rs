//! How far a connection is with the request that it is at.

use std::cell::Cell;
use std::time::Duration;

use memchr::memmem;

use super::checkout::Step;
use crate::inventory::Id;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It waits for a request, or has a part of one's head.
    Head,
    /// It has a head and waits for the rest of the body.
    Body,
    /// It has the whole request and makes the answer.
    Work,
}

/// How long a client may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For sending a whole request. Counted from its first byte, however
    /// steadily bytes trickle in.
    pub request: Duration,
    /// Between requests; zero: for ever.
    pub idle: Duration,
}

/// Where a connection stands.
#[derive(Debug)]
pub(super) struct Progress {
    stage: Cell<Stage>,
    /// Bytes came since the last request was answered.
    begun: Cell<bool>,
    waited: Cell<Duration>,
    /// Bytes came since the last request began.
    fresh: Cell<bool>,
    /// The client has once sent a request before it had the last one's answer.
    pipelines: Cell<bool>,
    /// Ends of heads that arrived and were not answered yet. Too high if a body
    /// has such an end in it.
    heads: Cell<u32>,
    /// The last bytes that arrived: the end of a head may be cut in two.
    tail: Cell<[u8; 3]>,
    finishing: Cell<bool>,
    /// What the last answer was about, if its time is of interest.
    step: Cell<Option<(Id, Step)>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            stage: Cell::new(Stage::Head),
            begun: Cell::new(false),
            waited: Cell::new(Duration::ZERO),
            fresh: Cell::new(false),
            pipelines: Cell::new(false),
            heads: Cell::new(0),
            tail: Cell::new([0; 3]),
            finishing: Cell::new(false),
            step: Cell::new(None),
        }
    }

    pub(super) fn on_bytes(&self, bytes: &[u8]) {
        self.count_heads(bytes);
        self.fresh.set(true);
        match self.stage.get() {
            Stage::Head => {
                if !self.begun.replace(true) {
                    self.waited.set(Duration::ZERO);
                }
            }
            Stage::Body => {}
            Stage::Work => self.pipelines.set(true),
        }
    }

    pub(super) fn on_head(&self) {
        self.stage.set(Stage::Body);
        if !self.fresh.replace(false) {
            self.pipelines.set(true);
        }
    }

    pub(super) fn on_body(&self) {
        self.stage.set(Stage::Work);
    }

    /// How long this answer takes is of interest.
    pub(super) fn on_step(&self, event: Id, step: Step) {
        self.step.set(Some((event, step)));
    }

    pub(super) fn take_step(&self) -> Option<(Id, Step)> {
        self.step.take()
    }

    fn count_heads(&self, bytes: &[u8]) {
        const END: &[u8] = b"\r\n\r\n";
        let (tail, head) = (self.tail.get(), &bytes[..bytes.len().min(3)]);
        let mut seam = [0; 6];
        seam[..3].copy_from_slice(&tail);
        seam[3..3 + head.len()].copy_from_slice(head);
        let seam = &seam[..3 + head.len()];
        let cut_in_two = usize::from(memmem::find(seam, END).is_some());
        let whole = memmem::find_iter(bytes, END).count();
        self.heads
            .set(self.heads.get() + (cut_in_two + whole) as u32);
        let last = bytes.last_chunk().or(seam.last_chunk());
        self.tail.set(last.copied().unwrap_or(tail));
    }

    /// The answer was made. Says whether it is the last: other requests of this
    /// client that arrived already are answered too, so only a client that has
    /// sent nothing ahead is told on an answer that the connection ends.
    pub(super) fn on_answer(&self) -> bool {
        self.heads.set(self.heads.get().saturating_sub(1));
        self.stage.set(Stage::Head);
        self.begun.set(false);
        self.waited.set(Duration::ZERO);
        self.finishing.get() && !self.pipelines.get() && self.heads.get() == 0
    }

    pub(super) fn finish(&self) {
        self.finishing.set(true);
    }

    pub(super) fn is_finishing(&self) -> bool {
        self.finishing.get()
    }

    pub(super) fn is_between_requests(&self) -> bool {
        self.stage.get() == Stage::Head
    }

    pub(super) fn is_working(&self) -> bool {
        self.stage.get() == Stage::Work
    }

    /// So much time has passed, in which the client had to do something.
    /// Says whether it has had enough.
    pub(super) fn on_tick(&self, tick: Duration, patience: Patience) -> bool {
        let limit = match self.stage.get() {
            Stage::Work => return false,
            Stage::Head if !self.begun.get() => patience.idle,
            Stage::Head | Stage::Body => patience.request,
        };
        let waited = self.waited.get() + tick;
        self.waited.set(waited);
        !limit.is_zero() && waited > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        request: Duration::from_secs(2),
        idle: Duration::from_secs(5),
    };

    fn seconds_until_closed(progress: &Progress, trickles: bool) -> u32 {
        (1..100)
            .find(|_| {
                if trickles {
                    progress.on_bytes(b"G");
                }
                progress.on_tick(Duration::from_secs(1), PATIENCE)
            })
            .unwrap()
    }

    #[test]
    fn silence_is_borne_longer_than_trickling() {
        assert_eq!(seconds_until_closed(&Progress::new(), false), 6);
        assert_eq!(seconds_until_closed(&Progress::new(), true), 3);
        let progress = Progress::new();
        progress.on_bytes(b"GET / HTTP/1.1\r\n\r\n");
        progress.on_head();
        assert_eq!(seconds_until_closed(&progress, true), 3);
        let progress = Progress::new();
        progress.on_bytes(b"GET / HTTP/1.1\r\n\r\n");
        progress.on_head();
        progress.on_body();
        assert!(!progress.on_tick(Duration::from_secs(100), PATIENCE));
        progress.on_answer();
        assert_eq!(seconds_until_closed(&progress, false), 6);
    }

    #[test]
    fn the_last_answer_says_so_to_those_who_do_not_send_ahead() {
        for ahead in [false, true] {
            let progress = Progress::new();
            progress.on_bytes(b"GET / HTTP/1.1\r\n\r\n");
            progress.on_head();
            progress.on_body();
            if ahead {
                progress.on_bytes(b"GET / HTTP/1.1\r\n\r\n");
            }
            progress.finish();
            assert_eq!(progress.on_answer(), !ahead);
        }
    }

    #[test]
    fn what_arrived_together_or_in_pieces_is_answered_before_the_end() {
        let two = b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        for piece in 1..=two.len() {
            let progress = Progress::new();
            for bytes in two.chunks(piece) {
                progress.on_bytes(bytes);
            }
            progress.finish();
            progress.on_head();
            progress.on_body();
            assert!(!progress.on_answer(), "pieces of {piece}");
            // In pieces the second may seem to have been sent later.
            progress.pipelines.set(false);
            progress.on_bytes(b"");
            progress.on_head();
            progress.on_body();
            assert!(progress.on_answer(), "pieces of {piece}");
        }
    }
}
