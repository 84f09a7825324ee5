//! Every metric of a shard.

use crate::inventory::{Outcome, Verb};
use crate::shard::{Counters, Histogram, HttpMethod, OperationKind, OperationOutcome};

/// A number of each shard under one name.
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// What tells it from others of the same name.
    pub(super) labels: Vec<(&'static str, &'static str)>,
    pub(super) value: Value,
}

/// What a metric shows.
pub(super) enum Value {
    /// Only grows.
    Counter(u64),
    /// Where something stands.
    Gauge(u64),
    /// How long things took, in seconds.
    Histogram(Histogram),
}

fn metric(name: &'static str, help: &'static str, value: Value) -> Metric {
    Metric {
        name,
        help,
        labels: Vec::new(),
        value,
    }
}

fn counter(name: &'static str, help: &'static str, value: u64) -> Metric {
    metric(name, help, Value::Counter(value))
}

fn gauge(name: &'static str, help: &'static str, value: u64) -> Metric {
    metric(name, help, Value::Gauge(value))
}

impl Metric {
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.labels.push((name, value));
        self
    }
}

const VERBS: [(Verb, &str); Verb::ALL.len()] = [
    (Verb::Reserve, "reserve"),
    (Verb::Buy, "buy"),
    (Verb::Query, "query"),
];

const OUTCOMES: [(Outcome, &str); Outcome::ALL.len()] = [
    (Outcome::Ok, "ok"),
    (Outcome::Fail, "fail"),
    (Outcome::Free, "free"),
    (Outcome::Reserved, "reserved"),
    (Outcome::Sold, "sold"),
];

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Every counter, under its name: those with one name follow each other. A new
/// counter has to be named here before this compiles.
pub(super) fn metrics(counters: &Counters) -> Vec<Metric> {
    let mut all = tables(counters);
    all.extend(numbers(counters));
    all.extend(sale(counters));
    all
}

/// Where the sale of events stands.
fn sale(counters: &Counters) -> Vec<Metric> {
    let tickets = "Tickets of events: seats and general admission";
    let checkouts = "Checkouts that have not ended";
    let payments = "Payments under way, and those that are to be paid back";
    let of = |state, value| gauge("event_tickets", tickets, value).with("state", state);
    vec![
        gauge("events", "Events", counters.events),
        of("free", counters.event_tickets_free),
        of("held", counters.event_tickets_held),
        of("sold", counters.event_tickets_sold),
        gauge("checkouts", checkouts, counters.checkouts_queued).with("state", "queued"),
        gauge("checkouts", checkouts, counters.checkouts_active).with("state", "active"),
        gauge("bookings", "Bookings", counters.bookings),
        gauge("payments", payments, counters.payments_open).with("state", "open"),
        gauge("payments", payments, counters.payments_owed).with("state", "owed"),
    ]
}

/// What is counted by several things at once.
fn tables(counters: &Counters) -> Vec<Metric> {
    let mut all = Vec::new();
    for (verb, verb_name) in VERBS {
        for (outcome, outcome_name) in OUTCOMES {
            let count = counters.seats.get(verb as usize, outcome as usize);
            let help = "Commands of the seat protocol applied, by verb and outcome";
            let metric = counter("commands", help, count);
            all.push(metric.with("verb", verb_name).with("outcome", outcome_name));
        }
    }
    for (kind, kind_name) in OperationKind::ALL {
        for (outcome, outcome_name) in OperationOutcome::ALL {
            let count = counters.operations.get(kind as usize, outcome as usize);
            let help = "Operations on members, tickets, ticket options and events decided";
            let metric = counter("operations", help, count);
            all.push(
                metric
                    .with("operation", kind_name)
                    .with("outcome", outcome_name),
            );
        }
    }
    for (method, method_name) in HttpMethod::ALL {
        for (class, class_name) in CLASSES.into_iter().enumerate() {
            let count = counters.http_requests.get(method as usize, class);
            let metric = counter("http_requests", "HTTP requests answered", count);
            all.push(
                metric
                    .with("method", method_name)
                    .with("status", class_name),
            );
        }
    }
    all
}

#[allow(clippy::too_many_lines, reason = "a list")]
fn numbers(counters: &Counters) -> Vec<Metric> {
    let Counters {
        // By verb and outcome in the tables.
        commands: _,
        seats: _,
        operations: _,
        http_requests: _,
        invalid_lines,
        commands_forwarded,
        operations_forwarded,
        operations_waiting,
        expiry_sweeps,
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
        journal_pending_bytes,
        ref journal_seconds,
        gate_held,
        journal_disk_low,
        http_connections_accepted,
        http_connections_open,
        ref http_seconds,
        http_rate_limited,
        http_replayed,
        options,
        purchases,
        members,
        tickets_free,
        tickets_held,
        tickets_purchased,
        idempotency_keys,
        ledger_entries,
        // Of events, in a list of their own.
        events: _,
        event_tickets_free: _,
        event_tickets_held: _,
        event_tickets_sold: _,
        checkouts_queued: _,
        checkouts_active: _,
        bookings: _,
        payments_open: _,
        payments_owed: _,
    } = *counters;
    let seconds =
        |name, help, histogram: &Histogram| metric(name, help, Value::Histogram(histogram.clone()));
    let closed = "Connections closed by the server";
    let open = "Connections open now";
    let accepted = "Connections accepted and kept";
    let bounds = "What was refused because of a bound";
    let seats = "Seats that are not free";
    let tickets = "Tickets";
    let lines_open = connections_open.saturating_sub(http_connections_open);
    let lines_accepted = connections_accepted.saturating_sub(http_connections_accepted);
    vec![
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
            "operations_forwarded",
            "Operations handed over to other shards",
            operations_forwarded,
        ),
        gauge(
            "operations_waiting",
            "Operations that wait to be decided or to leave",
            operations_waiting,
        ),
        counter(
            "expiry_sweeps",
            "Times that holds were ended because their time was over",
            expiry_sweeps,
        ),
        gauge("connections", open, lines_open).with("door", "line"),
        gauge("connections", open, http_connections_open).with("door", "http"),
        counter("connections_accepted", accepted, lines_accepted).with("door", "line"),
        counter("connections_accepted", accepted, http_connections_accepted).with("door", "http"),
        counter("connections_closed", closed, connections_closed_idle).with("reason", "idle"),
        counter("connections_closed", closed, connections_closed_slow).with("reason", "slow"),
        counter(
            "reads_paused",
            "Times a connection was not read until its replies left",
            reads_paused,
        ),
        counter("bounds_hit", bounds, connections_refused).with("bound", "max_connections"),
        counter("bounds_hit", bounds, seats_refused_full).with("bound", "max_seats"),
        counter("bounds_hit", bounds, seats_refused_disk).with("bound", "disk"),
        counter("bounds_hit", bounds, http_rate_limited).with("bound", "http_rate"),
        gauge("seats", seats, seats_reserved).with("state", "reserved"),
        gauge("seats", seats, seats_sold).with("state", "sold"),
        gauge("tickets", tickets, tickets_free).with("state", "free"),
        gauge("tickets", tickets, tickets_held).with("state", "held"),
        gauge("tickets", tickets, tickets_purchased).with("state", "purchased"),
        gauge("ticket_options", "Ticket options", options),
        gauge("purchases", "Purchases of ticket options", purchases),
        gauge("members", "Members", members),
        gauge(
            "idempotency_keys",
            "Idempotency keys that are remembered",
            idempotency_keys,
        ),
        gauge(
            "ledger_entries",
            "Ledger entries that can be listed",
            ledger_entries,
        ),
        counter(
            "http_replayed",
            "Requests answered with an earlier answer",
            http_replayed,
        ),
        seconds(
            "http_request_duration_seconds",
            "From requests' arrival until their answers may leave",
            http_seconds,
        ),
        counter(
            "journal_frames",
            "Frames of the journal on stable storage",
            journal_frames,
        ),
        counter(
            "journal_bytes",
            "Bytes of them, padding included",
            journal_bytes,
        ),
        gauge(
            "journal_pending_bytes",
            "Bytes of changes that wait for the disk",
            journal_pending_bytes,
        ),
        seconds(
            "journal_sync_duration_seconds",
            "To write a frame to stable storage",
            journal_seconds,
        ),
        gauge(
            "gate_held",
            "Batches and answers that wait for the disk",
            gate_held,
        ),
        gauge(
            "journal_disk_low",
            "Whether the disk is too full for another segment",
            journal_disk_low,
        ),
    ]
}
