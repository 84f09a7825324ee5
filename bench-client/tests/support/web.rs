//! An office on HTTP: one thread per connection, one lock.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
};

use serde_json::Value;

use super::box_office::{Answer, BoxOffice, Lie};

/// Whoever answers requests.
pub trait Office: Send + 'static {
    /// Whether this answer is to be no HTTP at all.
    fn babbles(&mut self) -> bool {
        false
    }

    /// Answers a request.
    fn answer(&mut self, method: &str, path: &str, query: &str, body: &Value) -> Answer;
}

impl Office for BoxOffice {
    fn babbles(&mut self) -> bool {
        BoxOffice::babbles(self)
    }

    fn answer(&mut self, method: &str, path: &str, query: &str, body: &Value) -> Answer {
        BoxOffice::answer(self, method, path, query, body)
    }
}

/// A running server; it takes no further connections once dropped.
#[derive(Debug)]
pub struct Web {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Web {
    /// Starts a box office on a free port of `127.0.0.1`.
    pub fn start(lie: Lie) -> io::Result<Self> {
        Self::serve(BoxOffice::new(lie))
    }

    /// Starts any office on a free port of `127.0.0.1`.
    pub fn serve(office: impl Office) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let office = Arc::new(Mutex::new(office));
        let stopped = Arc::clone(&stop);
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(SeqCst) {
                    return;
                }
                let office = Arc::clone(&office);
                // A lost client is that client's affair.
                thread::spawn(move || stream.and_then(|stream| serve(stream, &*office)));
            }
        });
        Ok(Self {
            address,
            stop,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    pub fn target(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        // Wakes the acceptor so that it sees the signal.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn serve(mut stream: TcpStream, office: &Mutex<impl Office>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut chunk = vec![0; 64 * 1024];
    let mut unread = Vec::new();
    loop {
        let bytes = stream.read(&mut chunk)?;
        if bytes == 0 {
            return Ok(());
        }
        unread.extend_from_slice(&chunk[..bytes]);
        let mut replies = Vec::new();
        while let Some((end, reply)) = answer(&unread, office) {
            unread.drain(..end);
            match reply {
                Some(reply) => replies.extend_from_slice(&reply),
                None => return Ok(()),
            }
        }
        stream.write_all(&replies)?;
    }
}

/// The length of the first request in `unread`, if it is whole, and the
/// answer to it.
fn answer(unread: &[u8], office: &Mutex<impl Office>) -> Option<(usize, Option<Vec<u8>>)> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(head) = request.parse(unread).expect("a request") else {
        return None;
    };
    let length = request.headers.iter().find_map(|field| {
        let is_length = field.name.eq_ignore_ascii_case("content-length");
        is_length.then(|| std::str::from_utf8(field.value).expect("a number"))
    });
    let end = head + length.map_or(0, |length| length.parse::<usize>().expect("a number"));
    let body = unread.get(head..end)?;
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut office = office.lock().unwrap_or_else(PoisonError::into_inner);
    if office.babbles() {
        return Some((end, Some(b"SURE THING\n\n".to_vec())));
    }
    let method = request.method.unwrap_or_default();
    let reply = office.answer(method, path, query, &body);
    let reply = reply.map(|(status, document)| {
        let body = document.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/vnd.api+json\r\n\
             content-length: {}\r\n\r\n",
            body.len(),
        );
        [head.into_bytes(), body.into_bytes()].concat()
    });
    Some((end, reply))
}
