//! One thread's event loop: many connections, one workload.

mod clients;

use std::{
    collections::VecDeque,
    io,
    net::TcpStream,
    os::fd::OwnedFd,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
};

use self::clients::Clients;
use crate::conn::{Connection, Fault, INBOX_BYTES, Outbox, Received};

/// How often overdue replies, lost connections and the halt signal are looked
/// for.
const SWEEP: Duration = Duration::from_millis(50);

/// Events taken from the kernel at once.
const EVENTS: usize = 1024;

/// What to send, and what to make of the replies. Clients are numbered from 0
/// within one engine.
pub(crate) trait Workload {
    /// What is remembered about a request until its reply is in.
    type Tag: Copy;

    /// A reply of more bytes is a fault.
    const LONGEST_REPLY: usize = INBOX_BYTES;

    /// Puts as many requests into `outbox` as `client` may send now. It is
    /// called when a client is connected, after replies to it, and when
    /// [`Workload::next_sender`] names it. In a closed loop, a client that
    /// leaves it empty with no reply outstanding is done.
    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Self::Tag>, now: Instant);

    /// How many bytes the first reply in `unread` has; `None` if it is not
    /// complete. A line, unless the workload knows better.
    fn frame(&self, unread: &[u8]) -> Option<usize> {
        memchr::memchr(b'\n', unread).map(|end| end + 1)
    }

    /// Takes one reply, whole. `now` is when its batch was read.
    fn reply(&mut self, client: usize, tag: Self::Tag, reply: &[u8], now: Instant);

    /// Takes the end of a client's connection: its `unanswered` requests, oldest
    /// first, will get no reply.
    fn fault(&mut self, client: usize, unanswered: &VecDeque<Self::Tag>, fault: Fault);

    /// Takes requests that are not waited for any longer, because the run was
    /// broken off.
    fn abandon(&mut self, _unanswered: &VecDeque<Self::Tag>) {}

    /// Whether this request has waited too long at `now`. The engine's own
    /// limit is on silence, which a trickle of replies breaks.
    fn is_overdue(&self, _oldest: &Self::Tag, _now: Instant) -> bool {
        false
    }

    /// A client with room while something is due, as long as there is any.
    fn next_sender(&mut self, _now: Instant) -> Option<usize> {
        None
    }

    /// When something will be due for which there is room now.
    fn next_due(&mut self) -> Option<Instant> {
        None
    }

    /// Whether something is still to be sent although no reply is outstanding.
    fn wants_more(&mut self) -> bool {
        false
    }

    /// Whether lost connections are to be replaced.
    fn reconnects(&self) -> bool {
        false
    }

    /// Called after each round of events: the place to publish counts.
    fn round_done(&mut self, _now: Instant) {}

    /// Called last, by the thread that drove it.
    fn ended(&mut self) {}
}

/// The connections of one thread. They outlive a run, so that the next
/// workload can go on with them.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    poll: OwnedFd,
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
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut clients = Clients::default();
        for socket in sockets {
            clients.join(&poll, socket)?;
        }
        Ok(Self {
            poll,
            clients,
            reply_timeout,
        })
    }

    /// How many clients there are, lost ones included.
    pub(crate) fn clients(&self) -> usize {
        self.clients.count()
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
        let mut now = Instant::now();
        for client in 0..self.clients() {
            self.clients.step(client, work, |connection, work| {
                refill(connection, client, work, Instant::now())
            });
        }
        let mut events = Vec::with_capacity(EVENTS);
        let mut swept = now;
        loop {
            while let Some(client) = work.next_sender(now) {
                now = Instant::now();
                self.clients.step(client, work, |connection, work| {
                    refill(connection, client, work, now)
                });
            }
            let is_done = self.clients.waiting() == 0 && !work.wants_more();
            if is_done || halt.load(Relaxed) {
                break;
            }
            let due = work
                .next_due()
                .map(|due| due.saturating_duration_since(now));
            self.wait(&mut events, due.map_or(SWEEP, |due| due.min(SWEEP)))?;
            for &epoll::Event { flags, data } in &events {
                let client = data.u64() as usize;
                let hung_up = flags.contains(epoll::EventFlags::RDHUP);
                self.clients.step(client, work, |connection, work| {
                    proceed(connection, client, work, hung_up)
                });
            }
            now = Instant::now();
            if now.duration_since(swept) >= SWEEP {
                swept = now;
                self.clients.give_up_overdue(work, now, self.reply_timeout);
                if work.reconnects() {
                    self.clients.replace_lost(&self.poll)?;
                }
            }
            work.round_done(now);
        }
        self.clients.abandon(work);
        work.round_done(Instant::now());
        work.ended();
        Ok(())
    }

    /// Waits for events, at most for `time`; to the nanosecond, which the
    /// usual wrappers round up to milliseconds.
    fn wait(&self, events: &mut Vec<epoll::Event>, time: Duration) -> io::Result<()> {
        let time = Timespec {
            tv_sec: time.as_secs() as i64,
            tv_nsec: i64::from(time.subsec_nanos()),
        };
        events.clear();
        match epoll::wait(&self.poll, spare_capacity(events), Some(&time)) {
            Err(rustix::io::Errno::INTR) => Ok(()),
            outcome => Ok(outcome.map(|_| ())?),
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
        let received = connection.receive(W::LONGEST_REPLY)?;
        if received == Received::Nothing {
            return Ok(());
        }
        // One reading of the clock serves the whole batch, and what follows it.
        let now = Instant::now();
        let mut replies = 0;
        while let Some((tag, reply)) = connection.next_reply(|unread| work.frame(unread))? {
            work.reply(client, tag, reply, now);
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
