//! What the threads' parts of a run come to together.

use std::{fs, net::ToSocketAddrs, time::Duration};

use super::{
    bound::{self, Share},
    outcomes::Outcomes,
    part::{Counts, Part, Trouble, keep_worse},
    plan::Load,
    scenario::{Kind, Subject},
    warnings::{Circumstances, Server},
    watch::Watched,
};
use crate::{
    cpus::CpuList,
    process::Process,
    record::run::{self, Client, Clock, Distribution, Latency, Run, ServerUse, Verdict},
};

/// With fewer seats reserved, memory says more about buffers than about seats.
const FEWEST_SEATS: u64 = 10_000;

/// A run whose threads have ended.
#[derive(Debug)]
pub(super) struct Facts<'a, S> {
    pub(super) address: &'a str,
    pub(super) load: &'a Load<'a>,
    pub(super) scenario: &'a S,
    /// When measuring began, in seconds since the Unix epoch.
    pub(super) began: f64,
}

impl<S: Subject> Facts<'_, S> {
    /// Everything that the run has to say.
    pub(super) fn sum_up(self, parts: Vec<Part>, watched: Watched) -> Run {
        let from = self.load.warm_up.as_nanos() as u64;
        let mut counts = Counts::default();
        let mut service = Outcomes::default();
        let mut corrected = Outcomes::default();
        let mut trouble = None;
        let mut shares = Vec::new();
        let mut last_reply = from;
        for part in parts {
            counts.add(&part.counts);
            last_reply = last_reply.max(part.last_reply);
            shares.push(Share {
                usage: part.usage,
                span: part.span(),
            });
            service.add(part.service);
            corrected.add(part.corrected.unwrap_or_default());
            if let Some(part) = part.trouble {
                keep_worse(&mut trouble, part);
            }
        }
        let seconds = self.seconds(last_reply - from, watched.was_stopped);
        let mut latency = latencies(S::KINDS, &service, Clock::ServiceTime);
        latency.extend(latencies(S::KINDS, &corrected, Clock::CorrectedLatency));
        let warnings = self.circumstances(counts, &latency).warnings();
        Run {
            seed: self.load.seed,
            started_unix_seconds: self.began,
            seconds,
            verdict: self.verdict(trouble, watched.was_stopped),
            counts: self.counts(&counts),
            throughput_per_second: if seconds > 0.0 {
                counts.answered as f64 / seconds
            } else {
                0.0
            },
            client: Client {
                cpu_seconds: shares
                    .iter()
                    .map(|share| share.usage.ran.as_secs_f64())
                    .sum(),
                threads: shares.len() as u32,
                bound: bound::judge(&shares, &counts),
            },
            server: watched
                .server
                .map(|server| self.with_memory(server, watched.rss_before)),
            latency,
            intervals: watched.timeline.into_intervals(seconds),
            warnings,
            prefix: None,
            sold: None,
            sale: None,
        }
    }

    /// Length of the measured span: to the last reply, but in an open loop
    /// never shorter than the schedule.
    fn seconds(&self, to_last_reply: u64, was_stopped: bool) -> f64 {
        let to_last_reply = Duration::from_nanos(to_last_reply);
        let scheduled = match self.load.duration {
            Some(duration) if self.load.is_open() && !was_stopped => duration,
            _ => Duration::ZERO,
        };
        to_last_reply.max(scheduled).as_secs_f64()
    }

    fn counts(&self, counts: &Counts) -> run::Counts {
        let on_time = counts.on_time as f64 / counts.sent.max(1) as f64;
        run::Counts {
            offered: counts.offered,
            sent: counts.sent,
            answered: counts.answered,
            failed: counts.failed,
            timed_out: counts.timed_out,
            dropped: counts.dropped,
            sent_on_time_share: self.load.is_open().then_some(on_time),
            lost_connections: counts.lost_connections,
        }
    }

    fn verdict(&self, trouble: Option<Trouble>, was_stopped: bool) -> Verdict {
        let wrong = match trouble {
            Some(Trouble::Wrong(reason)) => return Verdict::Wrong { reason },
            Some(Trouble::Lost(reason)) => Err(reason),
            None => Ok(()),
        };
        if let Some(reason) = self.scenario.unpaid() {
            return Verdict::Wrong { reason };
        }
        match wrong {
            Err(reason) => Verdict::Lost { reason },
            Ok(()) if was_stopped => Verdict::Partial {
                reason: "a signal stopped it, the result is partial".to_owned(),
            },
            Ok(()) => Verdict::Ok,
        }
    }

    fn with_memory(&self, mut server: ServerUse, before: Option<u64>) -> ServerUse {
        if let (Some(before), Some(after)) = (before, server.rss_bytes)
            && let Some(seats) = self.scenario.seats_taken()
            && seats >= FEWEST_SEATS
        {
            let growth = after.saturating_sub(before) as f64;
            server.bytes_per_million_seats = Some(growth * 1e6 / seats as f64);
        }
        server
    }

    fn circumstances<'l>(&self, counts: Counts, latency: &'l [Latency]) -> Circumstances<'l> {
        let pinned = &self.load.cpus;
        let client_cpus = if pinned.is_empty() {
            CpuList::own()
        } else {
            pinned.clone()
        };
        let first = client_cpus.iter().next().unwrap_or(0);
        let governor = format!("/sys/devices/system/cpu/cpu{first}/cpufreq/scaling_governor");
        Circumstances {
            is_debug: cfg!(debug_assertions),
            is_open: self.load.is_open(),
            server: self.server(),
            client_cpus,
            governor: fs::read_to_string(governor)
                .ok()
                .map(|text| text.trim().to_owned()),
            counts,
            latency,
            knobs: S::KNOBS,
        }
    }

    fn server(&self) -> Server {
        let describe = |process: &Process| Server::Here {
            cpus: process.cpus(),
            storage: process.storage(),
        };
        match &self.load.server {
            Some(process) => describe(process),
            None if is_local(self.address) => Server::Unnamed,
            None => Server::Remote,
        }
    }
}

fn is_local(address: &str) -> bool {
    let mut addresses = address.to_socket_addrs().into_iter().flatten();
    addresses.any(|address| address.ip().is_loopback())
}

fn latencies(kinds: &'static [Kind], outcomes: &Outcomes, clock: Clock) -> Vec<Latency> {
    let mut latencies = Vec::new();
    for ((verb, outcome), spread) in outcomes.iter(kinds) {
        latencies.extend(Distribution::of(spread).map(|distribution| Latency {
            verb: verb.to_owned(),
            outcome: outcome.to_owned(),
            clock,
            distribution,
        }));
    }
    latencies
}
