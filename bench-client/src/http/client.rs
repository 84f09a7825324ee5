//! One keep-alive connection, one request at a time.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use serde_json::Value;
use thiserror::Error;

use super::{Document, Framed, JSON_API, Site, frame};
use crate::target::{self, ConnectError};

/// How much is read at once.
const CHUNK: usize = 16 * 1024;
/// A response longer than this is a mistake, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// Why there is no response. The request may have been carried out.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection broke, or the response took too long.
    #[error("{request}: {source}")]
    Io { request: String, source: io::Error },
    /// What came is no HTTP response.
    #[error("{request}: got what is no HTTP response: {said}")]
    Bad { request: String, said: String },
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Its status.
    pub(crate) status: u16,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The body as a document; what is no JSON is an empty one.
    pub(crate) fn document(&self) -> Document {
        Document(serde_json::from_slice(&self.body).unwrap_or(Value::Null))
    }

    /// Status and body in words, the body cut where it is long.
    pub(crate) fn quote(&self) -> String {
        quote(self.status, &self.body)
    }
}

/// Status and body in words, the body cut where it is long.
pub(crate) fn quote(status: u16, body: &[u8]) -> String {
    const MOST: usize = 300;
    let (body, more) = match body.get(..MOST) {
        Some(head) => (head, "..."),
        None => (body, ""),
    };
    format!(
        "{status} {}{more}",
        String::from_utf8_lossy(body).escape_debug()
    )
}

/// A connection that is opened when it is needed, and anew after the server
/// has closed it.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    site: &'a Site,
    /// The media type of what is sent and wanted.
    media: &'static str,
    stream: Option<TcpStream>,
    outbox: Vec<u8>,
    inbox: Vec<u8>,
}

impl<'a> Client<'a> {
    /// A client that has not connected yet, for JSON:API documents.
    pub(crate) fn new(site: &'a Site) -> Self {
        Self::of(site, JSON_API)
    }

    /// A client that has not connected yet, for documents of this media type.
    pub(crate) fn of(site: &'a Site, media: &'static str) -> Self {
        Self {
            site,
            media,
            stream: None,
            outbox: Vec::new(),
            inbox: Vec::new(),
        }
    }

    /// Asks for what is at `path`.
    ///
    /// # Errors
    /// If no response comes. It is not asked again.
    pub(crate) fn get(&mut self, path: &str) -> Result<Reply, HttpError> {
        self.request("GET", path, None)
    }

    /// Sends a document to `path`.
    ///
    /// # Errors
    /// If no response comes. It is not sent again.
    pub(crate) fn post(&mut self, path: &str, document: &Value) -> Result<Reply, HttpError> {
        self.request("POST", path, Some(document))
    }

    fn request(
        &mut self,
        method: &str,
        path: &str,
        document: Option<&Value>,
    ) -> Result<Reply, HttpError> {
        let body = document.map_or_else(String::new, Value::to_string);
        let Site { address, token, .. } = self.site;
        let token = token.as_ref().map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let content = if document.is_some() {
            let (media, length) = (self.media, body.len());
            format!("Content-Type: {media}\r\nContent-Length: {length}\r\n")
        } else {
            String::new()
        };
        self.outbox.clear();
        self.outbox.extend_from_slice(
            format!(
                "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {}\r\n\
                 {token}{content}\r\n{body}",
                self.media,
            )
            .as_bytes(),
        );
        let outcome = self.exchange(&format!("{method} {path}"));
        if outcome.is_err() {
            self.stream = None;
        }
        outcome
    }

    fn exchange(&mut self, request: &str) -> Result<Reply, HttpError> {
        let broken = |source| HttpError::Io {
            request: request.to_owned(),
            source,
        };
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        stream.write_all(&self.outbox).map_err(broken)?;
        self.inbox.clear();
        let mut chunk = [0; CHUNK];
        loop {
            match frame(&self.inbox) {
                Framed::Whole {
                    status,
                    body,
                    end,
                    closes,
                } => {
                    if !closes && end == self.inbox.len() {
                        self.stream = Some(stream);
                    }
                    let body = self.inbox[body..end].to_vec();
                    return Ok(Reply { status, body });
                }
                Framed::Bad(said) => {
                    let request = request.to_owned();
                    return Err(HttpError::Bad { request, said });
                }
                Framed::Part => {}
            }
            if self.inbox.len() > LONGEST {
                let said = format!("more than {LONGEST} bytes");
                let request = request.to_owned();
                return Err(HttpError::Bad { request, said });
            }
            match stream.read(&mut chunk) {
                Ok(0) => return Err(broken(io::ErrorKind::UnexpectedEof.into())),
                Ok(bytes) => self.inbox.extend_from_slice(&chunk[..bytes]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(broken(io::ErrorKind::TimedOut.into()));
                }
                Err(error) => return Err(broken(error)),
            }
        }
    }

    fn connect(&self) -> Result<TcpStream, HttpError> {
        let mut streams = target::connect(&self.site.address, 1)?;
        let stream = streams.pop().ok_or_else(|| ConnectError::Refused {
            address: self.site.address.clone(),
        })?;
        let timed = stream.set_read_timeout(Some(self.site.timeout));
        timed.map_err(|source| HttpError::Io {
            request: "connecting".to_owned(),
            source,
        })?;
        Ok(stream)
    }
}
