//! A load that changes what it touches: seats that nobody has asked for yet are
//! reserved and bought, and seats of any age are looked at.

use anyhow::{Result, ensure};
use fastrand::Rng;
use ringside::route::ShardId;

use super::dialect::Dialect;
use super::script::{Block, COMMANDS, SEATS, Script, block};
use crate::load::Case;
use crate::talk::Talk;

/// Scripts that connections choose from, block by block.
const SCRIPTS: usize = 16;
/// Blocks that one server is asked for at most: 41 million seats, and no more
/// than Ringside's own bound (`--max-seats`).
const BLOCKS: u32 = 40_000;

/// What is asked of one server from its start to its end. A connection works
/// through a block of seats of its own, so that whatever the order in which
/// the server takes connections, every command succeeds.
pub(super) struct Fresh {
    dialect: Dialect,
    random: Rng,
    scripts: Vec<Script>,
    connections: Vec<Place>,
    depth: usize,
    /// Blocks that were begun.
    begun: u32,
    /// Blocks of which everything was answered.
    whole: Vec<Block>,
}

/// Where a connection is.
#[derive(Clone, Copy)]
struct Place {
    script: usize,
    next: usize,
    block: Block,
}

impl Fresh {
    pub(super) fn new(dialect: Dialect, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        Self {
            dialect,
            scripts: (0..SCRIPTS)
                .map(|_| Script::new(dialect, &mut random))
                .collect(),
            random,
            connections: Vec::new(),
            depth: 1,
            begun: 0,
            whole: Vec::new(),
        }
    }

    fn begin_block(&mut self) -> Result<Place> {
        ensure!(
            self.begun < BLOCKS,
            "this server was asked for {} seats, as many as there are names for: give fewer \
             --shapes or --seconds",
            BLOCKS as usize * SEATS
        );
        self.begun += 1;
        Ok(Place {
            script: self.random.usize(..SCRIPTS),
            next: 0,
            block: block(self.begun),
        })
    }
}

impl Talk for Fresh {
    /// Connections of an earlier measurement have ended in the middle of their
    /// blocks, which are left as they are.
    fn begin(&mut self, homes: &[ShardId], case: Case) -> Result<()> {
        let depth = case.shape.depth;
        ensure!(
            COMMANDS.is_multiple_of(depth),
            "{}: {depth} under way do not divide {COMMANDS}; take a power of two",
            case.shape
        );
        self.depth = depth;
        self.connections.clear();
        for _ in homes {
            let place = self.begin_block()?;
            self.connections.push(place);
        }
        Ok(())
    }

    fn ask(&mut self, connection: usize) -> Result<&[u8]> {
        let mut place = self.connections[connection];
        if place.next == COMMANDS {
            self.whole.push(place.block);
            place = self.begin_block()?;
        }
        let from = place.next;
        place.next += self.depth;
        self.connections[connection] = place;
        let (random, whole) = (&mut self.random, &self.whole);
        // One place more: the connection's own block, as far as it has come.
        let look = || {
            *whole
                .get(random.usize(..=whole.len()))
                .unwrap_or(&place.block)
        };
        Ok(self.scripts[place.script].chunk(from, self.depth, place.block, look))
    }

    fn answers(&self, received: &[u8]) -> Result<isize> {
        self.dialect.answers(received)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::keys::Locality;

    fn case(shape: &str) -> Case {
        Case {
            shape: shape.parse().expect("a shape"),
            locality: Locality::Hashed,
        }
    }

    /// Applies a chunk; every command must succeed.
    fn apply(sold: &mut HashMap<String, bool>, chunk: &[u8]) {
        for line in std::str::from_utf8(chunk).expect("ASCII").lines() {
            let (verb, seat) = line.split_once(": ").expect("a command");
            match (verb, sold.get(seat)) {
                ("RESERVE", None) => sold.insert(seat.to_owned(), false),
                ("BUY", Some(false)) => sold.insert(seat.to_owned(), true),
                ("QUERY", Some(_)) => None,
                found => panic!("{line}: {found:?}"),
            };
        }
    }

    #[test]
    fn all_succeed_whoever_comes_first_and_through_all_measurements() {
        let mut fresh = Fresh::new(Dialect::Ringside, 5);
        let (mut sold, mut order) = (HashMap::new(), Rng::with_seed(6));
        for shape in ["3x64", "1x1", "2x4096", "4x16"] {
            let case = case(shape);
            let connections = case.shape.connections;
            fresh
                .begin(&vec![ShardId(0); connections], case)
                .expect("a shape");
            for _ in 0..3 * COMMANDS / case.shape.depth {
                // What is under way may be done in any order.
                let mut under_way: Vec<Vec<u8>> = (0..connections)
                    .map(|number| fresh.ask(number).expect("seats").to_vec())
                    .collect();
                order.shuffle(&mut under_way);
                for chunk in under_way {
                    apply(&mut sold, &chunk);
                }
            }
        }
        assert!(fresh.whole.len() > 8);
    }

    #[test]
    fn a_depth_that_leaves_a_rest_is_refused() {
        let mut fresh = Fresh::new(Dialect::Redis, 5);
        assert!(fresh.begin(&[ShardId(0)], case("1x48")).is_err());
    }

    #[test]
    fn it_says_when_names_run_out() {
        let mut fresh = Fresh::new(Dialect::Ringside, 5);
        fresh.begun = BLOCKS - 1;
        fresh
            .begin(&[ShardId(0)], case("1x4096"))
            .expect("one block is left");
        fresh.ask(0).expect("it");
        let error = fresh.ask(0).expect_err("no other");
        assert!(error.to_string().contains("--seconds"), "{error}");
    }
}
