//! One non-blocking connection: requests out, replies in, in order.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use thiserror::Error;

/// Room for replies that were read and not yet taken, in bytes. It bounds how
/// much one read can bring, and grows only for a longer reply.
pub(crate) const INBOX_BYTES: usize = 16 * 1024;

/// Why a connection cannot go on.
#[derive(Debug, Error)]
pub(crate) enum Fault {
    /// The server hung up.
    #[error("the server closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// A request was not answered in time.
    #[error("no reply within {}", humantime::format_duration(*.0))]
    NoReply(Duration),
    /// A line came that answers no request.
    #[error("a reply that nobody asked for: {0}")]
    Unasked(String),
    /// A reply line does not end.
    #[error("a reply of more than {0} bytes")]
    EndlessReply(usize),
}

impl Fault {
    /// Whether the connection was lost, rather than used wrongly by the server.
    pub(crate) fn is_loss(&self) -> bool {
        matches!(self, Self::Closed | Self::Io(_))
    }
}

/// What one attempt to read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// Nothing for now.
    Nothing,
    /// All there was: the socket is empty.
    All,
    /// As much as there was room for; there may be more.
    Some,
}

/// A connection with a `T` remembered for every unanswered request.
#[derive(Debug)]
pub(crate) struct Connection<T> {
    socket: TcpStream,
    inbox: Box<[u8]>,
    /// `inbox[taken..filled]` was read and not yet taken.
    taken: usize,
    filled: usize,
    outgoing: Vec<u8>,
    /// `outgoing[..written]` is with the kernel already.
    written: usize,
    unanswered: VecDeque<T>,
    /// When the server last owed an answer and gave none yet.
    waiting_since: Instant,
}

impl<T> Connection<T> {
    /// Takes over a connected, non-blocking socket.
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            inbox: vec![0; INBOX_BYTES].into_boxed_slice(),
            taken: 0,
            filled: 0,
            outgoing: Vec::new(),
            written: 0,
            unanswered: VecDeque::new(),
            waiting_since: Instant::now(),
        }
    }

    /// Where requests are put; they leave with the next [`Connection::flush`].
    pub(crate) fn outbox(&mut self) -> Outbox<'_, T> {
        Outbox {
            outgoing: &mut self.outgoing,
            unanswered: &mut self.unanswered,
        }
    }

    /// Requests without a reply.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// The request that was sent first of those without a reply.
    pub(crate) fn oldest(&self) -> Option<&T> {
        self.unanswered.front()
    }

    /// Gives up all requests without a reply.
    pub(crate) fn take_unanswered(&mut self) -> VecDeque<T> {
        std::mem::take(&mut self.unanswered)
    }

    /// Whether the server has owed a reply for longer than `timeout` at `now`.
    pub(crate) fn is_overdue(&self, now: Instant, timeout: Duration) -> bool {
        !self.unanswered.is_empty() && now.saturating_duration_since(self.waiting_since) > timeout
    }

    /// Writes what the socket takes of the requests in the outbox. What does
    /// not fit stays for the next call.
    ///
    /// # Errors
    /// [`Fault::Io`] if the connection broke.
    pub(crate) fn flush(&mut self) -> Result<(), Fault> {
        while self.written < self.outgoing.len() {
            match self.socket.write(&self.outgoing[self.written..]) {
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.outgoing.clear();
        self.written = 0;
        Ok(())
    }

    /// Reads once into the inbox, which has or gets room for a reply of
    /// `longest` bytes.
    ///
    /// # Errors
    /// [`Fault::Closed`] if the server hung up, [`Fault::EndlessReply`] if the
    /// inbox is full of one reply, [`Fault::Io`] if the connection broke.
    pub(crate) fn receive(&mut self, longest: usize) -> Result<Received, Fault> {
        if self.taken > 0 {
            self.inbox.copy_within(self.taken..self.filled, 0);
            self.filled -= self.taken;
            self.taken = 0;
        }
        if self.filled == self.inbox.len() {
            let larger = (2 * self.inbox.len()).min(longest);
            if larger <= self.inbox.len() {
                return Err(Fault::EndlessReply(longest));
            }
            let mut inbox = vec![0; larger].into_boxed_slice();
            inbox[..self.filled].copy_from_slice(&self.inbox);
            self.inbox = inbox;
        }
        let room = &mut self.inbox[self.filled..];
        match self.socket.read(room) {
            Ok(0) => Err(Fault::Closed),
            Ok(bytes) => {
                let all = bytes < room.len();
                self.filled += bytes;
                Ok(if all { Received::All } else { Received::Some })
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Received::Nothing),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Received::Some),
            Err(error) => Err(error.into()),
        }
    }

    /// The next reply, whole, with what was remembered for its
    /// request; `None` if no further reply is complete. `frame` tells how many
    /// bytes the first reply has, if it is complete.
    ///
    /// # Errors
    /// [`Fault::Unasked`] if no request is waiting for this reply.
    pub(crate) fn next_reply(
        &mut self,
        frame: impl FnOnce(&[u8]) -> Option<usize>,
    ) -> Result<Option<(T, &[u8])>, Fault> {
        let unread = &self.inbox[self.taken..self.filled];
        let Some(bytes) = frame(unread) else {
            return Ok(None);
        };
        let reply = &unread[..bytes];
        self.taken += bytes;
        if let Some(remembered) = self.unanswered.pop_front() {
            Ok(Some((remembered, reply)))
        } else {
            let reply = reply.trim_ascii_end().escape_ascii();
            Err(Fault::Unasked(reply.to_string()))
        }
    }

    /// Starts the clock of [`Connection::is_overdue`] anew: a reply came, or
    /// the first request after a pause goes out.
    pub(crate) fn restart_clock(&mut self, now: Instant) {
        self.waiting_since = now;
    }
}

/// The sending side of a connection.
#[derive(Debug)]
pub(crate) struct Outbox<'a, T> {
    outgoing: &'a mut Vec<u8>,
    unanswered: &'a mut VecDeque<T>,
}

impl<T> Outbox<'_, T> {
    /// Requests without a reply, those put here included.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Announces one request, to be remembered as `tag` until its reply is in,
    /// and lends the buffer that its bytes must be appended to.
    pub(crate) fn send(&mut self, tag: T) -> &mut Vec<u8> {
        self.unanswered.push_back(tag);
        self.outgoing
    }

    /// Announces one request that `write` appends, and tags as it does so.
    pub(crate) fn put(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) {
        let tag = write(self.outgoing);
        self.unanswered.push_back(tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn pair() -> (Connection<u32>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        near.set_nonblocking(true).unwrap();
        let (far, _) = listener.accept().unwrap();
        (Connection::new(near), far)
    }

    fn next(connection: &mut Connection<u32>) -> Result<Option<(u32, &[u8])>, Fault> {
        connection.next_reply(|unread| memchr::memchr(b'\n', unread).map(|end| end + 1))
    }

    /// Reads until the kernel has handed over something: loopback delivers
    /// without delay, but not within the sender's call.
    fn receive_some(connection: &mut Connection<u32>) -> Result<Received, Fault> {
        loop {
            match connection.receive(INBOX_BYTES) {
                Ok(Received::Nothing) => std::thread::yield_now(),
                other => return other,
            }
        }
    }

    #[test]
    fn replies_are_matched_with_requests_in_order() {
        let (mut near, mut far) = pair();
        near.outbox().send(1).extend_from_slice(b"one\n");
        near.outbox().send(2).extend_from_slice(b"two\n");
        near.flush().unwrap();
        let mut sent = [0; 8];
        far.read_exact(&mut sent).unwrap();
        assert_eq!(&sent, b"one\ntwo\n");

        far.write_all(b"OK\nFA").unwrap();
        receive_some(&mut near).unwrap();
        assert_eq!(next(&mut near).unwrap(), Some((1, &b"OK\n"[..])));
        assert_eq!(next(&mut near).unwrap(), None);
        assert_eq!(near.oldest(), Some(&2));
        far.write_all(b"IL\n").unwrap();
        receive_some(&mut near).unwrap();
        assert_eq!(next(&mut near).unwrap(), Some((2, &b"FAIL\n"[..])));
        assert_eq!(near.unanswered(), 0);
    }

    #[test]
    fn a_line_nobody_asked_for_is_a_fault() {
        let (mut near, mut far) = pair();
        far.write_all(b"O\xffK\n").unwrap();
        receive_some(&mut near).unwrap();
        let fault = next(&mut near).unwrap_err();
        assert!(matches!(&fault, Fault::Unasked(line) if line == "O\\xffK"));
        assert!(!fault.is_loss());
    }

    #[test]
    fn a_reply_without_end_is_a_fault() {
        let (mut near, mut far) = pair();
        far.write_all(&vec![b'x'; INBOX_BYTES]).unwrap();
        let fault = loop {
            match receive_some(&mut near) {
                Ok(_) => assert!(next(&mut near).unwrap().is_none()),
                Err(fault) => break fault,
            }
        };
        assert!(matches!(fault, Fault::EndlessReply(_)), "{fault}");
    }

    #[test]
    fn the_inbox_grows_for_a_long_reply() {
        let (mut near, mut far) = pair();
        let sent: Vec<u8> = (0..3 * INBOX_BYTES).map(|n| n as u8).collect();
        let copy = sent.clone();
        let writer = std::thread::spawn(move || far.write_all(&copy).map(|()| far));
        near.outbox().send(7);
        let whole = |unread: &[u8]| (unread.len() == sent.len()).then_some(sent.len());
        loop {
            match near.receive(4 * INBOX_BYTES).unwrap() {
                Received::Nothing => std::thread::yield_now(),
                Received::All | Received::Some => {}
            }
            if let Some(reply) = near.next_reply(whole).unwrap() {
                assert_eq!(reply, (7, &sent[..]));
                break;
            }
        }
        writer.join().unwrap().unwrap();
    }

    #[test]
    fn a_server_that_hangs_up_is_a_loss() {
        let (mut near, far) = pair();
        drop(far);
        let fault = receive_some(&mut near).unwrap_err();
        assert!(matches!(fault, Fault::Closed), "{fault}");
        assert!(fault.is_loss());
    }

    #[test]
    fn only_an_owed_reply_can_be_overdue() {
        let (mut near, _far) = pair();
        let start = Instant::now();
        near.restart_clock(start);
        let later = start + Duration::from_secs(2);
        assert!(!near.is_overdue(later, Duration::from_secs(1)));
        near.outbox().send(1).extend_from_slice(b"one\n");
        assert!(near.is_overdue(later, Duration::from_secs(1)));
        assert!(!near.is_overdue(later, Duration::from_secs(3)));
    }
}
