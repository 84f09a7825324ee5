//! The event listener: checks matches as they arrive and gives the verdict.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{atomic::Ordering::Relaxed, mpsc},
    time::{Duration, Instant},
};

use super::{door::Door, shared::Shared};
use crate::check::{Answer, Checker, Difference, Standing};

/// The first line.
const BEGIN: &[u8] = b"MATCH BEGIN\n";
/// The verdicts.
const END_OK: &[u8] = b"MATCH END - OK\n";
const END_ERROR: &[u8] = b"MATCH END - ERROR\n";

/// After the verdict: how long without a byte, and how long altogether, to look
/// for numbers too many and for numbers thought missing.
const QUIET: Duration = Duration::from_millis(250);
const LINGER: Duration = Duration::from_secs(1);

/// One read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// How many bytes of the answer had come, all of them right.
    pub bytes: usize,
    /// When the read returned.
    pub at: u64,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum End {
    /// All matches came, in order, and nothing else.
    Right,
    /// The first thing that was wrong.
    Wrong(Difference),
    /// The run ended before the connection was there.
    Absent,
    /// The connection ended, or that of the source did.
    Broken(String),
}

/// What the listener heard.
#[derive(Debug)]
pub(super) struct Heard {
    pub arrivals: Vec<Arrival>,
    /// When `MATCH END - …` was written.
    pub verdict_at: Option<u64>,
    pub end: End,
}

/// Takes the server's answer. `all_sent` tells when the source has written
/// everything: the verdict waits for that.
pub(super) fn hear(
    door: Door,
    answer: &Answer,
    all_sent: &mpsc::Receiver<()>,
    shared: &Shared,
) -> Heard {
    let mut heard = Heard {
        // Seldom is there more than one read to a match.
        arrivals: Vec::with_capacity(answer.matches().len()),
        verdict_at: None,
        end: End::Right,
    };
    let mut checker = Checker::new(answer);
    heard.end = match listen(door, &mut checker, all_sent, shared, &mut heard) {
        Ok(end) => end,
        Err(error) => End::Broken(format!("the listener's connection broke ({error})")),
    };
    if let Some(difference) = checker.difference() {
        heard.end = End::Wrong(difference);
    }
    if !matches!(heard.end, End::Right) {
        shared.stop();
    }
    heard
}

/// Listens to the end, of the right answer or of the connection.
fn listen(
    door: Door,
    checker: &mut Checker<'_>,
    all_sent: &mpsc::Receiver<()>,
    shared: &Shared,
    heard: &mut Heard,
) -> io::Result<End> {
    let Some(stream) = door.open(shared)? else {
        return Ok(End::Absent);
    };
    let mut stream = shared.open_listener(stream);
    stream.write_all(BEGIN)?;
    let mut buffer = vec![0; 64 * 1024];
    while checker.standing() == Standing::Open {
        let bytes = stream.read(&mut buffer)?;
        let at = shared.now();
        if bytes == 0 {
            return Ok(End::Broken(
                "the server closed the listener's connection".to_owned(),
            ));
        }
        checker.take(&buffer[..bytes]);
        shared.received.fetch_add(bytes, Relaxed);
        heard.arrivals.push(Arrival {
            bytes: checker.right(),
            at,
        });
    }
    let verdict = if checker.standing() == Standing::Wrong {
        END_ERROR
    } else if all_sent.recv().is_ok() {
        END_OK
    } else {
        return Ok(End::Broken("the source could not finish".to_owned()));
    };
    stream.write_all(verdict)?;
    heard.verdict_at = Some(shared.now());
    stream.shutdown(Shutdown::Write)?;
    if let Some(source) = shared.source().filter(|_| verdict == END_OK) {
        // Whether the server has closed it already does not matter.
        let _ = source.shutdown(Shutdown::Write);
    }
    linger(stream, checker, &mut buffer);
    Ok(End::Right)
}

/// Takes what comes behind the verdict, until the server hangs up, falls quiet
/// or has shown what went wrong.
fn linger(mut stream: &TcpStream, checker: &mut Checker<'_>, buffer: &mut [u8]) {
    let end = Instant::now() + LINGER;
    if stream.set_read_timeout(Some(QUIET)).is_err() {
        return;
    }
    while Instant::now() < end && !checker.is_explained() {
        match stream.read(buffer) {
            Ok(0) | Err(_) => return,
            Ok(bytes) => checker.take(&buffer[..bytes]),
        }
    }
}
