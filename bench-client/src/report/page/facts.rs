//! The page's tables of facts: the runs, and where they were measured.

use indicatif::{BinaryBytes, HumanCount};
use maud::{Markup, html};

use crate::record::run::{Bound, Environment, Run, RunRecord};

/// Counts and rates of each run.
pub(super) fn runs(record: &RunRecord) -> Markup {
    html! {
        section {
            h2 { @if record.runs.len() == 1 { "Counts" } @else { "Runs" } }
            div.scroll {
                table {
                    thead {
                        tr {
                            @for name in ["run", "offered", "sent", "answered", "failed",
                                "timed out", "dropped", "on time", "seconds", "replies/s",
                                "client CPU"] {
                                th.number { (name) }
                            }
                            th { "client-bound" }
                        }
                    }
                    tbody {
                        @for (number, run) in record.runs.iter().enumerate() {
                            (run_row(number + 1, run))
                        }
                    }
                }
            }
            @for run in &record.runs {
                @if run.client.bound.verdict != Bound::No {
                    p.note { "Run with seed " (run.seed) ": " (run.client.bound.reason) }
                }
            }
        }
    }
}

fn run_row(number: usize, run: &Run) -> Markup {
    let counts = &run.counts;
    let bound = match run.client.bound.verdict {
        Bound::Yes => "yes",
        Bound::No => "no",
        Bound::Unknown => "not known",
    };
    let on_time = counts.sent_on_time_share;
    html! {
        tr {
            td.number { (number) }
            @for count in [counts.offered, counts.sent, counts.answered, counts.failed,
                counts.timed_out, counts.dropped] {
                td.number { (HumanCount(count)) }
            }
            td.number {
                @match on_time {
                    Some(share) => (format!("{:.2} %", 100.0 * share)),
                    None => "–",
                }
            }
            td.number { (format!("{:.3}", run.seconds)) }
            td.number { (HumanCount(run.throughput_per_second as u64)) }
            td.number { (format!("{:.3} s", run.client.cpu_seconds)) }
            td { (bound) }
        }
    }
}

/// Where and by what it was measured.
pub(super) fn environment(record: &RunRecord) -> Markup {
    let Environment {
        time,
        kernel,
        cpu_model,
        cores,
        governor,
        memory_bytes,
        client_version,
        build_profile,
        commit,
        rustc,
        server_command,
    } = record.environment.clone();
    let cores = cores.to_string();
    let memory = memory_bytes.map(|bytes| BinaryBytes(bytes).to_string());
    let client = format!("ringside-bench {client_version}, {build_profile} build");
    let facts = [
        ("time", Some(time)),
        ("kernel", kernel),
        ("processor", cpu_model),
        ("cores", Some(cores)),
        ("governor", governor),
        ("memory", memory),
        ("client", Some(client)),
        ("commit", commit),
        ("compiler", rustc),
        ("server", server_command),
        ("flags", Some(record.setup.flags.join(" "))),
    ];
    html! {
        section {
            h2 { "Measured on" }
            dl.facts {
                @for (name, value) in facts {
                    @if let Some(value) = value { dt { (name) } dd { (value) } }
                }
            }
        }
    }
}
