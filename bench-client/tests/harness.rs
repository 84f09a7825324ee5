//! The harness passes a right server and finds each kind of wrong one out.

mod support;

use std::net::TcpListener;

use support::{
    client::{self, Run},
    seats::Fault,
    server::Server,
};

fn harness(address: &str, more: &[&str]) -> Run {
    let mut arguments = vec!["harness", address, "--seats", "3000", "--timeout=5s"];
    arguments.extend(more);
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), &arguments)
}

#[track_caller]
fn assert_found(fault: Fault, says: &str) {
    assert_found_with(fault, says, &[]);
}

#[track_caller]
fn assert_found_with(fault: Fault, says: &str, more: &[&str]) {
    let server = Server::start(0, fault).expect("a free port");
    let run = harness(&server.address(), more);
    run.assert(1, says);
    assert!(run.stdout.contains("TEST FAILED: "), "{run:#?}");
}

#[test]
fn a_right_server_passes() {
    let server = Server::start(0, Fault::None).expect("a free port");
    let run = harness(&server.address(), &[]);
    run.assert(0, "TEST SUCCESSFUL");
    let line = |verb: &str| -> Vec<&str> {
        let line = run.stdout.lines().find(|line| line.starts_with(verb));
        line.unwrap_or_default().split_whitespace().collect()
    };
    assert_eq!(line("RESERVE")[1..3], ["2,000", "OK"]);
    assert_eq!(line("BUY")[1..3], ["1,000", "OK"]);
    let states = ["1,000", "FREE", "1,000", "RESERVED", "1,000", "SOLD"];
    assert_eq!(line("QUERY")[1..], states);
}

#[test]
fn a_right_server_passes_by_any_number_of_clients_and_threads() {
    for (clients, threads) in [("2", "1"), ("2", "3"), ("31", "4")] {
        let server = Server::start(0, Fault::None).expect("a free port");
        let more = ["--concurrency", clients, "--threads", threads, "--quiet"];
        let run = harness(&server.address(), &more);
        assert_eq!((run.code, &*run.stdout), (Some(0), "TEST SUCCESSFUL\n"));
    }
}

#[test]
fn seats_that_are_taken_already_ask_for_a_fresh_server() {
    let server = Server::start(0, Fault::None).expect("a free port");
    harness(&server.address(), &[]).assert(0, "TEST SUCCESSFUL");
    harness(&server.address(), &[]).assert(1, "start a fresh server");
}

#[test]
fn a_seat_sold_twice_is_found() {
    assert_found(Fault::SellsTwice(500), "seat sold twice");
}

#[test]
fn a_seat_reserved_twice_is_found() {
    assert_found(Fault::ReservesTwice(1_500), "seat reserved twice");
}

#[test]
fn a_free_seat_sold_is_found() {
    assert_found(Fault::SellsFreeSeats, "no client had reserved it");
}

#[test]
fn a_server_that_never_reserves_ends_the_run() {
    assert_found(Fault::NeverReserves, "no client had reserved it");
}

#[test]
fn a_server_that_never_sells_ends_the_run() {
    assert_found(Fault::NeverSells, "the seat was reserved and not sold");
}

#[test]
fn a_broken_message_carried_out_is_found() {
    assert_found(
        Fault::ForgivesCase,
        "broken message (lower-case verb) got OK",
    );
}

#[test]
fn a_broken_message_accepted_is_found() {
    assert_found(Fault::AcceptsBroken, "got OK, expected FAIL");
}

#[test]
fn a_wrong_answer_to_a_query_is_found() {
    assert_found(
        Fault::ForgetsReservations,
        "in the last check, expected RESERVED",
    );
    assert_found(Fault::ForgetsSales, "in the last check, expected SOLD");
    assert_found(
        Fault::SellsInQueries,
        "in the last check, expected RESERVED",
    );
    assert_found(Fault::AnswersQueriesOk, "got \"OK\" in the last check");
}

#[test]
fn a_dropped_reply_is_named_with_its_message() {
    let short = ["--timeout=300ms", "--concurrency", "2"];
    assert_found_with(Fault::DropsReply(900), "no reply within 300ms", &short);
}

#[test]
fn a_reply_too_many_is_found() {
    let server = Server::start(0, Fault::AnswersTwice(900)).expect("a free port");
    let run = harness(&server.address(), &[]);
    assert_eq!(run.code, Some(1), "{run:#?}");
}

#[test]
fn what_is_no_reply_is_found() {
    assert_found(Fault::Babbles(900), "got \"SURE THING\", which is no reply");
}

#[test]
fn a_lost_connection_is_no_verdict() {
    let server = Server::start(0, Fault::Closes(900)).expect("a free port");
    let run = harness(&server.address(), &[]);
    run.assert(2, "connection lost: ");
    assert!(!run.stdout.contains("TEST"), "{run:#?}");
}

#[test]
fn without_a_server_it_says_how_to_start_one() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    drop(listener);
    harness(&address, &[]).assert(2, "cargo run --release");
}
