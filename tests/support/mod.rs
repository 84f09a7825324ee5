//! What the integration tests share: servers on free ports, and clients.
#![allow(
    dead_code,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "each test file uses its own part"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ringside::{Config, Server};

/// Longer than anything takes; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The shard counts on which every behaviour must be the same. More than the
/// machine may have cores.
pub const SHARDS: [u16; 3] = [1, 2, 5];

/// Settings for a test: any free port, no pinning (tests run side by side).
pub fn config(shards: u16) -> Config {
    Config {
        seat_port: 0,
        source_port: 0,
        listener_port: 0,
        http_port: 0,
        shards,
        no_pin: true,
        max_connections: 512,
        ..Config::default()
    }
}

/// A server with `shards` shards.
pub fn server(shards: u16) -> Server {
    start(&config(shards))
}

/// A server with these settings.
pub fn start(config: &Config) -> Server {
    Server::start(config).expect("the server starts")
}

/// A client of the seat protocol.
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    /// Connects to a server.
    pub fn connect(server: &Server) -> Self {
        Self::to(server.seat_addresses()[0])
    }

    /// Connects to an address.
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            reader: BufReader::new(stream),
        }
    }

    pub fn stream(&self) -> &TcpStream {
        self.reader.get_ref()
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.reader
            .get_mut()
            .write_all(bytes.as_ref())
            .expect("the server reads");
    }

    /// The next reply, without its line end.
    pub fn reply(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("a reply in time");
        assert!(line.ends_with('\n'), "closed in the middle: {line:?}");
        line.truncate(line.len() - 1);
        line
    }

    /// Sends one message and waits for its reply.
    pub fn ask(&mut self, message: &str) -> String {
        self.send(format!("{message}\n"));
        self.reply()
    }

    /// The same, with a server that may be killed meanwhile.
    pub fn try_ask(&mut self, message: &str) -> Option<String> {
        let line = format!("{message}\n");
        self.reader.get_mut().write_all(line.as_bytes()).ok()?;
        let mut reply = String::new();
        self.reader.read_line(&mut reply).ok()?;
        reply.strip_suffix('\n').map(str::to_owned)
    }

    /// Says that nothing more will be sent.
    pub fn half_close(&mut self) {
        self.stream().shutdown(Shutdown::Write).unwrap();
    }

    /// Everything until the server closes.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.reader
            .read_to_end(&mut bytes)
            .expect("the server closes in time");
        bytes
    }

    /// Whether the server says something before the read times out.
    pub fn is_closed_with_a_word(&mut self) -> bool {
        self.reader.read(&mut [0; 64]).is_ok_and(|bytes| bytes > 0)
    }

    /// Whether the server has closed or broken the connection, waiting for it.
    pub fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.reader.read(&mut byte) {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// The server program, as a process of its own.
pub struct Program {
    pub child: Child,
    pub address: SocketAddr,
    pub first_line: String,
}

/// The command that runs the server program on any free port.
pub fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    command
        .args([
            "--seat-port",
            "0",
            "--source-port",
            "0",
            "--listener-port",
            "0",
            "--http-port",
            "0",
        ])
        .args(["--max-connections", "512", "--no-pin"])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Program {
    /// Starts the program and waits until it says that it is ready.
    pub fn start(args: &[&str]) -> Self {
        Self::spawn(program(args))
    }

    /// The same for a prepared command.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program runs");
        let mut first_line = String::new();
        BufReader::new(child.stdout.take().expect("piped"))
            .read_line(&mut first_line)
            .expect("a line of text");
        let address = first_line
            .split([' ', ';', '"'])
            .find_map(|word| word.parse().ok())
            .unwrap_or_else(|| {
                let mut said = String::new();
                let _ = child.kill();
                let _ = child
                    .stderr
                    .take()
                    .map(|mut stderr| stderr.read_to_string(&mut said));
                panic!("no address in {first_line:?}; it said {said:?}")
            });
        Self {
            child,
            address,
            first_line,
        }
    }

    /// Sends a signal, by the shell's name for it.
    pub fn signal(&self, name: &str) {
        use rustix::process::{Pid, Signal, kill_process};
        let signal = match name {
            "TERM" => Signal::TERM,
            "INT" => Signal::INT,
            "STOP" => Signal::STOP,
            "CONT" => Signal::CONT,
            "KILL" => Signal::KILL,
            other => panic!("unknown signal {other}"),
        };
        kill_process(Pid::from_child(&self.child), signal).expect("the program is there");
    }

    /// Waits for the end and says the exit code.
    pub fn exit_code(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    /// The server's memory, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.status("VmRSS:") * 1024
    }

    /// CPU time used so far.
    pub fn cpu_time(&self) -> Duration {
        let tasks = format!("/proc/{}/task", self.child.id());
        let nanos = std::fs::read_dir(tasks)
            .unwrap()
            .map(|task| {
                let path = task.unwrap().path().join("schedstat");
                let text = std::fs::read_to_string(path).unwrap();
                let nanos = text.split(' ').next().unwrap();
                nanos.parse::<u64>().unwrap()
            })
            .sum();
        Duration::from_nanos(nanos)
    }

    fn status(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A test that has failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
