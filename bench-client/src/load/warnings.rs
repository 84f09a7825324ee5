//! What makes the figures of a run worth less than they look: each with its
//! cause and a cure.

use std::collections::{BTreeMap, BTreeSet};

use super::{bound::LATE, part::Counts, scenario::Knobs};
use crate::{
    cpus::CpuList,
    process::Storage,
    record::run::{Latency, QUANTILES, Warning, samples_needed},
};

/// What is known about the server.
#[derive(Clone, Debug)]
pub(super) enum Server {
    /// It runs elsewhere.
    Remote,
    /// It runs on this machine, but its process was not named.
    Unnamed,
    /// It runs here.
    Here { cpus: CpuList, storage: Storage },
}

/// What warnings are made of.
#[derive(Debug)]
pub(super) struct Circumstances<'a> {
    pub(super) is_debug: bool,
    pub(super) is_open: bool,
    pub(super) server: Server,
    /// The cores that the client's threads may run on.
    pub(super) client_cpus: CpuList,
    pub(super) governor: Option<String>,
    pub(super) counts: Counts,
    pub(super) latency: &'a [Latency],
    pub(super) knobs: Knobs,
}

impl Circumstances<'_> {
    /// All warnings, the gravest first.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let all = [
            self.debug_build(),
            self.timeouts(),
            self.dropped(),
            self.late_sends(),
            self.server_unnamed(),
            self.shared_cores(),
            self.in_memory(),
            self.governor(),
            self.few_samples(),
        ];
        all.into_iter().flatten().collect()
    }

    fn debug_build(&self) -> Option<Warning> {
        warn(
            self.is_debug,
            "debug-build",
            || "the client is a debug build, many times slower".to_owned(),
            "build it with `cargo build --release`",
        )
    }

    fn timeouts(&self) -> Option<Warning> {
        let Counts {
            timed_out, failed, ..
        } = self.counts;
        warn(
            timed_out + failed > 0,
            "no-reply",
            || format!("{timed_out} requests timed out and {failed} failed; no latency holds them"),
            &format!(
                "see the server's log; lower {}, or give more time with --timeout",
                self.knobs.less
            ),
        )
    }

    fn dropped(&self) -> Option<Warning> {
        let Counts {
            dropped, offered, ..
        } = self.counts;
        warn(
            dropped > 0,
            "dropped",
            || {
                format!(
                    "{dropped} of {offered} requests were never sent, for want of a connection \
                     with room; no latency holds them"
                )
            },
            &format!(
                "the server does not hold this rate: lower {}, or raise {}",
                self.knobs.less, self.knobs.room
            ),
        )
    }

    fn late_sends(&self) -> Option<Warning> {
        let Counts {
            sent,
            on_time,
            overslept,
            ..
        } = self.counts;
        let late = sent - on_time;
        let Knobs { less, room, .. } = self.knobs;
        let cure = if overslept * 2 > late {
            format!(
                "the client is too slow: give it more --threads, cores of its own (--pin), or \
                 lower {less}"
            )
        } else {
            format!("all connections were busy: raise {room}, or lower {less}")
        };
        warn(
            self.is_open && late as f64 > LATE * sent as f64,
            "late-sends",
            || {
                format!(
                    "{:.1} % of the requests left over 1 ms after their time, {overslept} of them \
                     because the client was late itself",
                    100.0 * late as f64 / sent as f64
                )
            },
            &cure,
        )
    }

    fn server_unnamed(&self) -> Option<Warning> {
        warn(
            matches!(self.server, Server::Unnamed),
            "server-unknown",
            || {
                "nothing is known about the server's process on this machine: its CPU time, \
                 whether it shares cores with the client, whether what it grants outlives it"
                    .to_owned()
            },
            "give --server-pid, such as --server-pid $(pidof ringside)",
        )
    }

    fn shared_cores(&self) -> Option<Warning> {
        let Server::Here { cpus, .. } = &self.server else {
            return None;
        };
        let shared = cpus.shared_with(&self.client_cpus);
        warn(
            !shared.is_empty(),
            "shared-cores",
            || format!("server and client may run on the same cores ({shared})"),
            "pin the server (`ringside --shards 1 --cpus 0`) and the client (--pin 1), or use \
             two machines",
        )
    }

    fn in_memory(&self) -> Option<Warning> {
        let Server::Here { storage, .. } = &self.server else {
            return None;
        };
        let (code, cause) = match storage {
            Storage::File(_) => return None,
            Storage::Memory => (
                "in-memory",
                "the server writes to no file: what it grants is gone when it ends",
            ),
            Storage::Unknown => (
                "durability-unknown",
                "this user may not see whether the server writes to files",
            ),
        };
        let cure = "do not compare with a durable server, or make both durable (--data-dir)";
        warn(true, code, || cause.to_owned(), cure)
    }

    fn governor(&self) -> Option<Warning> {
        let governor = self.governor.as_deref().unwrap_or_default();
        warn(
            governor == "powersave",
            "powersave",
            || {
                "the frequency governor is powersave: cores run slower the less they have to do"
                    .to_owned()
            },
            "`cpupower frequency-set -g performance` for the time of the run",
        )
    }

    fn few_samples(&self) -> Option<Warning> {
        let mut few: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for latency in self.latency {
            let count = latency.distribution.count;
            let mut quantiles = QUANTILES.iter();
            let first = quantiles.position(|quantile| count < samples_needed(quantile.percent));
            if let Some(first) = first {
                let (verb, outcome) = (&latency.verb, &latency.outcome);
                few.entry(first)
                    .or_default()
                    .insert(format!("{verb} {outcome}"));
            }
        }
        let few = few.into_iter().map(|(first, latencies)| {
            let latencies: Vec<String> = latencies.into_iter().collect();
            format!(
                "{} and above of {}",
                QUANTILES[first].name,
                latencies.join(", ")
            )
        });
        let few: Vec<String> = few.collect();
        warn(
            !few.is_empty(),
            "few-samples",
            || {
                format!(
                    "fewer than 10/(1-q) samples stand behind {}",
                    few.join("; ")
                )
            },
            &format!(
                "measure {}; until then read these as single events",
                self.knobs.longer
            ),
        )
    }
}

fn warn(applies: bool, code: &str, cause: impl FnOnce() -> String, cure: &str) -> Option<Warning> {
    applies.then(|| Warning {
        code: code.to_owned(),
        cause: cause(),
        cure: cure.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        Spread,
        run::{Clock, Distribution},
    };

    fn good() -> Circumstances<'static> {
        Circumstances {
            is_debug: false,
            is_open: true,
            server: Server::Here {
                cpus: "0".parse().unwrap(),
                storage: Storage::File("/data/journal".into()),
            },
            client_cpus: "1".parse().unwrap(),
            governor: Some("performance".to_owned()),
            counts: Counts {
                offered: 1_000,
                sent: 1_000,
                on_time: 990,
                answered: 1_000,
                ..Counts::default()
            },
            latency: &[],
            knobs: Knobs::OF_A_RATE,
        }
    }

    fn codes(circumstances: &Circumstances) -> Vec<String> {
        let warnings = circumstances.warnings();
        warnings.into_iter().map(|warning| warning.code).collect()
    }

    #[test]
    fn nothing_is_warned_of_where_nothing_is_wrong() {
        assert_eq!(codes(&good()), [""; 0]);
    }

    #[test]
    fn each_fault_has_its_warning() {
        let here = |cpus: &str, storage| Server::Here {
            cpus: cpus.parse().unwrap(),
            storage,
        };
        let with = |change: &dyn Fn(&mut Circumstances)| {
            let mut circumstances = good();
            change(&mut circumstances);
            codes(&circumstances)
        };
        let file = || Storage::File("/x".into());
        assert_eq!(with(&|c| c.is_debug = true), ["debug-build"]);
        assert_eq!(with(&|c| c.counts.timed_out = 1), ["no-reply"]);
        assert_eq!(with(&|c| c.counts.dropped = 1), ["dropped"]);
        assert_eq!(with(&|c| c.counts.on_time = 989), ["late-sends"]);
        assert_eq!(with(&|c| c.server = Server::Unnamed), ["server-unknown"]);
        assert_eq!(with(&|c| c.server = here("0-3", file())), ["shared-cores"]);
        assert_eq!(
            with(&|c| c.server = here("0", Storage::Memory)),
            ["in-memory"]
        );
        assert_eq!(
            with(&|c| c.governor = Some("powersave".into())),
            ["powersave"]
        );
        assert!(with(&|c| c.server = Server::Remote).is_empty());
    }

    #[test]
    fn the_cure_for_late_sends_depends_on_who_was_late() {
        let cure = |overslept| {
            let mut circumstances = good();
            circumstances.counts.on_time = 500;
            circumstances.counts.overslept = overslept;
            circumstances.warnings().remove(0).cure
        };
        assert!(cure(400).contains("--threads"));
        assert!(cure(10).contains("--connections"));
    }

    #[test]
    fn quantiles_without_samples_behind_them_are_named() {
        let mut spread = Spread::new();
        for nanos in 0..150 {
            spread.record_nanos(nanos * 1_000);
        }
        let latency = [Latency {
            verb: "BUY".to_owned(),
            outcome: "OK".to_owned(),
            clock: Clock::ServiceTime,
            distribution: Distribution::of(&spread).unwrap(),
        }];
        let circumstances = Circumstances {
            latency: &latency,
            ..good()
        };
        let warning = circumstances.warnings().remove(0);
        assert_eq!(warning.code, "few-samples");
        assert!(
            warning.cause.contains("p99 and above of BUY OK"),
            "{warning:?}"
        );
    }
}
