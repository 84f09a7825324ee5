//! The way to the shards, as an interface.

use std::future::Future;

use crate::inventory::{Answer, Micros, Operation};
use crate::route::ShardId;

/// Which shard an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one that owns this locator.
    Locator(u32),
    /// This one.
    Shard(ShardId),
}

/// The server is stopping or has ended: the operation may have been done or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is stopping")]
pub struct Closed;

/// A way to the shards. Cheap to clone.
pub trait Door: Clone {
    /// The answer to come. When it comes, all that it has observed is as
    /// durable as was asked for.
    type Call: Future<Output = Result<Answer, Closed>>;

    /// How many shards there are.
    fn shards(&self) -> u16;

    /// Has a shard run an operation. It is on its way when this returns; the
    /// future only waits. Dropping it does not take the operation back.
    fn call(&self, to: Target, operation: Operation) -> Self::Call;

    /// The time, to make ids and deadlines of.
    fn now(&self) -> Micros;

    /// The first of so many numbers for new ids, each given out once; see
    /// [`crate::inventory::id`].
    fn numbers(&self, count: u64) -> u64;
}
