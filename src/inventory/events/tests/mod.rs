//! The events of a shard, asked from outside.

mod at_once;
mod audit;
mod chaos;
mod ends;
mod format;
mod model;
mod payments;
mod rooms;
mod shop;
mod story;
