//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

use crate::{
    check::Rule,
    compare::CompareArgs,
    plan::{cuts::WriteMode, mix::Mix, prefix::Prefix, shuffle::Shuffle},
    target::DEFAULT_ADDRESS,
};

/// Load client and test harness for Ringside and other ticket-inventory servers.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    args_override_self = true,
    after_help = "\
Examples:
  ringside-bench harness               does the server on 127.0.0.1:8099 pass the test?
  ringside-bench seats                 how fast is it, and is it right under load?
  ringside-bench seats --help          all about the load
  ringside-bench match                 a million shuffled likes, matches in order?

Start the server first: `cargo run --release`.

Exit codes: 0 the server passed, 1 it answered wrongly, 2 no verdict (not
connected, connection lost, wrong usage)."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play the original test harness: contend for seats, send broken messages, check every seat.
    Harness(HarnessArgs),
    /// Put load on the seats in a closed loop and measure latency and throughput.
    Seats(SeatsArgs),
    /// Compare two reports of `seats --json`: what changed, how surely, and is it a regression?
    Compare(CompareArgs),
    /// Play the original event source and event listener: send likes, check the matches.
    Match(MatchArgs),
}

/// Options of `harness`.
#[derive(Args, Debug)]
#[command(after_help = "\
Seats are named A000, A001, … in three groups: A is left free, B is reserved,
C is reserved and bought. Half of the clients reserve, half buy, and they
contend for the same seats; one client more sends broken messages meanwhile.
At the end every seat is asked for its state. The seats must be free: start a
fresh server for each run.

Examples:
  ringside-bench harness                          the original test, 500,000 seats
  ringside-bench harness --seats 3000             a short one
  ringside-bench harness 10.0.0.7:8099 --quiet    another machine, verdict only")]
pub(crate) struct HarnessArgs {
    /// Server to test.
    #[arg(default_value = DEFAULT_ADDRESS, value_name = "ADDR")]
    pub(crate) address: String,
    /// Seats in all three groups together.
    #[arg(long, default_value_t = 500_000, value_parser = value_parser!(u32).range(3..=100_000_000))]
    pub(crate) seats: u32,
    /// Clients that reserve and buy, each with one message under way.
    #[arg(long, default_value_t = 150, value_parser = value_parser!(u16).range(2..))]
    pub(crate) concurrency: u16,
    /// Seed of the order in which seats are asked for.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Longest time to wait for a reply, such as 500ms or 30s.
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: humantime::Duration,
    /// Threads that drive the clients; they share the machine with the server.
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// No progress and no counts, only the verdict.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Options of `seats`.
#[derive(Args, Debug)]
#[command(after_help = "\
Each connection keeps --pipeline requests under way and sends the next ones as
replies arrive: the loop is closed, so a slow server is asked less often. Every
reply is checked too; a seat that is reserved or sold twice ends the run with
exit code 1, however fast the server was.

Examples:
  ringside-bench seats                                    10 seconds, 64 connections
  ringside-bench seats --pipeline 16 --duration 30s       deeper, longer
  ringside-bench seats --ops 1000000 --mix 0:0:1          a million queries
  ringside-bench seats --connections 1 --seats 1000000    one client, many seats")]
pub(crate) struct SeatsArgs {
    /// Server to put load on.
    #[arg(default_value = DEFAULT_ADDRESS, value_name = "ADDR")]
    pub(crate) address: String,
    /// Connections to open.
    #[arg(long, short, default_value_t = 64, value_parser = value_parser!(u16).range(1..))]
    pub(crate) connections: u16,
    /// Requests that each connection keeps under way.
    #[arg(long, short, default_value_t = 1, value_parser = value_parser!(u16).range(1..=4096))]
    pub(crate) pipeline: u16,
    /// Threads that drive the connections; they share the machine with the server.
    #[arg(long, short, default_value_t = 1, value_parser = value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Send exactly so many requests, then end.
    #[arg(long, conflicts_with = "duration", value_parser = value_parser!(u64).range(1..))]
    pub(crate) ops: Option<u64>,
    /// Send for so long, such as 500ms, 10s or 2m.
    #[arg(long, default_value = "10s", value_name = "TIME")]
    pub(crate) duration: humantime::Duration,
    /// Seats to draw from.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=1_000_000_000))]
    pub(crate) seats: u32,
    /// How often each verb is sent, as weights reserve:buy:query.
    #[arg(long, default_value = "1:1:2")]
    pub(crate) mix: Mix,
    /// Seed of the requests: the same seed sends the same verbs to the same seat numbers.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// What seat names begin with; new for each run unless given.
    #[arg(long)]
    pub(crate) prefix: Option<Prefix>,
    /// Longest time to wait for a reply, such as 500ms or 30s.
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: humantime::Duration,
    /// No live line.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) output: crate::report::OutputArgs,
}

/// What `match --help` says at the end.
pub(crate) const MATCH_HELP: &str = "\
The source sends EVENT BEGIN, the events and EVENT END, and stays connected
until the verdict. The listener sends MATCH BEGIN, reads one sequence number
per line and sends MATCH END - OK once all matches have come in order and all
events are written, or MATCH END - ERROR at the first wrong number. After the
verdict it reads on for a moment: a number too many still makes it an error.

Shuffles: `full`, any event at any place; `window:K`, an event at most K places
before or after its own; `none`. Everything is drawn from the seed and prepared
before the clock starts, the expected matches too.

Delivery latency is the time from the write that completed what a match needs,
which is every event up to its number, to the read that brought the match.

The JSON object holds:
  verdict                         OK, ERROR or BROKEN OFF (exit codes 0, 1, 2)
  reason                          why it is not OK, or null
  direction                       connecting or serving
  source, listener                addresses
  users, shuffle, rule, seed, write
                                  as asked for
  events, bytes                   sent, holes and noise not counted as events
  malformed, duplicates           lines mixed in
  holes                           events left out
  matches_expected, matches_received
                                  received: right ones, to the first difference
  seconds_to_last_byte_written, seconds_to_last_match, seconds_to_verdict
                                  from just before the first byte was written,
                                  or null
  events_per_second               events by seconds_to_verdict, null if not OK
  client_cpu_seconds              processor time of the client meanwhile
  delivery_micros                 count, p50, p90, p99, p99.9 and max

Examples:
  ringside-bench match                                 the original run, 1,000,000 events
  ringside-bench match --shuffle window:1000           delivery latency at full speed
  ringside-bench match --write line                    one write per event
  ringside-bench match --events 50000 --noise 20000    with noise, 2 lines per 100 events
  ringside-bench match --serve --source 127.0.0.1:0 --listener 127.0.0.1:0
                                                       to be dialled, on free ports";

/// Options of `match`.
#[derive(Args, Debug)]
#[command(after_help = MATCH_HELP)]
pub(crate) struct MatchArgs {
    /// Where the event source connects, or listens with --serve.
    #[arg(long, default_value = "127.0.0.1:9090", value_name = "ADDR")]
    pub(crate) source: String,
    /// Where the event listener connects, or listens with --serve.
    #[arg(long, default_value = "127.0.0.1:9099", value_name = "ADDR")]
    pub(crate) listener: String,
    /// Listen and wait for the server to dial in; the first line printed says where (port 0: any).
    #[arg(long)]
    pub(crate) serve: bool,
    /// Sequence numbers, from 1 on.
    #[arg(long, default_value_t = 1_000_000, value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub(crate) events: u32,
    /// Users, from 1 on; fewer users make more matches.
    #[arg(long, default_value_t = 9_000, value_parser = value_parser!(u32).range(2..=1_000_000_000))]
    pub(crate) users: u32,
    /// Order of sending: full, window:K or none.
    #[arg(long, default_value = "full")]
    pub(crate) shuffle: Shuffle,
    /// What makes a match of a like.
    #[arg(long, default_value = "literal")]
    pub(crate) rule: Rule,
    /// Seed of the events, their order and the noise.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// What one write holds: line or chunk:BYTES.
    #[arg(long, default_value = "chunk:65536", value_name = "MODE")]
    pub(crate) write: WriteMode,
    /// Malformed lines and contradicting duplicates to mix in, per million events.
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u32).range(..=1_000_000), value_name = "PER_MILLION")]
    pub(crate) noise: u32,
    /// Events to leave out, per million: behind the first hole all waits for EVENT END.
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u32).range(..1_000_000), value_name = "PER_MILLION")]
    pub(crate) holes: u32,
    /// Longest time without progress: nobody dials in, nothing can be written, no match arrives.
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: humantime::Duration,
    /// Write the report to this file too, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// No progress and no figures, only the verdict.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_load_ends_by_count_or_by_clock_not_both() {
        let parse = |tail: &[&str]| {
            let words = ["ringside-bench", "seats"].iter().chain(tail);
            Cli::try_parse_from(words)
        };
        assert!(parse(&["--ops", "5"]).is_ok());
        assert!(parse(&["--duration", "5s"]).is_ok());
        assert!(parse(&["--ops", "5", "--duration", "5s"]).is_err());
        assert!(parse(&["--pipeline", "0"]).is_err());
    }
}
