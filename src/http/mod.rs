//! The HTTP door: ticket options, members and tickets, the ledger, and what
//! operators need. `docs/http.md` is its reference.
//!
//! hyper speaks HTTP/1.1 here, without a socket and without a runtime: each
//! connection is a [`Conversation`], given bytes and asked for bytes by whoever
//! has the socket. A [`Site`] is what the connections of one shard share. What
//! requests do is in [`crate::api`]; this module only puts it into HTTP.
//!
//! ```text
//!  bytes ─▶ conversation   hyper over a pipe in memory; bounds; time limits
//!           answer         route, rate, token, negotiation, body, key
//!           body, query    what was asked for, with the place of every mistake
//!           options, purchases, members, tickets, moves, ledger, operations
//!           checkout       events, seat maps, checkouts, bookings, waiting rooms
//!           once           done once for each idempotency key
//!  bytes ◀─ reply, error   JSON:API, or JSON and RFC 9457 problems
//! ```

mod answer;
mod body;
mod catalogue;
mod checkout;
mod conversation;
mod error;
mod failure;
mod field;
mod key;
mod ledger;
mod malformed;
mod members;
mod metrics;
mod moves;
mod negotiate;
mod nudge;
mod once;
mod openapi;
mod operations;
mod options;
mod pipe;
mod progress;
mod purchases;
mod query;
mod rate;
mod receive;
mod reply;
mod route;
mod show;
mod site;
mod tickets;
mod token;

pub use checkout::{Latencies, TokenSecret};
pub use conversation::Conversation;
pub use progress::Patience;
pub use rate::Clients;
pub use site::{Settings, Site};
pub use token::{Token, TokenError};
