use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;

use super::*;
use crate::matching::{LikeEvent, Opinion, Rule, Tables, model};

const ID: RunId = RunId {
    shard: ShardId(0),
    number: 1,
};

/// A run on shard 0, the other shards, and the ways between them.
struct World {
    run: Run,
    owners: Vec<Tables>,
    /// To each other shard and back, in order.
    there: Vec<VecDeque<Box<Batch>>>,
    back: Vec<VecDeque<Box<Batch>>>,
    output: String,
}

impl World {
    fn new(shards: u16, options: &RunOptions) -> Self {
        let ways = || (0..shards).map(|_| VecDeque::new()).collect();
        Self {
            run: Run::new(ID, Router::new(shards, ShardId(0)), options, 5),
            owners: (0..shards).map(|_| Tables::new(6)).collect(),
            there: ways(),
            back: ways(),
            output: String::new(),
        }
    }

    fn flush(&mut self) {
        let there = &mut self.there;
        self.run
            .flush(|_| true, |to, batch| there[to.index()].push_back(batch));
    }

    /// Has one shard answer one batch, if it has one.
    fn serve(&mut self, shard: usize) {
        if let Some(mut batch) = self.there[shard].pop_front() {
            self.owners[shard].serve(&mut batch);
            self.back[shard].push_back(batch);
        }
    }

    /// Brings one answer back, if there is one.
    fn bring_back(&mut self, shard: usize) -> Result<(), RunError> {
        if let Some(batch) = self.back[shard].pop_front() {
            self.run.on_answer(ShardId(shard as u16), batch)?;
        }
        self.run.resume()
    }

    fn listen(&mut self) -> Result<(), RunError> {
        let lines = self.run.take_output(Vec::new());
        self.output
            .push_str(std::str::from_utf8(&lines).expect("ASCII"));
        self.run.on_sent(lines.len());
        self.run.resume()
    }

    fn is_quiet(&self) -> bool {
        self.there.iter().chain(&self.back).all(VecDeque::is_empty) && !self.run.has_output()
    }

    /// Lets everything happen that can, whether the run goes on or not.
    fn settle(&mut self) -> Result<(), RunError> {
        let mut result = Ok(());
        loop {
            self.flush();
            if self.is_quiet() {
                return result;
            }
            for shard in 0..self.owners.len() {
                self.serve(shard);
                result = result.and(self.bring_back(shard));
            }
            result = result.and(self.listen());
        }
    }

    fn matches(&self) -> Vec<u64> {
        let number = |line: &str| line.parse().expect("a number");
        self.output.lines().map(number).collect()
    }
}

fn stream(events: &[LikeEvent]) -> String {
    let lines: String = events.iter().map(model::line).collect();
    format!("EVENT BEGIN\n{lines}EVENT END\n")
}

const EXAMPLE: &str = "EVENT BEGIN\n5|LIKE_LIKED|300|100\n3|LIKE_NOT_LIKED|300|200\n\
    7|LIKE_LIKED|100|300\n2|LIKE_LIKED|100|200\n4|LIKE_LIKED|200|100\n\
    6|LIKE_UNSPECIFIED|200|300\n1|LIKE_UNSPECIFIED|300|100\nEVENT END\n";

#[test]
fn the_example_of_the_document_is_answered_by_both_rules() {
    for (rule, shards) in [(Rule::Literal, 1), (Rule::Latest, 1), (Rule::Literal, 3)] {
        let options = RunOptions {
            rule,
            ..RunOptions::default()
        };
        let mut world = World::new(shards, &options);
        assert_eq!(world.run.on_bytes(EXAMPLE.as_bytes()), Ok(()));
        assert_eq!(world.settle(), Ok(()));
        assert_eq!(world.output, "4\n7\n");
        assert!(world.run.is_complete() && world.run.is_closed());
    }
}

#[test]
fn matches_leave_before_the_end() {
    let mut world = World::new(1, &RunOptions::default());
    let lines = [
        "2|LIKE_LIKED|2|1\n",
        "4|LIKE_LIKED|1|2\n",
        "1|LIKE_LIKED|1|2\n",
    ];
    for (line, expected) in lines.iter().zip(["", "", "2\n"]) {
        assert_eq!(world.run.on_bytes(line.as_bytes()), Ok(()));
        assert_eq!(world.listen(), Ok(()));
        assert_eq!(world.output, expected, "after {line}");
    }
    assert_eq!(world.run.on_bytes(b"3|LIKE_NOT_LIKED|1|2\n"), Ok(()));
    assert_eq!(world.listen(), Ok(()));
    assert_eq!(world.output, "2\n4\n");
    assert!(!world.run.has_ended());
}

#[test]
fn what_is_odd_is_counted() {
    let mut world = World::new(1, &RunOptions::default());
    let lines = "EVENT BEGIN\n10|LIKE_LIKED|1|2\nnonsense\n12|LIKE_LIKED|2|1\n\
        12|LIKE_LIKED|7|8\nEVENT BEGIN\n16|LIKE_LIKED|1|2\nEVENT END";
    assert_eq!(world.run.on_bytes(lines.as_bytes()), Ok(()));
    assert_eq!(world.listen(), Ok(()));
    assert_eq!(world.output, "12\n16\n");
    let summary = world.run.summary();
    let expected = super::super::Summary {
        events: 3,
        duplicates: 1,
        malformed: 2,
        malformed_example: Some(b"nonsense".to_vec()),
        holes: 4,
        matches: 2,
        ..Default::default()
    };
    assert_eq!(summary, expected);
}

#[test]
fn a_run_ends_when_its_window_is_exceeded() {
    let options = RunOptions {
        window: 10,
        ..RunOptions::default()
    };
    let mut world = World::new(3, &options);
    let lines = "1|LIKE_LIKED|1|2\n2|LIKE_LIKED|2|1\n5|LIKE_LIKED|1|3\n13|LIKE_LIKED|2|1\n";
    let error = RunError::Window {
        sequence: 13,
        waiting_for: 3,
        window: 10,
    };
    assert_eq!(world.run.on_bytes(lines.as_bytes()), Err(error));
    assert_eq!(world.run.on_bytes(b"3|LIKE_LIKED|2|1\n"), Err(error));
    assert!(!world.run.is_complete());
    let _ = world.settle();
    assert!(world.is_quiet() && world.run.is_closed());
}

#[test]
fn a_run_ends_when_it_has_too_many_pairs() {
    for shards in [1, 3] {
        let options = RunOptions {
            max_pairs: 5,
            ..RunOptions::default()
        };
        let mut world = World::new(shards, &options);
        let like = |n| LikeEvent::new(n, Opinion::Liked, n, n + 1);
        let events: Vec<LikeEvent> = (1..=100).map(like).collect();
        let result = world.run.on_bytes(stream(&events).as_bytes());
        let result = result.and(world.settle());
        assert_eq!(result, Err(RunError::Pairs { max_pairs: 5 }));
        assert!(world.run.is_closed());
    }
}

#[test]
fn a_source_may_close_after_an_unfinished_end_and_not_before() {
    let mut world = World::new(1, &RunOptions::default());
    assert_eq!(
        world.run.on_bytes(b"1|LIKE_LIKED|1|2\n2|LIKE_LIKED|2|1"),
        Ok(())
    );
    let gone = world.run.on_source_closed();
    assert_eq!(gone, Err(RunError::SourceGone { events: 2 }));

    let mut world = World::new(1, &RunOptions::default());
    assert_eq!(world.run.on_bytes(b"1|LIKE_LIKED|1|2\nEVENT END"), Ok(()));
    assert_eq!(world.run.on_source_closed(), Ok(()));
    assert!(world.run.is_complete());
}

#[test]
fn an_abandoned_run_leaves_nothing_behind() {
    let events = model::events(&mut Rng::with_seed(1), 1, 5_000, 100, 5_000);
    let mut world = World::new(3, &RunOptions::default());
    assert_eq!(
        world.run.on_bytes(&stream(&events).as_bytes()[..50_000]),
        Ok(())
    );
    world.flush();
    world.serve(1);
    assert_eq!(world.owners[1].runs(), 1);
    world.run.abandon();
    assert!(!world.run.is_closed());
    assert_eq!(world.settle(), Err(RunError::Abandoned));
    assert!(world.run.is_closed());
    assert_eq!(world.owners.iter().map(Tables::runs).sum::<usize>(), 0);
}

#[test]
fn a_listener_that_does_not_read_holds_the_source_up_at_last() {
    let options = RunOptions {
        window: 1_000,
        max_output: 100,
        ..RunOptions::default()
    };
    let mut world = World::new(1, &options);
    let like = |n| LikeEvent::new(n, Opinion::Liked, n % 2, 1 - n % 2);
    let events: Vec<LikeEvent> = (1..=20_000).map(like).collect();
    let stream = stream(&events);
    assert_eq!(world.run.on_bytes(&stream.as_bytes()[..200_000]), Ok(()));
    assert_eq!(world.run.blocked(), Some(Blocked::OnListener));
    assert!(world.run.is_full() && world.run.owed() < 120);
    while world.run.blocked().is_some() {
        assert_eq!(world.listen(), Ok(()));
    }
    assert_eq!(world.run.on_bytes(&stream.as_bytes()[200_000..]), Ok(()));
    while !world.run.is_complete() {
        assert_eq!(world.listen(), Ok(()));
    }
    assert_eq!(world.matches(), (2..=20_000).collect::<Vec<_>>());
}

#[test]
fn a_shard_that_does_not_answer_holds_the_source_up_at_last() {
    let events = model::events(&mut Rng::with_seed(2), 1, 100_000, 1_000, 500);
    let stream = stream(&events);
    let mut world = World::new(2, &RunOptions::default());
    for chunk in stream.as_bytes().chunks(10_000) {
        assert_eq!(world.run.on_bytes(chunk), Ok(()));
        world.flush();
    }
    assert_eq!(world.run.blocked(), Some(Blocked::OnShards));
    let held: usize = world.there[1].iter().map(|batch| batch.len()).sum();
    assert!(held <= crate::limits::RUN_BATCHES * crate::limits::LIKE_BATCH_EVENTS);
    while !world.run.is_complete() {
        assert_eq!(world.settle(), Ok(()));
    }
    let counted = model::that_count(&events);
    assert_eq!(world.matches(), model::matches(Rule::Literal, &counted));
}

/// What a scenario is made of.
#[derive(Clone, Debug)]
struct Scenario {
    seed: u64,
    rule: Rule,
    shards: u16,
    first: u64,
    count: usize,
    users: u64,
    within: usize,
    holes: bool,
    max_output: usize,
}

fn scenarios() -> impl Strategy<Value = Scenario> {
    (
        (
            any::<u64>(),
            any::<bool>(),
            1..5u16,
            prop_oneof![Just(0u64), Just(1), Just(1 << 40)],
        ),
        (
            1..800usize,
            1..12u64,
            prop_oneof![Just(0usize), Just(10), Just(10_000)],
        ),
        (any::<bool>(), prop_oneof![Just(1usize), Just(1 << 16)]),
    )
        .prop_map(
            |((seed, latest, shards, first), (count, users, within), rest)| Scenario {
                seed,
                rule: if latest { Rule::Latest } else { Rule::Literal },
                shards,
                first,
                count,
                users,
                within,
                holes: rest.0,
                max_output: rest.1,
            },
        )
}

proptest! {
    /// However bytes are split, however long batches and answers take, and
    /// however slowly the listener reads: what leaves is what the model says,
    /// in order, never before its turn, and, when all is quiet, all of it.
    #[test]
    fn what_leaves_is_what_the_model_says(scenario in scenarios()) {
        let mut rng = Rng::with_seed(scenario.seed);
        let (first, count) = (scenario.first, scenario.count);
        let mut events =
            model::events(&mut rng, first, count, scenario.users, scenario.within);
        if scenario.holes {
            events.retain(|_| rng.u8(..) > 10);
        }
        // Another event with a number that comes twice must not count.
        for _ in 0..rng.usize(..5) {
            if let Some(twice) = rng.choice(&events).copied() {
                let liked = LikeEvent::new(twice.sequence(), Opinion::Liked, 0, 1 << 31);
                events.insert(rng.usize(..=events.len()), liked);
            }
        }
        let counted = model::that_count(&events);
        let expected = model::matches(scenario.rule, &counted);

        let options = RunOptions {
            rule: scenario.rule,
            max_output: scenario.max_output,
            ..RunOptions::default()
        };
        let mut world = World::new(scenario.shards, &options);
        let stream = stream(&events);
        let (mut rest, mut fed, mut seen) = (stream.as_bytes(), 0, 0);
        while !(rest.is_empty() && world.run.is_complete()) {
            let shard = rng.usize(..usize::from(scenario.shards));
            match rng.u8(..6) {
                0 => {
                    let (now, later) = rest.split_at(rng.usize(..=rest.len().min(400)));
                    world.run.on_bytes(now).expect("goes on");
                    (rest, fed) = (later, fed + now.len());
                }
                1 => world.flush(),
                2 => world.serve(shard),
                3 => world.bring_back(shard).expect("goes on"),
                4 => world.listen().expect("goes on"),
                _ if rng.u8(..) < 8 => {
                    world.settle().expect("goes on");
                    let (passed, ended) = passed(&stream[..fed], first);
                    let due = expected.iter().filter(|&&n| n < passed || ended).count();
                    prop_assert_eq!(world.matches().len(), due, "all that is due has left");
                }
                _ => {}
            }
            if world.output.len() > seen {
                seen = world.output.len();
                let matches = world.matches();
                prop_assert!(expected.starts_with(&matches));
                let (passed, ended) = passed(&stream[..fed], first);
                prop_assert!(ended || matches.last().is_none_or(|&last| last < passed));
            }
        }
        prop_assert_eq!(world.matches(), expected);
        let summary = world.run.summary();
        prop_assert_eq!(summary.events, counted.len() as u64);
        let (late_or_twice, held) = (summary.duplicates + summary.late, summary.held);
        prop_assert_eq!((late_or_twice, held), ((events.len() - counted.len()) as u64, 0));
        let span = counted.last_key_value().map_or(0, |(last, _)| last + 1)
            - counted.first_key_value().map_or(0, |(&first, _)| {
                first
            });
        prop_assert_eq!(summary.holes, span - counted.len() as u64);
        world.settle().expect("goes on");
        prop_assert!(world.run.is_closed());
        prop_assert_eq!(world.owners.iter().map(Tables::runs).sum::<usize>(), 0);
    }
}

/// The first number that has not come in these bytes (0 while the start is
/// unknown), and whether their end has.
fn passed(stream: &str, first: u64) -> (u64, bool) {
    let ended = stream.contains("EVENT END");
    let whole = stream.rfind('\n').map_or("", |end| &stream[..end]);
    let numbers: Vec<u64> = whole
        .lines()
        .filter_map(|line| line.split_once('|')?.0.parse().ok())
        .collect();
    let zero = numbers.iter().position(|&n| n == 0);
    let one = numbers.iter().position(|&n| n == 1);
    let start = match (zero, one) {
        _ if first > 1 => return (0, ended),
        (Some(zero), Some(one)) if zero > one => 1,
        (Some(_), _) => 0,
        (None, Some(_)) => 1,
        (None, None) => return (0, ended),
    };
    let numbers: std::collections::BTreeSet<u64> = numbers.into_iter().collect();
    let mut passed = start;
    while numbers.contains(&passed) {
        passed += 1;
    }
    (passed, ended)
}
