//! Bounds that are not settings, and how they relate.
//!
//! What an operator may want to change is a setting (see [`crate::config`]).
//! What only has to be *some* number stands here, with its reason, and the
//! relations that keep queues from deadlocking are checked by the compiler.

use std::time::Duration;

use crate::wire::seat::{MAX_PREFIX_BYTES, MAX_REPLY_BYTES};

/// The most shards a server may have. Shard numbers fit 16 bits; the mesh has
/// a channel for every pair, which this keeps within reason.
pub const MAX_SHARDS: usize = 256;

/// The longest seat name that can be allowed, in bytes: lengths fit one byte.
pub const MAX_SEAT_BYTES: usize = 255;

/// The longest line that can be allowed, in bytes.
pub const MAX_LINE_BYTES: usize = 4096;

/// Commands whose seats are looked for before the first of them is run: as many
/// memory accesses as a core has under way at a time, or more.
pub const LOOKED_AHEAD: usize = 16;

/// Commands in one batch between two shards. More would delay the first of
/// them behind the last; fewer would wake the peer more often.
pub const BATCH_COMMANDS: usize = 512;

/// Batches that one shard may have under way to one other shard. Over this
/// credit its connections stop reading until a batch comes back.
pub const BATCHES_IN_FLIGHT: usize = 8;

/// Batches of likes that one shard may have under way to one other shard, for
/// all its match runs together.
pub const LIKE_BATCHES_IN_FLIGHT: usize = 16;

/// Operations (see [`crate::inventory::Operation`]) in one batch between two
/// shards. Each may be a page of a list or thousands of tickets.
pub const BATCH_OPERATIONS: usize = 64;

/// Batches of operations that one shard may have under way to one other shard.
/// Over this credit they wait at their origin.
pub const OPERATION_BATCHES_IN_FLIGHT: usize = 8;

/// Calls from other threads that may wait for a shard's next turn. Over this,
/// callers wait.
pub const INBOX_CALLS: usize = 4096;

/// Numbers for new ids that a shard takes from the shared counter at a time.
pub const NUMBER_LEASE: u64 = 1024;

/// How often within one turn operations are run and those who asked for them
/// go on: what needs more steps goes on in the next turn.
pub const OPERATION_ROUNDS: usize = 8;

/// How long a shard sleeps at most while it knows of a hold that will expire:
/// the clock on the wall may be set meanwhile.
pub const EXPIRY_LOOK_AT_LEAST: Duration = Duration::from_secs(60);

/// How long it waits at least, so that holds that end one after the other are
/// swept together. Every answer counts an expired hold as free, swept or not.
pub const EXPIRY_LOOK_AT_MOST: Duration = Duration::from_millis(10);

/// Room in the channel from one shard to another: all requests that the
/// sender may have under way, and the answers to all that the receiver may.
/// So a send never fails, and two full channels never wait for each other.
pub const CHANNEL_BATCHES: usize =
    2 * (BATCHES_IN_FLIGHT + LIKE_BATCHES_IN_FLIGHT + OPERATION_BATCHES_IN_FLIGHT);

/// From so many shards on, the likes of a match run are spread over all of them.
/// A second shard alone gains nothing: on two cores that are shared with the
/// client, 30.0 instead of 29.3 ms for a million shuffled events, and a p99 of
/// 5.2 instead of 3.3 ms for nearly ordered ones (medians of 15).
pub const MATCH_SPREADS_FROM: usize = 3;

/// Likes in one batch between two shards: 24 KiB.
pub const LIKE_BATCH_EVENTS: usize = 1024;

/// Batches of likes that one match run may have open, waiting or under way for
/// one other shard. Over this it stops reading until one comes back.
pub const RUN_BATCHES: usize = 8;

/// Events that a match run decodes before it places and matches them: enough
/// that decoding is not interrupted often (with 256 it costs a fifth more), and
/// few enough to stay in the cache.
pub const MATCH_CHUNK_EVENTS: usize = 1024;

/// Sequence numbers that a match run's window may reach over at most. Two bits
/// each.
pub const MAX_MATCH_WINDOW: u64 = 1 << 36;

/// Pairs of users that a match run may have at most on one shard: their
/// histories and users are numbered in 32 bits.
pub const MAX_MATCH_PAIRS: usize = 1 << 30;

/// Pairs of users for which a match run gets the memory when its source
/// connects, over all shards (`--match-pairs`, if that is less): 8 MiB, as many
/// as fit in a table of 2^19 slots. The million likes of the original game have
/// a third of a million pairs.
pub const MATCH_PREPARED_PAIRS: usize = (1 << 19) / 16 * 11;

/// Bytes of a malformed line that are kept as an example.
pub const MALFORMED_EXAMPLE_BYTES: usize = 64;

/// Changes that may wait for the disk on one shard, in bytes. Over this its
/// connections stop reading until a frame is written.
pub const JOURNAL_PENDING_BYTES: usize = 8 << 20;

/// Commands for other shards that are not held back for more to come.
pub const WORTH_A_WAKE_UP: usize = 64;

/// Turns for which the journal's next frame, or commands for other shards, are
/// held back at most, while each of them brings more.
pub const GATHERING_TURNS: u8 = 8;

/// When replies do not wait for the disk, changes of so many bytes are written
/// although the interval is not over.
pub const INTERVAL_FRAME_BYTES: usize = 512 << 10;

/// The part of a segment that is kept for the sale of seats held already, once
/// the disk has no room for another segment: one in so many.
pub const JOURNAL_RESERVE_PART: u64 = 4;

/// Entries of a shard's submission queue. A fuller turn submits midway.
pub const RING_ENTRIES: u32 = 1024;

/// Entries of a shard's completion queue.
pub const COMPLETION_ENTRIES: u32 = 8192;

/// One receive buffer, in bytes: a deep pipeline's chunk fits in one.
pub const RECEIVE_BUFFER_BYTES: usize = 16 * 1024;

/// Receive buffers per shard, shared by all its connections (a power of two).
/// They are in use only between the kernel's write and the shard's next turn.
pub const RECEIVE_BUFFERS: u16 = 128;

/// One receive buffer for the source of a match run, in bytes. A call for each
/// 16 KiB costs the kernel a third more than one for each 64 KiB.
pub const STREAM_BUFFER_BYTES: usize = 64 * 1024;

/// Receive buffers for match sources (a power of two). No more than the second
/// cache of a core holds, so that what arrives is still there when it is read.
pub const STREAM_BUFFERS: u16 = 8;

/// Bytes that the kernel may hold for a match source before the shard reads
/// them (it counts its own overhead too). Left alone, Linux lets them grow to
/// 32 MiB, and what waits there is late and no longer in the cache.
pub const SOURCE_QUEUE_BYTES: usize = 1024 * 1024;

/// How long a shard without work waits in its own ring, where waking it is
/// cheap, before it sleeps in the runtime. Nothing that only the runtime
/// knows of may be under way meanwhile. Bounded, so that an idle shard costs
/// nothing.
pub const DOZE_AT_MOST: Duration = Duration::from_millis(5);

/// Turns after which a shard publishes its counters again when it rests; when
/// it sleeps, it always does.
pub const PUBLISH_TURNS: u32 = 16;

/// The most room a recycled reply buffer keeps, in bytes.
pub const KEPT_BUFFER_BYTES: usize = 16 * 1024;

/// Recycled reply buffers that a shard keeps.
pub const KEPT_BUFFERS: usize = 1024;

/// The largest frame of a journal, in bytes, header and padding included. What
/// waits shares frames; larger ones gain nothing (a disk is at its full rate
/// long before) and would make the first of them wait for the last.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;

/// Frames of snapshots, in bytes. While the number of shards changes, one is
/// being filled for every new shard.
pub const SNAPSHOT_FRAME_BYTES: usize = 256 * 1024;

/// The smallest journal segment that can be asked for, in bytes: its header
/// and a few small frames, or one with the longest record. Frames shrink to
/// fit.
pub const MIN_SEGMENT_BYTES: u64 = 16 * 1024;

/// The largest journal segment that can be asked for, in bytes.
pub const MAX_SEGMENT_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Full segments that a shard may have beside its snapshot before the next
/// snapshot is written, however small they are: each restart leaves one.
pub const MAX_SEALED_SEGMENTS: usize = 32;

/// Frame buffers that a journal keeps for the next frames; one that is being
/// filled and one that is being written are not among them.
pub const KEPT_FRAME_BUFFERS: usize = 4;

/// The longest change to what is no seat, in bytes: a part of an event's plan, or
/// two of the longest texts. The smallest segment has room for it.
pub const MAX_CHANGE_BYTES: usize = 12 * 1024 - 128;

/// What fits a change of the body of a reply that is kept for an idempotency
/// key, in bytes. Longer ones are written in parts.
pub const REPLY_PART_BYTES: usize = 4096;
/// The most options, purchases, members, tickets, keys, ledger entries, events,
/// their seats, checkouts, bookings or payments that a shard can be allowed, of each: they are numbered in 32 bits.
pub const MOST_OF_A_KIND: usize = u32::MAX as usize;

/// The longest text that people may write (a name, a description), in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;

/// The most entries of one page of a list.
pub const MAX_PAGE: usize = 1000;

/// Entries of a page of a list that does not say how many.
pub const DEFAULT_PAGE: usize = 100;

/// The longest that a hold can be asked to last, in seconds: a leap year.
pub const LONGEST_HOLD_SECONDS: u64 = 366 * 24 * 3600;

/// The longest that a payment can be allowed to take, in seconds: a day, as
/// hosted payment pages allow.
pub const LONGEST_PAYMENT_SECONDS: u64 = 24 * 3600;

/// The most changes of seats that an event can be told to remember; each takes
/// 4 bytes.
pub const MAX_SEAT_CHANGES: usize = 1 << 24;

/// The largest body of an answer that is kept for its idempotency key, in
/// bytes. In JSON a byte of a text takes six at most: all fit, but that to an
/// event with many options, which is shown anew.
pub const MAX_STORED_REPLY_BYTES: usize = 64 * 1024;

/// The least that the head of an HTTP request must be allowed to have, in
/// bytes: hyper's smallest buffer.
pub const LEAST_HTTP_HEADER_BYTES: usize = 8192;

/// Client addresses whose requests are counted apart, when `--http-rate` is
/// set; those over it share one limit.
pub const RATE_LIMITED_CLIENTS: usize = 65_536;

/// The most tickets that one request may make: one step of one shard, which
/// serves nobody else meanwhile.
pub const MAX_TICKETS_AT_ONCE: u64 = 10_000;

/// How often the shards of watched events are asked what has changed, by every
/// shard that has watchers.
pub const LIVE_TICK: Duration = Duration::from_millis(200);

/// Watchers whom a shard sends something in one turn: while the kernel sends, the
/// shard serves nobody else.
pub const LIVE_WATCHERS_PER_TURN: usize = 64;

/// How long watchers hear nothing at most.
pub const LIVE_HEARTBEAT: Duration = Duration::from_secs(15);

/// Frames that are kept of each watched event, for watchers who read slowly.
pub const LIVE_LOG_FRAMES: usize = 256;

/// Bytes of these frames. Who misses more reads the map again.
pub const LIVE_LOG_BYTES: usize = 256 * 1024;

/// Checkouts of one event that are looked at in every tick. Of more, all are
/// within [`LIVE_ROUND_TICKS`].
pub const LIVE_FOLLOWED_AT_ONCE: usize = 512;

/// Ticks in which each checkout that a watcher follows is looked at once.
pub const LIVE_ROUND_TICKS: usize = 5;

/// Checkouts that are asked for in one operation: a step of the event's shard.
pub const LIVE_CHECKOUTS_ASKED: usize = 128;
/// The largest body of a request that makes an event, in bytes, if
/// `--http-body-bytes` is less: 50,000 seats with a label each fit well.
pub const EVENT_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Mistakes in one document that are told at once.
pub const MAX_TOLD_MISTAKES: usize = 20;

/// Plans and seat maps that a shard keeps as its HTTP door sends them, in bytes,
/// of each. The oldest give way; one alone may be larger.
pub const KEPT_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// Length of the queue of connections that the kernel holds for one listener.
pub const ACCEPT_BACKLOG: i32 = 4096;

/// File descriptors that the server needs beside those of its connections:
/// listeners, rings, logs, for each shard.
pub const DESCRIPTORS_PER_SHARD: u64 = 32;

/// Locked memory that each shard's runtime asks for, in bytes.
pub const LOCKED_BYTES_PER_SHARD: u64 = 512 * 1024;

// Each lane's requests one way, and as many answers to the other side's.
const _: () = assert!(
    CHANNEL_BATCHES
        >= 2 * BATCHES_IN_FLIGHT + 2 * LIKE_BATCHES_IN_FLIGHT + 2 * OPERATION_BATCHES_IN_FLIGHT
);
const _: () = assert!(OPERATION_ROUNDS > 0 && BATCH_OPERATIONS > 0 && INBOX_CALLS > 0);
const _: () = assert!(EXPIRY_LOOK_AT_MOST.as_nanos() < EXPIRY_LOOK_AT_LEAST.as_nanos());
const _: () = assert!(MAX_SEAT_BYTES + MAX_PREFIX_BYTES <= MAX_LINE_BYTES);
const _: () = assert!(MAX_LINE_BYTES <= RECEIVE_BUFFER_BYTES);
const _: () = assert!(RECEIVE_BUFFERS.is_power_of_two());
const _: () = assert!(STREAM_BUFFERS.is_power_of_two());
const _: () = assert!(BATCH_COMMANDS * MAX_SEAT_BYTES <= u32::MAX as usize);
const _: () = assert!(MATCH_CHUNK_EVENTS <= LIKE_BATCH_EVENTS);
const _: () = assert!(2 * MAX_MATCH_PAIRS <= 1 << 31);
const _: () = assert!(MALFORMED_EXAMPLE_BYTES < crate::wire::like::MAX_LINE_BYTES);
const _: () = assert!(SNAPSHOT_FRAME_BYTES <= MAX_FRAME_BYTES);
const _: () = assert!(2 * MAX_TEXT_BYTES + 256 <= MAX_CHANGE_BYTES);
const _: () = assert!(REPLY_PART_BYTES + MAX_TEXT_BYTES + 256 <= MAX_CHANGE_BYTES);
const _: () = assert!(MAX_SHARDS <= u16::MAX as usize);
const _: () = assert!(DEFAULT_PAGE <= MAX_PAGE);
const _: () = assert!(2 * 6 * MAX_TEXT_BYTES + 4096 <= MAX_STORED_REPLY_BYTES);
const _: () = assert!(MAX_REPLY_BYTES <= KEPT_BUFFER_BYTES);

/// Purchases that a shard looks at in one go for a member's balance.
pub const PURCHASES_AT_ONCE: usize = 1 << 16;
