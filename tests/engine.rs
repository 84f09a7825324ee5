//! The library: calls from any thread and any executor are answered, what was
//! answered is kept, and the end is told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::executor::{LocalPool, ThreadPool, block_on};
use futures::future::{join_all, poll_immediate};
use futures::task::{LocalSpawnExt, SpawnExt};
use ringside::api::Failure;
use ringside::inventory::{Id, Outcome, Refusal, Verb};
use ringside::limits::INBOX_CALLS;
use ringside::net::ring::Ended;
use ringside::{Config, Engine, Handle};
use support::{Client, PATIENCE, config, server};

fn engine(shards: u16) -> Engine {
    Engine::start(&config(shards)).unwrap()
}

fn durable(directory: &Path, shards: u16) -> Engine {
    Engine::start(&Config {
        data_dir: directory.display().to_string(),
        segment_bytes: 1 << 20,
        ..config(shards)
    })
    .unwrap()
}

#[test]
fn what_one_thread_makes_every_thread_finds() {
    for shards in [1, 3] {
        let engine = engine(shards);
        let ids: Vec<Id> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8)
                .map(|thread| {
                    let handle = engine.handle();
                    scope.spawn(move || -> Vec<Id> {
                        let make = |n| format!("{thread}-{n}");
                        (0..100)
                            .map(|n| handle.blocking().create_member(&make(n)).unwrap().id)
                            .collect()
                    })
                })
                .collect();
            makers
                .into_iter()
                .flat_map(|maker| maker.join().unwrap())
                .collect()
        });
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 800);
        for (number, id) in ids.iter().enumerate() {
            let member = engine.blocking().member(*id).unwrap();
            assert_eq!(member.name, format!("{}-{}", number / 100, number % 100));
        }
        let nobody = engine.blocking().member(Id::nil());
        assert!(matches!(
            nobody,
            Err(Failure::Refused(Refusal::NotFound(_)))
        ));
        assert_eq!(engine.stop().unwrap(), Ended::Drained);
    }
}

#[test]
fn thousands_of_calls_at_once_are_answered_on_any_executor() {
    let engine = engine(2);
    // More than all inboxes hold: the rest waits.
    let many = 4 * INBOX_CALLS;
    let seats = |handle: Handle, prefix: &'static str, count: usize| async move {
        let names: Vec<String> = (0..count).map(|n| format!("{prefix}{n}")).collect();
        let calls = names.iter().map(|name| handle.seat(Verb::Reserve, name));
        let outcomes = join_all(calls).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Ok(Outcome::Ok)));
    };
    block_on(seats(engine.handle(), "a", many));

    let pool = ThreadPool::builder().pool_size(4).create().unwrap();
    let tasks = (0..200).map(|task| {
        let handle = engine.handle();
        let work = async move {
            for n in 0..20 {
                let member = handle.create_member(&format!("{task}-{n}")).await.unwrap();
                assert_eq!(handle.member(member.id).await.unwrap(), member);
            }
        };
        pool.spawn_with_handle(work).unwrap()
    });
    block_on(join_all(tasks));

    let mut local = LocalPool::new();
    for prefix in ["b", "c", "d"] {
        let work = seats(engine.handle(), prefix, 500);
        local.spawner().spawn_local(work).unwrap();
    }
    local.run();
    engine.stop().unwrap();
}

#[test]
fn calls_that_nobody_waits_for_are_done_and_leave_nothing() {
    let engine = engine(2);
    for n in 0..2_000 {
        // Looked at once, on its way or answered, and dropped.
        let name = format!("S{n}");
        let _ = block_on(poll_immediate(engine.seat(Verb::Reserve, &name)));
    }
    for n in 0..2_000 {
        let outcome = engine.blocking().seat(Verb::Query, &format!("S{n}"));
        assert_eq!(outcome, Ok(Outcome::Reserved));
    }
    // Those that wait for room may give up without taking others with them.
    let waiting: Vec<_> = (0..3 * INBOX_CALLS)
        .map(|n| {
            Box::pin(poll_immediate(
                engine.seat(Verb::Query, if n % 2 == 0 { "S1" } else { "S2" }),
            ))
        })
        .collect();
    for call in waiting {
        let _ = block_on(call);
    }
    assert_eq!(engine.blocking().seat(Verb::Buy, "S1"), Ok(Outcome::Ok));
    engine.stop().unwrap();
}

#[test]
fn a_wrong_seat_name_is_told() {
    let engine = Engine::start(&Config {
        max_seat_bytes: 4,
        ..config(1)
    })
    .unwrap();
    for (name, hint) in [("", "letters"), ("A 1", "letters"), ("ABCDE", "4 bytes")] {
        let error = engine.blocking().seat(Verb::Query, name).unwrap_err();
        assert!(error.to_string().contains(hint), "{error}");
    }
    assert_eq!(
        engine.blocking().seat(Verb::Query, "ABCD"),
        Ok(Outcome::Free)
    );
}

#[test]
fn a_server_and_its_own_program_see_the_same() {
    let server = server(3);
    let handle = server.engine();
    let mut client = Client::connect(&server);
    for n in 0..100 {
        let name = format!("A{n}");
        assert_eq!(client.ask(&format!("RESERVE: {name}")), "OK");
        assert_eq!(handle.blocking().seat(Verb::Buy, &name), Ok(Outcome::Ok));
        assert_eq!(client.ask(&format!("QUERY: {name}")), "SOLD");
    }
    server.stop().unwrap();
    assert!(handle.blocking().seat(Verb::Query, "A1").is_err());
}

#[test]
fn what_was_answered_is_there_after_any_end() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut promised = BTreeSet::<(String, Id)>::new();
    for (life, shards) in [1, 3, 2, 3].into_iter().enumerate() {
        let engine = durable(directory.path(), shards);
        for (name, member) in &promised {
            let outcome = engine.blocking().seat(Verb::Query, name);
            assert_eq!(outcome, Ok(Outcome::Reserved), "{name} in life {life}");
            let found = engine.blocking().member(*member);
            assert_eq!(found.unwrap().name, *name, "life {life}");
        }
        let answered = AtomicUsize::new(0);
        let reserve = |thread: usize, handle: Handle| {
            let mut ok = Vec::new();
            for n in 0.. {
                let name = format!("L{life}T{thread}N{n}");
                let outcome = handle.blocking().seat(Verb::Reserve, &name);
                let both = outcome.and_then(|outcome| {
                    assert_eq!(outcome, Outcome::Ok);
                    handle.blocking().create_member(&name)
                });
                match both {
                    Ok(member) => ok.push((name, member.id)),
                    Err(error) => {
                        assert!(matches!(error, Failure::Closed(_)), "{error}");
                        break;
                    }
                }
                answered.fetch_add(1, Ordering::Relaxed);
            }
            ok
        };
        std::thread::scope(|scope| {
            let reserve = &reserve;
            let threads: Vec<_> = (0..6)
                .map(|thread| {
                    let handle = engine.handle();
                    scope.spawn(move || reserve(thread, handle))
                })
                .collect();
            let deadline = Instant::now() + PATIENCE;
            while answered.load(Ordering::Relaxed) < 200 {
                assert!(Instant::now() < deadline, "nothing is answered");
                std::thread::yield_now();
            }
            // In the middle of it: in good order, or not at all.
            if life % 2 == 0 {
                drop(engine);
            } else {
                engine.stop().unwrap();
            }
            for thread in threads {
                promised.extend(thread.join().unwrap());
            }
        });
    }
    assert!(promised.len() >= 800);
}

#[test]
fn stopping_answers_what_was_called_and_refuses_what_comes_later() {
    for shards in [1, 3] {
        let engine = engine(shards);
        let handle = engine.handle();
        let calls = (0..500).map(|n| {
            let handle = handle.clone();
            async move { handle.seat(Verb::Reserve, &format!("T{n}")).await }
        });
        let mut calls: Vec<_> = calls.map(Box::pin).collect();
        let mut early = Vec::new();
        for call in &mut calls {
            early.push(block_on(poll_immediate(call)));
        }
        assert_eq!(engine.stop().unwrap(), Ended::Drained);
        for (call, early) in calls.into_iter().zip(early) {
            let outcome = early.unwrap_or_else(|| block_on(call));
            assert_eq!(outcome, Ok(Outcome::Ok));
        }
        let late = handle.blocking().create_member("late");
        assert!(matches!(late, Err(Failure::Closed(_))));
    }
}

/// A lost wake-up shows only when a call comes just as its shard goes to rest.
#[test]
fn no_call_is_lost_at_the_edge_of_sleep() {
    let seed = fastrand::u64(..1 << 32);
    println!("seed {seed}");
    for shards in [1, 2] {
        let engine = engine(shards);
        let over = AtomicBool::new(false);
        let answered: Vec<AtomicUsize> = (0..3).map(|_| AtomicUsize::new(0)).collect();
        let running = AtomicUsize::new(answered.len());
        std::thread::scope(|scope| {
            for (thread, answered) in answered.iter().enumerate() {
                let (handle, over, running) = (engine.handle(), &over, &running);
                let mut random = fastrand::Rng::with_seed(seed + thread as u64);
                scope.spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        for n in 0..random.usize(1..200) {
                            let outcome = handle.blocking().seat(Verb::Query, &format!("S{n}"));
                            if outcome.is_err() {
                                return;
                            }
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        // Around the end of a doze, and shorter than a sleep.
                        let pause = Duration::from_micros(random.u64(0..8_000));
                        if random.bool() {
                            std::thread::sleep(pause);
                        } else {
                            let until = Instant::now() + pause / 100;
                            while Instant::now() < until {
                                std::hint::spin_loop();
                            }
                        }
                    }
                    running.fetch_sub(1, Ordering::Relaxed);
                });
            }
            std::thread::sleep(Duration::from_millis(1_200));
            over.store(true, Ordering::Relaxed);
            let deadline = Instant::now() + Duration::from_secs(30);
            while running.load(Ordering::Relaxed) > 0 && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(1));
            }
            let lost = running.load(Ordering::Relaxed) > 0;
            if lost {
                // Ends the threads that wait, so that the test can fail.
                engine
                    .server()
                    .stopper()
                    .ask(ringside::net::stop::Phase::Aborting);
            }
            assert!(!lost, "a call is never answered");
        });
        let answered: usize = answered.iter().map(|n| n.load(Ordering::Relaxed)).sum();
        println!("{answered} calls, {shards} shards: every one answered");
        assert!(answered > 1_000);
    }
}

#[test]
fn operations_and_commands_are_counted_by_kind_and_outcome() {
    use ringside::shard::{OperationKind, OperationOutcome};
    let engine = engine(2);
    let member = engine.blocking().create_member("Ada").unwrap();
    engine.blocking().member(member.id).unwrap();
    engine.blocking().member(Id::nil()).unwrap_err();
    engine.blocking().seat(Verb::Buy, "A1").unwrap();
    let deadline = Instant::now() + PATIENCE;
    let counted = || {
        let counters = engine.server().counters();
        let operations = |kind, outcome| counters.operations.get(kind as usize, outcome as usize);
        (
            operations(OperationKind::CreateMember, OperationOutcome::Done),
            operations(OperationKind::FindMember, OperationOutcome::Done),
            operations(OperationKind::FindMember, OperationOutcome::Refused),
            counters
                .seats
                .get(Verb::Buy as usize, Outcome::Fail as usize),
            counters.commands,
        )
    };
    while counted() != (1, 1, 1, 1, 1) {
        assert!(Instant::now() < deadline, "{:?}", counted());
    }
}
