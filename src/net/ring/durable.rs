//! What a driver does for a durable shard: carries the journal's frames to
//! the disk, and lets go what has waited for them.

use std::io;
use std::time::Instant;

use super::connection::Connection;
use super::driver::Driver;
use super::gather::Gather;
use super::settings::{DriverError, JournalFailure};
use crate::clock;
use crate::limits::INTERVAL_FRAME_BYTES;
use crate::shard::Gate;

/// What a driver knows of its journal's next frame, and of the one under way.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Holds the next one back: a few large frames are quicker than many small
    /// ones. With 64 connections and one message each under way it is 12 %
    /// more messages.
    pub(super) gather: Gather,
    /// The timer of an interval runs.
    timer: bool,
    /// When the frame under way was started.
    started: Option<Instant>,
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
            if !self.frames.timer {
                self.frames.timer = true;
                self.ring.start_write_timer()?;
            }
            if pending < INTERVAL_FRAME_BYTES {
                return Ok(());
            }
        } else if self.frames.gather.may_go_on(pending) {
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
        self.frames.started = Some(clock::now());
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
                if let Some(started) = self.frames.started.take() {
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
        self.frames.timer = false;
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
