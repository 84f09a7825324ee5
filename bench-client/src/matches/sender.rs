//! The event source: writes prepared bytes and notes when each write returned.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{atomic::Ordering::Relaxed, mpsc},
};

use rustix::net::sockopt::set_socket_send_buffer_size;

use super::{door::Door, shared::Shared};

/// How much of a server's last words is told.
const LAST_WORDS: u64 = 200;

/// What the source did.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Just before the first write; none if there was no connection.
    pub first: Option<u64>,
    /// By write: when it returned.
    pub writes: Vec<u64>,
    /// What went wrong, unless the listener ended the run.
    pub fault: Option<String>,
}

/// Writes `bytes`, one write up to each of `cuts`, of which the kernel holds
/// `send_buffer` at most (0: as many as it likes), and reports to `all_sent`
/// when all of them are written. The connection stays open: it is for the
/// verdict to close it.
pub(super) fn send(
    door: Door,
    send_buffer: u32,
    bytes: &[u8],
    cuts: &[usize],
    all_sent: &mpsc::Sender<()>,
    shared: &Shared,
) -> Sent {
    let mut sent = Sent {
        writes: Vec::with_capacity(cuts.len()),
        ..Sent::default()
    };
    match write(door, send_buffer, bytes, cuts, shared, &mut sent) {
        Ok(true) => {
            // A listener that has ended the run does not wait for this.
            let _ = all_sent.send(());
        }
        Ok(false) => {}
        Err(_) if shared.is_stopped() => {}
        Err(error) => {
            let words = last_words(shared.source());
            sent.fault = Some(format!("the source's connection broke ({error}){words}"));
            shared.lose_source();
        }
    }
    sent
}

/// Writes everything and says whether it could: not if the run ended first.
fn write(
    door: Door,
    send_buffer: u32,
    bytes: &[u8],
    cuts: &[usize],
    shared: &Shared,
    sent: &mut Sent,
) -> io::Result<bool> {
    let Some(stream) = door.open(shared)? else {
        return Ok(false);
    };
    if send_buffer > 0 {
        // The kernel doubles it, to have room for what it adds.
        set_socket_send_buffer_size(&stream, send_buffer as usize / 2)?;
    }
    let mut stream = shared.open_source(stream);
    let mut start = 0;
    sent.first = Some(shared.now());
    for &end in cuts {
        stream.write_all(&bytes[start..end])?;
        sent.writes.push(shared.now());
        shared.written.store(end, Relaxed);
        start = end;
    }
    Ok(true)
}

/// What the server wrote to the source before it went: nothing, mostly.
fn last_words(stream: Option<&TcpStream>) -> String {
    let mut words = Vec::new();
    if let Some(stream) = stream
        && stream.set_nonblocking(true).is_ok()
    {
        // Whatever can be had; the connection is known to be broken.
        let _ = stream.take(LAST_WORDS).read_to_end(&mut words);
    }
    match words.trim_ascii_end() {
        [] => String::new(),
        words => format!(", the server's last words: {}", words.escape_ascii()),
    }
}
