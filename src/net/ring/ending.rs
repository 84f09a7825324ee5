//! How a driver ends: drains, closes its journal, and tells whoever waits.

use std::time::Duration;

use super::driver::Driver;
use super::op::Op;
use super::settings::{DriverError, Ended};
use crate::net::stop::Phase;

impl Driver {
    /// Moves on with stopping, if asked to. `Some`: the shard has ended.
    pub(super) fn stop_if_asked(&mut self) -> Result<Option<Ended>, DriverError> {
        let phase = self.settings.stop.phase();
        if phase < Phase::Draining {
            return Ok(None);
        }
        if phase == Phase::Draining && !self.draining {
            self.draining = true;
            for index in 0..self.listeners.len() as u32 {
                self.ring
                    .cancel(Op::Accept(index), Op::CancelAccept(index))?;
            }
            // What has reached this machine by now counts as received.
            self.turn(Duration::ZERO)?;
            self.inbox().close();
            self.matches.end_all();
            self.settle_matches()?;
            self.finish_connections()?;
        }
        let is_idle =
            self.connections.is_empty() && self.matches.is_empty() && self.has_answered_all();
        if self.draining && is_idle && !self.idle {
            self.idle = true;
            self.settings.stop.one_is_idle();
        }
        if !self.done && self.settings.stop.all_are_idle() && self.close_journal()? {
            self.done = true;
            self.settings.stop.one_is_done();
        }
        Ok(if self.settings.stop.all_are_done() {
            Some(Ended::Drained)
        } else if phase == Phase::Aborting {
            Some(Ended::Aborted)
        } else {
            None
        })
    }
}

impl Drop for Driver {
    /// However the shard ends: whoever waits for it is told.
    fn drop(&mut self) {
        self.inbox().close();
        self.inbox().clear();
        self.desk.close();
    }
}
