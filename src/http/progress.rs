//! How far a connection is with the request that it is at.

use std::cell::Cell;
use std::time::Duration;

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
    finishing: Cell<bool>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            stage: Cell::new(Stage::Head),
            begun: Cell::new(false),
            waited: Cell::new(Duration::ZERO),
            fresh: Cell::new(false),
            pipelines: Cell::new(false),
            finishing: Cell::new(false),
        }
    }

    pub(super) fn on_bytes(&self) {
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

    /// The answer was made. Says whether it is the last: another request of
    /// this client that arrived already is answered too, so only a client
    /// that never sends ahead is told on an answer that the connection ends.
    pub(super) fn on_answer(&self) -> bool {
        self.stage.set(Stage::Head);
        self.begun.set(false);
        self.waited.set(Duration::ZERO);
        self.finishing.get() && !self.pipelines.get()
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
                    progress.on_bytes();
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
        progress.on_bytes();
        progress.on_head();
        assert_eq!(seconds_until_closed(&progress, true), 3);
        let progress = Progress::new();
        progress.on_bytes();
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
            progress.on_bytes();
            progress.on_head();
            progress.on_body();
            if ahead {
                progress.on_bytes();
            }
            progress.finish();
            assert_eq!(progress.on_answer(), !ahead);
        }
    }
}
