//! Connecting out to the two peers of a match run, for those that listen.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use crate::net::matches::Pair;
use crate::net::stop::{Phase, Stop};

/// The first pause between two tries; each is twice the last, up to
/// [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Connects to both, trying again until they are up. `None`: the server was
/// asked to stop meanwhile.
pub(super) fn dial(source: &str, listener: &str, stop: &Stop) -> Option<Pair> {
    // The listener first: a source may begin as soon as it is connected.
    let listener = connect("listener", listener, stop)?;
    let source = connect("source", source, stop)?;
    Some(Pair {
        source: source.into(),
        listener: listener.into(),
    })
}

fn connect(what: &str, address: &str, stop: &Stop) -> Option<TcpStream> {
    let mut pause = FIRST_PAUSE;
    let mut warned = false;
    while stop.phase() == Phase::Running {
        match try_once(address) {
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

fn try_once(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
