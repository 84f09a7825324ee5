//! A reference server: one thread per connection, one lock.

use std::{
    io::{self, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
};

use super::seats::{Action, Fault, Seats};

/// A running server; it takes no further connections once dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    seats: Arc<Mutex<Seats>>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a port of `127.0.0.1`, any free one if it is 0.
    pub fn start(port: u16, fault: Fault) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let seats = Arc::new(Mutex::new(Seats::new(fault)));
        let stopped = Arc::clone(&stop);
        let shared = Arc::clone(&seats);
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(SeqCst) {
                    return;
                }
                let seats = Arc::clone(&shared);
                // A lost client is that client's affair.
                thread::spawn(move || stream.and_then(|stream| serve(stream, &seats)));
            }
        });
        Ok(Self {
            address,
            stop,
            seats,
            acceptor: Some(acceptor),
        })
    }

    /// Messages so far.
    pub fn messages(&self) -> u64 {
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.messages()
    }

    /// Where it listens, as `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        // Wakes the acceptor so that it sees the signal.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// Answers one connection: all messages of one read by one write.
fn serve(mut stream: TcpStream, seats: &Mutex<Seats>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream.try_clone()?);
    let mut chunk = vec![0; 64 * 1024];
    let mut unread = Vec::new();
    let mut replies = Vec::new();
    loop {
        let bytes = input.read(&mut chunk)?;
        if bytes == 0 {
            return Ok(());
        }
        unread.extend_from_slice(&chunk[..bytes]);
        let mut close = false;
        let mut taken = 0;
        {
            let mut seats = seats.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(end) = unread[taken..].iter().position(|&byte| byte == b'\n') {
                match seats.message(&unread[taken..taken + end]) {
                    Action::Answer(reply) => replies.extend_from_slice(reply.as_bytes()),
                    Action::Close => close = true,
                }
                taken += end + 1;
            }
        }
        unread.drain(..taken);
        stream.write_all(&replies)?;
        replies.clear();
        if close {
            return Ok(());
        }
    }
}
