//! The open loop: requests leave by the clock, and each of them is accounted
//! for, whatever the server does.

mod support;

use std::{net::TcpListener, thread, time::Duration};

use support::{
    client::{self, Run},
    seats::Fault,
    server::Server,
};

const BENCH: &str = env!("CARGO_BIN_EXE_ringside-bench");

fn load(address: &str, more: &[&str]) -> Run {
    let mut arguments = vec!["seats", address, "--seats=200", "--connections=8"];
    arguments.extend(more);
    client::run(BENCH, &arguments)
}

/// Every request went one of the ways that there are.
#[track_caller]
fn assert_accounts(run: &Run) {
    let of = |name| run.requests(name);
    assert_eq!(of("offered"), of("sent") + of("dropped"), "{run:#?}");
    let ends = of("answered") + of("timed out") + of("failed");
    assert_eq!(of("sent"), ends, "{run:#?}");
}

#[test]
fn a_right_server_answers_all_that_is_due() {
    let server = Server::start(0, Fault::None).expect("a free port");
    for arrivals in ["constant", "poisson", "spike:20:100ms:50ms"] {
        let more = ["--rate=4k", "--duration=400ms", "--arrivals", arrivals];
        let run = load(&server.address(), &more);
        run.assert(0, "check        passed");
        assert!(run.stdout.starts_with("open loop, "), "{run:#?}");
        assert_accounts(&run);
        assert_eq!(
            run.requests("answered"),
            run.requests("offered"),
            "{run:#?}"
        );
        // The rate times the time, and a spike of 19 x 4,000 x 0.05 more.
        let expected = if arrivals.starts_with("spike") {
            5_400
        } else {
            1_600
        };
        assert!(run.requests("offered").abs_diff(expected) < 300, "{run:#?}");
    }
    let ramp = ["--arrivals=ramp:100..8k", "--duration=400ms"];
    load(&server.address(), &ramp).assert(0, "check        passed");
}

#[test]
fn the_load_is_the_same_over_any_number_of_threads_and_connections() {
    let server = Server::start(0, Fault::None).expect("a free port");
    let verbs = |more: &[&str]| {
        let more = [&["--rate=20k", "--ops=2000"], more].concat();
        let run = load(&server.address(), &more);
        run.assert(0, "passed");
        ["RESERVE", "BUY", "QUERY"].map(|verb| run.replies(verb))
    };
    let once = verbs(&[]);
    assert_eq!(once.iter().sum::<u64>(), 2_000);
    assert_eq!(once, verbs(&["--threads=3", "--pipeline=4"]));
    assert_ne!(once, verbs(&["--seed=43"]));
}

#[test]
fn a_seat_sold_twice_is_found_also_in_the_warm_up() {
    for more in [
        &["--duration=10s"][..],
        &["--duration=1ms", "--warm-up=10s"],
    ] {
        let server = Server::start(0, Fault::SellsTwice(100)).expect("a free port");
        let more = [&["--rate=10k", "--pipeline=8"], more].concat();
        load(&server.address(), &more).assert(1, "seat sold twice");
    }
}

#[test]
fn a_missing_reply_costs_its_connection_and_the_load_goes_on() {
    let server = Server::start(0, Fault::DropsReply(200)).expect("a free port");
    let more = [
        "--rate=2k",
        "--ops=1000",
        "--timeout=300ms",
        "--connections=1",
    ];
    let run = load(&server.address(), &more);
    run.assert(2, "no reply within 300ms");
    assert_accounts(&run);
    assert!(run.requests("timed out") > 0, "{run:#?}");
    // Without a new connection there would be 199.
    assert!(run.requests("answered") > 250, "{run:#?}");
}

#[test]
fn a_lost_connection_is_replaced() {
    let server = Server::start(0, Fault::Closes(200)).expect("a free port");
    let more = ["--rate=2k", "--ops=1000", "--connections=1"];
    let run = load(&server.address(), &more);
    run.assert(2, "connection lost");
    assert_accounts(&run);
    assert_eq!(run.requests("failed"), 1, "{run:#?}");
    assert!(run.requests("answered") > 250, "{run:#?}");
}

#[test]
fn what_a_stuck_server_keeps_from_being_sent_is_dropped_and_counted() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("it is bound").to_string();
    let accepting = thread::spawn(move || {
        let held: Vec<_> = silent.incoming().take(8).collect();
        thread::sleep(Duration::from_secs(1));
        held.len()
    });
    let more = [
        "--rate=5k",
        "--duration=300ms",
        "--timeout=200ms",
        "--backlog=50",
    ];
    let run = load(&address, &more);
    run.assert(2, "warning: dropped");
    assert_accounts(&run);
    assert_eq!(run.requests("answered"), 0, "{run:#?}");
    assert!(run.requests("timed out") >= 8, "{run:#?}");
    assert!(run.requests("dropped") > 1_000, "{run:#?}");
    assert_eq!(accepting.join().expect("it ends"), 8);
}

#[test]
fn ctrl_c_tells_what_there_is_and_says_that_it_is_partial() {
    for pace in ["--rate=1k", "--pipeline=4"] {
        let server = Server::start(0, Fault::None).expect("a free port");
        let address = server.address();
        let arguments = ["seats", &address, "--duration=10m", "--warm-up=0s", pace];
        let running = client::start(BENCH, &arguments);
        while server.messages() < 100 {
            thread::sleep(Duration::from_millis(10));
        }
        running.signal(rustix::process::Signal::INT);
        let run = running.end();
        run.assert(130, "partial");
        assert_accounts(&run);
        assert!(run.requests("answered") > 0, "{run:#?}");
    }
}

#[test]
fn what_does_not_go_together_is_told() {
    for (more, says) in [
        (&["--arrivals=poisson"][..], "need --rate"),
        (&["--arrivals=ramp:1..2", "--rate=5"], "leave --rate out"),
        (&["--rate=5", "--arrivals=spike:2", "--ops=9"], "--duration"),
        (&["--rate=0"], "a rate is"),
        (&["--keys=zipf:0"], "keys are"),
        (&["--server-pid=4294967295"], "no process"),
        (&["--pin=1023"], "give --pin"),
    ] {
        load("127.0.0.1:1", more).assert(2, says);
    }
}
