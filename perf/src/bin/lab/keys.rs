//! What is asked: chunks of commands, made before the clock starts, whose
//! seats live where the measurement wants them.

use std::collections::HashMap;

use anyhow::Result;
use clap::ValueEnum;
use fastrand::Rng;
use ringside::route::{Owner, Router, ShardId};

use crate::load::{self, Case};
use crate::talk::Talk;

/// Seats that are asked for.
pub(crate) const SEATS: u32 = 100_000;

/// Commands made for each shard's connections; they are asked round and round.
const COMMANDS: usize = 64 * 1024;

/// Where the seats of a connection's commands live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Locality {
    /// On the shard that has the connection.
    Local,
    /// Each second one there, the others on any other shard.
    Half,
    /// Wherever their names fall, as in life: of N shards' seats, one Nth is
    /// local.
    Hashed,
}

impl Locality {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Half => "half remote",
            Self::Hashed => "hashed",
        }
    }
}

/// The name of a seat.
pub(crate) fn seat(number: u32) -> String {
    format!("A{number:06}")
}

/// The shard that owns a seat.
pub(crate) fn owner(seat: &str, shards: u16) -> ShardId {
    match Router::new(shards, ShardId(0)).seat(seat.as_bytes()) {
        Owner::Local => ShardId(0),
        Owner::Remote(owner) => owner,
    }
}

/// Asks about seats that are as the load leaves them: nothing changes.
pub(crate) struct Settled {
    shards: u16,
    chunks: HashMap<ShardId, Vec<Vec<u8>>>,
    /// Of each connection: its shard, and which chunk comes next.
    next: Vec<(ShardId, usize)>,
}

impl Settled {
    pub(crate) fn new(shards: u16) -> Self {
        Self {
            shards,
            chunks: HashMap::new(),
            next: Vec::new(),
        }
    }
}

impl Talk for Settled {
    fn begin(&mut self, homes: &[ShardId], case: Case) -> Result<()> {
        self.chunks.clear();
        self.next.clear();
        for (number, &home) in homes.iter().enumerate() {
            let (shards, depth) = (self.shards, case.shape.depth);
            let chunks = self
                .chunks
                .entry(home)
                .or_insert_with(|| chunks(home, shards, case.locality, depth));
            self.next.push((home, number * 7919 % chunks.len()));
        }
        Ok(())
    }

    fn ask(&mut self, connection: usize) -> Result<&[u8]> {
        let (home, next) = &mut self.next[connection];
        let chunks = &self.chunks[home];
        let chunk = &chunks[*next];
        *next = (*next + 1) % chunks.len();
        Ok(chunk)
    }

    fn answers(&self, received: &[u8]) -> Result<isize> {
        Ok(load::lines(received) as isize)
    }
}

/// Chunks of `depth` commands for connections of shard `home`: half of the
/// commands query, a quarter reserve, a quarter buy.
fn chunks(home: ShardId, shards: u16, locality: Locality, depth: usize) -> Vec<Vec<u8>> {
    let mut random = Rng::with_seed(u64::from(home.0) + 1);
    let mut draw = |wanted: Option<bool>| loop {
        let seat = seat(random.u32(..SEATS));
        let local = owner(&seat, shards) == home;
        if wanted.is_none_or(|wanted| wanted == local) {
            let verb = ["RESERVE", "BUY", "QUERY", "QUERY"][random.usize(..4)];
            return format!("{verb}: {seat}\n");
        }
    };
    let mut made = 0usize;
    (0..(COMMANDS / depth).max(64))
        .map(|_| {
            let mut chunk = Vec::new();
            for _ in 0..depth {
                made += 1;
                let wanted = match locality {
                    _ if shards == 1 => None,
                    Locality::Local => Some(true),
                    Locality::Half => Some(made.is_multiple_of(2)),
                    Locality::Hashed => None,
                };
                chunk.extend_from_slice(draw(wanted).as_bytes());
            }
            chunk
        })
        .collect()
}

/// Brings every seat into a state in which the load leaves it: reserved, and
/// each second one sold.
pub(crate) fn preload() -> Vec<Vec<u8>> {
    let numbers: Vec<u32> = (0..SEATS).collect();
    numbers
        .chunks(64)
        .map(|numbers| {
            numbers
                .iter()
                .map(|&number| {
                    let (seat, buy) = (seat(number), seat(number & !1));
                    format!("RESERVE: {seat}\nBUY: {buy}\n")
                })
                .collect::<String>()
                .into_bytes()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_of_home(locality: Locality, home: u16, shards: u16) -> f64 {
        let chunks = chunks(ShardId(home), shards, locality, 1);
        let local = chunks.iter().filter(|chunk| {
            let line = std::str::from_utf8(chunk).expect("ASCII");
            let seat = line.trim().split(' ').nth(1).expect("a seat");
            owner(seat, shards) == ShardId(home)
        });
        local.count() as f64 / chunks.len() as f64
    }

    #[test]
    fn seats_live_where_they_are_wanted() {
        assert!((share_of_home(Locality::Local, 1, 2) - 1.0).abs() < 1e-9);
        assert!((share_of_home(Locality::Half, 1, 3) - 0.5).abs() < 0.01);
        assert!((share_of_home(Locality::Hashed, 2, 4) - 0.25).abs() < 0.02);
    }

    #[test]
    fn a_chunk_has_as_many_commands_as_it_should() {
        for chunk in chunks(ShardId(0), 2, Locality::Half, 16) {
            assert_eq!(memchr::memchr_iter(b'\n', &chunk).count(), 16);
        }
    }
}
