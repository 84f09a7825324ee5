//! Options of `hammer`.

use std::path::PathBuf;

use clap::{Args, value_parser};

use crate::{http::SiteArgs, plan::action::Weights};

/// What `hammer --help` says at the end.
const HELP: &str = "\
Threads share a pool of members and a pool of tickets, both empty at first. Each
draws an action at random, with a random member and a random ticket, legal or
not, and does it, until every ticket is purchased: create a member, create a
ticket (once all are made: one that is there already), hold, free, purchase,
hold and then free, hold and then purchase, look. Three of four tickets are
drawn among those not yet purchased, or the last ones would take for ever; one
of 64 members or tickets is one that was never made.

A free ticket may be held by any member; a held one be freed or purchased by its
holder only. Whatever the threads do at the same time, there must be an order of
all that happened to each ticket in which every answer is right: state, owner
and the reason of every refusal. That is checked at the end, ticket by ticket,
against a model of its own; then the server's lists, its tickets and its
members' tickets must be what the model says, and each ticket have one owner.
The server must not let holds time out (its --hold-time).

Exit codes: 0 every answer was right; 1 one was wrong, and which; 2 no verdict.

Examples:
  ringside-bench hammer                               against a running server
  ringside-bench hammer --embedded                    in this process, no server
  ringside-bench hammer --embedded --data-dir DIR     the same, on the disk
  ringside-bench hammer --threads 32 --tickets 20000  longer
  ringside-bench hammer --weights 1:1:0:0:0:0:1:0     only purchases";

/// Options of `hammer`.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct HammerArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,
    /// Hammer the library in this process instead of a server.
    #[arg(long, conflicts_with_all = ["target", "token_file"])]
    pub(crate) embedded: bool,
    /// Where the library keeps its data; in memory without it.
    #[arg(long, requires = "embedded", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Shards of the library; one for each core unless given.
    #[arg(long, requires = "embedded", value_name = "N")]
    pub(crate) shards: Option<u16>,
    /// Threads, each with one request under way.
    #[arg(long, short, default_value_t = 8, value_parser = value_parser!(u16).range(1..=128))]
    pub(crate) threads: u16,
    /// Tickets to create and purchase; 2,000 over HTTP, 20,000 with --embedded unless given.
    #[arg(long, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) tickets: Option<u32>,
    /// Members to create; with more of them the holder of a ticket is drawn less often.
    #[arg(long, default_value_t = 16, value_parser = value_parser!(u32).range(2..=1_000_000))]
    pub(crate) members: u32,
    /// How often each action is drawn: create member:create ticket:hold:free:purchase:hold+free:hold+purchase:look.
    #[arg(long, default_value = "1:1:1:1:1:1:1:1", value_name = "WEIGHTS")]
    pub(crate) weights: Weights,
    /// Seed of the draws; what the threads meet each other with depends on their timing, too.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Longest time to wait for an answer.
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: humantime::Duration,
    /// Longest time for all of it; when it is over there is no verdict.
    #[arg(long, default_value = "10m", value_name = "TIME")]
    pub(crate) limit: humantime::Duration,
    /// No live line and no table, only the verdict.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl HammerArgs {
    /// How many tickets to purchase.
    pub(crate) fn tickets(&self) -> u32 {
        let usual = if self.embedded { 20_000 } else { 2_000 };
        self.tickets.unwrap_or(usual)
    }
}
