//! Opens the listening sockets: one per address and shard, on one port.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

use crate::clock;
use crate::limits::{ACCEPT_BACKLOG, SOURCE_QUEUE_BYTES};
use crate::net::matches::Side;

/// Both loopback addresses: where the server listens unless told otherwise.
pub const LOOPBACK: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// How often a free port is asked for until it is free on every address.
const PORT_TRIES: usize = 16;

/// How long a port in use is asked for again. When a server is killed, the
/// kernel ends its rings, and with them its listeners, in the background: up
/// to 75 ms were seen with one connection open.
const KILLED_SERVER_GOES_WITHIN: Duration = Duration::from_secs(2);

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The seat protocol.
    Seats,
    /// One side of match runs.
    Match(Side),
    /// HTTP.
    Http,
}

impl Door {
    /// The flag that sets its port.
    fn flag(self) -> &'static str {
        match self {
            Self::Seats => "--seat-port",
            Self::Match(Side::Source) => "--source-port",
            Self::Match(Side::Listener) => "--listener-port",
            Self::Http => "--http-port",
        }
    }
}

/// A socket that takes connections for a door.
#[derive(Debug)]
pub struct Listener {
    /// It listens.
    pub socket: OwnedFd,
    /// For this.
    pub door: Door,
}

/// The sockets of one door.
#[derive(Debug)]
pub struct Opened {
    /// The real addresses, the port filled in.
    pub addresses: Vec<SocketAddr>,
    /// For each shard, one socket for each address.
    pub for_shards: Vec<Vec<Listener>>,
}

/// Why a door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another program listens there.
    #[error(
        "{address} is in use: another program listens there. Stop it, or choose another port \
         with {} (0 takes any free one)", .door.flag()
    )]
    InUse {
        /// Where.
        address: SocketAddr,
        /// What for.
        door: Door,
    },
    /// This machine does not have the address.
    #[error("this machine has no address {}: give one of its own with --bind", .0.ip())]
    NoSuchAddress(SocketAddr),
    /// Low ports are for privileged programs.
    #[error(
        "port {} needs a privilege that this process lacks: choose a port from 1024 up, \
         or grant CAP_NET_BIND_SERVICE", .0.port()
    )]
    Forbidden(SocketAddr),
    /// Something else.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// Where.
        address: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Opens `port` on every address of `bind` for every shard; 0 takes a port
/// that is free on all of them. An empty `bind` means [`LOOPBACK`], less IPv6
/// where the machine has none.
///
/// # Errors
/// [`OpenError`] for the first address that cannot be had.
pub fn open(door: Door, bind: &[IpAddr], port: u16, shards: u16) -> Result<Opened, OpenError> {
    let default = bind.is_empty();
    let bind = if default { &LOOPBACK[..] } else { bind };
    let deadline = clock::now() + KILLED_SERVER_GOES_WITHIN;
    let mut tries = 0;
    loop {
        tries += 1;
        match open_once(door, bind, port, shards, default) {
            Err(OpenError::InUse { .. }) if port == 0 && tries < PORT_TRIES => {}
            Err(OpenError::InUse { .. }) if port != 0 && clock::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

fn open_once(
    door: Door,
    bind: &[IpAddr],
    port: u16,
    shards: u16,
    default: bool,
) -> Result<Opened, OpenError> {
    let mut opened = Opened {
        addresses: Vec::new(),
        for_shards: (0..shards).map(|_| Vec::new()).collect(),
    };
    let mut port = port;
    for &ip in bind {
        let wanted = SocketAddr::new(ip, port);
        let address = match probe(door, wanted) {
            Ok(address) => address,
            Err(OpenError::NoSuchAddress(_)) if default && ip.is_ipv6() => continue,
            Err(error) => return Err(error),
        };
        port = address.port();
        for sockets in &mut opened.for_shards {
            let socket = listen(door, address).map_err(|errno| explain(door, address, errno))?;
            sockets.push(Listener { socket, door });
        }
        opened.addresses.push(address);
    }
    Ok(opened)
}

/// Finds out whether the address is free, without `SO_REUSEPORT`: with it, a
/// second server would silently get half of the first one's connections.
fn probe(door: Door, address: SocketAddr) -> Result<SocketAddr, OpenError> {
    let bound = || {
        let socket = socket(address)?;
        net::bind(&socket, &address)?;
        net::listen(&socket, 1)?;
        net::getsockname(&socket)
    };
    let name = bound().map_err(|errno| explain(door, address, errno))?;
    SocketAddr::try_from(name).map_err(|errno| explain(door, address, errno))
}

fn listen(door: Door, address: SocketAddr) -> Result<OwnedFd, Errno> {
    let socket = socket(address)?;
    if door == Door::Match(Side::Source) {
        bound_queue(&socket)?;
    }
    sockopt::set_socket_reuseport(&socket, true)?;
    // Accepted connections inherit it: a reply never waits for the next.
    sockopt::set_tcp_nodelay(&socket, true)?;
    net::bind(&socket, &address)?;
    net::listen(&socket, ACCEPT_BACKLOG)?;
    Ok(socket)
}

/// Bounds what the kernel holds for a match source. Accepted connections
/// inherit it. To be called before the connection is there.
///
/// # Errors
/// What the kernel says.
pub fn bound_queue(socket: impl AsFd) -> Result<(), Errno> {
    // The kernel doubles it, to have room for what it adds.
    sockopt::set_socket_recv_buffer_size(socket, SOURCE_QUEUE_BYTES / 2)
}

fn socket(address: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if address.is_ipv6() {
        AddressFamily::INET6
    } else {
        AddressFamily::INET
    };
    let socket = net::socket_with(
        family,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        Some(ipproto::TCP),
    )?;
    // Lets a restarted server have its port back while connections of the
    // last one still linger. Two listeners it does not allow.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    Ok(socket)
}

fn explain(door: Door, address: SocketAddr, errno: Errno) -> OpenError {
    match errno {
        Errno::ADDRINUSE => OpenError::InUse { address, door },
        Errno::ADDRNOTAVAIL | Errno::AFNOSUPPORT => OpenError::NoSuchAddress(address),
        Errno::ACCESS | Errno::PERM => OpenError::Forbidden(address),
        errno => OpenError::Other {
            address,
            source: errno.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn every_shard_gets_every_address_on_one_port() {
        let doors = open(Door::Seats, &[], 0, 3).unwrap();
        assert!(!doors.addresses.is_empty());
        let port = doors.addresses[0].port();
        assert!(
            doors
                .addresses
                .iter()
                .all(|address| address.port() == port && port != 0)
        );
        assert_eq!(doors.for_shards.len(), 3);
        for sockets in &doors.for_shards {
            assert_eq!(sockets.len(), doors.addresses.len());
        }
    }

    #[test]
    fn a_port_in_use_is_refused_even_by_another_server_of_ours() {
        let doors = open(Door::Seats, &[LOCALHOST], 0, 2).unwrap();
        let port = doors.addresses[0].port();
        let error = open(Door::Seats, &[LOCALHOST], port, 2).unwrap_err();
        assert!(matches!(error, OpenError::InUse { .. }), "{error}");
        assert!(error.to_string().contains("--seat-port"));
        drop(doors);
        open(Door::Seats, &[LOCALHOST], port, 2).unwrap();
    }

    #[test]
    fn only_a_match_source_may_queue_little() {
        let queue = |door| {
            let doors = open(door, &[LOCALHOST], 0, 1).unwrap();
            sockopt::socket_recv_buffer_size(&doors.for_shards[0][0].socket).unwrap()
        };
        let default = queue(Door::Seats);
        assert_eq!(queue(Door::Match(Side::Listener)), default);
        assert!(queue(Door::Match(Side::Source)) <= SOURCE_QUEUE_BYTES);
        assert_ne!(queue(Door::Match(Side::Source)), default);
    }

    #[test]
    fn an_address_of_another_machine_is_refused() {
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let error = open(Door::Seats, &[elsewhere], 0, 1).unwrap_err();
        assert!(matches!(error, OpenError::NoSuchAddress(_)), "{error}");
    }
}
