//! How a connection comes about: by connecting or by being dialled.

use std::{
    io,
    net::{TcpListener, TcpStream},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::shared::Shared;
use crate::{
    failure::Failure,
    fleet::TICK,
    target::{self, ConnectError},
};

/// One of the two connections of a run, there already or still to come.
#[derive(Debug)]
pub(super) enum Door {
    /// The server listened.
    Connected(Vec<TcpStream>),
    /// The server is to dial in.
    Listening(TcpListener),
}

impl Door {
    /// Connects to a server that listens on `address`.
    pub(super) fn connect(address: &str) -> Result<Self, ConnectError> {
        target::connect(address, 1).map(Self::Connected)
    }

    /// Listens on `address` for a server that dials in, and says where.
    pub(super) fn listen(address: &str) -> Result<(Self, String), Failure> {
        let listening = TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?.to_string();
            Ok((Self::Listening(listener), address))
        });
        listening.map_err(|source| Failure::Bind {
            address: address.to_owned(),
            source,
        })
    }

    /// The connection, as soon as it is there; none if the run ends before.
    pub(super) fn open(self, shared: &Shared) -> io::Result<Option<TcpStream>> {
        match self {
            Self::Connected(mut streams) => Ok(streams.pop()),
            Self::Listening(listener) => accept(&listener, shared),
        }
    }
}

fn accept(listener: &TcpListener, shared: &Shared) -> io::Result<Option<TcpStream>> {
    let tick = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(TICK.subsec_nanos()),
    };
    while !shared.is_ending() {
        match poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&tick)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nodelay(true)?;
                return Ok(Some(stream));
            }
            // Nobody yet, or somebody who has gone again.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
