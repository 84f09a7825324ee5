//! What was measured: kept per thread without locks, added up at the end.

mod latency;
pub(crate) mod run;
mod spread;
mod tally;

pub(crate) use latency::Latencies;
pub(crate) use spread::Spread;
pub(crate) use tally::Tally;
