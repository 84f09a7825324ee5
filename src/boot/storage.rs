//! What the shards keep their seats in: memory, or a data directory.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::StartError;
use super::progress::{Progress, Teller};
use crate::config::{Config, Durability};
use crate::inventory::{Bounds, Inventory};
use crate::journal::{Failure, FileDisk, Hooks, Keeper, Notice, OpenError, Options, Stream, open};
use crate::limits::JOURNAL_RESERVE_PART;
use crate::net::stop::{Phase, Stop};
use crate::route::{Router, ShardId};
use crate::shard::{self, Gate, SeatBudget, Shard};

/// An open data directory, on its way to the shards.
pub(super) struct Storage {
    /// By shard; each takes its own.
    streams: Mutex<Vec<Option<Stream>>>,
    waits: bool,
    reserve: u64,
    bounds: Bounds,
    hash_seed: u64,
    progress: Arc<Progress>,
}

/// What must live as long as the server does: it keeps the directory locked.
pub(super) struct Kept {
    _keeper: Keeper,
    failure: Arc<Mutex<Option<Failure>>>,
}

impl Kept {
    /// Why the journal cannot go on, if so.
    pub(super) fn failure(&self) -> Option<Failure> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone()
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Kept")
    }
}

impl Storage {
    /// Opens the data directory that the configuration names, if it does.
    pub(super) fn open(
        config: &Config,
        shards: u16,
        hash_seed: u64,
        stop: &Arc<Stop>,
    ) -> Result<Option<(Arc<Self>, Kept)>, StartError> {
        if config.data_dir.is_empty() {
            return Ok(None);
        }
        let progress = Arc::<Progress>::default();
        let _teller = Teller::start(Arc::clone(&progress));
        let router = Router::new(shards, ShardId(0));
        let bounds = config.bounds();
        let options = Options {
            segment_bytes: config.segment_bytes,
            ..Options::new(Arc::new(move || {
                Box::new(Inventory::new(bounds, hash_seed))
            }))
        };
        let part = progress.part();
        let mut directory = open(
            Arc::new(FileDisk),
            Path::new(&config.data_dir),
            shards,
            options,
            &|name: &[u8]| shard::owner(&router, name),
            &mut |now| part.set(now.done, now.of),
        )?;
        let streams = directory.streams().into_iter().map(Some).collect();
        let failure = Arc::<Mutex<Option<Failure>>>::default();
        let (waker, stop, failed) = (Arc::clone(stop), Arc::clone(stop), Arc::clone(&failure));
        let keeper = directory
            .start_keeper(Hooks {
                // Which thread has become which shard is the runtime's affair.
                wake: Arc::new(move |_| waker.wake_all()),
                notice: Arc::new(move |notice| {
                    if let Notice::Failed(failure) = &notice {
                        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                        *failed = Some(failure.clone());
                        // At once: nothing may be answered from now on.
                        stop.ask(Phase::Aborting);
                    }
                    log(notice);
                }),
            })
            .map_err(|error| StartError::Shard(error.to_string()))?;
        let storage = Self {
            streams: Mutex::new(streams),
            waits: config.durability == Durability::Sync,
            reserve: config.segment_bytes / JOURNAL_RESERVE_PART,
            bounds,
            hash_seed,
            progress,
        };
        let kept = Kept {
            _keeper: keeper,
            failure,
        };
        Ok(Some((Arc::new(storage), kept)))
    }

    /// Says from now on how far the shards have come.
    pub(super) fn tell(&self) -> Teller {
        Teller::start(Arc::clone(&self.progress))
    }

    /// Gives a shard what it had. Takes as long as reading it.
    pub(super) fn recover(
        &self,
        me: ShardId,
        shard: Shard,
        budget: &SeatBudget,
    ) -> Result<Shard, OpenError> {
        let stream = {
            let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.get_mut(me.index()).and_then(Option::take)
        };
        let Some(stream) = stream else {
            return Ok(shard);
        };
        let part = self.progress.part();
        let mut inventory = Inventory::new(self.bounds, self.hash_seed);
        let found = stream.recover(&mut inventory, &mut |now| part.set(now.done, now.of))?;
        let report = found.report;
        if let Some(cut) = &report.cut {
            tracing::warn!(
                shard = me.0,
                file = %cut.path.display(),
                offset = cut.offset,
                bytes = cut.bytes,
                "a crash has left a torn frame, never acknowledged: cut off"
            );
        }
        let by_state = inventory.seats.by_state();
        let stock = inventory.stock.totals();
        tracing::info!(
            shard = me.0,
            reserved = by_state.reserved,
            sold = by_state.sold,
            options = stock.options,
            purchases = stock.purchases,
            members = stock.members,
            tickets = stock.tickets(),
            events = stock.events.events,
            bookings = stock.events.bookings,
            checkouts = stock.events.queued + stock.events.active,
            snapshot_records = report.snapshot_records,
            frames = report.frames,
            clean = report.closed,
            "recovered"
        );
        budget.charge(by_state.reserved + by_state.sold);
        Ok(shard.with_journal(
            inventory,
            Gate::new(found.journal, self.waits, self.reserve),
        ))
    }
}

/// What the keeper does and finds.
fn log(notice: Notice) {
    match notice {
        Notice::Snapshot {
            shard,
            records,
            bytes,
            deleted,
        } => tracing::info!(shard, records, bytes, deleted, "snapshot written"),
        Notice::NoSnapshot { shard, why } => tracing::warn!(
            shard,
            why,
            "no snapshot could be written; nothing is lost, but the journal grows"
        ),
        Notice::DiskLow { path, free, needed } => tracing::error!(
            path = %path.display(),
            free,
            needed,
            "the disk is nearly full: soon new reservations fail, then the server stops; make room"
        ),
        Notice::DiskFine => tracing::info!("the disk has room again"),
        Notice::Failed(failure) => tracing::error!(%failure, "the journal cannot go on"),
    }
}
