//! Payments: what a provider can do, what its word means, and the cashier
//! who calls it.
//!
//! ```text
//!  http  ──▶ till ──▶ cashier's threads ──▶ provider (hosted)      calls out; they may wait
//!  http  ──▶ hosted: signature, reading ──▶ settling ──▶ api       webhooks in; on the shard
//!            watch: when to ask of its own accord ──▶ settling ──▶ api
//! ```
//!
//! Nothing here decides what is booked: the shard that owns an event does, in
//! whatever order it hears of money ([`crate::inventory::events`]). This
//! module sees to it that it hears, and that what it owes is paid back.
//! `docs/payments.md` tells the whole story.

mod backoff;
mod cashier;
mod hosted;
mod provider;
mod settle;
mod settling;
mod tally;
mod till;
mod watch;

pub use backoff::wait;
pub use cashier::Cashier;
pub use hosted::{Hosted, HostedSettings, REPLAY_SECONDS, sign};
pub use provider::{
    CallError, Mark, Notice, Order, Provider, Refund, Session, SessionState, WebhookError,
};
pub use settle::{Settled, settle};
pub use settling::{Step, decide};
pub use tally::{Count, Tally};
pub use till::{Till, TillSettings, Unavailable};
pub use watch::{Watch, Watched};
