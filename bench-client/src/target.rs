//! The server to talk to, and getting connected to it.

use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use thiserror::Error;

/// Where a Ringside server listens unless told otherwise.
pub(crate) const DEFAULT_ADDRESS: &str = "127.0.0.1:8099";

/// How long one connection may take to be established.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no connection.
#[derive(Debug, Error)]
pub(crate) enum ConnectError {
    /// The address names no host.
    #[error("cannot look up {address} ({source}); give host:port, such as {DEFAULT_ADDRESS}")]
    Lookup { address: String, source: io::Error },
    /// Nobody listens there.
    #[error(
        "nothing listens on {address}; start the server with `cargo run --release`, \
         or give the address of a running one: see `ringside-bench <COMMAND> --help`"
    )]
    Refused { address: String },
    /// This process may not open more sockets.
    #[error(
        "only {opened} connections could be opened, the limit on open files is reached; \
         raise it with `ulimit -n 65536` or ask for fewer connections"
    )]
    TooMany { opened: usize },
    /// Anything else.
    #[error(
        "connection {number} to {address} failed ({source}); \
         is the server up, and does it admit that many connections?"
    )]
    Failed {
        address: String,
        number: usize,
        source: io::Error,
    },
}

/// Opens `count` connections to `address` (`host:port`), without delay and not
/// yet non-blocking.
///
/// # Errors
/// The first connection that cannot be opened ends the attempt.
pub(crate) fn connect(address: &str, count: usize) -> Result<Vec<TcpStream>, ConnectError> {
    let candidates: Vec<SocketAddr> = address
        .to_socket_addrs()
        .map_err(|source| ConnectError::Lookup {
            address: address.to_owned(),
            source,
        })?
        .collect();
    let mut streams = Vec::with_capacity(count);
    while streams.len() < count {
        let stream =
            connect_once(&candidates).map_err(|source| explain(address, streams.len(), source))?;
        streams.push(stream);
    }
    Ok(streams)
}

/// Tries all addresses of one host: `localhost` may be two.
fn connect_once(candidates: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
    for candidate in candidates {
        outcome = TcpStream::connect_timeout(candidate, CONNECT_TIMEOUT);
        if outcome.is_ok() {
            break;
        }
    }
    let stream = outcome?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn explain(address: &str, opened: usize, source: io::Error) -> ConnectError {
    let address = address.to_owned();
    let at_limit = source.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error());
    match source.kind() {
        io::ErrorKind::ConnectionRefused if opened == 0 => ConnectError::Refused { address },
        _ if at_limit => ConnectError::TooMany { opened },
        _ => ConnectError::Failed {
            address,
            number: opened + 1,
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn opens_as_many_as_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert_eq!(connect(&address, 3).unwrap().len(), 3);
    }

    #[test]
    fn says_how_to_start_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let error = connect(&address, 1).unwrap_err();
        assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("cargo run --release"));
    }

    #[test]
    fn says_what_an_address_looks_like() {
        let error = connect("no-port-here", 1).unwrap_err();
        assert!(error.to_string().contains("host:port"), "{error}");
    }

    #[test]
    fn tells_the_file_limit_from_other_failures() {
        let limit = io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error());
        assert!(explain("a:1", 7, limit).to_string().contains("ulimit -n"));
        let late = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(explain("a:1", 7, late).to_string().contains("connection 8"));
    }
}
