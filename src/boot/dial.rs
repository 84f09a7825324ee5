//! Connecting out to the two peers of a match run, for those that listen.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use rustix::net::{self, AddressFamily, SocketFlags, SocketType};

use crate::net::listener::bound_queue;
use crate::net::matches::{Pair, Side};
use crate::net::stop::{Phase, Stop};

/// The first pause between two tries; each is twice the last, up to
/// [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Connects to both, trying again until they are up. `None`: the server was
/// asked to stop meanwhile.
pub(super) fn dial(source: &str, listener: &str, stop: &Stop) -> Option<Pair> {
    // The listener first: a source may begin as soon as it is connected.
    let listener = connect(Side::Listener, listener, stop)?;
    let source = connect(Side::Source, source, stop)?;
    Some(Pair {
        source: source.into(),
        listener: listener.into(),
    })
}

fn connect(side: Side, address: &str, stop: &Stop) -> Option<TcpStream> {
    let what = match side {
        Side::Source => "source",
        Side::Listener => "listener",
    };
    let mut pause = FIRST_PAUSE;
    let mut warned = false;
    while stop.phase() == Phase::Running {
        match try_once(address, side) {
            Ok(stream) => {
                tracing::info!("connected to the match {what} at {address}");
                return Some(stream);
            }
            Err(error) if !warned => {
                tracing::warn!("the match {what} at {address} is not up yet ({error}); waiting");
                warned = true;
            }
            Err(_) => {}
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    None
}

fn try_once(address: &str, side: Side) -> io::Result<TcpStream> {
    let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
    for candidate in address.to_socket_addrs()? {
        outcome = connect_once(candidate, side);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn connect_once(address: SocketAddr, side: Side) -> io::Result<TcpStream> {
    let family = if address.is_ipv6() {
        AddressFamily::INET6
    } else {
        AddressFamily::INET
    };
    let socket = net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    if side == Side::Source {
        bound_queue(&socket)?;
    }
    net::sockopt::set_tcp_nodelay(&socket, true)?;
    net::connect(&socket, &address)?;
    Ok(socket.into())
}
