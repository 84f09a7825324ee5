//! One match run, sans-I/O: the source's bytes in, the listener's bytes out.

use super::batch::{Batch, RunId};
use super::error::RunError;
use super::event::LikeEvent;
use super::matcher::{Blocked, Matcher, RunOptions};
use super::summary::Summary;
use crate::limits::{MALFORMED_EXAMPLE_BYTES, MATCH_CHUNK_EVENTS};
use crate::route::{Router, ShardId};
use crate::wire::like::{Decoded, Decoder};

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// `EVENT END` has not come.
    Reading,
    /// It has; matches may still have to be decided and to leave.
    Ended,
    /// It cannot go on.
    Failed(RunError),
}

/// The state of one run, on the shard that reads its source.
///
/// The network loop feeds it whatever arrives, carries its batches, and sends
/// what it has to say:
///
/// - [`on_bytes`](Self::on_bytes) with every read. If it is then
///   [`blocked`](Self::blocked) and [full](Self::is_full), the loop stops
///   reading; [`resume`](Self::resume) after what it waits for has changed.
/// - [`flush`](Self::flush) at the end of a turn; [`Tables::serve`] on the
///   owning shard; [`on_answer`](Self::on_answer) with what comes back.
/// - [`take_output`](Self::take_output) once there is a listener,
///   [`on_sent`](Self::on_sent) when it has left.
/// - [`on_source_closed`](Self::on_source_closed) when the source has.
///
/// It [is complete](Self::is_complete) when the source has ended and every
/// match has left. It may be dropped when it [is closed](Self::is_closed): no
/// batch is under way, and no shard keeps anything for it. A run that is not
/// complete is [abandoned](Self::abandon) first. With one shard there are no
/// batches, and a run may be dropped at any time.
///
/// What it says does not depend on how the bytes were split, nor on how long
/// batches take.
///
/// [`Tables::serve`]: super::Tables::serve
pub struct Run {
    id: RunId,
    decoder: Decoder,
    /// Bytes not decoded yet: an unfinished line, or what came while blocked.
    input: Vec<u8>,
    events: Vec<LikeEvent>,
    matcher: Matcher,
    output: Vec<u8>,
    /// Bytes handed out by [`Run::take_output`] and not yet sent.
    unsent: usize,
    phase: Phase,
    blocked: Option<Blocked>,
    begun: bool,
    closing: bool,
    malformed: u64,
    malformed_example: Option<Vec<u8>>,
    holes: u64,
}

impl Run {
    /// Bytes that a blocked run takes before it [is full](Run::is_full).
    const MAX_INPUT: usize = 64 * 1024;

    /// A run at its start. `seed` keys its tables: see [`super::Pairs::new`].
    pub fn new(id: RunId, router: Router, options: &RunOptions, seed: u64) -> Self {
        Self {
            id,
            decoder: Decoder::default(),
            input: Vec::new(),
            events: vec![LikeEvent::BLANK; MATCH_CHUNK_EVENTS],
            matcher: Matcher::new(id, router, options, seed),
            output: Vec::new(),
            unsent: 0,
            phase: Phase::Reading,
            blocked: None,
            begun: false,
            closing: false,
            malformed: 0,
            malformed_example: None,
            holes: 0,
        }
    }

    /// Which run it is; its batches say so too.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Gets the memory for [`RunOptions::prepared_pairs`], so that no like has
    /// to wait for it. To be called when the source has come, before its bytes.
    /// The owners of other pairs get theirs with their first batch.
    pub fn prepare(&mut self) {
        self.matcher.prepare();
    }

    /// Takes what arrived from the source, and decodes as much as it may.
    ///
    /// # Errors
    /// Why the run has failed, now or before.
    pub fn on_bytes(&mut self, mut bytes: &[u8]) -> Result<(), RunError> {
        self.check()?;
        if !self.input.is_empty() && self.blocked.is_none() {
            // Completes the unfinished line; the rest need not be copied.
            let line = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
            self.input.extend_from_slice(&bytes[..line]);
            bytes = &bytes[line..];
            self.decode_input()?;
        }
        if self.blocked.is_none() && self.input.is_empty() {
            let consumed = self.decode(bytes)?;
            bytes = &bytes[consumed..];
        }
        if self.phase == Phase::Reading {
            self.input.extend_from_slice(bytes);
        }
        self.settle();
        Ok(())
    }

    /// Goes on after a block, if its cause is gone. To be called after
    /// answers came or output left.
    ///
    /// # Errors
    /// Why the run has failed, now or before.
    pub fn resume(&mut self) -> Result<(), RunError> {
        self.check()?;
        if self.blocked.take().is_some() {
            self.decode_input()?;
        }
        self.settle();
        Ok(())
    }

    /// Notes that the source has closed its connection. Its last line may have
    /// come without a `\n`. Not to be called while the run is blocked: there
    /// are bytes to decode first.
    ///
    /// # Errors
    /// [`RunError::SourceGone`] if `EVENT END` had not come, or why the run had
    /// failed before.
    pub fn on_source_closed(&mut self) -> Result<(), RunError> {
        self.check()?;
        let last = std::mem::take(&mut self.input);
        if self.phase == Phase::Reading
            && let Some(decoded) = self.decoder.decode_last(&last)
        {
            self.on_decoded(&decoded, &last)?;
        }
        self.settle();
        if self.phase == Phase::Reading {
            let events = self.matcher.events();
            return self.fail(RunError::SourceGone { events });
        }
        Ok(())
    }

    /// Hands over the batches that may leave, oldest first for each shard.
    /// `may_send` says whether the way to a shard has room for one more, and
    /// is asked once for each batch.
    pub fn flush(
        &mut self,
        may_send: impl FnMut(ShardId) -> bool,
        send: impl FnMut(ShardId, Box<Batch>),
    ) {
        self.matcher.flush(may_send, send);
    }

    /// Takes back a batch that shard `from` has answered. Call
    /// [`Run::resume`] after the last of a turn.
    ///
    /// # Errors
    /// Why the run has failed, now or before. The batch is taken all the same.
    ///
    /// # Panics
    /// If it is not the oldest batch under way to that shard: a lost batch
    /// would be lost matches.
    pub fn on_answer(&mut self, from: ShardId, batch: Box<Batch>) -> Result<(), RunError> {
        if self.phase == Phase::Reading || self.phase == Phase::Ended {
            let taken = self.matcher.answer(from, &batch);
            self.matcher.lanes.recycle(from, batch);
            return taken.or_else(|error| self.fail(error));
        }
        self.matcher.lanes.answered(from, &batch);
        self.check()
    }

    /// Gives the run up: nothing more is decoded, decided or written.
    pub fn abandon(&mut self) {
        if !matches!(self.phase, Phase::Failed(_)) {
            let _: Result<(), RunError> = self.fail(RunError::Abandoned);
        }
    }

    /// Why the source must wait, if it must.
    pub fn blocked(&self) -> Option<Blocked> {
        self.blocked
    }

    /// Whether it keeps as many bytes as it may: stop receiving.
    pub fn is_full(&self) -> bool {
        self.blocked.is_some() && self.input.len() >= Self::MAX_INPUT
    }

    /// Whether there are matches to send.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Takes the lines to send to the listener, and leaves `spare` (which is
    /// emptied) to write the next ones to. Say [`Run::on_sent`] when they left.
    pub fn take_output(&mut self, mut spare: Vec<u8>) -> Vec<u8> {
        spare.clear();
        self.unsent += self.output.len();
        std::mem::replace(&mut self.output, spare)
    }

    /// Notes that `bytes` of what was taken have left. Call [`Run::resume`].
    pub fn on_sent(&mut self, bytes: usize) {
        self.unsent -= bytes;
    }

    /// Whether `EVENT END` has come.
    pub fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Whether the source has ended and every match has left.
    pub fn is_complete(&self) -> bool {
        self.phase == Phase::Ended
            && self.matcher.is_released()
            && self.output.is_empty()
            && self.unsent == 0
    }

    /// Whether it may be dropped: it is complete or has failed, and no other
    /// shard has anything of it.
    pub fn is_closed(&self) -> bool {
        self.closing && self.matcher.lanes.are_empty() && self.phase != Phase::Reading
    }

    /// Lines so far that were no event, and not where `EVENT BEGIN` belongs.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// Its counts so far.
    pub fn summary(&self) -> Summary {
        Summary {
            events: self.matcher.events(),
            held: self.matcher.held(),
            duplicates: self.matcher.duplicates(),
            late: self.matcher.late(),
            malformed: self.malformed,
            malformed_example: self.malformed_example.clone(),
            holes: self.holes,
            matches: self.matcher.matches(),
        }
    }

    fn check(&self) -> Result<(), RunError> {
        match self.phase {
            Phase::Failed(error) => Err(error),
            _ => Ok(()),
        }
    }

    fn fail(&mut self, error: RunError) -> Result<(), RunError> {
        self.phase = Phase::Failed(error);
        self.input = Vec::new();
        self.close();
        Err(error)
    }

    /// Has every other shard forget the run.
    fn close(&mut self) {
        if !self.closing {
            self.closing = true;
            self.matcher.lanes.close();
        }
    }

    /// Bytes of output that the listener has not got.
    fn owed(&self) -> usize {
        self.output.len() + self.unsent
    }

    /// Writes what is certain by now.
    fn settle(&mut self) {
        let owed = self.owed();
        self.matcher.write(&mut self.output, owed);
        if self.phase == Phase::Ended && self.matcher.is_released() {
            self.close();
        }
    }

    fn decode_input(&mut self) -> Result<(), RunError> {
        let mut input = std::mem::take(&mut self.input);
        let consumed = self.decode(&input)?;
        if self.phase == Phase::Reading {
            input.drain(..consumed);
            self.input = input;
        }
        Ok(())
    }

    /// Decodes from the start of `input`; says how many bytes it is done with.
    fn decode(&mut self, input: &[u8]) -> Result<usize, RunError> {
        let mut start = 0;
        while self.phase == Phase::Reading {
            self.blocked = self.matcher.blocked(MATCH_CHUNK_EVENTS, self.owed());
            if self.blocked.is_some() {
                // What is certain may be what it waits for.
                self.settle();
                self.blocked = self.matcher.blocked(MATCH_CHUNK_EVENTS, self.owed());
                if self.blocked.is_some() {
                    break;
                }
            }
            let rest = &input[start..];
            let (count, consumed) = self.decoder.decode_events(rest, &mut self.events);
            start += if count > 0 {
                let taken = self.matcher.take(&mut self.events[..count]);
                taken.or_else(|error| self.fail(error))?;
                consumed
            } else {
                let decoded = self.decoder.decode(rest);
                match self.on_decoded(&decoded, rest)? {
                    0 => break,
                    consumed => consumed,
                }
            };
        }
        Ok(start)
    }

    /// Takes one line, whatever it is, and says how many bytes that were.
    fn on_decoded(&mut self, decoded: &Decoded, input: &[u8]) -> Result<usize, RunError> {
        match *decoded {
            Decoded::Event { event, consumed } => {
                let taken = self.matcher.take(&mut [event]);
                taken.or_else(|error| self.fail(error))?;
                Ok(consumed)
            }
            Decoded::Begin { consumed } => {
                if std::mem::replace(&mut self.begun, true) {
                    self.on_malformed(input, consumed);
                }
                Ok(consumed)
            }
            Decoded::End { consumed } => {
                self.phase = Phase::Ended;
                self.holes = self.matcher.finish();
                Ok(consumed)
            }
            Decoded::Malformed { consumed } => {
                self.on_malformed(input, consumed);
                Ok(consumed)
            }
            Decoded::Skipped { consumed } => Ok(consumed),
            Decoded::Incomplete => Ok(0),
        }
    }

    fn on_malformed(&mut self, input: &[u8], consumed: usize) {
        self.malformed += 1;
        let line = &input[..consumed];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.malformed_example
            .get_or_insert_with(|| line[..line.len().min(MALFORMED_EXAMPLE_BYTES)].to_vec());
    }
}

#[cfg(test)]
mod tests;
