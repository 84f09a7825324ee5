//! One thread's event loop: many connections, one workload.

use std::{
    io,
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

use crate::conn::{Connection, Fault, Outbox, Received};

/// How often overdue replies and the halt signal are looked for.
const SWEEP: Duration = Duration::from_millis(50);

/// Events taken from the kernel at once.
const EVENTS: usize = 1024;

/// What to send, and what to make of the replies. Clients are numbered from 0
/// within one engine.
pub(crate) trait Workload {
    /// What is remembered about a request until its reply is in.
    type Tag: Copy;

    /// Puts as many requests into `outbox` as `client` may send now. A client
    /// that leaves it empty with no reply outstanding is done.
    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Self::Tag>, now: Instant);

    /// Takes one reply line, without its `\n`. `now` is when its batch was read.
    fn reply(&mut self, client: usize, tag: Self::Tag, line: &[u8], now: Instant);

    /// Takes the end of a client's connection: its `unanswered` requests, the
    /// `oldest` among them, will get no reply.
    fn fault(&mut self, client: usize, oldest: Option<Self::Tag>, unanswered: usize, fault: Fault);

    /// Called after each round of events: the place to publish counts.
    fn round_done(&mut self) {}
}

/// The connections of one thread. They outlive a run, so that the next
/// workload can go on with them.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    poll: Poll,
    events: Events,
    clients: Clients<T>,
    reply_timeout: Duration,
}

impl<T: Copy> Engine<T> {
    /// An engine for connected sockets. A reply that takes longer than
    /// `reply_timeout` is a fault.
    ///
    /// # Errors
    /// If the system provides no poll or does not take the sockets.
    pub(crate) fn new(sockets: Vec<TcpStream>, reply_timeout: Duration) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut slots = Vec::with_capacity(sockets.len());
        for (number, socket) in sockets.into_iter().enumerate() {
            socket.set_nonblocking(true)?;
            let mut connection = Connection::new(mio::net::TcpStream::from_std(socket));
            poll.registry().register(
                connection.socket(),
                Token(number),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            slots.push(Some(connection));
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            clients: Clients { slots, waiting: 0 },
            reply_timeout,
        })
    }

    /// How many clients there are, lost ones included.
    pub(crate) fn clients(&self) -> usize {
        self.clients.slots.len()
    }

    /// Drives `work` until no client has anything to send or to wait for, or
    /// until `halt` is set.
    ///
    /// # Errors
    /// If polling fails; what happens to a connection goes to the workload.
    pub(crate) fn run<W>(&mut self, work: &mut W, halt: &AtomicBool) -> io::Result<()>
    where
        W: Workload<Tag = T>,
    {
        let clients = &mut self.clients;
        for client in 0..clients.slots.len() {
            clients.step(client, work, |connection, work| {
                refill(connection, client, work, Instant::now())
            });
        }
        let mut swept = Instant::now();
        while clients.waiting > 0 && !halt.load(Relaxed) {
            match self.poll.poll(&mut self.events, Some(SWEEP)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                outcome => outcome?,
            }
            for event in &self.events {
                let Token(client) = event.token();
                let hung_up = event.is_read_closed();
                clients.step(client, work, |connection, work| {
                    proceed(connection, client, work, hung_up)
                });
            }
            let now = Instant::now();
            if now.duration_since(swept) >= SWEEP {
                swept = now;
                clients.give_up_overdue(work, now, self.reply_timeout);
            }
            work.round_done();
        }
        work.round_done();
        Ok(())
    }
}

#[derive(Debug)]
struct Clients<T> {
    /// A client whose connection is lost stays as `None`.
    slots: Vec<Option<Connection<T>>>,
    /// How many clients have unanswered requests.
    waiting: usize,
}

impl<T: Copy> Clients<T> {
    /// Takes one step with a client and keeps the count of waiting ones true.
    fn step<W, F>(&mut self, client: usize, work: &mut W, step: F)
    where
        W: Workload<Tag = T>,
        F: FnOnce(&mut Connection<T>, &mut W) -> Result<(), Fault>,
    {
        let Some(connection) = &mut self.slots[client] else {
            return;
        };
        let waited = connection.unanswered() > 0;
        let outcome = step(connection, work);
        let unanswered = connection.unanswered();
        let mut waits = unanswered > 0;
        if let Err(fault) = outcome {
            let oldest = connection.oldest().copied();
            self.slots[client] = None;
            waits = false;
            work.fault(client, oldest, unanswered, fault);
        }
        self.waiting = self.waiting + usize::from(waits) - usize::from(waited);
    }

    fn give_up_overdue<W>(&mut self, work: &mut W, now: Instant, timeout: Duration)
    where
        W: Workload<Tag = T>,
    {
        for client in 0..self.slots.len() {
            self.step(client, work, |connection, _| {
                if connection.is_overdue(now, timeout) {
                    Err(Fault::NoReply(timeout))
                } else {
                    Ok(())
                }
            });
        }
    }
}

/// Lets the workload send on one connection.
fn refill<T, W>(
    connection: &mut Connection<T>,
    client: usize,
    work: &mut W,
    now: Instant,
) -> Result<(), Fault>
where
    W: Workload<Tag = T>,
{
    work.refill(client, &mut connection.outbox(), now);
    connection.restart_clock(now);
    connection.flush()
}

/// Goes on with a connection that the kernel has news of.
///
/// The poll is edge-triggered. A read that leaves room in the inbox has emptied
/// the socket, so no second read is needed to learn that, except that the end
/// of the stream must not be missed.
fn proceed<T, W>(
    connection: &mut Connection<T>,
    client: usize,
    work: &mut W,
    hung_up: bool,
) -> Result<(), Fault>
where
    W: Workload<Tag = T>,
{
    connection.flush()?;
    loop {
        let received = connection.receive()?;
        if received == Received::Nothing {
            return Ok(());
        }
        // One reading of the clock serves the whole batch, and what follows it.
        let now = Instant::now();
        let mut replies = 0;
        while let Some((tag, line)) = connection.next_reply()? {
            work.reply(client, tag, line, now);
            replies += 1;
        }
        if replies > 0 {
            refill(connection, client, work, now)?;
        }
        if received == Received::All && !hung_up {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
