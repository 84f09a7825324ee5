//! The command line of the lab.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::ab::{self, Ab};
use crate::compare::{self, Contender, settled};
use crate::cores::cores;
use crate::durable::{self, Durable};
use crate::flame;
use crate::hiccups::{self, Hiccups};
use crate::keys::Locality;
use crate::load::{Case, Shape, Times};
use crate::report::{self, Side};
use crate::responder::{self, Wait};
use crate::server::Recipe;
use crate::under_load::{self, UnderLoad};

/// Measures Ringside against the floor, against another build, and over its
/// shards: processor time of the server per command.
#[derive(Debug, Parser)]
pub(crate) struct Lab {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ringside's distance to the floor with one shard, and what crossing
    /// cores costs with two.
    Floor(FloorOptions),
    /// Shards 1 to N, all seats local and half of them remote.
    Scale(ScaleOptions),
    /// Two builds against each other, with an interval.
    Ab(Ab),
    /// Durable Ringside beside Redis, beside itself in memory, and beside what
    /// the disk can do.
    #[command(
        mut_arg("shapes", |shapes| shapes.default_value("64x1,64x16,64x64,1x1")),
        mut_arg("seconds", |seconds| seconds.default_value("1"))
    )]
    Durable(Durable),
    /// How long this machine stops its cores while they are busy.
    Hiccups(Hiccups),
    /// A server under load, for a program that watches.
    Load(UnderLoad),
    /// A flame graph from what `perf script` prints.
    Flame {
        /// What stands above it.
        #[arg(long, default_value = "Ringside under load")]
        title: String,
    },
    /// The floor itself: answers each line with the same one.
    #[command(hide = true)]
    Respond {
        #[arg(long, value_enum, default_value = "block")]
        wait: Wait,
    },
    /// Ringside itself, with all its flags.
    #[command(hide = true)]
    Serve(Box<ringside::cli::Cli>),
}

/// What all comparisons can be told.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// How often everything is measured.
    #[arg(long, default_value_t = 9)]
    pub(crate) rounds: usize,
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 0.4)]
    seconds: f64,
    /// Connections x commands under way on each, separated by commas.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1x1,64x1,512x1,64x16,64x64"
    )]
    pub(crate) shapes: Vec<Shape>,
    /// A flag for Ringside, such as `--server-args=--busy-poll=50us`; may be
    /// repeated.
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    pub(crate) server_args: Vec<String>,
    /// Keep raw rows, summary and circumstances in this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

impl Common {
    pub(crate) fn times(&self) -> Times {
        Times {
            warm_up: Duration::from_millis(100),
            measured: Duration::from_secs_f64(self.seconds.clamp(0.01, 600.0)),
        }
    }

    pub(crate) fn cases(&self, locality: Locality) -> impl Iterator<Item = Case> {
        self.shapes
            .iter()
            .map(move |&shape| Case { shape, locality })
    }
}

#[derive(Debug, Args)]
struct FloorOptions {
    /// How the floor waits for work.
    #[arg(long, value_enum, default_value = "block")]
    wait: Wait,
    /// The server program; without it, the one built with the lab.
    #[arg(long, value_name = "PROGRAM")]
    ringside: Option<PathBuf>,
    /// Leave out what needs two shards.
    #[arg(long)]
    one_shard: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct ScaleOptions {
    /// The most shards; without it, as many as there are cores.
    #[arg(long)]
    shards: Option<u16>,
    /// The server program; without it, the one built with the lab.
    #[arg(long, value_name = "PROGRAM")]
    ringside: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Does what the command line says.
pub(crate) fn run(lab: Lab) -> Result<ExitCode> {
    match lab.command {
        Command::Floor(options) => floor(&options),
        Command::Scale(options) => scale(&options),
        Command::Ab(options) => ab::run(&options),
        Command::Durable(options) => durable::run(&options),
        Command::Hiccups(options) => hiccups::run(&options),
        Command::Load(options) => under_load::run(&options),
        Command::Flame { title } => flame::run(&title),
        Command::Respond { wait } => {
            responder::respond(wait)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(cli) => Ok(ringside::cli::run(*cli)),
    }
}

const RINGSIDE: &str = "ringside";

fn floor(options: &FloorOptions) -> Result<ExitCode> {
    let common = &options.common;
    let ringside = |shards, cases| -> Result<Contender> {
        let path = options.ringside.as_deref();
        Ok(Contender {
            recipe: Recipe::ringside(RINGSIDE, path, shards, &common.server_args)?,
            cases,
            meet: settled(),
        })
    };
    let mut contenders = vec![
        Contender {
            recipe: Recipe::floor(options.wait)?,
            cases: common.cases(Locality::Hashed).collect(),
            meet: settled(),
        },
        ringside(1, common.cases(Locality::Hashed).collect())?,
    ];
    if !options.one_shard {
        contenders.push(ringside(2, local_and_half(common).collect())?);
    }
    let samples = compare::run(&contenders, common.rounds, common.times())?;
    let side = |title, server| Side {
        title,
        server,
        shards: 1,
        locality: Locality::Hashed,
    };
    let mut summary = format!(
        "server CPU per command, one shard, {}; medians of {} rounds\n\n{}",
        where_they_run(1),
        common.rounds,
        report::table(
            &samples,
            &common.shapes,
            side("floor", "floor"),
            side(RINGSIDE, RINGSIDE)
        ),
    );
    if !options.one_shard {
        summary += &crossing(&samples, common, 2);
    }
    report::publish("floor", &summary, &samples, common.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn scale(options: &ScaleOptions) -> Result<ExitCode> {
    let common = &options.common;
    let most = options
        .shards
        .unwrap_or(ringside::host::usable_cpus().len() as u16);
    let counts: Vec<u16> = (1..=most)
        .filter(|n| *n < 4 || n.is_power_of_two() || *n == most)
        .collect();
    let contender = |&shards: &u16| -> Result<Contender> {
        let path = options.ringside.as_deref();
        let cases = if shards == 1 {
            common.cases(Locality::Local).collect()
        } else {
            local_and_half(common).collect()
        };
        Ok(Contender {
            recipe: Recipe::ringside(RINGSIDE, path, shards, &common.server_args)?,
            cases,
            meet: settled(),
        })
    };
    let contenders = counts.iter().map(contender).collect::<Result<Vec<_>>>()?;
    let samples = compare::run(&contenders, common.rounds, common.times())?;
    let mut summary = String::new();
    for &shards in counts.iter().filter(|shards| **shards > 1) {
        let local = |title, shards| Side {
            title,
            server: RINGSIDE,
            shards,
            locality: Locality::Local,
        };
        summary += &format!(
            "server CPU per command, all seats local: {shards} shards against one; {}\n\n{}\n",
            where_they_run(shards),
            report::table(
                &samples,
                &common.shapes,
                local("1 shard", 1),
                local("N shards", shards)
            ),
        );
        summary += &crossing(&samples, common, shards);
    }
    report::publish("scale", &summary, &samples, common.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn local_and_half(common: &Common) -> impl Iterator<Item = Case> {
    // One connection has one shard: there is nothing to compare.
    let both =
        |case: Case| [Locality::Local, Locality::Half].map(|locality| Case { locality, ..case });
    common.cases(Locality::Local).flat_map(both)
}

fn crossing(samples: &compare::Samples, common: &Common, shards: u16) -> String {
    let side = |title, locality| Side {
        title,
        server: RINGSIDE,
        shards,
        locality,
    };
    format!(
        "\n{shards} shards, all seats local against half of them remote; {}\n\n{}",
        where_they_run(shards),
        report::table(
            samples,
            &common.shapes,
            side("local", Locality::Local),
            side("half remote", Locality::Half)
        ),
    )
}

pub(crate) fn where_they_run(shards: u16) -> String {
    let cores = cores(shards);
    if cores.apart {
        format!(
            "server on cores {:?}, load on {:?}",
            cores.server, cores.load
        )
    } else {
        format!(
            "server and load share cores {:?}: look at CPU per command only",
            cores.server
        )
    }
}
