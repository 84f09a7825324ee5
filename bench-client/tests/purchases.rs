//! The load on ticket options counts right, and finds wrong servers out.

mod support;

use serde_json::Value;
use support::{
    box_office::Lie,
    client::{self, Run},
    web::Web,
};

fn purchases(web: &Web, more: &[&str]) -> Run {
    let target = web.target();
    let mut arguments = vec!["purchases", "--target", &target, "--connections=8"];
    arguments.extend(more);
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), &arguments)
}

fn web(lie: Lie) -> Web {
    Web::start(lie).expect("a free port")
}

const OPS: &str = "--ops=3000";
const SELLS_OUT: [&str; 3] = [OPS, "--options=3", "--allocation=500"];

#[track_caller]
fn assert_found(lie: Lie, more: &[&str], says: &str) {
    for pipeline in ["--pipeline=1", "--pipeline=16"] {
        let run = purchases(&web(lie), &[more, &[pipeline]].concat());
        run.assert(1, says);
    }
}

#[test]
fn a_right_server_passes_and_sells_exactly_all() {
    for (pipeline, threads) in [("1", "1"), ("16", "1"), ("5", "3")] {
        let more = ["--pipeline", pipeline, "--threads", threads];
        let run = purchases(&web(Lie::None), &[&SELLS_OUT[..], &more].concat());
        run.assert(0, "check        passed: nothing was oversold or lost");
        assert_eq!(run.count("PURCHASE", "OK"), 1_500, "{run:#?}");
        assert_eq!(run.count("PURCHASE", "SOLD_OUT"), 1_500, "{run:#?}");
        run.assert(0, "1,500 of 1,500 acknowledged, 0 left");
        run.assert(0, "3 ticket options sold out");
    }
}

#[test]
fn quantities_may_differ_and_users_keys_and_options_are_drawn() {
    let more = [
        "--quantity=1..4",
        "--keys=zipf:1",
        "--idempotency-keys",
        "--users=7",
    ];
    let run = purchases(&web(Lie::None), &[&SELLS_OUT[..], &more].concat());
    run.assert(0, "quantity 1..4 with idempotency keys");
    run.assert(0, "passed");
}

#[test]
fn an_open_loop_tells_both_clocks_and_everything_is_kept_as_json() {
    let folder = tempfile::tempdir().expect("a directory");
    let json = folder.path().join("a.json");
    let path = json.to_str().expect("a plain name");
    let more = ["--rate=2k", "--duration=500ms", "--json", path];
    let run = purchases(&web(Lie::None), &more);
    run.assert(0, "corrected latency in");
    let text = std::fs::read_to_string(&json).expect("it was written");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(record["schema"], "ringside-bench/purchases");
    assert_eq!(record["setup"]["loop"], "open");
    assert_eq!(record["setup"]["purchases"]["options"], 1);
    assert_eq!(record["setup"]["seats"], Value::Null);
    let run = &record["runs"][0];
    assert_eq!(run["verdict"]["verdict"], "ok");
    assert_eq!(run["sold"]["acknowledged"], run["counts"]["answered"]);
}

#[test]
fn one_more_than_there_was_is_found() {
    assert_found(Lie::Oversells, &SELLS_OUT, "oversold: 501 of 500");
}

#[test]
fn a_purchase_that_does_not_count_is_found() {
    assert_found(Lie::LosesPurchase(700), &[OPS], "purchases were lost");
    // Nobody notices before all that is left is sold once more.
    assert_found(Lie::LosesPurchase(70), &SELLS_OUT, "oversold");
}

#[test]
fn a_purchase_that_cannot_be_read_back_is_found() {
    assert_found(Lie::ForgetsPurchases, &[OPS], "was read back as 404");
}

#[test]
fn a_refusal_without_reason_is_found() {
    // The next one that is granted gives it away, or what is left in the end.
    assert_found(Lie::RefusesTooEarly(700), &[OPS], "refused");
    assert_found(Lie::KeepsTheLast, &SELLS_OUT, "refused 1 although at");
}

#[test]
fn what_is_no_reply_is_found() {
    assert_found(Lie::Babbles(500), &[OPS], "got SURE");
}

#[test]
fn a_lost_connection_is_no_verdict_on_the_others() {
    let run = purchases(&web(Lie::HangsUp(500)), &[OPS]);
    run.assert(2, "connection lost: ");
    run.assert(2, "perhaps 1 more");
}

#[test]
fn a_server_that_is_not_there_or_makes_nothing_is_told() {
    let bench = env!("CARGO_BIN_EXE_ringside-bench");
    let run = client::run(bench, &["purchases", "--target", "http://127.0.0.1:1"]);
    run.assert(2, "nothing listens on 127.0.0.1:1");
    let run = client::run(bench, &["purchases", "--target", "https://here:1"]);
    run.assert(2, "only plain HTTP is spoken");
    let web = web(Lie::None);
    let target = format!("{}/", web.target());
    let run = client::run(
        bench,
        &["purchases", "--target", &target, "--token-file=/nowhere"],
    );
    run.assert(2, "cannot use the token of /nowhere");
}
