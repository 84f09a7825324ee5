//! What a load says and hears: the seam between connections, which only carry
//! bytes, and what they ask.

use anyhow::Result;
use ringside::route::ShardId;

use crate::load::Case;

/// Questions for one server, and how its answers are counted. It lives as long
/// as the server, through all measurements of a round.
pub(crate) trait Talk {
    /// A measurement begins: these connections are open, each on its shard.
    fn begin(&mut self, homes: &[ShardId], case: Case) -> Result<()>;

    /// The next chunk of a connection all of whose questions are answered, as
    /// many as the case's depth.
    fn ask(&mut self, connection: usize) -> Result<&[u8]>;

    /// How many answers end in these bytes, which follow those that came
    /// before. It may run ahead of what is unfinished, never of a chunk's end:
    /// the sum reaches the depth with the last byte of the last answer.
    fn answers(&self, received: &[u8]) -> Result<isize>;
}
