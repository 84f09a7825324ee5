//! What measurements share: the match stream's events, seeded; how times are
//! told; and what a disk can do.

pub mod disk;

use std::io::{Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use clap::Parser;
use fastrand::Rng;
use rustix::net::sockopt::set_socket_send_buffer_size;
use rustix::time::{ClockId, clock_gettime};

/// The event types of the stream, as they are written.
pub const TYPES: [&str; 3] = ["LIKE_LIKED", "LIKE_NOT_LIKED", "LIKE_UNSPECIFIED"];

/// What is measured; the defaults are those of the original programs.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// Events in the stream.
    #[arg(long, default_value_t = 1_000_000)]
    pub events: u64,
    /// Users, numbered from 1.
    #[arg(long, default_value_t = 9_000)]
    pub users: u64,
    /// What the stream and its order are drawn from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Leave each event within this many places of its turn, instead of
    /// anywhere.
    #[arg(long)]
    pub within: Option<u64>,
    /// How often to measure; the median is told.
    #[arg(long, default_value_t = 11)]
    pub rounds: usize,
    /// Bytes in each write, and in each read.
    #[arg(long, default_value_t = 64 * 1024)]
    pub chunk: usize,
    /// Bytes that the kernel may hold for the sender; 0: as many as it likes.
    /// The same as that of `ringside-bench match`.
    #[arg(long, default_value_t = 512 * 1024)]
    pub send_buffer: usize,
}

impl Options {
    /// Connects and writes the stream, as the source of a match run does.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn send(&self, stream: &[u8], address: SocketAddr) -> Result<()> {
        let mut source = TcpStream::connect(address)?;
        source.set_nodelay(true)?;
        if self.send_buffer > 0 {
            // The kernel doubles it, to have room for what it adds.
            set_socket_send_buffer_size(&source, self.send_buffer / 2)?;
        }
        stream
            .chunks(self.chunk)
            .try_for_each(|chunk| source.write_all(chunk))
    }

    /// The whole stream as a source would write it: types uniform among
    /// three, users uniform, nobody about himself.
    ///
    /// # Panics
    /// With fewer than two users.
    pub fn stream(&self) -> Vec<u8> {
        assert!(self.users >= 2, "a like takes two users");
        let mut rng = Rng::with_seed(self.seed);
        let mut lines: Vec<(u64, u64, &str, u64, u64)> = (1..=self.events)
            .map(|sequence| {
                let kind = TYPES[rng.usize(..TYPES.len())];
                let from = rng.u64(1..=self.users);
                let to = (from + rng.u64(1..self.users) - 1) % self.users + 1;
                let turn = self
                    .within
                    .map_or(0, |within| sequence + rng.u64(..=within));
                (turn, sequence, kind, from, to)
            })
            .collect();
        if self.within.is_none() {
            rng.shuffle(&mut lines);
        } else {
            lines.sort_by_key(|line| line.0);
        }
        let mut stream = b"EVENT BEGIN\n".to_vec();
        for (_, sequence, kind, from, to) in lines {
            let line = format!("{sequence}|{kind}|{from}|{to}\n");
            stream.extend_from_slice(line.as_bytes());
        }
        stream.extend_from_slice(b"EVENT END\n");
        stream
    }
}

/// Measures the processor time of one thread. On a machine that is shared this
/// says more than the clock on the wall.
#[derive(Clone, Copy, Debug)]
pub struct ThreadClock {
    start: Duration,
}

impl ThreadClock {
    /// Starts to measure the calling thread.
    pub fn start() -> Self {
        Self { start: now() }
    }

    /// The processor time that the thread has used since.
    pub fn elapsed(self) -> Duration {
        now().saturating_sub(self.start)
    }
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The middle one of `times`, and the least.
///
/// # Panics
/// If there are none.
pub fn median_and_least(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[0])
}

/// Prints one line: what took how long, in all and for each event.
pub fn report(what: &str, times: Vec<Duration>, events: u64) {
    let (median, least) = median_and_least(times);
    let per_event = |time: Duration| time.as_nanos() as f64 / events as f64;
    println!(
        "{what:<34} {:>9.2} ms  {:>8.2} ns/event   (least {:>8.2} ms, {:>7.2} ns/event)",
        median.as_secs_f64() * 1e3,
        per_event(median),
        least.as_secs_f64() * 1e3,
        per_event(least),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_every_event_once_and_nobody_likes_himself() {
        for within in [None, Some(10)] {
            let options = Options {
                within,
                ..Options::parse_from(["", "--events", "1000", "--users", "3"])
            };
            let stream = String::from_utf8(options.stream()).expect("ASCII");
            let lines: Vec<&str> = stream.lines().collect();
            assert_eq!((lines[0], lines[1001]), ("EVENT BEGIN", "EVENT END"));
            let mut seen = vec![false; 1_001];
            for (place, line) in lines[1..1001].iter().enumerate() {
                let fields: Vec<&str> = line.split('|').collect();
                let sequence: usize = fields[0].parse().expect("a number");
                assert!(!std::mem::replace(&mut seen[sequence], true));
                assert!(TYPES.contains(&fields[1]) && fields[2] != fields[3]);
                assert!(within.is_none() || place.abs_diff(sequence) <= 11);
            }
        }
    }
}
