//! A connection to a real server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ringside::{Config, Server};

use super::client::Client;
use super::message::Reply;

/// Nothing here takes that long, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection over TCP.
pub struct Socket {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Socket {
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            received: Vec::new(),
        }
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Every answer until the server closes.
    pub fn rest(mut self) -> Vec<Reply> {
        let end = self.stream.read_to_end(&mut self.received);
        end.expect("the server closes in time");
        let mut replies = Vec::new();
        while let Some((reply, length)) = Reply::parse(&self.received, false) {
            self.received.drain(..length);
            replies.push(reply);
            if self.received.is_empty() {
                break;
            }
        }
        assert!(self.received.is_empty(), "half an answer");
        replies
    }
}

impl Client for Socket {
    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    fn reply(&mut self, to_head: bool) -> Reply {
        loop {
            if !self.received.is_empty()
                && let Some((reply, length)) = Reply::parse(&self.received, to_head)
            {
                self.received.drain(..length);
                return reply;
            }
            let mut bytes = [0; 16 * 1024];
            let count = self.stream.read(&mut bytes).expect("an answer in time");
            assert!(count > 0, "closed without an answer");
            self.received.extend(&bytes[..count]);
        }
    }
}

/// A server on free ports.
pub fn server(shards: u16) -> Server {
    Server::start(&config(shards)).expect("the server starts")
}

/// Its settings.
pub fn config(shards: u16) -> Config {
    Config {
        seat_port: 0,
        source_port: 0,
        listener_port: 0,
        http_port: 0,
        shards,
        max_connections: 256,
        no_pin: true,
        ..Config::default()
    }
}

/// A connection to the server's HTTP port.
pub fn connect(server: &Server) -> Socket {
    Socket::to(server.http_addresses()[0])
}
