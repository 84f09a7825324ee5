//! Servers side by side: each started afresh in every round, the order turned
//! round from one round to the next.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::load::{self, Case, Reading, Times};
use crate::place::Places;
use crate::server::Recipe;
use crate::stats;

/// A server and what is done to it.
pub(crate) struct Contender {
    pub(crate) recipe: Recipe,
    pub(crate) cases: Vec<Case>,
}

/// One measurement.
pub(crate) struct Sample {
    pub(crate) round: usize,
    pub(crate) server: String,
    pub(crate) shards: u16,
    pub(crate) case: Case,
    pub(crate) reading: Reading,
}

/// All measurements, in the order in which they were made.
#[derive(Default)]
pub(crate) struct Samples(pub(crate) Vec<Sample>);

impl Samples {
    fn of(&self, server: &str, shards: u16, case: Case) -> impl Iterator<Item = &Reading> {
        self.0
            .iter()
            .filter(move |s| s.server == server && s.shards == shards && s.case == case)
            .map(|sample| &sample.reading)
    }

    /// Microseconds of server time per command, round by round.
    pub(crate) fn micros(&self, server: &str, shards: u16, case: Case) -> Vec<f64> {
        self.of(server, shards, case).map(Reading::micros).collect()
    }

    /// The median rate, in commands per second.
    pub(crate) fn rate(&self, server: &str, shards: u16, case: Case) -> f64 {
        let rates: Vec<f64> = self.of(server, shards, case).map(Reading::rate).collect();
        stats::median(&rates)
    }
}

/// Measures all contenders in all their cases, `rounds` times.
pub(crate) fn run(contenders: &[Contender], rounds: usize, times: Times) -> Result<Samples> {
    let cases: usize = contenders
        .iter()
        .map(|contender| contender.cases.len())
        .sum();
    let expected =
        (times.warm_up + times.measured + Duration::from_millis(150)) * (rounds * cases) as u32;
    eprintln!(
        "{rounds} rounds of {cases} measurements: about {} s",
        expected.as_secs() + 1
    );
    let mut samples = Samples::default();
    for round in 0..rounds {
        let mut order: Vec<&Contender> = contenders.iter().collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for contender in order {
            let recipe = &contender.recipe;
            let server = recipe.start()?;
            load::preload(&server)?;
            let places = Places::explore(&server, recipe.shards)?;
            let mut cases = contender.cases.clone();
            if round % 2 == 1 {
                cases.reverse();
            }
            for case in cases {
                let reading = load::run(&server, &places, case, times)
                    .with_context(|| format!("{} at {}", recipe.name, case.shape))?;
                samples.0.push(Sample {
                    round,
                    server: recipe.name.clone(),
                    shards: recipe.shards,
                    case,
                    reading,
                });
            }
        }
        eprintln!("round {} of {rounds} done", round + 1);
    }
    Ok(samples)
}
