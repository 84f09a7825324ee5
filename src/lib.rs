//! # Ringside
//!
//! A ticket-inventory server: it holds and sells seats, each once, to one
//! buyer, whatever its clients do, by a line protocol and by HTTP; and it finds
//! the matches in a stream of likes. One shard per core, no locks between them.
//!
//! ```text
//!  client ──TCP──▶ net        bytes in; every shard listens on every port (SO_REUSEPORT)
//!                  http       requests ⇄ operations; hyper, without a socket
//!                  wire       bytes ⇄ commands and outcomes; pure
//!                  route      seat → owning shard: local or remote; pure
//!                  mesh       one batch per turn and destination, over glommio channels
//!                  shard      applies commands to the seats it owns
//!                  inventory  seats, and the stock: deterministic state machines; pure
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
//! | [`cli`] | the command line | api, boot, clock, config, engine, host, inventory (its words), journal, logging, net, shard |
//! | [`engine`] | the library: the shards without a socket, from any thread | api, boot, clock, config, inventory, net, route |
//! | [`boot`] | starts and stops everything; makes the threads | api, config, host, http, inventory, journal, matching, mesh, net, payment, route, shard, webhooks, wire |
//! | [`net`] | sockets, connections, reply order, the peers of match runs; the io_uring loop | api, clock, http, inventory, journal, matching, mesh, route, shard, wire |
//! | [`shard`] | the seats, stock (events included) and pairs of one core | inventory, journal, matching, mesh, route |
//! | [`http`] | the HTTP door: bytes ⇄ what [`api`] can do | api, inventory (its words), payment, shard (its counters) |
//! | [`payment`] | payment providers, what their word means, and the threads that call them | api, inventory (its words), outward |
//! | [`webhooks`] | tells other systems how checkouts have ended | api, inventory (its words), outward, payment (its tally), route |
//! | [`outward`] | clients of other servers | |
//! | [`api`] | events, members, tickets, ticket options, ledger: what can be done, over any way to the shards | inventory (its words), route |
//! | [`journal`] | what was decided, on stable storage | |
//! | [`mesh`] | batches between shards | inventory, matching (their words), route |
//! | [`matching`] | likes, and which of them are matches | route, wire |
//! | [`wire`] | the protocols' bytes | inventory, matching (their words) |
//! | [`route`] | which shard owns a seat or a pair of users | |
//! | [`inventory`] | seats; ticket options, members, tickets, events and their sale, the ledger; their states | |
//! | [`config`] | settings | inventory (its bounds), matching (its rules), wire (its bounds) |
//! | [`host`] | what the machine must offer | net (its kind of ring) |
//! | [`logging`] | log lines | config |
//! | [`clock`] | the only reader of time | |
//! | [`limits`] | bounds that are not settings; anyone may read them | inventory, wire (their bounds) |
//!
//! # As a library
//!
//! The same shards without a socket, called from any thread ([`engine`]); as
//! futures for any executor, or waiting:
//!
//! ```
//! use ringside::api::HoldFor;
//! use ringside::inventory::Places;
//! use ringside::{Config, Engine};
//!
//! let engine = Engine::start(&Config::default())?;
//! let ringside = engine.blocking();
//! let ada = ringside.create_member("Ada")?;
//! let places = Places { section: "A".to_owned(), rows: (1, 10), seats: (1, 20) };
//! let ticket = ringside.create_tickets(places)?;
//! ringside.hold(ticket, ada.id, HoldFor::Ever)?;
//! ringside.purchase_ticket(ticket, ada.id)?;
//!
//! let parking = ringside.create_option("Parking", "A place for a car", 100)?;
//! ringside.purchase(parking.id, ada.id, 2)?;
//! assert_eq!(ringside.option(parking.id)?.available, 98);
//! engine.stop()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To serve others from within a program, see [`Server`].

pub mod api;
pub mod boot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod engine;
pub mod host;
pub mod http;
pub mod inventory;
pub mod journal;
pub mod limits;
pub mod logging;
pub mod matching;
pub mod mesh;
pub mod net;
pub mod outward;
pub mod payment;
pub mod route;
pub mod shard;
pub mod webhooks;
pub mod wire;

pub use boot::Server;
pub use config::Config;
pub use engine::{Engine, Handle};
