//! The journal: what was decided, on stable storage, in order.
//!
//! Each shard has a stream of its own: numbered, chained frames of records in
//! segments, and a snapshot of what came before the first of them. See
//! `docs/durability.md` for what is promised and how the files look.
//!
//! ```text
//!  shard ──record──▶ Journal ──frame──▶ the shard's own thread: write, fdatasync
//!                    Writer              full frames, one under way at a time; pure
//!                    SegmentSource ──▶ Keeper   makes segments ready, writes snapshots
//!  open ─▶ DataDir ─▶ Stream::recover ──▶ State, Journal
//! ```
//!
//! Nothing here knows an inventory, a runtime or a clock: the state is a
//! [`State`], the disk a [`Disk`], and the time an argument.

mod backup;
mod buffer;
mod compact;
mod contents;
mod current;
mod disk;
mod error;
mod file;
mod frame;
mod header;
mod inspect;
mod keeper;
mod layout;
pub mod memory;
mod open;
mod reader;
mod record;
mod replay;
mod report;
mod reshard;
mod segment;
mod snapshot;
mod source;
mod state;
mod stream;
mod tail;
mod writer;

pub use backup::backup;
pub use disk::{Disk, File, Held, Lock};
pub use error::{Failure, OpenError};
pub use file::FileDisk;
pub use frame::BLOCK;
pub use header::FORMAT_VERSION;
pub use inspect::{Gap, Inspection, NoState};
pub use keeper::{Hooks, Keeper, ManualKeeper, Notice};
pub use open::{DataDir, Options, open};
pub use record::{BadRecord, Key, MAX_NAME_BYTES, Record, SeatState};
pub use report::{Cut, Progress, Report};
pub use segment::PreparedSegment;
pub use source::{Journal, SegmentSource};
pub use state::{Illegal, NewState, State};
pub use stream::{Recovered, Stream};
pub use writer::{FrameWrite, Writer};

/// The number of a frame in its stream: 1, 2, … over the stream's whole life.
pub type Sequence = u64;
