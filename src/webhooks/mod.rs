//! Outgoing webhooks: other systems are told how checkouts have ended, by the
//! Standard Webhooks convention.
//!
//! What is told is read from the shards, behind a cursor that is kept in the
//! data directory: so a crash, or a receiver that is away, loses nothing that
//! the shards remember. `docs/payments.md` says what that is.
//!
//! ```text
//!  shards ──ends behind the cursor──▶ courier ──message, signed──▶ receiver
//!                                        └── cursor, when all were taken
//! ```

mod courier;
mod cursor;
mod message;
mod secret;

pub use courier::{Courier, CourierSettings};
pub use cursor::Cursor;
pub use message::{Message, message};
pub use secret::{Secret, SecretError};
