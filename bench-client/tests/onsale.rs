//! Ringside sells out to a crowd, and checks out in a closed loop, on one shard
//! and on several: exactly what there is, each seat once, in a fair line.

mod support;

use ringside::{Config, Server};
use serde_json::Value;
use support::{
    client::{self, Run},
    seat_sale::{Fraud, SeatSale},
    web::Web,
};

/// 200 seats.
const HALL: [&str; 3] = ["--sections=2", "--rows=5", "--row-seats=20"];

fn server(shards: u16) -> (Server, String) {
    let server = Server::start(&Config {
        seat_port: 0,
        source_port: 0,
        listener_port: 0,
        http_port: 0,
        shards,
        no_pin: true,
        max_connections: 512,
        ..Config::default()
    })
    .expect("the server starts");
    let target = format!("http://{}", server.http_addresses()[0]);
    (server, target)
}

fn bench(target: &str, words: &[&str]) -> Run {
    let (command, more) = words.split_first().expect("a command");
    let arguments = [&[*command, "--target", target], &HALL[..], more].concat();
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), &arguments)
}

/// The first run of what was written as JSON.
fn record(run: &Run) -> Value {
    let mut record: Value = serde_json::from_str(&run.stdout).expect("JSON");
    record["runs"][0].take()
}

#[test]
fn a_crowd_buys_exactly_all_seats() {
    for shards in [1, 3] {
        let (_server, target) = server(shards);
        let crowd = [
            "onsale",
            "--buyers=400",
            "--over=200ms",
            "--connections=32",
            "--tries=50",
        ];
        let run = bench(&target, &crowd);
        run.assert(0, "by the server's map 200 sold, 0 held, 0 free");
        run.assert(0, "passed: every seat was sold once at most");
        run.assert(0, "after the opening");
        assert!(
            run.count("HOLD", "TAKEN") > 0,
            "they want the same: {run:#?}"
        );
        // All that is left to another crowd is to see it.
        let run = bench(
            &target,
            &["onsale", "--buyers=20", "--over=10ms", "--event=none"],
        );
        run.assert(2, "the server knows no such event: 4");
    }
}

#[test]
fn a_line_is_fair_and_a_shuffle_is_one() {
    let room = [
        "onsale",
        "--buyers=300",
        "--over=400ms",
        "--opens-in=200ms",
        "--admit-per-second=1000",
        "--max-active=50",
        "--poll=50ms",
        "--party=1",
        "--tries=50",
        "--onlookers=500",
        "--json=-",
    ];
    for order in ["fifo", "shuffle"] {
        let (_server, target) = server(2);
        let run = bench(&target, &[&room[..], &["--order", order]].concat());
        run.assert(0, "passed: every seat");
        let sale = &record(&run)["sale"];
        assert_eq!((&sale["sold"], &sale["held"]), (&200.into(), &0.into()));
        let fairness = &sale["fairness"];
        assert_eq!(fairness["overtaken"], 0, "{fairness}");
        assert_eq!(fairness["shuffled_overtaken"], 0, "{fairness}");
        let is_shuffled = fairness["shuffled"].as_u64() > Some(0);
        assert_eq!(is_shuffled, order == "shuffle", "{fairness}");
        if order == "fifo" {
            assert!(fairness["tau"].as_f64() > Some(0.9), "{fairness}");
        }
    }
}

#[test]
fn what_vanished_buyers_held_is_sold_to_others() {
    let (_server, target) = server(1);
    let crowd = [
        "onsale",
        "--buyers=260",
        "--over=200ms",
        "--party=1",
        "--vanish=20",
        "--abandon=10",
        "--session=1s",
        "--choice=best",
    ];
    let run = bench(&target, &crowd);
    run.assert(0, "by the server's map ");
    run.assert(0, "vanished");
    run.assert(0, "passed: every seat was sold once at most");
}

#[test]
fn checkouts_never_meet_and_maps_may_be_watched() {
    let (_server, target) = server(2);
    let flow = [
        "checkouts",
        "--duration=300ms",
        "--events=4",
        "--connections=8",
        "--watchers=2",
        "--looks=1",
        "--json=-",
    ];
    for more in [&[][..], &["--conditional"]] {
        let run = bench(&target, &[&flow[..], more].concat());
        run.assert(0, "passed: every seat was sold once at most");
        let run = record(&run);
        let sale = &run["sale"];
        assert!(sale["bookings"].as_u64() > Some(0), "{sale}");
        assert_eq!(sale["sold"], sale["sold_acknowledged"], "{sale}");
        let latency = run["latency"].as_array().expect("a list");
        let outcomes: Vec<&str> = latency
            .iter()
            .filter_map(|row| row["outcome"].as_str())
            .collect();
        assert!(outcomes.contains(&"MAP"), "{outcomes:?}");
        assert_eq!(latency[0]["verb"], "ENTER");
    }
}

#[test]
fn every_fraud_is_found() {
    let crowd = [
        "onsale",
        "--buyers=120",
        "--over=200ms",
        "--arrivals=constant",
        "--connections=8",
        "--poll=5ms",
        "--tries=2",
        "--party=2",
        "--abandon=0",
        "--declined=0",
        "--sections=1",
        "--limit=10s",
    ];
    for (fraud, code, says) in [
        (Fraud::None, 0, "passed: every seat was sold once at most"),
        // Twice, or held after it was sold to another: as it happens.
        (Fraud::SellsTwice, 1, "was sold t"),
        (Fraud::ForgetsSale, 1, "and is . in the map"),
        (Fraud::SellsToNobody, 1, "seats are sold by the map"),
        (Fraud::Overcharges, 1, "costs something else"),
        (Fraud::ForgetsBookings, 1, "was read back as 404"),
        (
            Fraud::RepeatsReferences,
            1,
            "two bookings have the reference REF0",
        ),
        (Fraud::LetsJumpTheLine, 1, "were overtaken by some who came"),
        (Fraud::BlamesOthers, 1, "HOLD of buyer"),
    ] {
        let web = Web::serve(SeatSale::new(fraud)).expect("a free port");
        let run = bench(&web.target(), &crowd);
        let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(run.code, Some(code), "{fraud:?}: {run:#?}");
        assert!(said.contains(says), "{fraud:?}: {run:#?}");
    }
}
