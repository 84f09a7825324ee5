//! What is sold and to whom: a deterministic state machine.
//!
//! No I/O, no clock, no randomness, no logging lives here. Whatever differs
//! from run to run (a hash seed, later the time) comes in as an argument, so
//! the same commands in the same order always give the same outcomes. That is
//! what makes the core testable against a model and replayable.

mod command;
mod seats;
mod table;

pub use command::{Outcome, Verb};
pub use seats::{Seats, SeatsByState};
