//! What those who watch an event cost the server: connects many streams, lets
//! one buyer take and give back two seats now and then, and tells the server's
//! CPU and memory and how late the first and the last watcher hear of it.
//!
//! `watchers --pid PID 127.0.0.1:3000`, on a server without a token; run it on
//! another core than the server's.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use rustix::event::epoll;
use serde_json::{Value, json};

#[derive(Debug, Parser)]
struct Options {
    /// The server's HTTP address.
    address: SocketAddr,
    /// The server's process.
    #[arg(long)]
    pid: u32,
    /// Streams.
    #[arg(long, default_value_t = 10_000)]
    watchers: usize,
    /// How long to look at each state, in seconds.
    #[arg(long, default_value_t = 12)]
    seconds: u64,
    /// Milliseconds between two changes.
    #[arg(long, default_value_t = 1000)]
    every: u64,
}

/// The clock ticks of `/proc/PID/stat`, per second.
const TICKS: f64 = 100.0;

fn main() -> Result<()> {
    let options = Options::parse();
    let mut buyer = Buyer::new(options.address)?;
    let event = buyer.post(
        "/events",
        &json!({"name": "Watched", "date": "2031-05-01T20:00:00Z", "currency": "EUR",
            "sections": [{"name": "Hall", "price": 100, "template": {"rows": 50, "seats": 100}}]}),
    )?;
    let event = event["id"].as_str().context("an id")?.to_owned();
    let token = buyer.post(&format!("/events/{event}/checkouts"), &json!({}))?;
    let holds = format!(
        "/checkouts/{}/holds",
        token["token"].as_str().unwrap_or_default()
    );
    let before = memory(options.pid)?;
    let begun = Instant::now();
    let mut crowd = Crowd::new(options.address, &event, options.watchers)?;
    crowd.read_for(Duration::from_millis(1500))?;
    let after = memory(options.pid)?;
    println!(
        "{} watchers in {:.1} s; {:.0} bytes of the server's memory each",
        options.watchers,
        begun.elapsed().as_secs_f64(),
        (after.saturating_sub(before)) as f64 / options.watchers as f64,
    );

    let length = Duration::from_secs(options.seconds);
    let share = |from: u64, to: u64| (to - from) as f64 / TICKS / length.as_secs_f64() * 100.0;
    let from = cpu(options.pid)?;
    crowd.read_for(length)?;
    println!(
        "nothing changes: {:.1} % of a core (heartbeats included)",
        share(from, cpu(options.pid)?)
    );

    let (mut first, mut last, mut ask) = (Vec::new(), Vec::new(), Vec::new());
    let from = cpu(options.pid)?;
    let start = Instant::now();
    let mut changes = 0;
    while start.elapsed() < length {
        let asked = Instant::now();
        let seat = 2 * (changes / 2) % 4000;
        if changes % 2 == 0 {
            buyer.post(&holds, &json!({"seats": [seat, seat + 1]}))?;
        } else {
            buyer.send("DELETE", &holds, "{}")?;
        }
        ask.push(asked.elapsed().as_secs_f64() * 1000.0);
        changes += 1;
        let heard = crowd.hear(asked)?;
        first.push(heard.0.as_secs_f64() * 1000.0);
        last.push(heard.1.as_secs_f64() * 1000.0);
        let next = Duration::from_millis(options.every * changes);
        crowd.read_for(next.saturating_sub(start.elapsed()))?;
    }
    let used = share(from, cpu(options.pid)?);
    println!(
        "{changes} changes in {:.1} s, told {} times: {used:.1} % of a core, {:.2} us per watcher and change",
        start.elapsed().as_secs_f64(),
        changes as usize * options.watchers,
        used / 100.0 * length.as_secs_f64() * 1e6 / (changes as f64 * options.watchers as f64),
    );
    println!(
        "from the request, in ms (median, worst): its answer {}, the first watcher {}, the last {}",
        summary(ask),
        summary(first),
        summary(last)
    );
    Ok(())
}

fn summary(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    format!("{median:.1} ({:.1})", times[times.len() - 1])
}

/// One keep-alive connection.
struct Buyer {
    stream: TcpStream,
}

impl Buyer {
    fn new(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    fn post(&mut self, path: &str, document: &Value) -> Result<Value> {
        self.send("POST", path, &document.to_string())
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Value> {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(head.as_bytes())?;
        let mut bytes = Vec::new();
        loop {
            let mut room = [0; 16 * 1024];
            let count = self.stream.read(&mut room)?;
            ensure!(count > 0, "the server has closed");
            bytes.extend_from_slice(&room[..count]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.context("a length")?.parse()? {
                ensure!(head.starts_with("HTTP/1.1 2"), "{text}");
                return Ok(serde_json::from_str(body).unwrap_or_default());
            }
        }
    }
}

/// Streams, and which of them have heard of the last change.
struct Crowd {
    epoll: rustix::fd::OwnedFd,
    streams: Vec<TcpStream>,
    heard: Vec<u64>,
    round: u64,
}

impl Crowd {
    fn new(address: SocketAddr, event: &str, count: usize) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let request = format!("GET /events/{event}/live HTTP/1.1\r\nHost: here\r\n\r\n");
        let mut streams = Vec::with_capacity(count);
        for index in 0..count {
            let mut stream = TcpStream::connect(address)
                .with_context(|| format!("watcher {index} (--max-connections, ulimit -n)"))?;
            stream.write_all(request.as_bytes())?;
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&epoll, &stream, data, epoll::EventFlags::IN)?;
            streams.push(stream);
        }
        Ok(Self {
            epoll,
            heard: vec![0; count],
            streams,
            round: 0,
        })
    }

    /// Reads what comes in some time. Says how many heard of a change that had
    /// not in this round.
    fn read(&mut self, patience: Duration) -> Result<usize> {
        let mut events = Vec::with_capacity(1024);
        let timeout = rustix::event::Timespec {
            tv_sec: patience.as_secs() as i64,
            tv_nsec: patience.subsec_nanos().into(),
        };
        epoll::wait(
            &self.epoll,
            rustix::buffer::spare_capacity(&mut events),
            Some(&timeout),
        )?;
        let mut room = [0; 16 * 1024];
        let mut news = 0;
        for event in events.drain(..) {
            let index = event.data.u64() as usize;
            let count = self.streams[index].read(&mut room)?;
            ensure!(count > 0, "the server has closed a stream");
            let told = memchr::memmem::find(&room[..count], b"event: seats").is_some();
            if told && self.heard[index] < self.round {
                self.heard[index] = self.round;
                news += 1;
            }
        }
        Ok(news)
    }

    fn read_for(&mut self, length: Duration) -> Result<()> {
        let end = Instant::now() + length;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.read(left)?;
        }
        Ok(())
    }

    /// Waits until everybody has heard of a change; says when the first and the
    /// last had.
    fn hear(&mut self, since: Instant) -> Result<(Duration, Duration)> {
        self.round += 1;
        let (mut count, mut first) = (0, None);
        while count < self.streams.len() {
            ensure!(
                since.elapsed() < Duration::from_secs(20),
                "{count} have heard of it"
            );
            count += self.read(Duration::from_secs(1))?;
            if count > 0 {
                first.get_or_insert(since.elapsed());
            }
        }
        Ok((first.unwrap_or_default(), since.elapsed()))
    }
}

/// Resident bytes of a process.
fn memory(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm"))?;
    let pages: u64 = text.split(' ').nth(1).context("statm")?.parse()?;
    Ok(pages * 4096)
}

/// Clock ticks that a process has used.
fn cpu(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let rest = text.rsplit_once(") ").context("stat")?.1;
    let fields: Vec<&str> = rest.split(' ').collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}
