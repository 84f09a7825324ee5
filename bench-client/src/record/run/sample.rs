//! Records for tests.

use std::time::Duration;

use super::*;
use crate::record::Spread;

/// A closed loop's record: one run per scale, of a thousand queries whose
/// latencies lie around so many microseconds.
pub(crate) fn record(scales: &[f64]) -> RunRecord {
    let mut record = RunRecord::new(setup(), environment());
    for (number, &scale) in scales.iter().enumerate() {
        record
            .runs
            .push(run(number as u64, scale, &[Clock::ServiceTime]));
    }
    record
}

/// An open loop's record of one run.
pub(crate) fn open_record() -> RunRecord {
    let mut record = record(&[]);
    record.setup.load = LoopKind::Open {
        rate: 1_000.0,
        arrivals: "poisson".into(),
    };
    let mut run = run(0, 100.0, &[Clock::ServiceTime, Clock::CorrectedLatency]);
    run.counts.sent_on_time_share = Some(0.998);
    run.warnings.push(Warning {
        code: "late-sends".into(),
        cause: "0.2 % of <sends> were late".into(),
        cure: "give the client a core of its own".into(),
    });
    record.runs.push(run);
    record
}

/// A record of purchases, of one run.
pub(crate) fn purchases_record() -> RunRecord {
    let setup = Setup {
        keys: Some("uniform".into()),
        mix: None,
        seats: None,
        purchases: Some(PurchaseSetup {
            options: 1,
            allocation: 100_000_000,
            quantity: "1".into(),
            idempotency_keys: false,
        }),
        ..setup()
    };
    let mut record = RunRecord::new(setup, environment());
    let mut run = run(0, 100.0, &[Clock::ServiceTime]);
    run.prefix = None;
    run.sold = Some(Sold {
        allocation: 100_000_000,
        acknowledged: 1_000,
        available: 99_999_000,
        ..Sold::default()
    });
    record.runs.push(run);
    record
}

/// A record of a sale, of one run.
pub(crate) fn sale_record() -> RunRecord {
    let mut record = open_record();
    record.schema = ONSALE_SCHEMA.into();
    record.setup.load = LoopKind::Open {
        rate: 1_000.0,
        arrivals: "spike:20".into(),
    };
    record.setup.sale = Some(SaleSetup {
        events: 1,
        event_seats: Some(5_000),
        crowd: Some(CrowdSetup {
            buyers: 10_000,
            party: "1..4".into(),
            choice: "popular".into(),
            admit_per_second: 500.0,
            max_active: 200,
            order: "shuffle".into(),
            opens_in_seconds: 2.0,
            session_seconds: 600,
            abandon_share: 0.05,
            vanish_share: 0.0,
            declined_share: 0.05,
            think_seconds: 0.0,
            poll_seconds: 5.0,
            onlookers_per_second: 100.0,
        }),
        watchers: 0,
        looks: 0,
    });
    let waits = Waits {
        p50_seconds: 1.0,
        p90_seconds: 2.0,
        p99_seconds: 3.0,
        max_seconds: 4.0,
    };
    let fate = |fate: &str, buyers| Fate {
        fate: fate.into(),
        buyers,
    };
    record.runs[0].sale = Some(Sale {
        capacity: 5_000,
        sold_acknowledged: 4_998,
        sold_unknown: 2,
        sold: 5_000,
        bookings: 2_000,
        bookings_per_second: 500.0,
        tickets_per_second: 1_250.0,
        busiest_second_tickets: 2_000,
        cpu_us_per_booking: Some(40.0),
        sold_out_seconds: Some(4.0),
        fates: vec![fate("booked", 2_000), fate("sold_out", 8_000)],
        to_admission: Some(waits),
        to_booking: Some(waits),
        fairness: Some(Fairness {
            in_line: 9_000,
            tau: Some(0.999),
            shuffled: 1_000,
            shuffled_tau: Some(0.01),
            shuffled_z: Some(0.5),
            ..Fairness::default()
        }),
        ..Sale::default()
    });
    record
}

/// Latencies around so many microseconds, from 0.5 to 1.5 times.
pub(crate) fn distribution(micros: f64) -> Distribution {
    let mut spread = Spread::new();
    for step in 0..1_000 {
        let micros = micros * (0.5 + f64::from(step) / 1_000.0);
        spread.record(Duration::from_secs_f64(micros / 1e6));
    }
    Distribution::of(&spread).unwrap()
}

fn run(number: u64, scale: f64, clocks: &[Clock]) -> Run {
    let corrected = clocks.contains(&Clock::CorrectedLatency);
    let seconds = 2.0;
    let interval = |second: u32| Interval {
        start_seconds: f64::from(second),
        seconds: 1.0,
        sent: 500,
        answered: 500,
        errors: 0,
        service_time: Some(distribution(scale)),
        corrected_latency: corrected.then(|| distribution(scale * 2.0)),
    };
    let latency = |clock: &Clock| Latency {
        verb: "QUERY".into(),
        outcome: "FREE".into(),
        clock: *clock,
        distribution: match clock {
            Clock::ServiceTime => distribution(scale),
            Clock::CorrectedLatency => distribution(scale * 2.0),
        },
    };
    Run {
        seed: 42 + number,
        prefix: Some(format!("L{number}")),
        sold: None,
        sale: None,
        started_unix_seconds: 1_750_000_000.0,
        seconds,
        verdict: Verdict::Ok,
        counts: Counts {
            offered: 1_000,
            sent: 1_000,
            answered: 1_000,
            ..Counts::default()
        },
        throughput_per_second: 1e5 / scale,
        client: Client {
            cpu_seconds: 0.5,
            threads: 1,
            bound: ClientBound {
                verdict: Bound::No,
                reason: "its thread slept 75 % of the time".into(),
            },
        },
        server: Some(ServerUse {
            pid: 7,
            cpu_seconds: Some(0.01),
            cpu_us_per_command: Some(10.0),
            rss_bytes: Some(20 << 20),
            bytes_per_million_seats: Some(5e7),
        }),
        latency: clocks.iter().map(latency).collect(),
        intervals: (0..2).map(interval).collect(),
        warnings: Vec::new(),
    }
}

fn setup() -> Setup {
    Setup {
        address: "127.0.0.1:8099".into(),
        protocol: "ringside".into(),
        load: LoopKind::Closed,
        connections: 64,
        pipeline: 16,
        threads: 1,
        pinned_cpus: vec![1],
        keys: Some("uniform".into()),
        mix: Some("1:1:2".into()),
        seats: Some(100_000),
        purchases: None,
        sale: None,
        warm_up_seconds: 1.0,
        duration_seconds: Some(2.0),
        ops: None,
        seed: 42,
        prefix: None,
        timeout_seconds: 30.0,
        flags: vec!["seats".into(), "--pipeline=16".into()],
    }
}

fn environment() -> Environment {
    Environment {
        time: "2026-11-21T15:00:00Z".into(),
        kernel: Some("Linux 6.18".into()),
        cpu_model: Some("Some <CPU> & more".into()),
        cores: 2,
        governor: None,
        memory_bytes: Some(24 << 30),
        client_version: "0.1.0".into(),
        build_profile: "release".into(),
        commit: None,
        rustc: None,
        server_command: None,
    }
}
