//! Options of `purchases`.

use clap::{Args, value_parser};

use crate::{
    http::SiteArgs,
    load::LoadArgs,
    plan::{keys::Keys, purchase::Quantities},
    report::OutputArgs,
};

/// What `purchases --help` says at the end.
const HELP: &str = "\
Makes the ticket options first (POST /ticket_options), then sends
POST /purchases over keep-alive connections, all JSON:API. Closed and open
loops, latencies, timeouts and the client's judgement of itself are those of
`ringside-bench seats --help`.

Outcomes: OK is 201; SOLD_OUT is 400 with the code invalid_purchase_quantity;
BUSY is 429 or 503, which may or may not have been carried out. Anything else
ends the run with exit code 1. So does a purchase beyond the allocation, one
that is granted although the same or a smaller quantity had been refused before
it was sent, and a refusal although enough was left. At the end the server is
asked for every option: what is gone must be what was acknowledged. Some
acknowledged purchases are read back, too.

An allocation that is larger than the run measures purchases; a smaller one
sells out, and then measures refusals: the table tells them apart.

Examples:
  ringside-bench purchases                               one hot option, 64 connections
  ringside-bench purchases --options 1000 --keys zipf:1  some are in demand
  ringside-bench purchases --allocation 200000           sells out: exactly all is sold
  ringside-bench purchases --rate 20k                    by the clock, corrected latency
  ringside-bench purchases --server-pid $(pidof ringside)   with the server's CPU time";

/// Options of `purchases`.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct PurchasesArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// Ticket options to make and to purchase from.
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u32).range(1..=100_000))]
    pub(crate) options: u32,
    /// How many each ticket option has at the start.
    #[arg(long, default_value_t = 100_000_000, value_parser = value_parser!(u64).range(0..=1_000_000_000_000))]
    pub(crate) allocation: u64,
    /// How many a purchase takes: a number, or LOW..HIGH, drawn for each.
    #[arg(long, default_value = "1")]
    pub(crate) quantity: Quantities,
    /// How ticket options are drawn: uniform, zipf:S, hot:N (90 % of the requests go to N options) or sequential.
    #[arg(long, default_value = "uniform")]
    pub(crate) keys: Keys,
    /// Users to draw from.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..))]
    pub(crate) users: u32,
    /// Give every purchase an Idempotency-Key of its own.
    #[arg(long)]
    pub(crate) idempotency_keys: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
