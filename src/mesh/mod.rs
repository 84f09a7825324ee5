//! Commands and operations from shard to shard, in batches, over glommio's
//! channel mesh.
//!
//! Within a turn a shard's commands for another shard gather in one [`Batch`]
//! ([`Outbox`]); at the turn's end the batch crosses, is answered in place,
//! and comes back with the outcomes. Credit bounds what is under way, so a
//! send cannot fail (see [`crate::limits::CHANNEL_BATCHES`]).
//!
//! Awake shards look for batches themselves, every turn; how a dozing one is
//! woken is the network loop's affair. A sleeping shard is woken by glommio's
//! channel, through a waker registered just before it sleeps ([`Mesh::arm`]). Polling an empty glommio channel registers one more
//! waker each time, and a task bears only 32,767 of them; so the senders count
//! what they sent in a shared table, a channel is polled only when that count
//! says so, and at most one waker per channel is ever registered.

mod batch;
mod bell;
mod operations;
mod outbox;

pub use batch::{Batch, Slot};
pub use operations::{Answers, CallId, OperationOutbox, Operations};
pub use outbox::Outbox;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use glommio::channels::channel_mesh::{Full, MeshBuilder, Senders};
use glommio::channels::shared_channel::ConnectedReceiver;

use self::bell::Bell;
use crate::limits::CHANNEL_BATCHES;
use crate::matching::Batch as LikeBatch;
use crate::route::ShardId;

/// What crosses from shard to shard.
#[derive(Debug)]
pub enum Parcel {
    /// Commands for the receiver's seats.
    Request(Batch),
    /// The receiver's own batch, answered.
    Answer(Batch),
    /// Likes of pairs that the receiver owns.
    Likes(Box<LikeBatch>),
    /// The receiver's own likes, answered.
    LikesAnswer(Box<LikeBatch>),
    /// Operations that the receiver decides.
    Operations(Operations),
    /// The answers to a batch of the receiver's operations.
    Answers(Answers),
}

/// Why a shard could not join or use the mesh. Either ends the server: a lost
/// batch would be lost replies.
#[derive(Debug, thiserror::Error)]
pub enum MeshError {
    /// The channels between the shards could not be connected.
    #[error("the shards could not be connected: {0}")]
    Join(String),
    /// A shard is gone, or the channel to it broke its bound.
    #[error("shard {to} did not take a batch: {reason}", to = .to.0)]
    Send {
        /// The shard that should have taken it.
        to: ShardId,
        /// What the runtime said.
        reason: &'static str,
    },
}

/// The mesh before its shards are connected. Each shard gets a clone.
#[derive(Clone)]
pub struct MeshPlan {
    builder: MeshBuilder<Parcel, Full>,
    sent: Arc<SentTable>,
}

impl MeshPlan {
    /// A mesh of `shards` shards.
    pub fn new(shards: u16) -> Self {
        Self {
            builder: MeshBuilder::full(usize::from(shards), CHANNEL_BATCHES),
            sent: Arc::new(SentTable::new(shards)),
        }
    }

    /// Connects the calling shard. Returns when all shards have called it.
    ///
    /// # Errors
    /// [`MeshError::Join`] if the runtime refuses.
    pub async fn join(self) -> Result<Mesh, MeshError> {
        let shards = self.builder.nr_peers();
        let (senders, mut receivers) = self
            .builder
            .join()
            .await
            .map_err(|error| MeshError::Join(error.to_string()))?;
        // glommio numbers the peers by executor, in an order of its own.
        let me = ShardId(senders.peer_id() as u16);
        let lanes = receivers
            .streams()
            .into_iter()
            .map(|(from, receiver)| Lane {
                from: ShardId(from as u16),
                receiver,
                received: 0,
                bell: Arc::default(),
            })
            .collect();
        Ok(Mesh {
            me,
            shards: shards as u16,
            senders,
            lanes,
            sent: self.sent,
        })
    }
}

/// One shard's ends of all its channels.
pub struct Mesh {
    me: ShardId,
    shards: u16,
    senders: Senders<Parcel>,
    lanes: Vec<Lane>,
    sent: Arc<SentTable>,
}

/// The channel from one other shard.
struct Lane {
    from: ShardId,
    receiver: ConnectedReceiver<Parcel>,
    received: u64,
    bell: Arc<Bell>,
}

impl Mesh {
    /// The calling shard's own number.
    pub fn me(&self) -> ShardId {
        self.me
    }

    /// How many shards there are.
    pub fn shards(&self) -> u16 {
        self.shards
    }

    /// Sends a parcel to another shard.
    ///
    /// # Errors
    /// [`MeshError::Send`] if that shard is gone.
    pub fn send(&self, to: ShardId, parcel: Parcel) -> Result<(), MeshError> {
        use glommio::GlommioError;
        self.senders
            .try_send_to(to.index(), parcel)
            .map_err(|error| MeshError::Send {
                to,
                reason: match error {
                    GlommioError::Closed(_) => "it has ended",
                    GlommioError::WouldBlock(_) => "its channel is full",
                    _ => "it is not in the mesh",
                },
            })?;
        self.sent.count(self.me, to).fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Whether a parcel waits to be received.
    pub fn has_mail(&self) -> bool {
        self.lanes
            .iter()
            .any(|lane| lane.has_mail(self.me, &self.sent))
    }

    /// Takes the next parcel that has arrived, from any shard.
    pub fn receive(&mut self) -> Option<(ShardId, Parcel)> {
        let mut context = Context::from_waker(Waker::noop());
        for lane in &mut self.lanes {
            if lane.has_mail(self.me, &self.sent)
                && let Some(parcel) = lane.poll(&mut context)
            {
                return Some((lane.from, parcel));
            }
        }
        None
    }

    /// Before sleeping: has `waker` woken when a parcel comes. `Some`: one is
    /// there already, do not sleep.
    pub fn arm(&mut self, waker: &Waker) -> Option<(ShardId, Parcel)> {
        for lane in &mut self.lanes {
            if !lane.bell.arm(waker) {
                continue;
            }
            let bell = Waker::from(Arc::clone(&lane.bell));
            if let Some(parcel) = lane.poll(&mut Context::from_waker(&bell)) {
                lane.bell.disarm();
                return Some((lane.from, parcel));
            }
        }
        None
    }
}

impl Lane {
    fn has_mail(&self, me: ShardId, sent: &SentTable) -> bool {
        let sent = sent.count(self.from, me).load(Ordering::Acquire);
        // Not `!=`: a parcel taken by `arm` may not have been counted yet.
        (sent.wrapping_sub(self.received) as i64) > 0
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Option<Parcel> {
        match pin!(self.receiver.recv()).poll(context) {
            Poll::Ready(Some(parcel)) => {
                self.received += 1;
                Some(parcel)
            }
            // The sender has ended: the server is stopping.
            Poll::Ready(None) | Poll::Pending => None,
        }
    }
}

/// How many parcels each shard has sent to each other shard.
struct SentTable {
    shards: usize,
    counts: Vec<Count>,
}

/// On cache lines of its own: written by one core, read by one other.
#[repr(align(128))]
struct Count(AtomicU64);

impl SentTable {
    fn new(shards: u16) -> Self {
        let shards = usize::from(shards);
        Self {
            shards,
            counts: (0..shards * shards)
                .map(|_| Count(AtomicU64::new(0)))
                .collect(),
        }
    }

    fn count(&self, from: ShardId, to: ShardId) -> &AtomicU64 {
        &self.counts[from.index() * self.shards + to.index()].0
    }
}
