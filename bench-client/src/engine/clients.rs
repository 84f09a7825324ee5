//! The connections of one engine: open, lost, and being replaced.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use rustix::{
    event::epoll,
    io::Errno,
    net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, sockopt},
};

use super::{Workload, refill};
use crate::conn::{Connection, Fault};

/// All clients of one engine, by number.
#[derive(Debug)]
pub(crate) struct Clients<T> {
    slots: Vec<Slot<T>>,
    /// How many clients have unanswered requests.
    waiting: usize,
}

/// One client.
#[derive(Debug)]
struct Slot<T> {
    peer: SocketAddr,
    state: State<T>,
}

#[derive(Debug)]
enum State<T> {
    Open(Connection<T>),
    /// On its way; the poll will tell.
    Connecting(TcpStream),
    Lost,
}

impl<T> Default for Clients<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            waiting: 0,
        }
    }
}

impl<T: Copy> Clients<T> {
    /// How many clients there are, lost ones included.
    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    /// How many clients wait for replies.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Adds a client with a connected socket.
    pub(super) fn join(&mut self, poll: &OwnedFd, socket: TcpStream) -> io::Result<()> {
        let peer = socket.peer_addr()?;
        socket.set_nonblocking(true)?;
        watch(poll, &socket, self.slots.len())?;
        let state = State::Open(Connection::new(socket));
        self.slots.push(Slot { peer, state });
        Ok(())
    }

    /// Takes one step with a client and keeps the count of waiting ones true.
    pub(super) fn step<W, F>(&mut self, client: usize, work: &mut W, step: F)
    where
        W: Workload<Tag = T>,
        F: FnOnce(&mut Connection<T>, &mut W) -> Result<(), Fault>,
    {
        let slot = &mut self.slots[client];
        let State::Open(connection) = &mut slot.state else {
            self.finish_connecting(client, work);
            return;
        };
        let waited = connection.unanswered() > 0;
        let outcome = step(connection, work);
        let mut waits = connection.unanswered() > 0;
        if let Err(fault) = outcome {
            let unanswered = connection.take_unanswered();
            slot.state = State::Lost;
            waits = false;
            work.fault(client, &unanswered, fault);
        }
        self.waiting = self.waiting + usize::from(waits) - usize::from(waited);
    }

    pub(super) fn give_up_overdue<W>(&mut self, work: &mut W, now: Instant, timeout: Duration)
    where
        W: Workload<Tag = T>,
    {
        for client in 0..self.slots.len() {
            self.step(client, work, |connection, work| {
                let oldest = connection.oldest();
                let is_overdue = connection.is_overdue(now, timeout)
                    || oldest.is_some_and(|oldest| work.is_overdue(oldest, now));
                if is_overdue {
                    Err(Fault::NoReply(timeout))
                } else {
                    Ok(())
                }
            });
        }
    }

    /// Hands over what nobody waits for any longer.
    pub(super) fn abandon<W>(&mut self, work: &mut W)
    where
        W: Workload<Tag = T>,
    {
        for slot in &mut self.slots {
            if let State::Open(connection) = &mut slot.state
                && connection.unanswered() > 0
            {
                work.abandon(&connection.take_unanswered());
                // Its replies would be taken for those to later requests.
                slot.state = State::Lost;
            }
        }
        self.waiting = 0;
    }

    /// Begins to connect all lost clients anew.
    pub(super) fn replace_lost(&mut self, poll: &OwnedFd) -> io::Result<()> {
        for (client, slot) in self.slots.iter_mut().enumerate() {
            if matches!(slot.state, State::Lost) {
                // Refused at once: the next sweep tries again.
                if let Ok(socket) = begin_to_connect(slot.peer) {
                    watch(poll, &socket, client)?;
                    slot.state = State::Connecting(socket);
                }
            }
        }
        Ok(())
    }

    /// Looks whether a client's new connection stands, and lets it send.
    fn finish_connecting<W>(&mut self, client: usize, work: &mut W)
    where
        W: Workload<Tag = T>,
    {
        let slot = &mut self.slots[client];
        let state = std::mem::replace(&mut slot.state, State::Lost);
        let State::Connecting(socket) = state else {
            return;
        };
        match socket.take_error() {
            Ok(None) if socket.peer_addr().is_ok() => {
                slot.state = State::Open(Connection::new(socket));
                self.step(client, work, |connection, work| {
                    refill(connection, client, work, Instant::now())
                });
            }
            Ok(None) => slot.state = State::Connecting(socket),
            Ok(Some(_)) | Err(_) => {}
        }
    }
}

fn watch(poll: &OwnedFd, socket: &TcpStream, client: usize) -> io::Result<()> {
    let flags = epoll::EventFlags::IN
        | epoll::EventFlags::OUT
        | epoll::EventFlags::RDHUP
        | epoll::EventFlags::ET;
    let data = epoll::EventData::new_u64(client as u64);
    Ok(epoll::add(poll, socket, data, flags)?)
}

/// Connects without waiting for it.
fn begin_to_connect(peer: SocketAddr) -> io::Result<TcpStream> {
    let family = match peer {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    match connect(&socket, &peer) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket.into()),
        Err(error) => Err(error.into()),
    }
}
