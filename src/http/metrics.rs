//! What the shards count, as Prometheus reads it (`OpenMetrics`).

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::shard::Counters;

/// The media type.
pub(super) const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A page with every counter of every shard.
pub(super) fn render(shards: &[Counters]) -> String {
    let mut registry = Registry::with_prefix("ringside");
    registry.register_collector(Box::new(Readout(shards.to_vec())));
    let mut page = String::new();
    // A string takes everything.
    let written = text::encode(&mut page, &registry);
    debug_assert!(written.is_ok(), "{written:?}");
    page
}

#[derive(Debug)]
struct Readout(Vec<Counters>);

/// A number of each shard under one name.
struct Metric {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    /// A label that tells it from others of the same name.
    label: Option<(&'static str, &'static str)>,
    value: u64,
}

fn counter(name: &'static str, help: &'static str, value: u64) -> Metric {
    let (kind, label) = (MetricType::Counter, None);
    Metric {
        name,
        help,
        kind,
        label,
        value,
    }
}

fn gauge(name: &'static str, help: &'static str, value: u64) -> Metric {
    let kind = MetricType::Gauge;
    Metric {
        kind,
        ..counter(name, help, value)
    }
}

impl Metric {
    fn with(self, name: &'static str, value: &'static str) -> Self {
        let label = Some((name, value));
        Self { label, ..self }
    }
}

/// Every counter, under its name: those with one name follow each other. A new
/// counter has to be named here before this compiles.
fn metrics(counters: &Counters) -> Vec<Metric> {
    let Counters {
        commands,
        invalid_lines,
        commands_forwarded,
        connections_accepted,
        connections_open,
        connections_refused,
        connections_closed_idle,
        connections_closed_slow,
        reads_paused,
        seats_reserved,
        seats_sold,
        seats_refused_full,
        seats_refused_disk,
        journal_frames,
        journal_bytes,
        journal_disk_low,
    } = *counters;
    let closed = "Connections closed by the server";
    let refused = "Reservations refused by a bound";
    let seats = "Seats that are not free";
    vec![
        counter(
            "commands",
            "Commands of the seat protocol applied",
            commands,
        ),
        counter(
            "invalid_lines",
            "Lines that were no valid messages",
            invalid_lines,
        ),
        counter(
            "commands_forwarded",
            "Commands handed over to other shards",
            commands_forwarded,
        ),
        counter(
            "connections_accepted",
            "Connections accepted and kept",
            connections_accepted,
        ),
        gauge("connections_open", "Connections open now", connections_open),
        counter("connections_closed", closed, connections_refused).with("reason", "full"),
        counter("connections_closed", closed, connections_closed_idle).with("reason", "idle"),
        counter("connections_closed", closed, connections_closed_slow).with("reason", "slow"),
        counter(
            "reads_paused",
            "Times a connection was not read until its replies left",
            reads_paused,
        ),
        gauge("seats", seats, seats_reserved).with("state", "reserved"),
        gauge("seats", seats, seats_sold).with("state", "sold"),
        counter("seats_refused", refused, seats_refused_full).with("bound", "max_seats"),
        counter("seats_refused", refused, seats_refused_disk).with("bound", "disk"),
        counter(
            "journal_frames",
            "Frames of the journal on stable storage",
            journal_frames,
        ),
        counter(
            "journal_written_bytes",
            "Bytes of them, padding included",
            journal_bytes,
        ),
        gauge(
            "journal_disk_low",
            "Whether the disk is too full for another segment",
            journal_disk_low,
        ),
    ]
}

impl Collector for Readout {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        let kind = MetricType::Gauge;
        let mut family = encoder.encode_descriptor("build_info", "What is running", None, kind)?;
        ConstGauge::new(1_u64).encode(family.encode_family(&build)?)?;

        let shards: Vec<Vec<Metric>> = self.0.iter().map(metrics).collect();
        let Some(first) = shards.first() else {
            return Ok(());
        };
        let mut index = 0;
        while let Some(metric) = first.get(index) {
            let name = metric.name;
            let end = first[index..].iter().position(|other| other.name != name);
            let end = end.map_or(first.len(), |length| index + length);
            let mut family = encoder.encode_descriptor(name, metric.help, None, metric.kind)?;
            for (shard, metrics) in shards.iter().enumerate() {
                for metric in &metrics[index..end] {
                    let mut labels = vec![("shard", shard.to_string())];
                    labels.extend(metric.label.map(|(name, value)| (name, value.to_owned())));
                    let encoder = family.encode_family(&labels)?;
                    match metric.kind {
                        MetricType::Counter => ConstCounter::new(metric.value).encode(encoder)?,
                        _ => ConstGauge::new(metric.value).encode(encoder)?,
                    }
                }
            }
            index = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Each counter with a value of its own, by the counters' own printing.
    fn counters() -> (Counters, Vec<u64>) {
        let zero = Counters::default();
        let names = metrics(&zero).len();
        let mut counters = zero;
        counters.commands = 1001;
        counters.seats_sold = 1002;
        counters.journal_bytes = 1003;
        counters.connections_closed_slow = 1004;
        (counters, (0..names as u64).collect())
    }

    #[test]
    fn the_page_is_openmetrics() {
        let (counters, _) = counters();
        let page = render(&[counters.clone(), counters]);
        assert!(page.ends_with("# EOF\n"), "{page}");
        for line in [
            "# TYPE ringside_commands counter",
            "ringside_commands_total{shard=\"0\"} 1001",
            "ringside_commands_total{shard=\"1\"} 1001",
            "ringside_seats{shard=\"0\",state=\"sold\"} 1002",
            "ringside_journal_written_bytes_total{shard=\"1\"} 1003",
            "ringside_connections_closed_total{shard=\"0\",reason=\"slow\"} 1004",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
        }
        assert!(page.contains("ringside_build_info{version="), "{page}");
    }

    #[test]
    fn names_are_of_the_kind_that_prometheus_asks_for() {
        let page = render(&[Counters::default()]);
        let mut seen = HashSet::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let name = rest.split(' ').next().unwrap();
                assert!(name.starts_with("ringside_"), "{line}");
                assert!(seen.insert(name.to_owned()), "{name} has two families");
            }
        }
        let all = metrics(&Counters::default());
        let told: HashSet<_> = all
            .iter()
            .map(|metric| (metric.name, metric.label))
            .collect();
        assert_eq!(told.len(), all.len(), "no two are the same");
    }

    #[test]
    fn every_counter_is_shown() {
        // `Counters` prints as `Counters { name: 0, … }`.
        let fields = format!("{:?}", Counters::default()).matches(": ").count();
        assert_eq!(metrics(&Counters::default()).len(), fields);
    }

    #[test]
    fn the_reference_names_every_metric() {
        let reference = include_str!("../../docs/http.md");
        for metric in metrics(&Counters::default()) {
            let total = if metric.kind.as_str() == "counter" {
                "_total"
            } else {
                ""
            };
            let name = format!("`ringside_{}{total}`", metric.name);
            assert!(
                reference.contains(&name),
                "docs/http.md does not name {name}"
            );
        }
    }
}
