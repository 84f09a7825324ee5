//! A reference match server, for one run.

use std::{
    io,
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use super::match_run::Run;
pub use super::match_run::{Flaw, Told};

/// Longest time that a test may wait for a server to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A match server for one run.
#[derive(Debug)]
pub struct Matcher {
    pub source: String,
    pub listener: String,
    told: Receiver<io::Result<Told>>,
}

impl Matcher {
    /// Listens on two ports of `127.0.0.1`, any free ones where they are 0.
    pub fn listen([source, listener]: [u16; 2], flaw: Flaw) -> io::Result<Self> {
        let bind = |port| {
            let listener = TcpListener::bind(("127.0.0.1", port))?;
            let address = listener.local_addr()?.to_string();
            io::Result::Ok((listener, address))
        };
        let (source, source_address) = bind(source)?;
        let (listener, listener_address) = bind(listener)?;
        let accept = |listener: TcpListener| listener.accept().map(|(stream, _)| stream);
        Ok(Self {
            source: source_address,
            listener: listener_address,
            told: start(move || Run::new(accept(source)?, Some(accept(listener)?), flaw)?.play()),
        })
    }

    /// Dials both addresses; the listener's only after the last event if `late`.
    pub fn dial(source: &str, listener: &str, late: bool, flaw: Flaw) -> Self {
        let (source, listener) = (source.to_owned(), listener.to_owned());
        let (from, to) = (source.clone(), listener.clone());
        let told = start(move || {
            let listener = if late {
                None
            } else {
                Some(TcpStream::connect(&to)?)
            };
            let mut run = Run::new(TcpStream::connect(&from)?, listener, flaw)?;
            run.dial_late = to;
            run.play()
        });
        Self {
            source,
            listener,
            told,
        }
    }

    /// What the listener said, at the end of the run.
    pub fn told(&self) -> Told {
        let told = self.told.recv_timeout(PATIENCE).expect("the run ends");
        told.expect("the server keeps its connections")
    }
}

fn start(serve: impl FnOnce() -> io::Result<Told> + Send + 'static) -> Receiver<io::Result<Told>> {
    let (sender, receiver) = mpsc::channel();
    // Nobody may want to know.
    thread::spawn(move || sender.send(serve()));
    receiver
}
