//! What was measured: kept per thread without locks, added up at the end.

pub(crate) mod run;
mod spread;
mod tally;

pub(crate) use spread::Spread;
pub(crate) use tally::Tally;
