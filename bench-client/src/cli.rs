//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

use crate::{
    check::Rule,
    compare::CompareArgs,
    find_max::{self, FindMaxArgs},
    hammer::HammerArgs,
    load::LoadArgs,
    peers::PeersArgs,
    plan::{cuts::WriteMode, keys::Keys, mix::Mix, prefix::Prefix, shuffle::Shuffle},
    protocol::Dialect,
    purchases::PurchasesArgs,
    sale::{CheckoutsArgs, OnsaleArgs},
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
  ringside-bench find-max --slo 'p99<5ms'   how much can it take?
  ringside-bench compare OLD.json NEW.json  is it faster than before?
  ringside-bench purchases             the same questions to the HTTP door
  ringside-bench hammer                members and tickets: is every answer right?
  ringside-bench onsale                the day everybody wants the same seats
  ringside-bench match                 a million shuffled likes, matches in order?

Start the server first: `cargo run --release`.

Exit codes: 0 the server passed, 1 it answered wrongly, 2 no verdict (not
connected, connection lost, no reply in time, wrong usage), 130 broken off by
Ctrl-C (what was measured until then is told)."
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
    /// Put load on the seats, as fast as they answer or at a rate, and measure latency and throughput.
    Seats(SeatsArgs),
    /// Put load on ticket options by HTTP: purchases that must never exceed an allocation.
    Purchases(PurchasesArgs),
    /// Sell out an event: thousands of buyers queue, look, hold, fall back and pay.
    Onsale(OnsaleArgs),
    /// Check out as fast as it goes: start, hold two seats, pay; or look at seat maps.
    Checkouts(CheckoutsArgs),
    /// Hold, free and purchase tickets from many threads, legally or not, until all are purchased.
    Hammer(HammerArgs),
    /// Compare two reports of `seats --json`: what changed, how surely, and is it a regression?
    Compare(CompareArgs),
    /// Find the highest rate of an open loop at which an objective such as p99<5ms holds.
    #[command(
        after_help = find_max::HELP,
        // The search decides these.
        mut_arg("rate", |arg| arg.hide(true).conflicts_with("slo")),
        mut_arg("ops", |arg| arg.hide(true).conflicts_with("slo")),
        mut_arg("duration", |arg| arg.hide(true).conflicts_with("slo")),
        mut_arg("repeat", |arg| arg.hide(true).conflicts_with("slo")),
    )]
    FindMax(FindMaxArgs),
    /// Put the same load on Ringside, Redis and memcached in turn, and compare.
    Peers(PeersArgs),
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

/// What `seats --help` says at the end.
pub(crate) const SEATS_HELP: &str = "\
Closed loop (no --rate): each connection keeps --pipeline requests under way and
sends the next ones as replies arrive, so a slow server is asked less often, and
its slowness hides in what was not asked. It finds the highest throughput.

Open loop (--rate or a ramp): requests are due at times that the seed decides,
whatever the server does. A request that is due goes to the connection that has
had room for longest. If none has room it waits in the client's backlog, and is
late; if --backlog requests wait already, or it has waited for --timeout, it is
dropped, and counted so. Two latencies are told and never merged: corrected,
from the time a request was meant to be sent, and service time, from its write.

  constant        evenly spaced
  poisson         independent of each other, as many people are (the default)
  ramp:FROM..TO   poisson, from one rate to the other over --duration; no --rate
  spike:TIMES[:AT[:DECAY]]
                  an on-sale: poisson at --rate, at time AT so many times as
                  much, the excess falling to 37 % in each DECAY (after a third
                  and by a tenth of --duration unless given)

A request without a reply for --timeout ends a closed loop. In an open loop it
is counted, its connection replaced, and the load goes on.

Every reply is checked, those of the warm-up too, against what was granted for
that seat. A seat that is reserved or sold twice ends the run with exit code 1,
however fast the server was; a request without a reply may or may not have been
carried out, and whatever follows from it is accepted.

The client judges itself: it is client-bound if a thread of it wanted a core for
95 % of the time or more, or if it noticed more than 1 % of the requests over
1 ms late although a connection had room.

Other servers, by --protocol, each decision in one atomic command of theirs:
             RESERVE           BUY                  QUERY
  redis      SET seat R NX     SET seat S XX GET    GET seat
  memcached  add seat 1        incr seat 1          get seat
A BUY is granted to the one that hears R, or 2. Redis parses up to five words
where Ringside parses two, and copies the old value out for BUY; memcached
writes even for a refused BUY, repeats the key to a QUERY, and forgets seats
when its memory is full, unless started with -M. Both keep a value for each
seat and can do much else; Ringside only knows seats.

Ctrl-C stops sending and tells what was measured, marked as partial; a second
one ends at once.

Examples:
  ringside-bench seats                                    10 seconds, 64 connections
  ringside-bench seats --rate 50k                         50,000 a second, poisson
  ringside-bench seats --rate 2k --arrivals spike:20      tickets go on sale
  ringside-bench seats --keys zipf:0.99 --pipeline 16     some seats are in demand
  ringside-bench seats --ops 1000000 --mix 0:0:1          a million queries
  ringside-bench seats --server-pid $(pidof ringside)     with the server's CPU time
  ringside-bench seats 127.0.0.1:6379 --protocol redis    the same load on Redis";

/// Options of `seats`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SEATS_HELP)]
pub(crate) struct SeatsArgs {
    /// Server to put load on.
    #[arg(default_value = DEFAULT_ADDRESS, value_name = "ADDR")]
    pub(crate) address: String,
    /// Whose protocol to speak.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) protocol: Dialect,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// Seats to draw from.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=1_000_000_000))]
    pub(crate) seats: u32,
    /// How seats are drawn: uniform, zipf:S, hot:N (90 % of the requests go to N seats) or sequential.
    #[arg(long, default_value = "uniform")]
    pub(crate) keys: Keys,
    /// How often each verb is sent, as weights reserve:buy:query.
    #[arg(long, default_value = "1:1:2")]
    pub(crate) mix: Mix,
    /// What seat names begin with; new for each run unless given.
    #[arg(long)]
    pub(crate) prefix: Option<Prefix>,
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
which is every event up to its number, to the read that brought the match. A
write only hands bytes to the kernel of this side. What piles up there is no
delay of the server, so --send-buffer keeps it small; a source that leaves it to
the kernel (0) is always megabytes ahead of what it has sent.

The JSON object holds:
  verdict                         OK, ERROR or BROKEN OFF (exit codes 0, 1, 2)
  reason                          why it is not OK, or null
  direction                       connecting or serving
  source, listener                addresses
  users, shuffle, rule, seed, write, send_buffer
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
    /// Bytes that the kernel may hold for the source; 0: as many as it likes (Linux: 4 MB).
    #[arg(long, default_value_t = 512 * 1024, value_parser = value_parser!(u32).range(..=1 << 30), value_name = "BYTES")]
    pub(crate) send_buffer: u32,
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
