//! What a driver does for a durable shard: carries the journal's frames to
//! the disk, and lets go what has waited for them.

use std::io;
use std::time::Instant;

use super::connection::Connection;
use super::driver::Driver;
use super::settings::{DriverError, JournalFailure};
use crate::clock;
use crate::limits::{GATHERING_TURNS, INTERVAL_FRAME_BYTES};
use crate::shard::Gate;

/// Holds the next frame back while every turn brings more for it: a few large
/// frames are quicker than many small ones. With 64 connections and one message
/// each under way it is 12 % more messages.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    turns: u8,
    pending: usize,
    /// The timer of an interval runs.
    timer: bool,
    /// When the frame under way was started.
    started: Option<Instant>,
}

impl Gathering {
    /// Whether the next turn must not wait.
    pub(super) fn goes_on(&self) -> bool {
        self.turns > 0
    }

    /// Whether to wait one more turn, with so many bytes pending.
    fn may_go_on(&mut self, pending: usize) -> bool {
        let more = pending > self.pending && self.turns < GATHERING_TURNS;
        self.turns = if more { self.turns + 1 } else { 0 };
        self.pending = if more { pending } else { 0 };
        more
    }
}

impl Driver {
    /// Called at a turn's end: starts the next frame when it is time to.
    pub(super) fn write_gathered(&mut self) -> Result<(), DriverError> {
        if self.shard.may_go_on() {
            self.resume_credit_waiters();
        }
        let Some(gate) = self.shard.gate() else {
            return Ok(());
        };
        let journal = gate.journal();
        let pending = journal.pending_bytes();
        if journal.under_way().is_some() || pending == 0 && !self.closing {
            return Ok(());
        }
        if self.settings.write_interval.is_some() && !self.draining {
            if !self.gathering.timer {
                self.gathering.timer = true;
                self.ring.start_write_timer()?;
            }
            if pending < INTERVAL_FRAME_BYTES {
                return Ok(());
            }
        } else if self.gathering.may_go_on(pending) {
            return Ok(());
        }
        self.write_journal()
    }

    /// Starts the next frame on its way to the disk, if something waits and
    /// none is under way.
    fn write_journal(&mut self) -> Result<(), DriverError> {
        let Some(gate) = self.shard.gate() else {
            return Ok(());
        };
        let journal = gate.journal();
        if journal.needs_segment() && journal.disk_is_low() {
            return Err(JournalFailure::Full.into());
        }
        let Some(frame) = journal.start(clock::unix_micros())? else {
            return Ok(());
        };
        let (Some(file), Some(disk)) = (frame.file.fd(), &self.disk) else {
            return Err(JournalFailure::NoFile.into());
        };
        // SAFETY: the writer keeps the frame where it is, unchanged, and its
        // file open, until it is told that the frame was written. A driver that
        // ends before that waits for the thread, before the writer goes.
        #[allow(unsafe_code, reason = "the writer owns the frame meanwhile")]
        unsafe {
            disk.write(file, frame.bytes, frame.offset)?;
        }
        self.gathering.started = Some(clock::now());
        Ok(())
    }

    /// The frame under way was written, or will never be.
    pub(super) fn on_journal_written(&mut self, result: i32) -> Result<(), DriverError> {
        let Some(gate) = self.shard.gate() else {
            return Ok(());
        };
        let expected = gate
            .journal()
            .under_way()
            .map_or(0, |frame| frame.bytes.len());
        match usize::try_from(result) {
            Ok(written) if written == expected => {
                gate.journal().finished();
                let counters = self.shard.counters();
                if let Some(started) = self.gathering.started.take() {
                    counters.journal_seconds.add(clock::now() - started);
                }
                counters.journal_frames += 1;
                counters.journal_bytes += expected as u64;
            }
            Ok(written) => return Err(JournalFailure::Short { written, expected }.into()),
            Err(_) => {
                return Err(JournalFailure::Write(io::Error::from_raw_os_error(-result)).into());
            }
        }
        while let Some(held) = self.shard.gate().and_then(Gate::release) {
            self.let_go_held(held)?;
        }
        let mut gated = std::mem::take(&mut self.gated);
        for index in gated.drain(..) {
            // A connection may have ended, and its number been given away:
            // looking after another one does no harm.
            if let Some(connection) = self.connections.get_mut(index as usize) {
                connection.gated = false;
                self.touch(index);
            }
        }
        self.gated = gated;
        self.resume_credit_waiters();
        Ok(())
    }

    /// The interval is over: what has gathered is written.
    pub(super) fn on_write_timer(&mut self) -> Result<(), DriverError> {
        self.gathering.timer = false;
        self.write_journal()
    }

    /// Ends the journal in good order. `false`: the disk is still at it.
    pub(super) fn close_journal(&mut self) -> Result<bool, DriverError> {
        let Some(gate) = self.shard.gate() else {
            return Ok(true);
        };
        let journal = gate.journal();
        if !self.closing {
            self.closing = true;
            journal.close();
        }
        if journal.durable() == journal.newest() {
            return Ok(true);
        }
        self.write_journal()?;
        Ok(false)
    }

    /// Has a connection looked after when the next frame is written.
    pub(super) fn wait_at_gate(&mut self, index: u32) {
        let connection: &mut Connection = &mut self.connections[index as usize];
        if !connection.gated {
            connection.gated = true;
            self.gated.push(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_held_back_while_more_comes_but_not_for_ever() {
        let mut gathering = Gathering::default();
        assert!(!gathering.may_go_on(0), "nothing to write");
        assert!(gathering.may_go_on(10) && gathering.goes_on());
        assert!(!gathering.may_go_on(10), "a turn that brought nothing");
        assert!(!gathering.goes_on());
        let turns = (1..).take_while(|turn| gathering.may_go_on(10 * turn));
        assert_eq!(turns.count(), usize::from(GATHERING_TURNS));
    }
}
