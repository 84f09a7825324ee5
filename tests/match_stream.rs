//! The match stream over real sockets: what the listener gets, and how runs
//! end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashSet;
use std::time::Duration;

use ringside::config::{MatchRule, Span};
use ringside::{Config, Server};

use support::{Client, SHARDS, config, start};

/// The original document's seven events, in its order.
const EXAMPLE: &str = "EVENT BEGIN\n\
    5|LIKE_LIKED|300|100\n\
    3|LIKE_NOT_LIKED|300|200\n\
    7|LIKE_LIKED|100|300\n\
    2|LIKE_LIKED|100|200\n\
    4|LIKE_LIKED|200|100\n\
    6|LIKE_UNSPECIFIED|200|300\n\
    1|LIKE_UNSPECIFIED|300|100\n\
    EVENT END\n";

fn source(server: &Server) -> Client {
    Client::to(server.source_addresses()[0])
}

fn listener(server: &Server) -> Client {
    let mut listener = Client::to(server.listener_addresses()[0]);
    listener.send("MATCH BEGIN\n");
    listener
}

/// A source and a listener that belong together.
fn peers(server: &Server) -> (Client, Client) {
    (source(server), listener(server))
}

fn expect(listener: &mut Client, matches: &[u64]) {
    for number in matches {
        assert_eq!(listener.reply(), number.to_string());
    }
}

fn say_ok(mut listener: Client) {
    listener.send("MATCH END - OK\n");
    assert_eq!(listener.read_to_end(), b"");
}

#[test]
fn the_documents_example_gives_its_matches() {
    for shards in SHARDS {
        for match_rule in [MatchRule::Literal, MatchRule::Latest] {
            let server = start(&Config {
                match_rule,
                ..config(shards)
            });
            for bytewise in [false, true] {
                let (mut source, mut listener) = peers(&server);
                if bytewise {
                    EXAMPLE.bytes().for_each(|byte| source.send([byte]));
                } else {
                    source.send(EXAMPLE);
                }
                expect(&mut listener, &[4, 7]);
                say_ok(listener);
                assert!(source.is_closed());
            }
        }
    }
}

#[test]
fn what_is_taken_back_is_no_match_by_the_latest_rule_only() {
    for (match_rule, expected) in [
        (MatchRule::Literal, &[3, 4, 5][..]),
        (MatchRule::Latest, &[4]),
    ] {
        let server = start(&Config {
            match_rule,
            ..config(2)
        });
        let (mut source, mut listener) = peers(&server);
        source.send(
            "EVENT BEGIN\n1|LIKE_LIKED|1|2\n2|LIKE_NOT_LIKED|1|2\n3|LIKE_LIKED|2|1\n\
             4|LIKE_LIKED|1|2\n5|LIKE_LIKED|2|9\n6|LIKE_LIKED|9|2\n5|LIKE_LIKED|2|1\nEVENT END\n",
        );
        // 5 and 6 are a match of their own; the second 5 does not count.
        let mut expected: Vec<u64> = expected.iter().copied().filter(|&n| n != 5).collect();
        expected.push(6);
        expect(&mut listener, &expected);
        say_ok(listener);
    }
}

#[test]
fn a_match_leaves_as_soon_as_nothing_before_it_is_missing() {
    for shards in SHARDS {
        let server = start(&config(shards));
        let (mut source, mut listener) = peers(&server);
        source.send("EVENT BEGIN\n4|LIKE_LIKED|4|3\n3|LIKE_LIKED|3|4\n2|LIKE_LIKED|1|2\n");
        source.send("1|LIKE_LIKED|2|1\n");
        // The source has not ended; it says nothing more until these came.
        expect(&mut listener, &[2, 4]);
        source.send("6|LIKE_LIKED|2|1\nEVENT END\n");
        expect(&mut listener, &[6]);
        say_ok(listener);
    }
}

#[test]
fn the_listener_may_come_after_the_end_and_the_source_may_be_gone() {
    for shards in SHARDS {
        let server = start(&config(shards));
        let mut source = source(&server);
        source.send(EXAMPLE);
        source.half_close();
        drop(source);
        let mut listener = listener(&server);
        expect(&mut listener, &[4, 7]);
        say_ok(listener);
    }
}

#[test]
fn the_last_line_may_lack_its_end() {
    let server = start(&config(2));
    let (mut source, mut listener) = peers(&server);
    source.send(EXAMPLE.trim_end());
    source.half_close();
    expect(&mut listener, &[4, 7]);
    say_ok(listener);
}

#[test]
fn runs_at_the_same_time_do_not_mix() {
    for shards in SHARDS {
        let server = start(&config(shards));
        let mut runs: Vec<(Client, Client)> = (0..8).map(|_| peers(&server)).collect();
        for (number, (source, _)) in runs.iter_mut().enumerate() {
            let number = number as u64 + 1;
            source.send(format!(
                "EVENT BEGIN\n1|LIKE_LIKED|1|2\n2|LIKE_LIKED|2|{}\n",
                // Every second run has a match at 2.
                1 + number % 2
            ));
            source.send(format!("3|LIKE_LIKED|1|{}\nEVENT END\n", number + 10));
        }
        for (number, (_, mut listener)) in runs.into_iter().enumerate() {
            if number % 2 == 1 {
                expect(&mut listener, &[2]);
            }
            say_ok(listener);
        }
    }
}

#[test]
fn more_runs_one_after_the_other_than_may_be_at_once() {
    let server = start(&Config {
        match_runs: 2,
        ..config(3)
    });
    for _ in 0..10 {
        let (mut source, mut listener) = peers(&server);
        source.send(EXAMPLE);
        expect(&mut listener, &[4, 7]);
        say_ok(listener);
        assert!(source.is_closed());
    }
}

#[test]
fn over_the_bound_of_runs_new_peers_are_sent_away() {
    let server = start(&Config {
        match_runs: 2,
        ..config(2)
    });
    let mut waiting: Vec<Client> = (0..2).map(|_| listener(&server)).collect();
    assert_eq!(
        listener(&server).read_to_end(),
        b"ERROR: too many match runs\n"
    );
    // The others are not harmed.
    let mut source = source(&server);
    source.send(EXAMPLE);
    expect(&mut waiting[0], &[4, 7]);
}

#[test]
fn a_source_that_vanishes_ends_its_run_and_the_server_goes_on() {
    for shards in SHARDS {
        let server = start(&config(shards));
        let (mut source, mut listener) = peers(&server);
        source.send("EVENT BEGIN\n1|LIKE_LIKED|1|2\n3|LIKE_LIKED|2|1\n");
        drop(source);
        let said = String::from_utf8(listener.read_to_end()).unwrap();
        assert_eq!(
            said,
            "ERROR: the source was gone before EVENT END, after 2 events\n"
        );
        the_server_goes_on(&server);
    }
}

#[test]
fn a_listener_that_vanishes_ends_its_run_and_the_server_goes_on() {
    for shards in SHARDS {
        let server = start(&config(shards));
        let (mut source, listener) = peers(&server);
        source.send("EVENT BEGIN\n1|LIKE_LIKED|1|2\n");
        drop(listener);
        assert!(
            source
                .read_to_end()
                .starts_with(b"ERROR: the listener was gone")
        );
        the_server_goes_on(&server);
    }
}

fn the_server_goes_on(server: &Server) {
    let (mut source, mut listener) = peers(server);
    source.send(EXAMPLE);
    expect(&mut listener, &[4, 7]);
    say_ok(listener);
    assert_eq!(Client::connect(server).ask("QUERY: A1"), "FREE");
}

#[test]
fn a_run_beyond_its_window_ends_with_the_reason() {
    for shards in [1, 2] {
        let server = start(&Config {
            match_window: 1_000,
            ..config(shards)
        });
        let (mut source, mut listener) = peers(&server);
        source.send("EVENT BEGIN\n1|LIKE_LIKED|1|2\n5000|LIKE_LIKED|2|1\n");
        let said = String::from_utf8(listener.read_to_end()).unwrap();
        assert!(
            said.starts_with("ERROR: event 5000 is more than the 1000"),
            "{said}"
        );
        the_server_goes_on(&server);
    }
}

#[test]
fn a_silent_source_ends_its_run_after_the_time_limit() {
    let server = start(&Config {
        match_timeout: Span(Duration::from_millis(200)),
        ..config(2)
    });
    let (mut source, mut listener) = peers(&server);
    source.send("EVENT BEGIN\n1|LIKE_LIKED|1|2\n");
    let said = String::from_utf8(listener.read_to_end()).unwrap();
    assert!(
        said.contains("nothing moved for 200ms; the source is silent"),
        "{said}"
    );
}

#[test]
fn a_verdict_of_error_ends_the_run() {
    let server = start(&config(2));
    let (mut source, mut listener) = peers(&server);
    source.send(EXAMPLE);
    expect(&mut listener, &[4, 7]);
    listener.send("MATCH END - ERROR\n");
    assert_eq!(listener.read_to_end(), b"");
    assert!(source.is_closed());
    the_server_goes_on(&server);
}

#[test]
fn stopping_ends_runs_with_the_reason() {
    for shards in SHARDS {
        let server = start(&config(shards));
        let (mut source, mut listener) = peers(&server);
        source.send("EVENT BEGIN\n1|LIKE_LIKED|1|2\n2|LIKE_LIKED|2|1\n");
        expect(&mut listener, &[2]);
        server.stop().unwrap();
        assert_eq!(listener.read_to_end(), b"ERROR: the server is stopping\n");
    }
}

/// One event of a random run.
struct Event {
    sequence: u64,
    liked: bool,
    from: u32,
    to: u32,
}

/// The literal rule, as plainly as it can be said.
fn naive_matches(events: &[Event]) -> Vec<u64> {
    let mut likes = HashSet::new();
    let mut matches = Vec::new();
    for event in events.iter().filter(|event| event.liked) {
        if likes.contains(&(event.to, event.from)) {
            matches.push(event.sequence);
        }
        likes.insert((event.from, event.to));
    }
    matches
}

#[test]
fn random_runs_give_what_the_naive_rule_gives() {
    let seed = fastrand::u64(..1 << 32);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for shards in SHARDS {
        let server = start(&config(shards));
        let users = random.u32(2..200);
        let mut events: Vec<Event> = (1..=20_000)
            .map(|sequence| Event {
                sequence,
                liked: random.u8(0..3) == 0,
                from: random.u32(1..=users),
                to: random.u32(1..=users),
            })
            .collect();
        let expected = naive_matches(&events);
        random.shuffle(&mut events);
        let mut text = String::from("EVENT BEGIN\n");
        for event in &events {
            let kind = if event.liked {
                "LIKE_LIKED"
            } else {
                "LIKE_NOT_LIKED"
            };
            text += &format!("{}|{kind}|{}|{}\n", event.sequence, event.from, event.to);
        }
        text += "EVENT END\n";

        let (mut source, mut listener) = peers(&server);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut rest = text.as_bytes();
                while !rest.is_empty() {
                    let (now, later) = rest.split_at(random.usize(1..=20_000).min(rest.len()));
                    source.send(now);
                    rest = later;
                }
            });
            for number in expected {
                assert_eq!(listener.reply(), number.to_string(), "seed {seed}");
            }
        });
        say_ok(listener);
    }
}

/// More runs than there is credit for between two shards, each with far more
/// likes than one batch holds: none may be forgotten behind the others.
#[test]
fn many_large_runs_at_once_all_end() {
    for shards in SHARDS {
        let server = start(&Config {
            match_rule: MatchRule::Latest,
            ..config(shards)
        });
        let runs: Vec<(Client, Client)> = (0..8).map(|_| peers(&server)).collect();
        std::thread::scope(|scope| {
            for (mut source, mut listener) in runs {
                scope.spawn(move || {
                    let mut text = String::from("EVENT BEGIN\n");
                    for pair in 0..30_000u64 {
                        let (one, other) = (2 * pair + 1, 2 * pair + 2);
                        text += &format!("{other}|LIKE_LIKED|{other}|{one}\n");
                        text += &format!("{one}|LIKE_LIKED|{one}|{other}\n");
                    }
                    source.send(text + "EVENT END\n");
                    for pair in 0..30_000u64 {
                        assert_eq!(listener.reply(), (2 * pair + 2).to_string());
                    }
                    say_ok(listener);
                });
            }
        });
    }
}

#[test]
fn a_source_that_has_left_holds_its_run_no_longer_than_the_time_limit() {
    let server = start(&Config {
        match_runs: 1,
        match_timeout: Span(Duration::from_millis(200)),
        ..config(1)
    });
    let mut first = source(&server);
    first.send(EXAMPLE);
    first.half_close();
    assert_eq!(first.read_to_end(), b"");
    // Its run has the only place, until it is given up.
    let mut refused = 0;
    loop {
        let mut next = source(&server);
        next.send("EVENT BEGIN\n");
        next.stream()
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        if !next.is_closed_with_a_word() {
            break;
        }
        refused += 1;
    }
    assert!(refused > 0);
}
