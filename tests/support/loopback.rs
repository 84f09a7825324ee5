//! A small HTTP server on loopback for tests, and one request to another one:
//! a thread per connection, whole bodies, nothing clever.
#![allow(
    dead_code,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "each user needs its own part, and a test fails by panicking"
)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Nothing here takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request, whole.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(other, _)| other == name);
        field.map(|(_, value)| value.as_str())
    }
}

/// An answer. Without one, the connection is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            fields: vec![("Content-Type", kind.to_owned())],
            body: body.into(),
        }
    }

    pub fn to(address: &str) -> Self {
        Self {
            status: 303,
            fields: vec![("Location", address.to_owned())],
            body: Vec::new(),
        }
    }
}

/// Serves on a port, for as long as the process lives.
pub fn serve(
    port: u16,
    handle: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let address = listener.local_addr()?;
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || talk(&stream, &*handle));
        }
    });
    Ok(address)
}

fn talk(stream: &TcpStream, handle: &dyn Fn(&Request) -> Option<Response>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let request = read_request(&mut reader)?;
        let response = handle(&request)?;
        let mut text = format!("HTTP/1.1 {} It is\r\n", response.status);
        for (name, value) in &response.fields {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", response.body.len()));
        let mut bytes = text.into_bytes();
        bytes.extend(&response.body);
        writer.write_all(&bytes).ok()?;
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let (first, fields) = read_head(reader)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let body = read_body(reader, &fields)?;
    Some(Request {
        method,
        path,
        fields,
        body,
    })
}

fn read_head(reader: &mut impl BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let first = lines.next()?;
    let fields = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some((first, fields.collect()))
}

fn read_body(reader: &mut impl Read, fields: &[(String, String)]) -> Option<Vec<u8>> {
    let length = fields.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(Some(0), |(_, length)| length.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// Sends one request and says the status and the body of the answer.
pub fn post(
    address: SocketAddr,
    path: &str,
    fields: &[(&str, &str)],
    body: &[u8],
) -> io::Result<(u16, String)> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend(body);
    (&stream).write_all(&bytes)?;
    let mut reader = BufReader::new(&stream);
    let ended = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (first, fields) = read_head(&mut reader).ok_or_else(ended)?;
    let body = read_body(&mut reader, &fields).ok_or_else(ended)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok((status.ok_or_else(ended)?, body))
}
