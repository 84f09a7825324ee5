//! What durability costs: Ringside that answers when its journal is on the
//! disk, beside Redis with an append-only file, beside Ringside in memory, and
//! beside the disk itself. All have one core, the load has the others.

mod dialect;
mod disk;
mod fresh;
mod redis;
mod script;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use self::dialect::Dialect;
use self::disk::Disk;
use self::fresh::Fresh;
use self::redis::Redis;
use crate::cli::{Common, where_they_run};
use crate::compare::{self, Contender};
use crate::keys::Locality;
use crate::load::Case;
use crate::report;
use crate::server::Recipe;

/// What is compared, and on which disk.
#[derive(Debug, Args)]
pub(crate) struct Durable {
    /// Put all data below this directory, and remove it in the end: the disk
    /// that is measured.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// The Redis server; without it, `redis-server` if it is installed.
    #[arg(long, value_name = "PROGRAM")]
    redis: Option<PathBuf>,
    /// The Ringside server; without it, the one built with the lab.
    #[arg(long, value_name = "PROGRAM")]
    ringside: Option<PathBuf>,
    /// What the order of commands is drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    common: Common,
}

const ALWAYS: &str = "redis always";
const EVERY_SECOND: &str = "redis everysec";
const SYNC: &str = "ringside sync";
const INTERVAL: &str = "ringside interval:1000";
const MEMORY: &str = "ringside memory";

/// Measures all of them, and says what came of it.
pub(crate) fn run(options: &Durable) -> Result<ExitCode> {
    let common = &options.common;
    let parent = options
        .dir
        .canonicalize()
        .with_context(|| format!("cannot use {}", options.dir.display()))?;
    let folder = disk::folder(&parent)?;
    eprintln!(
        "data in {}, removed in the end; seed {}",
        folder.path().display(),
        options.seed
    );
    let redis = Redis::find(options.redis.as_deref())?;
    let contenders = contenders(options, redis.as_ref(), folder.path())?;
    let mut disk = Disk::new(folder.path());
    let samples = compare::run_after(&contenders, common.rounds, common.times(), || {
        disk.measure()
    })?;
    let names: Vec<String> = contenders
        .iter()
        .map(|contender| contender.recipe.name.clone())
        .collect();
    let beside = redis.map_or("Redis is not installed".to_owned(), |redis| {
        redis.describe()
    });
    let summary = format!(
        "durable Ringside beside Redis and itself in memory, {cores}\n\
         reserve:buy:query 1:1:2, every command succeeds: fresh seats, each reserved and bought \
         once; seed {seed}\n\
         medians of {rounds} rounds of {measured:?} each, servers and data new in each round; \
         ratios are of commands/s within a round, with 95 % intervals\n\
         {beside}\n\
         CPU each: the server's processor time per command; load: how much of its core the load \
         took, near 100 % the rate is the load's\n\
         {disk}\n\n{rates}\n\
         the journal of {SYNC}; to the disk: its frames for each write that the disk did alone\n\n\
         {journal}",
        cores = where_they_run(1),
        seed = options.seed,
        rounds = common.rounds,
        measured = common.times().measured,
        disk = disk.describe(),
        rates = table::rates(&samples, &common.shapes, &names, ALWAYS, MEMORY),
        journal = table::journal(&samples, &common.shapes, SYNC, disk.rate()),
    );
    report::publish("durable", &summary, &samples, common.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn contenders(options: &Durable, redis: Option<&Redis>, folder: &Path) -> Result<Vec<Contender>> {
    let common = &options.common;
    let cases: Vec<Case> = common.cases(Locality::Hashed).collect();
    let contender = |recipe: Recipe, dialect: Dialect| {
        let seed = options.seed;
        Contender {
            recipe,
            cases: cases.clone(),
            // The same for all servers of a round.
            meet: Box::new(move |_, _, round| {
                let seed = seed.wrapping_add(round as u64);
                Ok(Box::new(Fresh::new(dialect, seed)))
            }),
        }
    };
    let ringside = |name: &str, durability: Option<&str>| -> Result<Contender> {
        let mut flags = common.server_args.clone();
        flags.extend(durability.map(|how| format!("--durability={how}")));
        let recipe = Recipe::ringside(name, options.ringside.as_deref(), 1, &flags)?;
        let recipe = match durability {
            Some(_) => recipe.with_data("--data-dir", data(folder, name)),
            None => recipe,
        };
        Ok(contender(recipe, Dialect::Ringside))
    };
    let mut all = Vec::new();
    if let Some(redis) = redis {
        for (name, fsync) in [(ALWAYS, "always"), (EVERY_SECOND, "everysec")] {
            let recipe = redis.recipe(name, fsync, data(folder, name));
            all.push(contender(recipe, Dialect::Redis));
        }
    }
    all.push(ringside(SYNC, Some("sync"))?);
    all.push(ringside(INTERVAL, Some("interval:1000"))?);
    all.push(ringside(MEMORY, None)?);
    Ok(all)
}

fn data(folder: &Path, name: &str) -> PathBuf {
    folder.join(name.replace([' ', ':'], "-"))
}
