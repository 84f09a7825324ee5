//! Makes segments ready, as far as the disk has room.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::{Ground, Notice, Task};
use crate::journal::error::{Failure, OpenError};
use crate::journal::segment::{self, PreparedSegment};

pub(super) struct Preparer {
    ground: Ground,
    /// What is not about making segments.
    forward: Sender<Task>,
    wanted: VecDeque<Wanted>,
    low: bool,
}

#[derive(Clone, Copy)]
struct Wanted {
    shard: usize,
    index: u64,
    epoch: u64,
}

impl Preparer {
    pub(super) fn new(ground: Ground, forward: Sender<Task>) -> Self {
        Self {
            ground,
            forward,
            wanted: VecDeque::new(),
            low: false,
        }
    }

    pub(super) fn take(&mut self, task: Task) {
        match task {
            Task::Prepare {
                shard,
                index,
                epoch,
            } => self.wanted.push_back(Wanted {
                shard,
                index,
                epoch,
            }),
            other => {
                // The other thread ends with this one.
                let _ = self.forward.send(other);
            }
        }
    }

    /// Makes what is wanted, and says whether something is to be tried again.
    pub(super) fn turn(&mut self) -> bool {
        while let Some(&wanted) = self.wanted.front() {
            match self.prepare(wanted) {
                Ok(Some(segment)) => {
                    self.set_low(None);
                    self.ground.desks[wanted.shard].put(Ok(segment));
                    (self.ground.hooks.wake)(wanted.shard);
                }
                Ok(None) => return true,
                Err(error) => self.ground.fail(Failure {
                    shard: wanted.shard,
                    error: Arc::new(error),
                }),
            }
            self.wanted.pop_front();
        }
        false
    }

    /// `None`: there is no room.
    fn prepare(&mut self, wanted: Wanted) -> Result<Option<PreparedSegment>, OpenError> {
        let ground = &self.ground;
        let bytes = ground.options.segment_bytes;
        let needed = bytes + ground.options.reserve_bytes;
        let free = ground
            .disk
            .free_bytes(&ground.data)
            .map_err(|error| OpenError::io("look at the free space of", &ground.data, error))?;
        if free < needed {
            self.set_low(Some((free, needed)));
            return Ok(None);
        }
        let place = &ground.places[wanted.shard];
        match segment::prepare(&*ground.disk, place, wanted.index, wanted.epoch, bytes) {
            Ok(segment) => Ok(Some(segment)),
            Err(OpenError::Io { what, error, .. })
                if what != "sync" && error.kind() == io::ErrorKind::StorageFull =>
            {
                self.set_low(Some((free, needed)));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn set_low(&mut self, low: Option<(u64, u64)>) {
        if self.low == low.is_some() {
            return;
        }
        self.low = low.is_some();
        for (shard, desk) in self.ground.desks.iter().enumerate() {
            desk.set_low(self.low);
            (self.ground.hooks.wake)(shard);
        }
        (self.ground.hooks.notice)(match low {
            Some((free, needed)) => Notice::DiskLow {
                path: self.ground.data.clone(),
                free,
                needed,
            },
            None => Notice::DiskFine,
        });
    }
}
