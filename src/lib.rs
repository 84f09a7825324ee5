//! # Ringside
//!
//! A ticket-inventory server: it holds and sells seats, each once, to one
//! buyer, whatever its clients do; and it finds the matches in a stream of
//! likes. One shard per core, no locks between them.
//!
//! ```text
//!  client ──TCP──▶ net        bytes in; every shard listens on every port (SO_REUSEPORT)
//!                  wire       bytes ⇄ commands and outcomes; pure
//!                  route      seat → owning shard: local or remote; pure
//!                  mesh       one batch per turn and destination, over glommio channels
//!                  shard      applies commands to the seats it owns
//!                  inventory  seats: a deterministic state machine; pure
//!                  matching   likes and matches: another one; pure
//!                  journal    what was decided, in frames, on stable storage
//!  client ◀──TCP── net        one send per connection and turn, in request order
//! ```
//!
//! The folders are the path of a request; read them in this order, once. Who
//! may use whom (`tests/tidy.rs` holds it):
//!
//! | module | what it is | uses |
//! |---|---|---|
//! | [`cli`] | the command line | boot, clock, config, host, journal, logging, net, shard |
//! | [`boot`] | starts and stops everything; makes the threads | config, host, inventory, journal, matching, mesh, net, route, shard, wire |
//! | [`net`] | sockets, connections, reply order, the peers of match runs; the io_uring loop | clock, inventory, journal, matching, mesh, route, shard, wire |
//! | [`shard`] | the seats and pairs of one core | inventory, journal, matching, mesh, route |
//! | [`http`] | the HTTP door: bytes ⇄ what [`api`] can do | api, inventory (its words), shard (its counters) |
//! | [`api`] | members, tickets, ticket options, ledger: what can be done, over any way to the shards | inventory (its words), route |
//! | [`journal`] | what was decided, on stable storage | |
//! | [`mesh`] | batches between shards | inventory, matching (their words), route |
//! | [`matching`] | likes, and which of them are matches | route, wire |
//! | [`wire`] | the protocols' bytes | inventory, matching (their words) |
//! | [`route`] | which shard owns a seat or a pair of users | |
//! | [`inventory`] | seats and their states | |
//! | [`config`] | settings | matching (its rules), wire (its bounds) |
//! | [`host`] | what the machine must offer | net (its kind of ring) |
//! | [`logging`] | log lines | config |
//! | [`clock`] | the only reader of time | |
//! | [`limits`] | bounds that are not settings; anyone may read them | wire (its bounds) |
//!
//! To run a server inside a program, see [`Server`].

pub mod api;
pub mod boot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod host;
pub mod http;
pub mod inventory;
pub mod journal;
pub mod limits;
pub mod logging;
pub mod matching;
pub mod mesh;
pub mod net;
pub mod route;
pub mod shard;
pub mod wire;

pub use boot::Server;
pub use config::Config;
