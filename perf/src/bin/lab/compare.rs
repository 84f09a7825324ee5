//! Servers side by side: each started afresh in every round, the order turned
//! round from one round to the next.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::keys::Settled;
use crate::load::{self, Case, Reading, Times};
use crate::place::Places;
use crate::server::{Recipe, Server};
use crate::stats;
use crate::talk::Talk;

/// A server and what is done to it.
pub(crate) struct Contender {
    pub(crate) recipe: Recipe,
    pub(crate) cases: Vec<Case>,
    pub(crate) meet: Meet,
}

/// Brings a server that has just been started into the state in which it is
/// measured, and gives what is then asked of it; told how many shards it has,
/// and the number of the round.
pub(crate) type Meet = Box<dyn Fn(&Server, u16, usize) -> Result<Box<dyn Talk>>>;

/// Seats whose state never changes.
pub(crate) fn settled() -> Meet {
    Box::new(|server, shards, _| {
        load::preload(server)?;
        Ok(Box::new(Settled::new(shards)))
    })
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
    /// What was read from a server in a case, round by round.
    pub(crate) fn of(
        &self,
        server: &str,
        shards: u16,
        case: Case,
    ) -> impl Iterator<Item = &Reading> {
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

/// Measures all contenders in all their cases, `rounds` times. What is compared
/// with each other follows upon each other, so that both meet the same
/// neighbours; the other servers sleep meanwhile.
pub(crate) fn run(contenders: &[Contender], rounds: usize, times: Times) -> Result<Samples> {
    run_after(contenders, rounds, times, || Ok(()))
}

/// The same, but `before` happens in each round when the servers are up and
/// nothing is asked of them yet.
pub(crate) fn run_after(
    contenders: &[Contender],
    rounds: usize,
    times: Times,
    mut before: impl FnMut() -> Result<()>,
) -> Result<Samples> {
    let cases: usize = contenders.iter().map(|c| c.cases.len()).sum();
    let each = times.warm_up + times.measured + Duration::from_millis(150);
    eprintln!(
        "{rounds} rounds of {cases} measurements: about {} s",
        (each * (rounds * cases) as u32).as_secs() + 1
    );
    let interrupt = Interrupt::listen()?;
    let mut samples = Samples::default();
    for round in 0..rounds {
        let (mut servers, mut talks) = (Vec::new(), Vec::new());
        for Contender { recipe, meet, .. } in contenders {
            let server = recipe.start()?;
            talks.push(meet(&server, recipe.shards, round)?);
            servers.push(server);
        }
        let mut places = Vec::new();
        for (contender, server) in contenders.iter().zip(&servers) {
            places.push(Places::explore(server, contender.recipe.shards)?);
            server.settle()?;
        }
        before()?;
        let mut plan = plan(contenders);
        if round % 2 == 1 {
            plan.reverse();
        }
        for (number, case) in plan {
            interrupt.check()?;
            let recipe = &contenders[number].recipe;
            let reading = load::run(&places[number], case, talks[number].as_mut(), times)
                .with_context(|| format!("{} at {}", recipe.name, case.shape))?;
            servers[number].settle()?;
            samples.0.push(Sample {
                round,
                server: recipe.name.clone(),
                shards: recipe.shards,
                case,
                reading,
            });
        }
        eprintln!("round {} of {rounds} done", round + 1);
    }
    Ok(samples)
}

/// Who is measured when: all that have a shape, then the next shape.
fn plan(contenders: &[Contender]) -> Vec<(usize, Case)> {
    let mut shapes = Vec::new();
    for case in contenders.iter().flat_map(|contender| &contender.cases) {
        if !shapes.contains(&case.shape) {
            shapes.push(case.shape);
        }
    }
    let mut plan = Vec::new();
    for shape in shapes {
        for (number, contender) in contenders.iter().enumerate() {
            let cases = contender.cases.iter().filter(|case| case.shape == shape);
            plan.extend(cases.map(|case| (number, *case)));
        }
    }
    plan
}
