//! One client's conversation, sans-I/O: bytes in, replies out.
//!
//! The network loop feeds a session whatever arrived and sends whatever it
//! has to say; tests do the same without a socket.

use crate::inventory::{Outcome, Verb};
use crate::journal::Sequence;
use crate::limits::LOOKED_AHEAD;
use crate::mesh::Slot;
use crate::net::replies::Replies;
use crate::shard::{Dispatch, SeatKey, Shard};
use crate::wire::seat::{Decoded, Decoder, LineLimits, MAX_REPLY_BYTES};

/// What a session may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Bounds on lines and names.
    pub line: LineLimits,
    /// Reply bytes that may be owed to a client (not yet known, or not yet
    /// taken by it) before its next message waits.
    pub pipeline_bytes: usize,
}

/// Something that runs seat commands: a [`Shard`], or a stand-in under test.
pub trait SeatService {
    /// What is known of a seat before a command for it is run.
    type Key: Copy + Default;
    /// A command for this seat comes soon.
    fn look_ahead(&self, name: &[u8]) -> Self::Key;
    /// Runs a command; a remote one is answered later to `slot`.
    fn seat(&mut self, verb: Verb, name: &[u8], key: Self::Key, slot: Slot) -> Dispatch;
    /// Notes a line that was no valid message.
    fn invalid_line(&mut self);
    /// The journal's frame that holds all that a reply made now has seen.
    fn observed(&self) -> Sequence;
}

impl SeatService for Shard {
    type Key = SeatKey;

    #[inline]
    fn look_ahead(&self, name: &[u8]) -> SeatKey {
        Shard::look_ahead(self, name)
    }

    #[inline]
    fn seat(&mut self, verb: Verb, name: &[u8], key: SeatKey, slot: Slot) -> Dispatch {
        self.seat_at(verb, name, key, slot)
    }

    fn invalid_line(&mut self) {
        self.counters().invalid_lines += 1;
    }

    fn observed(&self) -> Sequence {
        Shard::observed(self)
    }
}

/// Why a session has stopped taking messages for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// It owes its client as much as it may: goes on when the client reads.
    OnClient,
    /// Another shard has all it can take: goes on when an answer comes back.
    OnCredit,
}

/// The state of one conversation.
#[derive(Debug)]
pub struct Session {
    decoder: Decoder,
    /// Bytes not yet decoded: an unfinished line, or what came while blocked.
    input: Vec<u8>,
    replies: Replies,
    output: Vec<u8>,
    /// Bytes handed out by [`Session::take_output`] and not yet sent.
    unsent: u32,
    pipeline_bytes: u32,
    connection: u32,
    /// What the replies made so far have seen.
    observed: Sequence,
    blocked: Option<Blocked>,
    /// The output may be sent; it is not part of a chunk still being answered.
    ready: bool,
}

impl Session {
    /// A session at its start. `connection` is what its [`Slot`]s will say.
    pub fn new(connection: u32, limits: &SessionLimits) -> Self {
        Self {
            decoder: Decoder::new(limits.line),
            input: Vec::new(),
            replies: Replies::default(),
            output: Vec::new(),
            unsent: 0,
            pipeline_bytes: u32::try_from(limits.pipeline_bytes).unwrap_or(u32::MAX),
            connection,
            observed: 0,
            blocked: None,
            ready: false,
        }
    }

    /// Takes what arrived and runs every complete message in it.
    pub fn on_bytes(&mut self, bytes: &[u8], service: &mut impl SeatService) {
        if self.blocked.is_some() {
            self.input.extend_from_slice(bytes);
            return;
        }
        if self.input.is_empty() {
            let consumed = self.run(bytes, service);
            self.input.extend_from_slice(&bytes[consumed..]);
        } else {
            self.input.extend_from_slice(bytes);
            self.run_input(service);
        }
        self.end_of_read(service);
    }

    /// Goes on after a block, if its cause is gone.
    pub fn resume(&mut self, service: &mut impl SeatService) {
        if self.blocked.take().is_some() {
            self.run_input(service);
            self.end_of_read(service);
        }
    }

    /// Takes the outcome of a command that another shard has run.
    pub fn on_outcome(&mut self, index: u32, outcome: Outcome) {
        if self.replies.fill(index, outcome, &mut self.output) {
            self.ready = true;
        }
    }

    /// Whether there are replies to send now.
    pub fn has_output(&self) -> bool {
        self.ready && !self.output.is_empty()
    }

    /// The frame of the journal that the replies to send have seen: until it
    /// is durable they must not leave. Outcomes from other shards do not
    /// count; those waited there.
    pub fn observed(&self) -> Sequence {
        self.observed
    }

    /// Takes the replies to send. Say [`Session::on_sent`] when they left.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.ready = false;
        self.unsent += self.output.len() as u32;
        std::mem::take(&mut self.output)
    }

    /// Notes that `bytes` of what was taken have left.
    pub fn on_sent(&mut self, bytes: usize) {
        self.unsent -= bytes as u32;
    }

    /// Gives the session an empty buffer to write replies to, so that it need
    /// not allocate one.
    pub fn lend_output(&mut self, buffer: impl FnOnce() -> Vec<u8>) {
        if self.output.capacity() == 0 {
            self.output = buffer();
        }
    }

    /// Takes back a lent buffer that was not needed.
    pub fn return_output(&mut self) -> Option<Vec<u8>> {
        (self.output.is_empty() && self.output.capacity() > 0)
            .then(|| std::mem::take(&mut self.output))
    }

    /// Why it takes no messages at the moment, if so.
    pub fn blocked(&self) -> Option<Blocked> {
        self.blocked
    }

    /// Whether it keeps as many unread bytes as it may: stop receiving. More
    /// may come only in the turn in which it became full.
    pub fn is_full(&self) -> bool {
        self.blocked.is_some() && self.input.len() >= self.pipeline_bytes as usize
    }

    /// Whether enough has left that a session blocked on its client should go
    /// on: half of its bound, so that it does not stutter.
    pub fn may_resume(&self) -> bool {
        self.owed() <= self.pipeline_bytes as usize / 2
    }

    /// Whether outcomes are still to come from other shards.
    pub fn is_waiting(&self) -> bool {
        self.replies.is_waiting()
    }

    /// Whether every complete message was answered and every answer left. An
    /// unfinished last line does not count.
    pub fn is_done(&self) -> bool {
        self.blocked.is_none()
            && !self.replies.is_waiting()
            && self.output.is_empty()
            && self.unsent == 0
    }

    /// Reply bytes owed to the client, at most.
    fn owed(&self) -> usize {
        self.output.len() + self.unsent as usize + self.replies.queued_bytes()
    }

    fn end_of_read(&mut self, service: &impl SeatService) {
        self.observed = service.observed();
        self.replies.end_of_read();
        if !self.replies.is_waiting() {
            self.ready = true;
        }
    }

    fn run_input(&mut self, service: &mut impl SeatService) {
        let mut input = std::mem::take(&mut self.input);
        let consumed = self.run(&input, service);
        if consumed < input.len() {
            input.drain(..consumed);
            self.input = input;
        }
    }

    /// Runs messages from the start of `input`; says how many bytes they took.
    ///
    /// Some are decoded ahead, so that what is known of their seats comes out
    /// of memory side by side, and while the others are decoded.
    fn run<S: SeatService>(&mut self, input: &[u8], service: &mut S) -> usize {
        let mut start = 0;
        loop {
            let decoder = self.decoder.clone();
            let mut ahead = [(Verb::Query, &[][..], S::Key::default(), 0); LOOKED_AHEAD];
            let mut count = 0;
            let mut end = start;
            let other = loop {
                if count == LOOKED_AHEAD {
                    break None;
                }
                match self.decoder.decode(&input[end..]) {
                    Decoded::Request {
                        verb,
                        seat,
                        consumed,
                    } => {
                        end += consumed;
                        ahead[count] = (verb, seat, service.look_ahead(seat), end);
                        count += 1;
                    }
                    other => break Some(other),
                }
            };
            for &(verb, seat, key, end) in &ahead[..count] {
                if !self.run_one(verb, seat, key, service) {
                    self.decoder = decoder;
                    return start;
                }
                start = end;
            }
            match other {
                None => {}
                Some(Decoded::Incomplete | Decoded::Request { .. }) => return start,
                Some(Decoded::Skipped { consumed }) => start += consumed,
                Some(Decoded::Invalid { consumed }) => {
                    if !self.has_room() {
                        self.decoder = decoder;
                        return start;
                    }
                    service.invalid_line();
                    self.replies.push(Outcome::Fail, &mut self.output);
                    start += consumed;
                }
            }
        }
    }

    /// Runs one message. `false`: it must wait, and nothing has changed.
    #[inline]
    fn run_one<S: SeatService>(
        &mut self,
        verb: Verb,
        seat: &[u8],
        key: S::Key,
        service: &mut S,
    ) -> bool {
        if !self.has_room() {
            return false;
        }
        let slot = Slot {
            connection: self.connection,
            index: self.replies.next_index(),
        };
        match service.seat(verb, seat, key, slot) {
            Dispatch::Done(outcome) => self.replies.push(outcome, &mut self.output),
            Dispatch::Waiting => self.replies.push_waiting(),
            Dispatch::NoCredit => {
                self.blocked = Some(Blocked::OnCredit);
                return false;
            }
        }
        true
    }

    /// Whether one more reply may be owed; blocks on the client if not.
    fn has_room(&mut self) -> bool {
        let room = self.owed() + MAX_REPLY_BYTES <= self.pipeline_bytes as usize;
        if !room {
            self.blocked = Some(Blocked::OnClient);
        }
        room
    }
}

#[cfg(test)]
mod tests;
