//! What the main thread does while others drive the load: the live line, looks
//! at the server's process, and the end when somebody asks for it.

use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use super::{LoadArgs, plan::Load, scenario::Subject, second::Timeline, sent::Shared};
use crate::{process::Process, progress::Bar, record::run::ServerUse};

/// How long replies to what is under way are waited for once the end was asked
/// for.
const GRACE: Duration = Duration::from_secs(1);

/// The watcher of one run.
#[derive(Debug)]
pub(super) struct Watch<'a, S> {
    shared: &'a Shared<'a, S>,
    timeline: Timeline,
    bar: Bar,
    server: Option<&'a Process>,
    measured_from: Instant,
    rss_before: Option<u64>,
    before: Option<Sample>,
    asked_at: Option<Instant>,
}

/// What the server had used, and how many replies there were, at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    cpu: Duration,
    replies: u64,
}

/// What was watched.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) timeline: Timeline,
    pub(super) server: Option<ServerUse>,
    /// Resident memory before the load.
    pub(super) rss_before: Option<u64>,
    pub(super) was_stopped: bool,
}

impl<'a, S: Subject> Watch<'a, S> {
    /// Watches a run that began at `start`.
    pub(super) fn new(
        args: &LoadArgs,
        load: &'a Load<'_>,
        shared: &'a Shared<'a, S>,
        timeline: Timeline,
        start: Instant,
    ) -> Self {
        let bar = Bar::of_load(args.quiet);
        if !load.warm_up.is_zero() {
            bar.show_warm_up();
        }
        let mut watch = Self {
            shared,
            timeline,
            bar,
            server: load.server.as_ref(),
            measured_from: start + load.warm_up,
            rss_before: load.server.as_ref().and_then(Process::rss_bytes),
            before: None,
            asked_at: None,
        };
        watch.before = watch.sample();
        watch
    }

    /// To be called every now and then.
    pub(super) fn tick(&mut self) {
        let now = Instant::now();
        if let Some(before) = self.before
            && before.at < self.measured_from
            && now >= self.measured_from
        {
            self.before = self.sample();
        }
        if let Some(glance) = self.timeline.collect() {
            let progress = self.shared.scenario.progress();
            self.bar.show_load(
                progress.as_deref(),
                glance.answered,
                glance.p99_micros,
                glance.errors,
            );
        }
        if self.shared.stop.load(Relaxed) {
            let asked_at = *self.asked_at.get_or_insert(now);
            if now.duration_since(asked_at) > GRACE {
                self.shared.halt.store(true, Relaxed);
            }
        }
    }

    /// To be called when all threads have ended.
    pub(super) fn end(self) -> Watched {
        let server = self.server.map(|process| self.server_use(process));
        Watched {
            server,
            timeline: self.timeline,
            rss_before: self.rss_before,
            was_stopped: self.shared.stop.load(Relaxed),
        }
    }

    fn sample(&self) -> Option<Sample> {
        let cpu = self.server?.cpu()?;
        Some(Sample {
            at: Instant::now(),
            cpu,
            replies: self.shared.replies.load(Relaxed),
        })
    }

    fn server_use(&self, process: &Process) -> ServerUse {
        let mut used = ServerUse {
            pid: process.pid(),
            rss_bytes: process.rss_bytes(),
            ..ServerUse::default()
        };
        if let (Some(before), Some(after)) = (self.before, self.sample()) {
            let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
            used.cpu_seconds = Some(cpu);
            // Both counted at the same two moments: the ratio is exact even
            // where the moments are not those of the measured span.
            let replies = after.replies - before.replies;
            used.cpu_us_per_command = (replies > 0).then(|| cpu * 1e6 / replies as f64);
        }
        used
    }
}
