//! A server under load, with another program watching: `perf`, for one.

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use crate::keys::{Locality, Settled};
use crate::load::{self, Case, Shape, Times};
use crate::place::Places;
use crate::responder::Wait;
use crate::server::Recipe;

/// What is loaded, and who watches.
#[derive(Debug, Args)]
pub(crate) struct UnderLoad {
    /// Connections x commands under way.
    #[arg(long, default_value = "64x16")]
    shape: Shape,
    /// Shards of the server.
    #[arg(long, default_value_t = 1)]
    shards: u16,
    /// Where the seats of a connection's commands live.
    #[arg(long, value_enum, default_value = "hashed")]
    locality: Locality,
    /// Load the floor instead of Ringside.
    #[arg(long)]
    floor: bool,
    /// How long.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// The program that watches and its arguments, `{pid}` being the server's
    /// process; it is started when the load has begun.
    #[arg(last = true)]
    watcher: Vec<String>,
}

/// Loads a server, lets the watcher watch, and says what was measured.
pub(crate) fn run(options: &UnderLoad) -> Result<ExitCode> {
    let recipe = if options.floor {
        Recipe::floor(Wait::Block)?
    } else {
        Recipe::ringside("ringside", None, options.shards, &[])?
    };
    let server = recipe.start()?;
    load::preload(&server)?;
    let places = Places::explore(&server, recipe.shards)?;
    let watcher = start_watcher(&options.watcher, server.id())?;
    let case = Case {
        shape: options.shape,
        locality: options.locality,
    };
    let times = Times {
        warm_up: Duration::from_millis(500),
        measured: Duration::from_secs_f64(options.seconds.clamp(0.1, 3600.0)),
    };
    let start = Instant::now();
    let reading = load::run(&places, case, &mut Settled::new(recipe.shards), times)?;
    eprintln!(
        "{} {} for {:.1} s: {:.3} µs of server time per command, {:.0} commands/s",
        recipe.name,
        options.shape,
        start.elapsed().as_secs_f64(),
        reading.micros(),
        reading.rate(),
    );
    let Some(mut watcher) = watcher else {
        return Ok(ExitCode::SUCCESS);
    };
    // Its subject ends, and so does the watcher.
    drop(server);
    let status = watcher.wait()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn start_watcher(words: &[String], server: u32) -> Result<Option<std::process::Child>> {
    let Some((program, args)) = words.split_first() else {
        return Ok(None);
    };
    let args = args
        .iter()
        .map(|arg| arg.replace("{pid}", &server.to_string()));
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {program}: is it installed?"))?;
    Ok(Some(child))
}
