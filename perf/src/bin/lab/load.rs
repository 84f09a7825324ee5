//! The load: connections that each ask a chunk of commands and, when it is
//! answered, the next. It counts answers and does not read them, so that it
//! costs less than what it measures; `ringside-bench` is the client that
//! checks every one.

use std::fmt;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use crate::cores::{Pinned, cores};
use crate::keys::{self, Locality};
use crate::metrics::Journal;
use crate::place::{Placed, Places};
use crate::server::Server;
use crate::talk::Talk;

use ringside_perf::ThreadClock;

/// Connections × commands under way on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    pub(crate) depth: usize,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.connections, self.depth)
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('x');
        let parse = |part: &str| part.parse().ok().filter(|n| (1..=4096).contains(n));
        parts
            .and_then(|(connections, depth)| Some((parse(connections)?, parse(depth)?)))
            .map(|(connections, depth)| Self { connections, depth })
            .ok_or_else(|| {
                "give connections x commands under way, such as 64x16 (each at most 4096)"
                    .to_owned()
            })
    }
}

/// What to do to a server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) shape: Shape,
    pub(crate) locality: Locality,
}

/// How long a server is loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) commands: u64,
    pub(crate) wall: Duration,
    /// Processor time of the server.
    pub(crate) server: Duration,
    /// Processor time of the load.
    pub(crate) load: Duration,
    /// What the server has brought to stable storage, if it keeps a journal.
    pub(crate) journal: Option<Journal>,
}

impl Reading {
    /// Server processor time per command, in microseconds.
    pub(crate) fn micros(&self) -> f64 {
        self.server.as_secs_f64() * 1e6 / self.commands as f64
    }

    /// Commands per second.
    pub(crate) fn rate(&self) -> f64 {
        self.commands as f64 / self.wall.as_secs_f64()
    }

    /// The share of its core that the load took: near 1, the rate is the load's.
    pub(crate) fn busy(&self) -> f64 {
        self.load.as_secs_f64() / self.wall.as_secs_f64()
    }
}

/// Brings all seats into the state in which the load leaves them.
pub(crate) fn preload(server: &Server) -> Result<()> {
    let mut stream = TcpStream::connect(server.address)?;
    stream.set_nodelay(true)?;
    let mut buffer = [0; 4096];
    for chunk in keys::preload() {
        stream.write_all(&chunk)?;
        let mut waiting = lines(&chunk);
        while waiting > 0 {
            let read = stream.read(&mut buffer)?;
            ensure!(read > 0, "the server closed a connection");
            waiting -= lines(&buffer[..read]);
        }
    }
    Ok(())
}

/// Loads a server and measures it.
pub(crate) fn run(
    places: &Places<'_>,
    case: Case,
    talk: &mut dyn Talk,
    times: Times,
) -> Result<Reading> {
    let (server, shards) = (places.server(), places.shards());
    let _back = Pinned::to(&cores(shards).load)?;
    let connections = places.open(case.shape.connections)?;
    let mut load = Load::new(connections, case, talk)?;
    load.go_on(times.warm_up)?;
    let journal = server.journal()?;
    let (clock, start, before) = (ThreadClock::start(), Instant::now(), server.cpu());
    let commands = load.go_on(times.measured)?;
    let (cpu, wall, busy) = (server.cpu() - before, start.elapsed(), clock.elapsed());
    let journal = journal.zip(server.journal()?);
    load.finish()?;
    ensure!(commands > 0, "nothing was answered");
    Ok(Reading {
        commands,
        wall,
        server: Duration::from_nanos(cpu),
        load: busy,
        journal: journal.map(|(before, after)| after.since(before)),
    })
}

struct Connection {
    stream: TcpStream,
    /// Answers that have not come.
    waiting: isize,
}

struct Load<'a> {
    epoll: rustix::fd::OwnedFd,
    connections: Vec<Connection>,
    talk: &'a mut dyn Talk,
    events: Vec<epoll::Event>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<'a> Load<'a> {
    /// A server that says nothing for this long has stalled.
    const STALLED: Timespec = Timespec {
        tv_sec: 5,
        tv_nsec: 0,
    };

    fn new(placed: Vec<Placed>, case: Case, talk: &'a mut dyn Talk) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let homes: Vec<_> = placed.iter().map(|placed| placed.home).collect();
        talk.begin(&homes, case)?;
        let mut connections = Vec::with_capacity(placed.len());
        for (number, Placed { stream, .. }) in placed.into_iter().enumerate() {
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&epoll, &stream, data, epoll::EventFlags::IN)?;
            connections.push(Connection { stream, waiting: 0 });
        }
        let mut load = Self {
            epoll,
            connections,
            talk,
            events: Vec::with_capacity(1024),
            buffer: vec![0; 64 * 1024],
            depth: case.shape.depth,
        };
        for number in 0..load.connections.len() {
            load.ask(number)?;
        }
        Ok(load)
    }

    /// Asks and counts answers for so long.
    fn go_on(&mut self, time: Duration) -> Result<u64> {
        let end = Instant::now() + time;
        let mut answers = 0;
        while Instant::now() < end {
            answers += self.turn(true)?;
        }
        Ok(u64::try_from(answers).unwrap_or(0))
    }

    /// Waits for what is still under way.
    fn finish(&mut self) -> Result<()> {
        while self
            .connections
            .iter()
            .any(|connection| connection.waiting > 0)
        {
            self.turn(false)?;
        }
        Ok(())
    }

    fn turn(&mut self, ask: bool) -> Result<isize> {
        let mut events = std::mem::take(&mut self.events);
        match epoll::wait(
            &self.epoll,
            spare_capacity(&mut events),
            Some(&Self::STALLED),
        ) {
            Ok(0) => bail!("the server has answered nothing for 5 seconds"),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut answers = 0;
        for event in events.drain(..) {
            let number = event.data.u64() as usize;
            let connection = &mut self.connections[number];
            let read = connection
                .stream
                .read(&mut self.buffer)
                .context("receive")?;
            ensure!(read > 0, "the server closed a connection");
            let ended = self.talk.answers(&self.buffer[..read])?;
            ensure!(ended <= connection.waiting, "more answers than questions");
            connection.waiting -= ended;
            answers += ended;
            if connection.waiting == 0 && ask {
                self.ask(number)?;
            }
        }
        self.events = events;
        Ok(answers)
    }

    fn ask(&mut self, number: usize) -> Result<()> {
        let connection = &mut self.connections[number];
        let chunk = self.talk.ask(number)?;
        connection.waiting = self.depth as isize;
        let sent = connection.stream.write(chunk).context("send")?;
        ensure!(
            sent == chunk.len(),
            "the socket has no room for {} commands",
            self.depth
        );
        Ok(())
    }
}

/// How many lines end in these bytes.
pub(crate) fn lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_read_as_it_is_written() {
        let shape: Shape = "64x16".parse().expect("a shape");
        assert_eq!((shape.connections, shape.depth), (64, 16));
        assert_eq!(shape.to_string(), "64x16");
        for wrong in ["64", "0x1", "1x0", "x", "1x5000", "a x b"] {
            assert!(wrong.parse::<Shape>().is_err(), "{wrong}");
        }
    }
}
