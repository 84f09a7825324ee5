//! The highest rate of an open loop at which an objective holds.

mod search;
mod slo;
