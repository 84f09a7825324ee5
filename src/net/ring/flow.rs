//! What a driver does for one connection: receive, send, pause, close.

use std::io;

use super::connection::{Connection, Ending, Receiving, Role};
use super::driver::Driver;
use super::op::Op;
use super::submit::Completion;
use crate::clock;
use crate::http::Output;
use crate::inventory::Outcome;
use crate::limits::{KEPT_BUFFER_BYTES, KEPT_BUFFERS};
use crate::mesh::Slot;
use crate::net::matches::Side;
use crate::net::session::Blocked;

impl Driver {
    /// Remembers to look after a connection before the turn ends.
    pub(super) fn touch(&mut self, index: u32) {
        let connection = &mut self.connections[index as usize];
        if !connection.touched {
            connection.touched = true;
            self.touched.push(index);
        }
    }

    /// Bytes, the end of the stream, or the end of the receive.
    pub(super) fn on_received(&mut self, index: u32, completion: Completion) {
        let connection = &mut self.connections[index as usize];
        // One that was told its last bytes must not go on for ever.
        if !(connection.ending == Ending::Lingering && connection.client().is_some()) {
            connection.silent_ticks = 0;
        }
        if let Some(buffer) = completion.buffer() {
            let len = usize::try_from(completion.result).unwrap_or(0);
            if connection.ending != Ending::Broken {
                self.deliver(index, buffer, len);
            }
            let group = self.connections[index as usize].buffers;
            self.ring.buffers(group).give_back(buffer);
        } else if completion.result == 0 {
            // Half-closed: answer what was asked, then close.
            if matches!(connection.ending, Ending::Open | Ending::Lingering) {
                connection.ending = Ending::Finishing;
            }
            self.lose_peer(index);
        } else if !completion.is_cancelled() && !completion.is_out_of_buffers() {
            connection.break_off();
            self.lose_peer(index);
        }
        if !completion.more() {
            let connection = &mut self.connections[index as usize];
            connection.receiving = Receiving::Off;
            connection.operations -= 1;
        }
        self.touch(index);
    }

    /// Gives arrived bytes to whom they are for.
    fn deliver(&mut self, index: u32, buffer: u16, len: usize) {
        let connection = &mut self.connections[index as usize];
        let bytes = self.ring.buffers(connection.buffers).bytes(buffer, len);
        match &mut connection.role {
            Role::Seats(session) => {
                session.lend_output(|| self.spare_buffers.pop().unwrap_or_default());
                session.on_bytes(bytes, &mut self.shard);
                if session.blocked() == Some(Blocked::OnCredit) {
                    self.credit_waiters.push(index);
                }
            }
            Role::Match(run, side) => self.matches.on_bytes(*run, *side, bytes, clock::now()),
            Role::Http(client) if connection.ending == Ending::Open => {
                client.asked.get_or_insert_with(clock::now);
                client.conversation.on_bytes(bytes);
                client.alert.raise();
            }
            Role::Http(_) | Role::Leaving(_) => {}
        }
    }

    /// Some or all of the replies under way have left, or never will.
    pub(super) fn on_sent(&mut self, index: u32, result: i32) {
        let connection = &mut self.connections[index as usize];
        connection.operations -= 1;
        if let Ok(bytes) = usize::try_from(result) {
            if let Role::Match(run, _) = connection.role {
                self.matches.on_sent(run, bytes, clock::now());
            }
            if let Some(buffer) = connection.on_sent(bytes) {
                self.sending -= 1;
                if let Output::Own(buffer) = buffer {
                    self.keep_buffer(buffer);
                }
            }
        } else {
            connection.break_off();
            self.lose_peer(index);
        }
        self.touch(index);
    }

    /// The outcomes of commands that another shard has run.
    pub(super) fn on_outcomes(
        &mut self,
        index: u32,
        outcomes: impl Iterator<Item = (Slot, Outcome)>,
    ) {
        if let Some(session) = self.connections[index as usize].session() {
            session.lend_output(|| self.spare_buffers.pop().unwrap_or_default());
            for (slot, outcome) in outcomes {
                session.on_outcome(slot.index, outcome);
            }
            self.touch(index);
        }
    }

    /// Another shard takes commands again: goes on with those that waited.
    pub(super) fn resume_credit_waiters(&mut self) {
        for index in std::mem::take(&mut self.credit_waiters) {
            // A connection may have ended, and its number been given away.
            let connection = self.connections.get_mut(index as usize);
            let session = connection.and_then(Connection::session);
            if session.is_some_and(|session| session.blocked() == Some(Blocked::OnCredit)) {
                self.resume(index);
            }
        }
    }

    /// Goes on with the messages that a session has kept.
    fn resume(&mut self, index: u32) {
        if let Some(session) = self.connections[index as usize].session() {
            session.lend_output(|| self.spare_buffers.pop().unwrap_or_default());
            session.resume(&mut self.shard);
            if session.blocked() == Some(Blocked::OnCredit) {
                self.credit_waiters.push(index);
            }
            self.touch(index);
        }
    }

    /// Starts for each touched connection what its state asks for: send,
    /// receive, pause, close.
    pub(super) fn settle_touched(&mut self) -> io::Result<()> {
        while let Some(index) = self.touched.pop() {
            let connection = &mut self.connections[index as usize];
            connection.touched = false;
            self.let_over_linger(index);
            let connection = &mut self.connections[index as usize];
            if connection.ending != Ending::Broken {
                let may_resume = connection.session().is_some_and(|session| {
                    session.blocked() == Some(Blocked::OnClient) && session.may_resume()
                });
                if may_resume {
                    self.resume(index);
                }
                self.send_replies(index)?;
                self.adjust_receiving(index)?;
            }
            let unused = match &mut self.connections[index as usize].role {
                Role::Seats(session) => session.return_output(),
                Role::Http(client) => client.conversation.return_output(),
                Role::Match(..) | Role::Leaving(_) => None,
            };
            if let Some(buffer) = unused {
                self.keep_buffer(buffer);
            }
            if self.connections[index as usize].is_over() {
                self.close(index);
            }
        }
        Ok(())
    }

    /// Puts a connection's replies on their way: one send at a time, so that
    /// they cannot overtake each other.
    fn send_replies(&mut self, index: u32) -> io::Result<()> {
        let connection = &mut self.connections[index as usize];
        if connection.send_under_way {
            return Ok(());
        }
        if !connection.is_sending() {
            let mut observed = 0;
            let output = match &mut connection.role {
                Role::Seats(session) => session.has_output().then(|| {
                    observed = session.observed();
                    session.take_output().into()
                }),
                Role::Http(client) => client.conversation.has_output().then(|| {
                    observed = self.shard.observed();
                    client.conversation.take_output()
                }),
                Role::Match(_, Side::Source) => None,
                Role::Match(run, Side::Listener) => self
                    .matches
                    .take_output(*run, || self.spare_buffers.pop().unwrap_or_default())
                    .map(Output::from),
                Role::Leaving(farewell) => {
                    (!farewell.is_empty()).then(|| std::mem::take(farewell).into())
                }
            };
            let Some(output) = output else {
                if connection.ending == Ending::Lingering {
                    connection.shut();
                }
                return Ok(());
            };
            connection.start_sending(output, observed);
            self.sending += 1;
        }
        if !self.shard.is_durable(connection.observed()) {
            self.wait_at_gate(index);
            return Ok(());
        }
        self.note_answers(index);
        let connection = &mut self.connections[index as usize];
        connection.operations += 1;
        connection.send_under_way = true;
        // SAFETY: the bytes are in a buffer that the connection owns and does
        // not touch before the completion; the connection stays in the slab
        // while operations are under way, and the ring is dropped before it.
        #[allow(unsafe_code, reason = "the buffer is owned by the connection")]
        unsafe {
            self.ring
                .send(index, connection.socket(), connection.outgoing())
        }
    }

    /// Receives when messages may come, stops when the session has kept all
    /// that it may keep.
    fn adjust_receiving(&mut self, index: u32) -> io::Result<()> {
        let connection = &mut self.connections[index as usize];
        let welcome = connection.ending == Ending::Lingering
            || connection.ending == Ending::Open
                && match &connection.role {
                    Role::Seats(session) => !session.is_full(),
                    Role::Http(client) => !client.conversation.is_full(),
                    Role::Match(run, side) => self.matches.wants_bytes(*run, *side),
                    Role::Leaving(_) => false,
                };
        match (connection.receiving, welcome) {
            (Receiving::Off, true) => {
                connection.receiving = Receiving::On;
                connection.operations += 1;
                self.ring
                    .receive(index, connection.socket(), connection.buffers)
            }
            (Receiving::On, false) => {
                if connection.ending == Ending::Open {
                    self.shard.counters().reads_paused += 1;
                }
                connection.receiving = Receiving::Cancelling;
                connection.operations += 1;
                self.ring
                    .cancel(Op::Receive(index), Op::CancelReceive(index))
            }
            _ => Ok(()),
        }
    }

    /// Stops receiving on all connections and has each close when its last
    /// reply has left.
    pub(super) fn finish_connections(&mut self) -> io::Result<()> {
        for (index, connection) in &mut self.connections {
            if matches!(connection.ending, Ending::Open | Ending::Lingering) {
                connection.ending = Ending::Finishing;
            }
            if let Some(client) = connection.client() {
                client.conversation.on_end();
                client.conversation.finish();
                client.alert.raise();
            }
            if !connection.touched {
                connection.touched = true;
                self.touched.push(index as u32);
            }
        }
        self.settle_touched()
    }

    /// Closes connections over a time limit. Called once per tick.
    pub(super) fn check_time_limits(&mut self) {
        let idle = self.settings.idle_timeout;
        let idle_ticks = self.settings.ticks(idle);
        let slow_ticks = self.settings.ticks(self.settings.slow_client_timeout);
        let tick = self.settings.tick();
        let mut over = Vec::new();
        self.lingers = false;
        for (index, connection) in &mut self.connections {
            if connection.ending == Ending::Broken {
                continue;
            }
            connection.silent_ticks = connection.silent_ticks.saturating_add(1);
            connection.stalled_ticks = connection.stalled_ticks.saturating_add(1);
            if matches!(connection.role, Role::Match(..)) {
                continue; // Its run has a time limit of its own.
            }
            // Replies that wait for the disk are not the client's fault.
            let slow = connection.send_under_way && connection.stalled_ticks > slow_ticks;
            let silent = if connection.ending == Ending::Lingering {
                self.lingers = true;
                connection.silent_ticks > slow_ticks
            } else if let Role::Http(client) = &mut connection.role {
                client.conversation.on_tick(tick)
            } else {
                !idle.is_zero() && connection.silent_ticks > idle_ticks
            };
            if slow || silent {
                over.push((index as u32, slow));
            }
        }
        for (index, slow) in over {
            let connection = &mut self.connections[index as usize];
            let counters = self.shard.counters();
            if slow {
                counters.connections_closed_slow += 1;
            } else if connection.ending != Ending::Lingering {
                counters.connections_closed_idle += 1;
            }
            if slow {
                connection.forget_unread();
            }
            connection.break_off();
            self.end_client(index);
            self.touch(index);
        }
    }

    fn close(&mut self, index: u32) {
        use std::sync::atomic::Ordering;
        let connection: Connection = self.connections.remove(index as usize);
        if connection.is_sending() {
            self.sending -= 1;
        }
        let counters = self.shard.counters();
        counters.connections_open -= 1;
        if matches!(connection.role, Role::Http(_)) {
            counters.http_connections_open -= 1;
        }
        self.settings.connections.fetch_sub(1, Ordering::Relaxed);
    }

    fn keep_buffer(&mut self, mut buffer: Vec<u8>) {
        if self.spare_buffers.len() < KEPT_BUFFERS && buffer.capacity() <= KEPT_BUFFER_BYTES {
            buffer.clear();
            self.spare_buffers.push(buffer);
        }
    }
}
