//! What the shards count, as Prometheus reads it (`OpenMetrics`).

mod list;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use self::list::{Metric, Value, metrics};
use crate::payment::{Count, Tally};
use crate::shard::{Counters, Histogram};

/// The media type.
pub(super) const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A page with every counter of every shard.
pub(super) fn render(shards: &[Counters], tally: &Tally, is_ready: bool) -> String {
    let mut registry = Registry::with_prefix("ringside");
    let shards = shards.to_vec();
    let payments = Count::ALL.map(|(count, name, outcome)| (name, outcome, tally.get(count)));
    registry.register_collector(Box::new(Readout {
        shards,
        payments,
        is_ready,
    }));
    let mut page = String::new();
    // A string takes everything.
    let written = text::encode(&mut page, &registry);
    debug_assert!(written.is_ok(), "{written:?}");
    page
}

#[derive(Debug)]
struct Readout {
    shards: Vec<Counters>,
    /// Name, outcome and count of what payments and webhooks have come to.
    payments: [(&'static str, &'static str, u64); Count::ALL.len()],
    is_ready: bool,
}

impl Collector for Readout {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        let kind = MetricType::Gauge;
        let mut family = encoder.encode_descriptor("build_info", "What is running", None, kind)?;
        ConstGauge::new(1_u64).encode(family.encode_family(&build)?)?;
        let help = "Whether new clients should be sent here";
        let ready = encoder.encode_descriptor("ready", help, None, kind)?;
        ConstGauge::new(u64::from(self.is_ready)).encode(ready)?;

        for family in self.payments.chunk_by(|one, next| one.0 == next.0) {
            let help = match family[0].0 {
                "payment_outcomes" => "What payments have come to",
                "webhooks_in" => "Webhooks of payment providers received",
                _ => "Webhooks sent",
            };
            let kind = MetricType::Counter;
            let mut counts = encoder.encode_descriptor(family[0].0, help, None, kind)?;
            for (_, outcome, count) in family {
                ConstCounter::new(*count)
                    .encode(counts.encode_family(&[("outcome", *outcome)])?)?;
            }
        }

        let shards: Vec<Vec<Metric>> = self.shards.iter().map(metrics).collect();
        let Some(first) = shards.first() else {
            return Ok(());
        };
        let mut index = 0;
        while let Some(metric) = first.get(index) {
            let name = metric.name;
            let end = first[index..].iter().position(|other| other.name != name);
            let end = end.map_or(first.len(), |length| index + length);
            let kind = metric.value.kind();
            let mut family = encoder.encode_descriptor(name, metric.help, None, kind)?;
            for (shard, metrics) in shards.iter().enumerate() {
                let shard = shard.to_string();
                for metric in &metrics[index..end] {
                    let mut labels = vec![("shard", shard.as_str())];
                    labels.extend(&metric.labels);
                    metric.value.encode(family.encode_family(&labels)?)?;
                }
            }
            index = end;
        }
        Ok(())
    }
}

impl Value {
    fn kind(&self) -> MetricType {
        match self {
            Self::Counter(_) => MetricType::Counter,
            Self::Gauge(_) => MetricType::Gauge,
            Self::Histogram(_) => MetricType::Histogram,
        }
    }

    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        match self {
            Self::Counter(value) => ConstCounter::new(*value).encode(encoder),
            Self::Gauge(value) => ConstGauge::new(*value).encode(encoder),
            Self::Histogram(histogram) => {
                let bounds = Histogram::bounds().chain([f64::INFINITY]);
                let buckets: Vec<_> = bounds.zip(histogram.counts()).collect();
                let (sum, count) = (histogram.sum(), histogram.count());
                encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use crate::inventory::{Outcome, Verb};
    use crate::shard::HttpMethod;

    use super::*;

    fn counters() -> Counters {
        let mut counters = Counters {
            seats_sold: 1002,
            journal_bytes: 1003,
            connections_closed_slow: 1004,
            event_tickets_held: 1005,
            payments_owed: 1006,
            ..Counters::default()
        };
        counters
            .seats
            .add(Verb::Buy as usize, Outcome::Fail as usize);
        counters.http_requests.add(HttpMethod::Post as usize, 3);
        counters.http_seconds.add(Duration::from_micros(40));
        counters
    }

    #[test]
    fn the_page_is_openmetrics() {
        let page = render(&[counters(), counters()], &Tally::default(), true);
        assert!(page.ends_with("# EOF\n"), "{page}");
        for line in [
            "# TYPE ringside_commands counter",
            "ringside_ready 1",
            "ringside_commands_total{shard=\"0\",verb=\"buy\",outcome=\"fail\"} 1",
            "ringside_seats{shard=\"0\",state=\"sold\"} 1002",
            "ringside_journal_bytes_total{shard=\"1\"} 1003",
            "ringside_connections_closed_total{shard=\"0\",reason=\"slow\"} 1004",
            "ringside_event_tickets{shard=\"0\",state=\"held\"} 1005",
            "ringside_payments{shard=\"1\",state=\"owed\"} 1006",
            "ringside_http_requests_total{shard=\"0\",method=\"POST\",status=\"4xx\"} 1",
            "ringside_http_request_duration_seconds_bucket{le=\"0.000025\",shard=\"0\"} 0",
            "ringside_http_request_duration_seconds_bucket{le=\"0.00005\",shard=\"0\"} 1",
            "ringside_http_request_duration_seconds_bucket{le=\"+Inf\",shard=\"1\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
        }
        assert!(page.contains("ringside_build_info{version="), "{page}");
    }

    #[test]
    fn names_are_of_the_kind_that_prometheus_asks_for() {
        let page = render(&[Counters::default()], &Tally::default(), false);
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
            .map(|metric| (metric.name, metric.labels.clone()))
            .collect();
        assert_eq!(told.len(), all.len(), "no two are the same");
    }

    #[test]
    fn the_reference_names_every_metric() {
        let reference = include_str!("../../../docs/http.md");
        for metric in metrics(&Counters::default()) {
            let total = if matches!(metric.value, Value::Counter(_)) {
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
