//! The load counts right, and finds wrong servers out.

mod support;

use support::{
    client::{self, Run},
    seats::Fault,
    server::Server,
};

/// Few seats and many requests, so that each seat goes through all its states.
fn seats(address: &str, more: &[&str]) -> Run {
    let mut arguments = vec!["seats", address, "--seats=200", "--connections=8"];
    arguments.extend(more);
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), &arguments)
}

const OPS: &str = "--ops=20001";
const VERBS: [&str; 3] = ["RESERVE", "BUY", "QUERY"];

#[track_caller]
fn assert_found(fault: Fault, says: &str) {
    for pipeline in ["--pipeline=1", "--pipeline=16"] {
        let server = Server::start(0, fault).expect("a free port");
        let run = seats(&server.address(), &[OPS, pipeline, "--timeout=5s"]);
        run.assert(1, says);
    }
}

#[test]
fn a_right_server_passes_and_every_request_is_counted() {
    for (pipeline, threads) in [("1", "1"), ("16", "1"), ("5", "3")] {
        let server = Server::start(0, Fault::None).expect("a free port");
        let more = ["--pipeline", pipeline, "--threads", threads, OPS];
        let run = seats(&server.address(), &more);
        run.assert(0, "check        passed");
        let first = run.stdout.lines().next().unwrap_or_default();
        let expected =
            format!("closed loop, 8 connections x {pipeline} pipeline, {threads} thread");
        assert!(first.starts_with(&expected), "{first}");
        let all: u64 = VERBS.iter().map(|verb| run.replies(verb)).sum();
        assert_eq!(all, 20_001, "{run:#?}");
        for name in ["offered", "sent", "answered"] {
            assert_eq!(run.requests(name), 20_001, "{run:#?}");
        }
        // All 200 seats are drawn often enough to be taken once each.
        let taken = [run.count("RESERVE", "OK"), run.count("BUY", "OK")];
        assert_eq!(taken, [200, 200], "{run:#?}");
    }
}

#[test]
fn one_seed_sends_the_same_requests() {
    let server = Server::start(0, Fault::None).expect("a free port");
    let run = seats(&server.address(), &[OPS, "--mix=0:0:1"]);
    run.assert(0, "passed");
    assert_eq!(run.count("QUERY", "FREE"), 20_001);
    // One server, the same seed again: the seats must be new ones.
    let grants = |seed: &str| {
        let run = seats(&server.address(), &[OPS, "--seed", seed, "--connections=1"]);
        run.assert(0, "passed");
        [run.count("BUY", "OK"), run.count("BUY", "FAIL")]
    };
    assert_eq!(grants("2"), grants("2"));
    assert_ne!(grants("2"), grants("3"));
}

#[test]
fn a_load_by_the_clock_ends() {
    let server = Server::start(0, Fault::None).expect("a free port");
    let run = seats(&server.address(), &["--duration=200ms"]);
    run.assert(0, "passed");
    assert!(run.replies("QUERY") > 0, "{run:#?}");
}

#[test]
fn a_used_prefix_is_not_taken_for_a_sale_out_of_nothing() {
    let server = Server::start(0, Fault::None).expect("a free port");
    let again = [OPS, "--prefix=MINE"];
    seats(&server.address(), &again).assert(0, "prefix MINE");
    seats(&server.address(), &again).assert(1, "another --prefix");
}

#[test]
fn a_seat_sold_twice_is_found() {
    assert_found(Fault::SellsTwice(100), "seat sold twice");
}

#[test]
fn a_seat_reserved_twice_is_found() {
    assert_found(Fault::ReservesTwice(100), "seat reserved twice");
}

#[test]
fn a_free_seat_sold_is_found() {
    assert_found(Fault::SellsFreeSeats, "no RESERVE got OK");
}

#[test]
fn refusals_without_reason_are_found() {
    assert_found(Fault::NeverReserves, "no RESERVE got OK");
    assert_found(Fault::NeverSells, "no BUY got OK");
}

#[test]
fn a_wrong_answer_to_a_query_is_found() {
    let reserved = "got FREE: the seat was reserved before this was asked";
    assert_found(Fault::ForgetsReservations, reserved);
    assert_found(
        Fault::ForgetsSales,
        "got RESERVED: the seat was bought before this was asked",
    );
    assert_found(
        Fault::AnswersQueriesOk,
        "got OK: that verb is never answered so",
    );
}

#[test]
fn a_state_that_nobody_caused_is_found() {
    // Nothing is ever bought, so nothing can be sold.
    let server = Server::start(0, Fault::SellsInQueries).expect("a free port");
    let run = seats(&server.address(), &[OPS, "--mix=1:0:1"]);
    run.assert(1, "no BUY got OK");
}

#[test]
fn what_is_no_reply_is_found() {
    assert_found(Fault::Babbles(5_000), "got SURE THING: that is no reply");
}

#[test]
fn a_dropped_reply_is_missed() {
    let server = Server::start(0, Fault::DropsReply(5_000)).expect("a free port");
    let run = seats(&server.address(), &[OPS, "--timeout=300ms"]);
    run.assert(1, "no reply within 300ms");
}

#[test]
fn a_reply_too_many_is_found() {
    // Replies that are out of step by one show by their kind at the latest.
    for pipeline in ["--pipeline=1", "--pipeline=16"] {
        let server = Server::start(0, Fault::AnswersTwice(5_000)).expect("a free port");
        let run = seats(&server.address(), &[OPS, pipeline]);
        run.assert(1, "check        FAILED");
    }
}

#[test]
fn a_lost_connection_is_counted_and_the_others_go_on() {
    let server = Server::start(0, Fault::Closes(5_000)).expect("a free port");
    let run = seats(&server.address(), &[OPS]);
    run.assert(2, "1 connection, ");
    run.assert(2, "connection lost: ");
    let answered = run.requests("answered");
    assert!(answered > 15_000, "the other seven did not go on: {run:#?}");
}
